#!/usr/bin/env python3
"""Writes methods.json: robust statistics by scipy, seasonal regression by numpy.linalg.lstsq, EWMA by its formula.

Run: python3 Tests/Fixtures/sigma/make_methods.py   (numpy 2.4.6, scipy 1.17.1)
"""
import json
import pathlib

import numpy as np
from scipy import stats

rng = np.random.default_rng(21)
document = {"robust": [], "seasonal": [], "ewma": []}

for values in [rng.normal(size=31), rng.normal(50, 3, size=40), np.append(rng.normal(size=20), 1e6)]:
    document["robust"].append({
        "values": values.tolist(),
        "median": float(np.median(values)),
        "scale": float(stats.median_abs_deviation(values, scale="normal")),
    })

start = 1_700_000_000
for slots, hours, trend in [(24, 24 * 9, 0.0), (24, 24 * 9, 0.7), (168, 168 * 4, 0.7), (1, 50, 0.3)]:
    keep = np.sort(rng.permutation(hours)[: int(hours * 0.9)])
    seconds = start + keep * 3600
    hour = seconds // 3600
    index = (hour + 72) % 168 if slots == 168 else hour % slots
    values = 10 * np.sin(index) + trend * (seconds - start) / 86400 + rng.normal(0, 0.5, len(keep))
    origin = (seconds[0] + seconds[-1]) / 2
    design = np.zeros((len(keep), slots + (1 if trend else 0)))
    design[np.arange(len(keep)), index] = 1
    if trend:
        design[:, -1] = (seconds - origin) / 86400
    solution = np.linalg.lstsq(design, values, rcond=None)[0]
    residual = values - design @ solution
    document["seasonal"].append({
        "slots": slots,
        "trend": bool(trend),
        "seconds": seconds.tolist(),
        "values": values.tolist(),
        "slot_values": solution[:slots].tolist(),
        "slope": float(solution[-1]) if trend else 0.0,
        "scale": float(residual.std()),
    })

seconds = start + np.cumsum(rng.integers(1, 300, size=60))
values = np.cumsum(rng.normal(size=60)) + 20
half_life = 600.0
level = float(np.median(values[:15]))
variance = float(stats.median_abs_deviation(values, scale="normal")) ** 2
for i in range(1, 60):
    elapsed = float(seconds[i] - seconds[i - 1])
    weight, slow = 2 ** (-elapsed / half_life), 2 ** (-elapsed / (8 * half_life))
    error = values[i] - level
    level = weight * level + (1 - weight) * values[i]
    variance = slow * variance + (1 - slow) * error ** 2
document["ewma"].append({
    "seconds": seconds.tolist(), "values": values.tolist(), "half_life": half_life,
    "level": float(level), "scale": float(np.sqrt(variance)),
})

with open(pathlib.Path(__file__).parent / "methods.json", "w") as file:
    json.dump(document, file)
    file.write("\n")
