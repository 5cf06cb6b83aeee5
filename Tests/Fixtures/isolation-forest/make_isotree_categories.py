"""Writes isotree-categories.json: a table with two categorical columns, and how well isotree's forests find its anomalies.

Run with isotree 0.6, numpy, pandas and scikit-learn installed:  python3 make_isotree_categories.py
"""
import json
import os
from importlib.metadata import version

import isotree
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

random = np.random.default_rng(7)
rows = 1500
shop = random.choice(["food", "fuel", "books", "travel", "games"], size=rows, p=[.4, .3, .15, .1, .05])
country = np.where(random.random(rows) < .9, "DE", random.choice(["FR", "AT", "CH"], size=rows))
typical = pd.Series(shop).map({"food": 30, "fuel": 60, "books": 20, "travel": 300, "games": 40}).to_numpy()
amount = typical * np.exp(.3 * random.normal(size=rows))
hour = random.normal(14, 3, size=rows)
label = np.zeros(rows, dtype=int)
planted = random.choice(rows, size=60, replace=False)
label[planted] = 1
# A third each: a country seldom or never seen, an amount that the shop does not have, both with a shop of its own.
country[planted[:20]] = random.choice(["BR", "KP", "NG"], size=20)
amount[planted[20:40]] = typical[planted[20:40]] * np.exp(random.choice([-2.5, 2.5], size=20))
shop[planted[40:]] = random.choice(["pawn", "casino"], size=20)
country[planted[40:]] = "MT"
table = pd.DataFrame({"amount": np.log(amount), "hour": hour, "shop": shop, "country": country})
table["shop"] = table["shop"].astype("category")
table["country"] = table["country"].astype("category")

forests = {
    "axis": dict(ndim=1, ntrees=100, sample_size=256, max_depth=8, missing_action="divide", new_categ_action="smallest",
                 prob_pick_pooled_gain=0),
    "pooled_gain": dict(ndim=2, ntrees=200, sample_size=256, max_depth=None, missing_action="impute",
                        new_categ_action="smallest", prob_pick_pooled_gain=1),
}
areas = {}
for name, settings in forests.items():
    found = []
    for seed in range(5):
        forest = isotree.IsolationForest(random_seed=seed, nthreads=1, categ_split_type="subset", **settings).fit(table)
        found.append(roc_auc_score(label, forest.predict(table)))
    areas[name] = float(np.mean(found))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "isotree-categories.json")
with open(path, "w") as file:
    json.dump({
        "isotree": version("isotree"), "area_under_roc": areas,
        "amount": [round(float(x), 4) for x in table["amount"]], "hour": [round(float(x), 3) for x in hour],
        "shop": list(map(str, shop)), "country": list(map(str, country)), "label": label.tolist(),
    }, file)
    file.write("\n")
print(version("isotree"), areas)
