#!/usr/bin/env python3
"""Writes three_sigma.json: what exact rational arithmetic, numpy and scipy say about the cases in it.

Run: python3 Tests/Fixtures/sigma/make_three_sigma.py   (numpy 2.4.6, scipy 1.17.1)
"""
import json
import math
import pathlib
from fractions import Fraction

import numpy as np
from scipy import stats


def square_root(fraction):
    """The square root of a rational number to about 60 digits, as a rational number."""
    scale = 10 ** 60
    while fraction and fraction * scale * scale < 10 ** 80:
        scale *= 10 ** 60
    return Fraction(math.isqrt(fraction.numerator * scale * scale // fraction.denominator), scale)


def moments(name, values):
    values = [float(v) for v in values]
    exact = [Fraction(v) for v in values]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / len(exact)
    with np.errstate(all="ignore"):
        numpy_mean, numpy_std = float(np.mean(values)), float(np.std(values))
    return {
        "name": name,
        "values": values,
        "mean": float(mean),
        "std": float(square_root(variance)),
        "numpy_mean": numpy_mean if math.isfinite(numpy_mean) else None,
        "numpy_std": numpy_std if math.isfinite(numpy_std) else None,
    }


rng = np.random.default_rng(4)
cases = [
    moments("standard normal", rng.normal(size=50)),
    moments("large mean", rng.normal(1.7e9, 1, 50)),
    moments("cents", np.round(rng.normal(1e7, 30, 50), 2)),
    moments("micro units", rng.normal(3e-7, 1e-9, 40)),
    moments("ten copies of 0.1", [0.1] * 10),
    moments("challenge example", [10, 12, 11, 13, 12, 11, 10, 12]),
    moments("two points", [0.1, 0.2]),
    moments("near the largest double", [1e308, -1e308, 1.7e308, 1.2e308]),
    moments("denormals", [5e-324, 1e-323, 0, 2.5e-322]),
    moments("huge and tiny", [1e300, 1e-300, 1, -1e300]),
    moments("one spike", [1.0] * 20 + [1e9]),
    moments("signs", [-0.0, 0.0, -3.5, 3.5, 1e-17]),
]

student = []
for df in [1, 2, 3, 9, 29, 199, 1999, 100_000]:
    for tail in [0.4, 0.1, 1.3498980316300933e-3, 1e-9]:
        student.append({"df": df, "tail": tail, "quantile": float(stats.t.isf(tail, df))})
    for t in [0.1, 0.9, 2.5, 5.0, 11.0]:
        student.append({"df": df, "t": t, "upper_tail": float(stats.t.sf(t, df))})
normal = [{"z": z, "upper_tail": float(stats.norm.sf(z))} for z in [-8, -1, 0, 0.3, 1, 2.9, 3, 3.1, 8, 20, 37]]

thresholds = []
for n in [2, 3, 5, 10, 20, 30, 100, 200, 10_000]:
    tail = stats.norm.sf(3)
    value = stats.t.isf(tail, n - 1) * math.sqrt(1 + 1 / n) * math.sqrt(n / (n - 1))
    thresholds.append({"points": n, "threshold": 3, "finite_sample": float(value)})

folder = pathlib.Path(__file__).parent
with open(folder / "three_sigma.json", "w") as file:
    json.dump({"moments": cases, "student": student, "normal": normal, "thresholds": thresholds}, file, indent=1)
    file.write("\n")
