"""Writes isotree-scores.json: what isotree's forests of many trees say of a table, by density and with penalized ranges.

Run with isotree 0.6 and numpy installed:  python3 make_isotree_scores.py
Scores of so many random trees are near their expectation, which any program with the same definitions has.
"""
import json
import os
from importlib.metadata import version

import isotree
import numpy as np

random = np.random.default_rng(11)
table = np.round(np.column_stack([
    random.normal(size=300), random.exponential(size=300), np.where(random.random(300) < .5, -2, 2) + .3 * random.normal(size=300)]), 4)
# Rows that no tree is grown from: on the edge and far outside.
others = np.array([[0, 1, 0], [3, 4, 2], [8, 1, 2], [0, 15, -2], [-5, -3, 0], [50, 50, 50]], dtype=float)
cases = {
    "density": dict(ndim=1, scoring_metric="density", max_depth=8),
    "density over two features": dict(ndim=2, coefs="normal", scoring_metric="density", max_depth=8),
    "penalized ranges": dict(ndim=1, penalize_range=True, max_depth=8),
    "penalized ranges over two features": dict(ndim=2, coefs="normal", penalize_range=True, max_depth=8),
}
result = {"isotree": version("isotree"), "rows": table.tolist(), "others": others.tolist(), "cases": {}}
for name, settings in cases.items():
    forest = isotree.IsolationForest(
        ntrees=4000, sample_size=128, prob_pick_pooled_gain=0, prob_pick_avg_gain=0, missing_action="fail", random_seed=1, nthreads=1,
        **settings).fit(table)
    result["cases"][name] = [round(float(score), 6) for score in forest.predict(np.vstack([table[:40], others]))]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "isotree-scores.json")
with open(path, "w") as file:
    json.dump(result, file)
    file.write("\n")
print({name: scores[-8:] for name, scores in result["cases"].items()})
