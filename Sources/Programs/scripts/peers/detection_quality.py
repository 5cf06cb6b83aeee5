"""Prints AUROC and average precision of the peers' isolation forests on labelled tables, one JSON object per line.

Usage: python detection_quality.py FOLDER SEEDS
FOLDER holds *.csv.gz files whose last column `label` is 1 for an anomaly. Needs pandas and scikit-learn; isotree is
measured too where it is installed.
"""
import glob
import json
import os
import sys
import warnings

import numpy as np
import pandas
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

warnings.filterwarnings("ignore")


def sklearn_scores(values, seed):
    return -IsolationForest(random_state=seed).fit(values).score_samples(values)


def isotree_fair_cut_scores(values, seed):
    import isotree

    columns = np.asfortranarray(values)
    forest = isotree.IsolationForest(
        ntrees=200, sample_size=min(256, len(values)), ndim=min(3, values.shape[1]), prob_pick_pooled_gain=1, ntry=1,
        max_depth=None, penalize_range=False, missing_action="fail", random_seed=seed + 1, nthreads=2)
    return forest.fit(columns).predict(columns)


def main():
    folder, seeds = sys.argv[1], int(sys.argv[2])
    methods = {"scikit-learn": sklearn_scores}
    try:
        import isotree  # noqa: F401
        methods["isotree fair_cut"] = isotree_fair_cut_scores
    except ImportError:
        pass
    for path in sorted(glob.glob(os.path.join(folder, "*.csv.gz"))):
        table = pandas.read_csv(path)
        labels = table.pop("label").to_numpy()
        values = table.to_numpy(np.float64)
        for method, scores_of in methods.items():
            scores = [scores_of(values, seed) for seed in range(seeds)]
            print(json.dumps(dict(
                file=os.path.basename(path)[:-7], method=method,
                auroc=float(np.mean([roc_auc_score(labels, s) for s in scores])),
                ap=float(np.mean([average_precision_score(labels, s) for s in scores])))), flush=True)


main()
