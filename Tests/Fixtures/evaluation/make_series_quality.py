"""Writes series_quality.json: VUS by the TSB-AD authors' own code, and NAB scores by the slowest possible reading of
the benchmark's description.

Usage: pip install numpy scikit-learn && pip install --no-deps TSB-AD==1.5
       python make_series_quality.py > series_quality.json
"""
import json
import math

import numpy as np
from TSB_AD.evaluation.basic_metrics import generate_curve

random = np.random.default_rng(7)


def volume(rows, ranges, window, ties):
    labels = np.zeros(rows, int)
    for start, end in ranges:
        labels[start : end + 1] = 1
    scores = random.normal(size=rows) + 0.8 * labels
    if ties:
        scores = np.round(scores * 2) / 2
    curve = generate_curve(labels, scores, window, "opt", 250)
    return {
        "labels": labels.tolist(), "scores": scores.tolist(), "longest_buffer": window,
        "vus_roc": float(curve[6]), "vus_pr": float(curve[7]),
    }


def sigmoid(position):
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1


def numenta(series, weights, threshold):
    """One alarm after the other, as the description says."""
    tp, fp, fn = weights
    total, perfect, null = 0.0, 0.0, 0.0
    for rows, windows, scores in series:
        probation = min(rows * 15 // 100, 750)
        best = {}
        for row in range(probation, rows):
            if scores[row] < threshold:
                continue
            inside = [i for i, (a, b) in enumerate(windows) if a <= row <= b]
            if inside:
                a, b = windows[inside[0]]
                worth = sigmoid(-(b - row + 1) / (b - a + 1)) / sigmoid(-1.0) * tp
                best[inside[0]] = max(best.get(inside[0], -9), worth)
                continue
            before = [(a, b) for a, b in windows if b < row]
            worth = sigmoid((row - before[-1][1]) / (before[-1][1] - before[-1][0])) if before else -1.0
            total += fp * worth
        for i in range(len(windows)):
            total += best[i] if i in best else -fn
            perfect += tp
            null -= fn
    return 100 * (total - null) / (perfect - null)


PROFILES = {"standard": (1, 0.11, 1), "low_false_positives": (1, 0.22, 1), "low_false_negatives": (1, 0.11, 2)}


def benchmark(sizes, ties):
    series = []
    for rows, windows in sizes:
        scores = random.exponential(size=rows)
        for a, b in windows:
            scores[a : b + 1] += random.exponential(size=b - a + 1) * 0.7
        if ties:
            scores = np.round(scores * 4) / 4
        series.append((rows, windows, scores.tolist()))
    thresholds = sorted({s for rows, _, scores in series for s in scores[min(rows * 15 // 100, 750) :]}) + [1e9]
    best = {name: max(numenta(series, w, t) for t in thresholds) for name, w in PROFILES.items()}
    at_two = {name: numenta(series, w, 2.0) for name, w in PROFILES.items()}
    return {
        "series": [{"rows": r, "windows": w, "scores": s} for r, w, s in series], "best": best, "at_two": at_two,
    }


print(json.dumps({
    "vus": [
        volume(300, [(40, 60), (150, 150), (200, 240)], 20, False),
        volume(300, [(40, 60), (70, 75), (200, 240)], 30, True),
        volume(260, [(0, 9), (255, 259)], 25, False),
        volume(500, [(100, 139)], 0, False),
        volume(251, [(5, 8), (30, 31), (240, 245)], 100, True),
    ],
    "numenta": [
        benchmark([(200, [(60, 79), (150, 155)]), (100, []), (300, [(40, 60)])], False),
        benchmark([(200, [(20, 50)]), (160, [(100, 119), (130, 159)])], True),
    ],
}))
