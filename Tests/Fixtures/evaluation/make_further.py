"""Writes further.json: figures of scipy and scikit-learn, and Goix's excess-mass and mass-volume curves in numpy.

Usage: python make_further.py > further.json   (numpy, scipy and scikit-learn)
"""
import json

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest, spearmanr
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import f1_score, precision_score, recall_score


def spearman(random):
    cases = []
    for count, levels in [(50, 0), (200, 7), (30, 2)]:
        left = random.normal(size=count)
        right = left + random.normal(size=count)
        if levels:
            left, right = np.round(left * levels / 4), np.round(right * levels / 4)
        cases.append({"left": left.tolist(), "right": right.tolist(), "value": float(spearmanr(left, right)[0])})
    return cases


def isotonic(random):
    cases = []
    for count, decimals in [(60, 6), (120, 1)]:
        labels = (random.random(count) < 0.3).astype(int)
        scores = np.round(random.normal(size=count) + 0.8 * labels, decimals)
        fitted = IsotonicRegression().fit_transform(scores, labels)
        cases.append({"scores": scores.tolist(), "labels": labels.tolist(), "fitted": fitted.tolist()})
    return cases


def wilson():
    return [[count, total, level, *binomtest(count, total).proportion_ci(level, method="wilson")]
            for count, total, level in [(0, 5, 0.95), (3, 7, 0.9), (50, 50, 0.95), (120, 900, 0.99)]]


def threshold(random):
    labels = (random.random(300) < 0.1).astype(int)
    scores = np.round(random.normal(size=300) + 1.5 * labels, 1)
    flagged = scores >= 1.2
    return {"scores": scores.tolist(), "labels": labels.tolist(), "threshold": 1.2,
            "precision": float(precision_score(labels, flagged)), "recall": float(recall_score(labels, flagged)),
            "f_score": float(f1_score(labels, flagged))}


def masses(random):
    """N. Goix (2016), with anomaly scores: a level set holds what scores at most the level."""
    rows, points = random.normal(size=400), random.uniform(0, 6, size=900)
    levels = np.unique(rows)
    mass = np.array([(rows <= level).mean() for level in levels])
    volume = np.array([(points <= level).mean() for level in levels])
    alphas = np.linspace(0.9, 0.999, 100)
    mv = np.array([volume[np.argmax(mass >= alpha - 1e-12)] for alpha in alphas])
    low, high = 0.0, 1.0
    excess = lambda t: max(0.0, float(np.max(mass - t * volume)))
    while excess(high) > 0.9:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0.9 else (low, middle)
    em = np.array([excess(t) for t in np.linspace(0, high, 100)])
    return {"scores": rows.tolist(), "uniform": points.tolist(),
            "mass_volume": float(np.trapezoid(mv) / 99), "excess_mass": float(np.trapezoid(em) / 99)}


if __name__ == "__main__":
    random = np.random.default_rng(6)
    print(json.dumps({
        "made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
        "spearman": spearman(random), "isotonic": isotonic(random), "wilson": wilson(),
        "threshold": threshold(random), "masses": masses(random)}))
