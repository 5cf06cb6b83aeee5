"""Times the peers' isolation forests on a table written by the benchmark program.

Usage: python isolation_forest.py rows.safetensors axis|extended-N|fair-cut
Needs numpy and scikit-learn; isotree, coniferest and onnxruntime are timed too where they are installed.
Prints one JSON object per peer and thread count: medians of wall-clock and processor seconds.
"""
import json
import statistics
import struct
import sys
import time
import warnings
from importlib.metadata import version

import joblib
import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest

warnings.filterwarnings("ignore")
TREES, SAMPLES = 100, 256


def read_rows(path):
    """The only tensor of a safetensors file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        tensor = json.loads(file.read(length))["rows"]
        assert tensor["dtype"] == "F32"
        begin, end = tensor["data_offsets"]
        file.seek(8 + length + begin)
        return np.frombuffer(file.read(end - begin), np.float32).reshape(tensor["shape"])


def timing(name, work, repetitions=3, warm=True):
    """Medians of wall-clock and processor seconds."""
    if warm:
        work()
    wall, processor = [], []
    for _ in range(repetitions):
        start, ticks = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - ticks)
    return {f"{name}_seconds": statistics.median(wall),
            f"{name}_cpu_seconds": statistics.median(processor)}


def report(name, release, threads, **times):
    print(json.dumps(dict(name=name, version=release, threads=threads, **times)), flush=True)


def time_sklearn(rows, threads):
    def fit(contamination="auto"):
        return IsolationForest(n_estimators=TREES, max_samples=SAMPLES, random_state=0,
                               contamination=contamination, n_jobs=threads).fit(rows)

    forest = fit()

    def score(part):
        with joblib.parallel_backend("threading", n_jobs=threads):
            return forest.score_samples(part)

    times = timing("fit", fit) | timing("score", lambda: score(rows), warm=False)
    if threads == 1:
        one = rows[:1]
        times |= timing("fit_with_threshold", lambda: fit(0.01), 1, warm=False)
        times |= timing("one_row", lambda: score(one), 50)
    report("scikit-learn", sklearn.__version__, threads, **times)


def time_coniferest(rows, threads):
    from coniferest.isoforest import IsolationForest as Forest

    def fit():
        return Forest(n_trees=TREES, n_subsamples=SAMPLES, n_jobs=threads, random_seed=1).fit(rows)

    forest = fit()
    report("coniferest", version("coniferest"), threads,
           **timing("fit", fit, 7), **timing("score", lambda: forest.score_samples(rows)),
           **timing("one_row", lambda: forest.score_samples(rows[:1]), 200))


def time_isotree(rows, threads, **settings):
    import isotree

    columns = np.asfortranarray(rows)

    def fit():
        return isotree.IsolationForest(
            **(dict(ntrees=TREES, sample_size=SAMPLES, ntry=1, missing_action="fail",
                    nthreads=threads, random_seed=1) | settings)).fit(columns)

    forest = fit()
    report("isotree", version("isotree"), threads, **timing("fit", fit, 7),
           **timing("score", lambda: forest.predict(columns), warm=False),
           **timing("one_row", lambda: forest.predict(rows[:1]), 200))


def main():
    rows, split = read_rows(sys.argv[1]), sys.argv[2]
    if split == "axis":
        peers = [time_sklearn, time_coniferest, lambda r, t: time_isotree(r, t, ndim=1)]
    elif split == "fair-cut":
        peers = [lambda r, t: time_isotree(
            r, t, ntrees=200, ndim=3, prob_pick_pooled_gain=1, max_depth=None)]
    else:
        dimensions = int(split.removeprefix("extended-"))
        peers = [lambda r, t: time_isotree(r, t, ndim=dimensions)]
    for time_peer in peers:
        try:
            for threads in (1, 2):
                time_peer(rows, threads)
        except ImportError:
            continue


main()
