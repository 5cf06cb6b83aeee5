"""Times scikit-learn's ranking metrics on scores written by the benchmark program.

Usage: python evaluation.py arrays.safetensors
Needs numpy and scikit-learn. Prints one JSON object per call and one for the three together: medians of wall-clock seconds,
and the figures themselves.
"""
import json
import statistics
import struct
import sys
import time

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

REPETITIONS = 3


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        tensors = {}
        for name, tensor in header.items():
            if name == "__metadata__":
                continue
            begin, end = tensor["data_offsets"]
            file.seek(8 + length + begin)
            kind = {"F64": np.float64, "U8": np.uint8}[tensor["dtype"]]
            tensors[name] = np.frombuffer(file.read(end - begin), kind)
        return tensors


def main():
    arrays = read(sys.argv[1])
    labels, scores = arrays["labels"], arrays["scores"]
    calls = {
        "roc_auc_score": lambda: roc_auc_score(labels, scores),
        "average_precision_score": lambda: average_precision_score(labels, scores),
        "precision_recall_curve": lambda: len(precision_recall_curve(labels, scores)[0]),
    }
    total = 0.0
    for name, call in calls.items():
        times = []
        for _ in range(REPETITIONS):
            start = time.perf_counter()
            value = call()
            times.append(time.perf_counter() - start)
        seconds = statistics.median(times)
        total += seconds
        print(json.dumps({"peer": f"scikit-learn {sklearn.__version__}", "work": name,
                          "seconds": seconds, "value": float(value)}))
    print(json.dumps({"peer": f"scikit-learn {sklearn.__version__}", "work": "three_calls",
                      "seconds": total}))


if __name__ == "__main__":
    main()
