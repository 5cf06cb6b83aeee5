"""Writes ranking.json: what scikit-learn and the card-fraud handbook's definitions give on small tables.

Run: python3 make_ranking.py   (numpy, pandas, scikit-learn)
"""
import json
import pathlib

import numpy as np
import pandas as pd
import sklearn
from sklearn import metrics

random = np.random.default_rng(20180725)


def ranking_case(name, scores, labels, weights=None, curves=True):
    scores, labels = np.asarray(scores, float), np.asarray(labels, int)
    case = {"name": name, "scores": scores.tolist(), "labels": labels.tolist()}
    if weights is not None:
        case["weights"] = np.asarray(weights, float).tolist()
    case["area_under_roc"] = metrics.roc_auc_score(labels, scores, sample_weight=weights)
    case["average_precision"] = metrics.average_precision_score(labels, scores, sample_weight=weights)
    if curves:
        precision, recall, thresholds = metrics.precision_recall_curve(labels, scores, sample_weight=weights)
        case["precision_recall"] = [precision.tolist(), recall.tolist(), thresholds.tolist()]
        fpr, tpr, thresholds = metrics.roc_curve(labels, scores, sample_weight=weights)
        case["roc"] = [fpr.tolist(), tpr.tolist(), thresholds[1:].tolist()]
        fpr, tpr, _ = metrics.roc_curve(labels, scores, sample_weight=weights, drop_intermediate=False)
        case["roc_all"] = [fpr.tolist(), tpr.tolist()]
    return case


def daily_case(name, day_count, row_count, entity_count, k, tied):
    table = pd.DataFrame({
        "day": np.sort(random.integers(0, day_count, row_count)),
        "entity": random.integers(0, entity_count, row_count),
        "amount": random.integers(1, 500, row_count),
        "label": (random.random(row_count) < 0.08).astype(int),
    })
    score = random.normal(size=row_count) + 1.5 * table.label
    table["score"] = np.round(score, 1) if tied else score
    rows, cards, new_cards, caught = [], [], [], set()
    caught_rows = []
    for _, day in table.groupby("day"):
        top = day.sort_values("score", ascending=False, kind="stable").head(k)
        rows.append(top.label.sum() / k)
        caught_rows.append(top[top.label == 1])

        def best(frame):
            # One line a card: its best score and whether any of its payments is fraud; ties by first best payment.
            frame = frame.sort_values("score", ascending=False, kind="stable")
            return frame.groupby("entity", sort=False).agg(score=("score", "max"), label=("label", "max")).head(k)

        cards.append(best(day).label.sum() / k)
        top = best(day[~day.entity.isin(caught)])
        new_cards.append(top.label.sum() / k)
        caught |= set(top[top.label == 1].index)
    caught_rows = pd.concat(caught_rows)
    frauds = table[table.label == 1]
    alerts = sum(min(k, len(day)) for _, day in table.groupby("day"))
    return {
        "name": name, "k": k, "day": table.day.tolist(), "entity": table.entity.tolist(),
        "amount": table.amount.tolist(), "label": table.label.tolist(), "score": table.score.tolist(),
        "precision": float(np.mean(rows)), "card_precision": float(np.mean(cards)),
        "new_card_precision": float(np.mean(new_cards)), "recall": len(caught_rows) / len(frauds),
        "money_recall": float(caught_rows.amount.sum() / frauds.amount.sum()),
        "alerts_per_catch": alerts / len(caught_rows),
    }


def labelled(count, share, shift):
    labels = (random.random(count) < share).astype(int)
    return random.normal(size=count) + shift * labels, labels


cases = [
    ranking_case("four points of the documentation", [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]),
    ranking_case("all scores equal", [3.5] * 6, [0, 1, 0, 0, 1, 0]),
    ranking_case("perfect", [1, 2, 3, 4], [0, 0, 1, 1]),
    ranking_case("upside down", [4, 3, 2, 1], [0, 0, 1, 1]),
    ranking_case("both zeros are one score", [-0.0, 0.0, 1.0, -1.0], [1, 0, 1, 0]),
    ranking_case("one anomaly", [0.1, 0.9, 0.5], [0, 0, 1]),
]
scores, labels = labelled(200, 0.1, 1.0)
cases.append(ranking_case("200 rows without ties", scores, labels))
cases.append(ranking_case("200 rows with many ties", np.round(scores, 0), labels))
cases.append(ranking_case("weights", np.round(scores, 1), labels, random.integers(0, 4, 200) + 0.5))
cases.append(ranking_case("weights of which many are 0", scores, labels, random.integers(0, 2, 200), curves=False))
scores, labels = labelled(3000, 0.01, 2.0)
cases.append(ranking_case("3000 rows, rare anomalies", np.round(scores, 3), labels, curves=False))

daily = [
    daily_case("7 days", 7, 700, 60, 10, tied=False),
    daily_case("ties", 5, 600, 80, 12, tied=True),
    daily_case("fewer rows than the budget", 4, 40, 10, 25, tied=False),
]
path = pathlib.Path(__file__).with_name("ranking.json")
path.write_text(json.dumps({"scikit_learn": sklearn.__version__, "ranking": cases, "daily": daily}) + "\n")
print(path, path.stat().st_size)
