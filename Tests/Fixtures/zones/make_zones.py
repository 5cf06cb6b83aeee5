"""Writes what Python's zoneinfo says about zones at the moments where clocks change, and the zones' files.

Usage: python make_zones.py    (in this folder; reads the system's tzdata)
"""
import json
import os
import random
import shutil
import zoneinfo
from datetime import datetime, timedelta, timezone

ZONES = [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "America/Nuuk",
    "Africa/Casablanca", "Asia/Kolkata", "Asia/Tehran", "Pacific/Apia", "America/Sao_Paulo",
]
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LAST = 2_900_000_000


def offset(zone, second):
    return int((EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset().total_seconds())


def changes(zone):
    """Every second at which the offset changes, by halving the days in which it does."""
    found = []
    for day in range(86_400, LAST, 86_400):
        low, high = day - 86_400, day
        if offset(zone, low) == offset(zone, high):
            continue
        before = offset(zone, low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
        found.append(high)
    return found


random.seed(1)
expected = {}
for name in ZONES:
    source = next(p for p in (f"{folder}/{name}" for folder in zoneinfo.TZPATH) if os.path.exists(p))
    os.makedirs(os.path.dirname(name), exist_ok=True)
    shutil.copyfile(source, name)
    with open(name, "rb") as file:
        zone = zoneinfo.ZoneInfo.from_file(file, key=name)
    seconds = set()
    for change in changes(zone):
        seconds |= {change - 1, change}
    seconds |= {random.randrange(LAST) for _ in range(40)}
    expected[name] = [[second, offset(zone, second)] for second in sorted(seconds)]
with open("offsets.json", "w") as file:
    file.write(
        "{\n" + ",\n".join(f'"{n}": {json.dumps(v, separators=(",", ":"))}' for n, v in expected.items()) + "\n}\n")
