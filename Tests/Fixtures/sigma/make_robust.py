#!/usr/bin/env python3
"""Writes robust.json: robust distances, PCA residuals and chi-squared values as scikit-learn and scipy compute them.

Run: python3 Tests/Fixtures/sigma/make_robust.py   (numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1)
"""
import json
import pathlib

import numpy as np
from scipy.stats import chi2
from sklearn.covariance import MinCovDet
from sklearn.decomposition import PCA

rng = np.random.default_rng(5)


def table(count, outliers, columns):
    rows = rng.normal(size=(count, columns)) @ rng.normal(size=(columns, columns)) + np.arange(columns) * 10
    rows[:outliers] += rng.normal(size=columns) * 25
    return rows[rng.permutation(count)]


cases = []
for count, outliers, columns, support in [(80, 12, 3, 0.75), (150, 30, 5, 0.5), (120, 0, 2, 0.75), (700, 100, 4, 0.75)]:
    rows = table(count, outliers, columns)
    # The search is random; the smallest determinant of twenty is the answer, and whether all agree on it is noted.
    tries = [MinCovDet(support_fraction=support, random_state=seed).fit(rows) for seed in range(20)]
    determinants = [np.linalg.slogdet(found.raw_covariance_)[1] for found in tries]
    estimator = tries[int(np.argmin(determinants))]
    cases.append({
        "agreed": bool(np.ptp(determinants) < 1e-9),
        "rows": rows.tolist(),
        "support_fraction": support,
        "inliers": int(estimator.support_.sum()),
        "location": estimator.location_.tolist(),
        "distances": np.sqrt(estimator.mahalanobis(rows)).tolist(),
    })

rows = table(60, 3, 6)
scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
residuals = []
for share in [0.5, 0.8, 0.95]:
    count = int(np.searchsorted(np.cumsum(PCA().fit(scaled).explained_variance_ratio_), share) + 1)
    pca = PCA(n_components=count).fit(scaled)
    away = scaled - pca.inverse_transform(pca.transform(scaled))
    residuals.append({"share": share, "components": count, "scores": np.sqrt((away**2).sum(axis=1)).tolist()})

document = {
    "minimum_covariance_determinant": cases,
    "residual": {"rows": rows.tolist(), "cases": residuals},
    "chi_squared": [
        {"degrees": degrees, "probability": probability, "quantile": float(chi2.ppf(probability, degrees))}
        for degrees in [1, 2, 3, 10, 31, 200] for probability in [0.01, 0.5, 0.75, 0.975, 0.9999]
    ],
}
with open(pathlib.Path(__file__).parent / "robust.json", "w") as file:
    json.dump(document, file)
    file.write("\n")
