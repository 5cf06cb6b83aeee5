"""Writes onnx-scores.json: what onnxruntime computes from the graphs that the tests export.

Run in the project's folder, with onnx and onnxruntime installed:

    mkdir exports && ANOMALYZE_EXPORTS=$PWD/exports swift test --filter ONNXExportTests
    python3 Tests/Fixtures/exchange/make_onnx_scores.py exports
"""
import hashlib
import json
import math
import os
import sys

import numpy as np
import onnx
import onnxruntime

folder = sys.argv[1]
cases = {}
for name in sorted(f[:-5] for f in os.listdir(folder) if f.endswith(".onnx")):
    path = os.path.join(folder, name + ".onnx")
    with open(path, "rb") as file:
        data = file.read()
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    with open(os.path.join(folder, name + ".json")) as file:
        rows = [[math.nan if v is None else v for v in row] for row in json.load(file)]
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    values = dict(zip(names, session.run(names, {"features": np.array(rows, dtype=np.float32)})))
    case = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "ir_version": model.ir_version,
        "opsets": {o.domain or "ai.onnx": o.version for o in model.opset_import},
        "operations": [node.op_type for node in model.graph.node],
        "score": [None if math.isnan(v) else float(v) for v in values["score"][:, 0]],
        "is_anomaly": [bool(v) for v in values["is_anomaly"][:, 0]],
    }
    if "contributions" in values:
        case["contributions"] = [[None if math.isnan(v) else float(v) for v in row] for row in values["contributions"]]
    cases[name] = case
    print(name, len(data), "bytes,", len(case["operations"]), "nodes")

target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onnx-scores.json")
with open(target, "w") as file:
    json.dump({"onnxruntime": onnxruntime.__version__, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
