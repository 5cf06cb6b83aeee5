"""Writes imported-forest/: a scikit-learn forest as import_scikit_learn.py writes it, with rows and scikit-learn's scores.

Run with scikit-learn 1.9 and numpy installed:  python3 make_imported_forest.py
"""
import json
import os
import shutil
import sys

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../../../Sources/Programs/scripts"))
from import_scikit_learn import write_model

random = np.random.default_rng(6)
table = (random.normal(size=(500, 4)) * [1, 10, 0.1, 5]).astype(np.float32)
table[random.random(table.shape) < 0.03] = np.nan
forest = IsolationForest(n_estimators=10, max_samples=64, contamination=0.04, random_state=3).fit(table)
rows = table[:60]
folder = os.path.join(here, "imported-forest")
shutil.rmtree(folder, ignore_errors=True)
write_model(forest, folder, names=["amount", "distance", "ratio", "hour"])
with open(os.path.join(here, "imported-forest-scores.json"), "w") as file:
    json.dump({
        "sklearn": sklearn.__version__,
        "rows": [[None if np.isnan(v) else float(v) for v in row] for row in rows],
        "score_samples": [float(v) for v in forest.score_samples(rows)],
        "predict": [int(v) for v in forest.predict(rows)],
    }, file, separators=(",", ":"))
    file.write("\n")
