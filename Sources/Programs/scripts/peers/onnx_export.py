"""Compares our ONNX graph of a forest with skl2onnx's of the same forest: size, time to load, agreement, time of a row.

Usage: python onnx_export.py ANOMALYZE [FEATURES]
ANOMALYZE is the program. Needs numpy, scikit-learn, onnxruntime, skl2onnx. A scikit-learn forest of 100 trees × 256 samples is
imported with import_scikit_learn.py, exported as ONNX by the program, and scored by scikit-learn, the program and
onnxruntime on 20,000 rows.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.ensemble import IsolationForest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from import_scikit_learn import write_model

program, features = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30
table = np.random.default_rng(1).normal(size=(20_000, features)).astype(np.float32)
forest = IsolationForest(n_estimators=100, max_samples=256, random_state=1).fit(table)

with tempfile.TemporaryDirectory() as folder:
    write_model(forest, f"{folder}/model")
    subprocess.run([program, "export", f"{folder}/model", "--format", "onnx", "--out", f"{folder}/ours.onnx"], check=True, stdout=subprocess.DEVNULL)
    names = ",".join(f"x{i}" for i in range(features))
    np.savetxt(f"{folder}/rows.csv", table.astype(float), delimiter=",", header=names, comments="", fmt="%.17g")
    scored = subprocess.run([program, "score", f"{folder}/model", "--csv", f"{folder}/rows.csv"], check=True, capture_output=True, text=True)
    native = np.array([float(line.split(",")[-2]) for line in scored.stdout.splitlines()[1:]])
    with open(f"{folder}/ours.onnx", "rb") as file:
        ours = file.read()
theirs = to_onnx(forest, table[:1], target_opset={"": 17, "ai.onnx.ml": 3}).SerializeToString()


def load(data):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def processor_seconds(work, repetitions):
    times = []
    for _ in range(repetitions):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def line(name, ours, peer, unit, target):
    ratio = f"{peer / ours:8.1f} x" if peer is not None else ""
    print(f"{name:32} ours {ours:12.4g} {unit:3} peer {peer if peer is not None else float('nan'):12.4g} {unit:3} {ratio:12} target {target}")


print(f"onnxruntime {onnxruntime.__version__}, 100 trees x 256 samples, {features} features; processor time")
load(ours)
line("size", len(ours) / 1000, len(theirs) / 1000, "kB", "at most 430 kB")
line("load", processor_seconds(lambda: load(ours), 9) * 1e3, processor_seconds(lambda: load(theirs), 3) * 1e3, "ms", "at least 100 x faster")
session, peer = load(ours), load(theirs)
score = session.run(["score"], {"features": table})[0][:, 0]
difference = float(np.abs(score - native).max())
print(f"{'largest difference of scores':32} ours {difference:12.4g}     target at most 1e-06 (to scikit-learn {np.abs(score + forest.score_samples(table)).max():.3g})")
row = table[:1]
line(
    "one row", processor_seconds(lambda: [session.run(["score"], {"features": row}) for _ in range(200)], 5) / 200 * 1e6,
    processor_seconds(lambda: [peer.run(None, {peer.get_inputs()[0].name: row}) for _ in range(20)], 5) / 20 * 1e6, "us", "at most 13 us")
