"""Writes sklearn-forests.json: scikit-learn isolation forests, node by node, with the scores that they give.

Run with scikit-learn 1.9 and numpy installed:  python3 make_sklearn_forests.py
"""
import json
import os

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest


def tree_arrays(estimator, features):
    """Nodes in preorder with features of the whole table."""
    tree = estimator.tree_
    nodes, pending = [], [0]
    while pending:
        node = pending.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            nodes.append({"rows": int(tree.n_node_samples[node])})
            continue
        nodes.append({
            "feature": int(features[tree.feature[node]]),
            "threshold": float(tree.threshold[node]),
            "missing_left": bool(tree.missing_go_to_left[node]),
        })
        pending += [right, left]
    return nodes


def table(seed, rows, columns, missing):
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, columns)) * (1 + np.arange(columns)) + np.arange(columns)
    values[: rows // 20] += 6
    values[:, -1] = np.round(values[:, -1])
    values = values.astype(np.float32)
    values[random.random(values.shape) < missing] = np.nan
    return values


cases = []
for name, seed, missing, settings in [
    ("defaults", 1, 0.0, dict(n_estimators=12)),
    ("contamination", 2, 0.0, dict(n_estimators=8, max_samples=100, contamination=0.07)),
    ("fewer features", 3, 0.0, dict(n_estimators=8, max_samples=0.2, max_features=0.5)),
    ("bootstrap", 4, 0.0, dict(n_estimators=8, max_samples=64, bootstrap=True)),
    ("missing values", 5, 0.1, dict(n_estimators=8, max_samples=128)),
]:
    train = table(seed, 600, 5, missing)
    probe = np.concatenate([train[:60], table(seed + 100, 30, 5, missing)])
    forest = IsolationForest(random_state=seed, **settings).fit(train)
    cases.append({
        "name": name,
        "max_samples": int(forest.max_samples_),
        "offset": float(forest.offset_),
        "trees": [tree_arrays(e, f) for e, f in zip(forest.estimators_, forest.estimators_features_)],
        "rows": [[None if np.isnan(v) else float(v) for v in row] for row in probe],
        "score_samples": [float(v) for v in forest.score_samples(probe)],
        "predict": [int(v) for v in forest.predict(probe)],
    })

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sklearn-forests.json")
with open(path, "w") as file:
    json.dump({"sklearn": sklearn.__version__, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
