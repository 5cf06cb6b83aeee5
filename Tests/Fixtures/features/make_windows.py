#!/usr/bin/env python3
"""Makes transactions.csv and windows.csv: windowed features as pandas computes them.

    python3 Tests/Fixtures/features/make_windows.py

pandas 2 or 3 and numpy; seed 7. Times are whole multiples of an hour now and then, so that events fall on the edges
of windows and share a moment. Labels are known 7 days after the transaction, as in the handbook.
"""
import pathlib

import numpy as np
import pandas as pd

here = pathlib.Path(__file__).parent
random = np.random.default_rng(7)
count = 700
seconds = np.sort(random.integers(0, 70 * 86_400, count))
on_the_hour = random.random(count) < 0.4
seconds = np.where(on_the_hour, seconds // 3_600 * 3_600, seconds)
seconds[300:306] = seconds[300]
seconds = np.sort(seconds)
table = pd.DataFrame(
    {
        "id": [str(1_000 + i) for i in range(count)],
        "time": pd.Timestamp("2018-05-04T21:00:00") + pd.to_timedelta(seconds, unit="s"),
        "user": [f"u{i}" for i in random.integers(0, 9, count)],
        "terminal": [f"t{i}" for i in random.integers(0, 7, count)],
        "amount": np.round(random.lognormal(3.5, 0.8, count), 2),
        "fraud": (random.random(count) < 0.06).astype(int),
    }
)
table.to_csv(here / "transactions.csv", index=False, date_format="%Y-%m-%dT%H:%M:%SZ")

out = pd.DataFrame(index=table.index)
out["amount"] = table.amount
out["log_amount"] = np.log1p(table.amount)
out["weekend"] = (table.time.dt.day_of_week >= 5).astype(int)
out["night"] = (table.time.dt.hour < 7).astype(int)


def rolling(entity, column, window, statistic, closed="right"):
    result = pd.Series(index=table.index, dtype=float)
    for _, rows in table.groupby(entity, sort=False):
        series = pd.Series(rows[column].to_numpy(), index=rows.time)
        values = getattr(series.rolling(window.upper(), closed=closed), statistic)()
        result.loc[rows.index] = values.to_numpy()
    return result.fillna(0)


for window in ["1d", "7d", "30d"]:
    out[f"user_count_{window}"] = rolling("user", "amount", window, "count")
for window in ["1d", "7d", "30d"]:
    out[f"user_mean_{window}"] = rolling("user", "amount", window, "mean")
out["user_sum_7d"] = rolling("user", "amount", "7d", "sum")
out["user_std_7d"] = rolling("user", "amount", "7d", "std")
out["user_min_7d"] = rolling("user", "amount", "7d", "min")
out["user_max_7d"] = rolling("user", "amount", "7d", "max")

delay = 7
count_delay = rolling("terminal", "fraud", f"{delay}d", "count")
fraud_delay = rolling("terminal", "fraud", f"{delay}d", "sum")
counts, risks = {}, {}
for days in [1, 7, 30]:
    transactions = rolling("terminal", "fraud", f"{delay + days}d", "count") - count_delay
    frauds = rolling("terminal", "fraud", f"{delay + days}d", "sum") - fraud_delay
    counts[f"terminal_count_{days}d_delay_7d"] = transactions
    risks[f"terminal_risk_{days}d_delay_7d"] = (frauds / transactions).fillna(0)
for name, values in {**counts, **risks}.items():
    out[name] = values

# What the row before has seen: everything of the user before this row, in row order.
history = table.groupby("user").amount
means = history.transform(lambda x: x.shift().expanding().mean())
deviations = history.transform(lambda x: x.shift().expanding().std(ddof=0))
z = (table.amount - means) / deviations
out["user_z_score_history"] = z.where(history.cumcount() >= 2, 0).clip(-50, 50)
out["user_ratio_history"] = (table.amount / means).fillna(1)
gaps = table.groupby("user").time.diff().dt.total_seconds()
out["user_seconds_since_last"] = gaps.fillna(30 * 86_400).clip(upper=30 * 86_400)
pairs = table.groupby(["user", "terminal"]).cumcount()
out["user_new_terminal"] = (pairs == 0).astype(int)
out["user_terminal_rarity_history"] = -np.log((pairs + 1) / (history.cumcount() + 2))
distinct, repeats = [], []
for i, row in table.iterrows():
    past = table.loc[: i]
    past = past[(past.user == row.user) & (past.time > row.time - pd.Timedelta(days=7))]
    distinct.append(past.terminal.nunique())
    repeats.append((past.amount == row.amount).sum())
out["user_distinct_terminal_7d"] = distinct
out["user_repeats_7d"] = repeats
robust = []
for i, row in table.iterrows():
    last = table.loc[: i - 1] if i else table.iloc[:0]
    last = last[last.user == row.user].amount.tail(8).to_numpy()
    if len(last) < 3:
        robust.append(0.0)
        continue
    middle = np.median(last)
    spread = max(1.4826 * np.median(np.abs(last - middle)), abs(middle) * 0.05, 0.01)
    robust.append(float(np.clip((row.amount - middle) / spread, -50, 50)))
out["user_robust_z_score_8"] = robust
for column in out:
    out[column] = out[column].map(lambda value: repr(float(value)))
out.to_csv(here / "windows.csv", index=False)
