"""Writes skops-scores.json: what scikit-learn says of the .skops files that the tests export, after skops has loaded them.

Run in the project's folder, with scikit-learn 1.9, skops and numpy installed:

    mkdir exports && ANOMALYZE_EXPORTS=$PWD/exports swift test --filter SkopsExportTests
    python3 Tests/Fixtures/exchange/make_skops_scores.py exports
"""
import hashlib
import json
import math
import os
import sys
import zipfile

import numpy as np
import sklearn
import skops
import skops.io

folder = sys.argv[1]
cases = {}
for name in sorted(f[:-6] for f in os.listdir(folder) if f.endswith(".skops")):
    path = os.path.join(folder, name + ".skops")
    untrusted = skops.io.get_untrusted_types(file=path)
    assert untrusted == ["sklearn.tree._tree.Tree"], untrusted
    forest = skops.io.load(path, trusted=untrusted)
    assert type(forest) is sklearn.ensemble.IsolationForest
    with open(os.path.join(folder, name + ".json")) as file:
        rows = np.array([[math.nan if v is None else v for v in row] for row in json.load(file)], dtype=np.float32)
    # The compression may differ between versions of zlib, the files within may not.
    digest = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for entry in archive.namelist():
            digest.update(entry.encode() + archive.read(entry))
    cases[name] = {
        "sha256": digest.hexdigest(),
        "score_samples": [float(v) for v in forest.score_samples(rows)],
        "predict": [int(v) for v in forest.predict(rows)],
    }
    print(name, os.path.getsize(path), "bytes")

target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "skops-scores.json")
with open(target, "w") as file:
    json.dump({"sklearn": sklearn.__version__, "skops": skops.__version__, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
