"""Compares MLflow's scores of a version with its golden scores: check_mlflow.py FOLDER [SCORING_SERVER]."""
import json
import sys
import urllib.request

import mlflow
import numpy as np
import pandas as pd

folder = sys.argv[1]
golden = json.load(open(f"{folder}/golden.json"))
document = json.load(open(f"{folder}/model.json"))
names = [feature["name"] for feature in document["features"]["list"]]
rows = pd.DataFrame(golden["features"], columns=names, dtype=float)
expected = np.array(golden["scores"])


def compare(name, answer):
    scores = np.asarray(answer["score"], dtype=float).ravel()
    difference = np.abs(scores - expected).max()
    print(f"{name}: {len(scores)} scores, largest difference {difference:.2e}")
    assert len(scores) == len(expected) and difference <= 1e-6, (scores, expected)


if len(sys.argv) > 2:
    body = json.dumps({"dataframe_split": {"columns": names, "data": golden["features"]}}).encode()
    request = urllib.request.Request(
        sys.argv[2] + "/invocations", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        predictions = json.load(response)["predictions"]
    compare("mlflow models serve", pd.DataFrame(predictions))
else:
    compare("mlflow.pyfunc, folder", mlflow.pyfunc.load_model(folder).predict(rows))
    compare("mlflow.pyfunc, models:/fraud@champion", mlflow.pyfunc.load_model("models:/fraud@champion").predict(rows))
    if "onnx" in mlflow.models.Model.load(folder).flavors:
        mlflow.onnx.load_model(folder)
        print("mlflow.onnx loads it")
    version = mlflow.MlflowClient().get_model_version_by_alias("fraud", "champion")
    run = mlflow.MlflowClient().get_run(version.run_id)
    print("run has", len(run.data.metrics), "metrics and", len(run.data.params), "parameters")
    assert version.tags["anomalyze_digest"] and run.data.metrics["average_precision"] > 0
