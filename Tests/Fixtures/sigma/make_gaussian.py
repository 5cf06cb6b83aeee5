#!/usr/bin/env python3
"""Writes gaussian.json: covariances and Mahalanobis distances as scikit-learn computes them.

Run: python3 Tests/Fixtures/sigma/make_gaussian.py   (numpy 2.4.6, scikit-learn 1.9.1)
"""
import json
import pathlib

import numpy as np
from sklearn.covariance import EmpiricalCovariance, LedoitWolf, ShrunkCovariance

rng = np.random.default_rng(11)
mixing = rng.normal(size=(5, 5))
train = rng.normal(size=(60, 5)) @ mixing * [1, 3, 0.2, 10, 1] + [5, -2, 100, 0, 1]
test = rng.normal(size=(20, 5)) @ mixing * [1, 3, 0.2, 10, 1] * 2 + [5, -2, 100, 0, 1]

cases = []


def case(name, estimator, shrinkage, standardize):
    if standardize:
        mean, std = train.mean(axis=0), train.std(axis=0)
    else:
        mean, std = np.zeros(5), np.ones(5)
    estimator.fit((train - mean) / std)
    cases.append({
        "name": name,
        "shrinkage": shrinkage,
        "standardize": standardize,
        "fitted_shrinkage": float(getattr(estimator, "shrinkage_", getattr(estimator, "shrinkage", 0.0))),
        # scikit-learn's `mahalanobis` is the squared distance.
        "distances": np.sqrt(estimator.mahalanobis((test - mean) / std)).tolist(),
    })


for standardize in [False, True]:
    case("EmpiricalCovariance", EmpiricalCovariance(), 0.0, standardize)
    case("ShrunkCovariance", ShrunkCovariance(shrinkage=0.1), 0.1, standardize)
    case("LedoitWolf", LedoitWolf(), "ledoit_wolf", standardize)

# The marginal distance of rows with missing values: the distance in the features that are there.
estimator = EmpiricalCovariance().fit(train)
missing = test.copy()
missing[rng.random(missing.shape) < 0.4] = np.nan
missing[0] = np.nan
marginal = []
for row in missing:
    here = ~np.isnan(row)
    difference = row[here] - estimator.location_[here]
    covariance = estimator.covariance_[np.ix_(here, here)]
    marginal.append(float(np.sqrt(difference @ np.linalg.solve(covariance, difference))) if here.any() else 0.0)

document = {
    "train": train.tolist(),
    "test": test.tolist(),
    "cases": cases,
    "missing": [[None if np.isnan(v) else float(v) for v in row] for row in missing],
    "marginal": marginal,
}
with open(pathlib.Path(__file__).parent / "gaussian.json", "w") as file:
    json.dump(document, file)
    file.write("\n")
