"""Writes statistics.json: drift, calibration and DeLong figures of scipy, scikit-learn and numpy on small tables.

Run: python3 make_statistics.py   (numpy, scipy, scikit-learn)
"""
import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

random = np.random.default_rng(7)


def drift(name, training, current):
    ks = stats.ks_2samp(training, current)
    return {
        "name": name, "training": training.tolist(), "current": current.tolist(), "ks": ks.statistic,
        "ks_probability": ks.pvalue,
        "wasserstein": stats.wasserstein_distance(training, current) / np.std(training),
    }


def delong(first, second, labels):
    """The definition: placements by comparing every pair, covariances of numpy."""
    kernel = lambda x, y: (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    pairs = [kernel(s[labels == 1], s[labels == 0]) for s in (first, second)]
    areas = [p.mean() for p in pairs]
    positives = np.cov([p.mean(axis=1) for p in pairs]) / (labels == 1).sum()
    negatives = np.cov([p.mean(axis=0) for p in pairs]) / (labels == 0).sum()
    return {
        "first": first.tolist(), "second": second.tolist(), "labels": labels.tolist(), "areas": areas,
        "covariance": (positives + negatives).tolist(),
    }


normal = random.normal(size=400)
labels = (random.random(150) < 0.3).astype(int)
first = np.round(random.normal(size=150) + labels, 1)
probabilities = np.clip(np.round(random.beta(1, 2, 300), 2), 0, 1)
outcomes = (random.random(300) < probabilities**1.5).astype(int)
observed, predicted = calibration_curve(outcomes, probabilities, n_bins=10)
document = {
    "scipy": scipy.__version__, "scikit_learn": sklearn.__version__,
    "drift": [
        drift("same", normal, random.normal(size=300)),
        drift("shifted, with ties", np.round(normal, 1), np.round(random.normal(0.5, 1.2, size=250), 1)),
        drift("amounts times e", np.exp(normal), np.exp(random.normal(size=350) + 1)),
    ],
    "delong": delong(first, np.round(first + random.normal(size=150), 1), labels),
    "calibration": {
        "probabilities": probabilities.tolist(), "labels": outcomes.tolist(), "observed": observed.tolist(),
        "predicted": predicted.tolist(), "brier": brier_score_loss(outcomes, probabilities),
    },
    "chi_squared": [[p, k, stats.chi2.ppf(p, k)] for p in (0.9, 0.99, 0.999) for k in (1, 2, 3, 9, 30)],
    "normal": [[p, stats.norm.ppf(p)] for p in (1e-6, 0.001, 0.02, 0.3, 0.5, 0.8, 0.975, 0.99999)],
}
path = pathlib.Path(__file__).with_name("statistics.json")
path.write_text(json.dumps(document) + "\n")
print(path, path.stat().st_size)
