"""Times the peers of the 3-sigma models on arrays written by the benchmark program.

Usage: python three_sigma.py arrays.safetensors
Needs numpy, pandas and scikit-learn; polars is timed too where it is installed.
Prints one JSON object per peer and piece of work: medians of seconds by the clock and of processor time.
"""
import json
import statistics
import struct
import sys
import time

import numpy as np
import pandas as pd
from sklearn.covariance import EmpiricalCovariance

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
            tensors[name] = np.frombuffer(file.read(end - begin), np.float64).reshape(tensor["shape"])
        return tensors


def timed(peer, work, action, scale=1.0):
    action()
    wall, processor = [], []
    for _ in range(REPETITIONS):
        start, ticks = time.perf_counter(), time.process_time()
        action()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - ticks)
    answer = {"peer": peer, "work": work, "seconds": statistics.median(wall) * scale}
    answer["cpu_seconds"] = statistics.median(processor) * scale
    print(json.dumps(answer), flush=True)


arrays = read(sys.argv[1])
series, rows, design = arrays["series"], arrays["rows"], arrays["design"]
count, length = series.shape

ids = np.repeat(np.arange(count, dtype=np.int32), length)
mixed_ids = np.tile(np.arange(count, dtype=np.int32), length)
mixed = np.ascontiguousarray(series.T).ravel()


def bincount():
    n = np.bincount(mixed_ids, minlength=count)
    mean = np.bincount(mixed_ids, weights=mixed, minlength=count) / n
    return mean, np.sqrt(np.bincount(mixed_ids, weights=(mixed - mean[mixed_ids]) ** 2, minlength=count) / n)


def numpy_robust():
    centre = np.median(series, axis=1)
    return centre, np.median(np.abs(series - centre[:, None]), axis=1)


timed("numpy", "moments", lambda: (series.mean(axis=1), series.std(axis=1)))
timed("numpy", "moments_interleaved", bincount)
timed("numpy", "robust", numpy_robust)
frame = pd.DataFrame({"id": ids, "value": series.ravel()})
mixed_frame = pd.DataFrame({"id": mixed_ids, "value": mixed})
timed("pandas", "moments", lambda: frame.groupby("id")["value"].agg(["mean", "std"]))
timed("pandas", "moments_interleaved", lambda: mixed_frame.groupby("id")["value"].agg(["mean", "std"]))


def pandas_robust():
    deviation = (frame["value"] - frame.groupby("id")["value"].transform("median")).abs()
    return frame.groupby("id")["value"].median(), deviation.groupby(frame["id"]).median()


timed("pandas", "robust", pandas_robust)
try:
    import polars as pl

    moments = [pl.col("value").mean(), pl.col("value").std(ddof=0).alias("std")]
    centre = pl.col("value").median()
    robust = [centre, (pl.col("value") - centre).abs().median().alias("mad")]
    table, mixed_table = pl.from_pandas(frame), pl.from_pandas(mixed_frame)
    timed("polars", "moments", lambda: table.group_by("id").agg(moments))
    timed("polars", "moments_interleaved", lambda: mixed_table.group_by("id").agg(moments))
    timed("polars", "robust", lambda: table.group_by("id").agg(robust))
except ImportError:
    pass

part = max(1, count // 100)


def loop():
    for one in series[:part]:
        np.linalg.lstsq(design, one, rcond=None)


timed("numpy.linalg.lstsq", "seasonal", loop, scale=count / part)

timed("numpy", "gaussian_fit", lambda: np.linalg.cholesky(np.cov(rows, rowvar=False, bias=True)))
estimator = EmpiricalCovariance().fit(rows)
timed("scikit-learn", "gaussian_score", lambda: estimator.mahalanobis(rows))
