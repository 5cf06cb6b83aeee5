"""Scores of scikit-learn models on the card-fraud handbook's split, to check our figures against the published ones.

Run: python3 make_handbook_scores.py transactions.csv.gz scores.csv   (numpy, pandas, scikit-learn; about two minutes)

Protocol of "Reproducible Machine Learning for Credit Card Fraud Detection", chapters 3 and 5: 15 features, training
2018-07-25...31, labels 7 days late, test 2018-08-08...14, on each test day without the cards known to be compromised.
The scores are not committed, because the rows they belong to are not ours; RankingMetrics tests read the file named
by ANOMALYZE_HANDBOOK_SCORES.
"""
import sys

import numpy as np
import pandas as pd
from sklearn.covariance import LedoitWolf
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DAY = 86_400


def windows(table, key, values, days, lag=0):
    """Per row, count and sum of `values` over the last `days` of its key, the window ending `lag` days earlier."""
    order = np.lexsort((np.arange(len(table)), table[key].to_numpy()))
    keys = table[key].to_numpy()[order].astype(np.int64)
    # One number line: keys far apart, so that a search never leaves its key.
    line = keys * 10**10 + table.seconds.to_numpy()[order]
    sums = np.concatenate([[0.0], np.cumsum(values[order])])
    position = np.arange(len(table))
    end = np.searchsorted(line, line - lag * DAY, side="right") if lag else position + 1
    start = np.searchsorted(line, line - (days + lag) * DAY, side="right")
    start = np.maximum(start, np.searchsorted(keys, keys))
    end = np.maximum(end, start)
    count, total = np.empty(len(table)), np.empty(len(table))
    count[order], total[order] = end - start, sums[end] - sums[start]
    return count, total


source, target = sys.argv[1:]
table = pd.read_csv(source)
time = pd.to_datetime(table.tx_datetime)
table["seconds"] = ((time - pd.Timestamp("2018-01-01", tz="UTC")) // pd.Timedelta(seconds=1)).astype(np.int64)
table["day"] = table.seconds // DAY
features = {
    "amount": table.tx_amount.to_numpy(),
    "weekend": (time.dt.day_of_week >= 5).astype(float).to_numpy(),
    "night": (time.dt.hour <= 6).astype(float).to_numpy(),
}
for days in (1, 7, 30):
    count, total = windows(table, "customer_id", table.tx_amount.to_numpy(), days)
    features[f"customer_count_{days}d"] = count
    features[f"customer_mean_{days}d"] = total / count
    count, total = windows(table, "terminal_id", table.tx_fraud.to_numpy(float), days, lag=7)
    features[f"terminal_count_{days}d"] = count
    features[f"terminal_risk_{days}d"] = np.divide(total, count, out=np.zeros(len(table)), where=count > 0)
matrix = np.column_stack(list(features.values()))

first = int((pd.Timestamp("2018-07-25") - pd.Timestamp("2018-01-01")).days)
train = table.day.between(first, first + 6).to_numpy()
frauds = table[(table.tx_fraud == 1) & (table.day >= first)]
known = (frauds.seconds + 7 * DAY).groupby(frauds.customer_id).min()
is_known = (table.customer_id.map(known) <= table.day * DAY).to_numpy()
test = table.day.between(first + 14, first + 20).to_numpy() & ~is_known

label = table.tx_fraud.to_numpy()
scaler = StandardScaler().fit(matrix[train])
x, z = scaler.transform(matrix[train]), scaler.transform(matrix[test])
result = table.loc[test, ["transaction_id", "tx_datetime", "customer_id", "tx_amount", "tx_fraud", "tx_fraud_scenario"]]
logistic = LogisticRegression(max_iter=1000, random_state=0).fit(x, label[train])
result["logistic_regression"] = logistic.predict_proba(z)[:, 1]
forest = RandomForestClassifier(n_jobs=2, random_state=0).fit(x, label[train])
result["random_forest"] = forest.predict_proba(z)[:, 1]
isolation = IsolationForest(n_estimators=100, random_state=0).fit(x)
result["isolation_forest"] = -isolation.score_samples(z)
result["gaussian"] = LedoitWolf().fit(x).mahalanobis(z)
result.to_csv(target, index=False)
print(train.sum(), test.sum(), label[test].sum())
