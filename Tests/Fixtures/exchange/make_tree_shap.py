"""Writes tree-shap.json: path-dependent TreeSHAP values (shap) of the first forest of ../isolation-forest, for its rows.

The forest is grown again as make_sklearn_forests.py grows it. Run with scikit-learn 1.9, shap and numpy:
python3 make_tree_shap.py
"""
import json
import os
import sys

import numpy as np
import shap
from sklearn.ensemble import IsolationForest

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "../isolation-forest/sklearn-forests.json")) as file:
    case = json.load(file)["cases"][0]
random = np.random.default_rng(1)
values = random.normal(size=(600, 5)) * (1 + np.arange(5)) + np.arange(5)
values[:30] += 6
values[:, -1] = np.round(values[:, -1])
values = values.astype(np.float32)
forest = IsolationForest(random_state=1, n_estimators=12).fit(values)
rows = np.array(case["rows"], dtype=np.float32)
assert np.allclose(forest.score_samples(rows), case["score_samples"]), "the forest is another"
# shap explains the mean path length: small values speak for an anomaly.
found = shap.TreeExplainer(forest).shap_values(rows)
with open(os.path.join(here, "tree-shap.json"), "w") as file:
    json.dump({"shap": shap.__version__, "path_length": np.asarray(found).round(9).tolist()}, file, separators=(",", ":"))
    file.write("\n")
