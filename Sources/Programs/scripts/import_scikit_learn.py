#!/usr/bin/env python3
"""Turns a fitted scikit-learn IsolationForest into a model folder that Anomalyze loads, scores, explains and exports.

    python3 import_scikit_learn.py FOREST FOLDER [--names a,b,c]

FOREST is a file written by joblib (or pickle) or by skops (ending in .skops); load only files that you trust. FOLDER is made;
it gets `model.json` and `model.safetensors` (format anomalyze-table-model/1). In a program of your own:

    from import_scikit_learn import write_model
    write_model(forest, "folder", names=["a", "b"])

Scores are −score_samples and the threshold is −offset_: higher is more anomalous. scikit-learn rounds its input to float32
first; give the same numbers as float32 and the scores are equal to 1e-9. Needs scikit-learn 1.3 or newer and numpy.
"""
import argparse
import hashlib
import json
import os
import struct

import numpy as np


def preorder(estimator, features):
    """The nodes of one tree, parents first and left children next to them, with features of the whole table."""
    tree = estimator.tree_
    pending = [0]
    while pending:
        node = pending.pop()
        left = int(tree.children_left[node])
        if left < 0:
            yield None, int(tree.n_node_samples[node])
            continue
        goes_left = bool(tree.missing_go_to_left[node]) if hasattr(tree, "missing_go_to_left") else False
        yield (int(features[tree.feature[node]]), float(tree.threshold[node]), 1 if goes_left else 2), None
        pending += [int(tree.children_right[node]), left]


def narrowest(values, bound):
    return np.asarray(values, np.uint8 if bound <= 256 else np.uint16 if bound <= 65536 else np.int32)


def mix(word):
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
    return word ^ (word >> 31)


def checksum(tensors):
    """The checksum over all arrays that the format isolation_forest/1 asks for."""
    state = 0x616E6F6D616C797A

    def add(words):
        nonlocal state
        for word in words:
            state = (mix(state ^ (word & (2**64 - 1))) + 0x9E3779B97F4A7C15) & (2**64 - 1)

    for name in sorted(tensors):
        values = tensors[name]
        add(name.encode())
        add(values.shape)
        add(int(v) for v in (values.view(np.uint64) if values.dtype == np.float64 else values))
    return f"{state:016x}"


def safetensors(tensors, metadata):
    """The arrays in the safetensors format, in the order of the dictionary."""
    types = {"float64": "F64", "int32": "I32", "uint16": "U16", "uint8": "U8"}
    header, offset = {"__metadata__": metadata}, 0
    for name, values in tensors.items():
        header[name] = {
            "dtype": types[values.dtype.name], "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(values.tobytes() for values in tensors.values())


def write_model(forest, folder, names=None):
    """Writes the fitted `forest` as a model folder; `names` are the features', else the forest's own or x0, x1, …"""
    names = list(names if names is not None else getattr(forest, "feature_names_in_", [f"x{i}" for i in range(forest.n_features_in_)]))
    if len(names) != forest.n_features_in_:
        raise ValueError(f"{len(names)} names for {forest.n_features_in_} features")
    trees = [list(preorder(e, f)) for e, f in zip(forest.estimators_, forest.estimators_features_)]
    nodes = [node for tree in trees for node in tree]
    splits = [split for split, _ in nodes if split]
    leaves = [rows for split, rows in nodes if not split]
    tensors = {
        "node_counts": np.array([len(tree) for tree in trees], np.int32),
        "is_split": np.packbits([split is not None for split, _ in nodes], bitorder="little"),
        "features": narrowest([s[0] for s in splits], len(names)),
        "thresholds": np.array([s[1] for s in splits], np.float64),
        "missing": np.array([s[2] for s in splits], np.uint8),
        "leaf_counts": narrowest(leaves, max(leaves) + 1),
    }
    description = {
        "kind": "isolation_forest", "format": 1, "feature_names": [str(n) for n in names],
        "sample_count": int(forest.max_samples_), "path_length": "approximate", "threshold": -float(forest.offset_),
        "term_count": 1, "checksum": checksum(tensors)}
    data = safetensors(tensors, {"format": "anomalyze-table-model/1"})
    document = {
        "format": "anomalyze-table-model/1", "kind": "isolation_forest", "detector": description,
        "threshold": -float(forest.offset_), "files": {"model.safetensors": hashlib.sha256(data).hexdigest()}}
    # The second line holds the checksum of every byte after it.
    rest = json.dumps(document, indent=2, ensure_ascii=False)[2:].encode() + b"\n"
    os.makedirs(folder)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(data)
    with open(os.path.join(folder, "model.json"), "wb") as file:
        file.write(b'{\n  "checksum": "' + hashlib.sha256(rest).hexdigest().encode() + b'",\n' + rest)


def load(path):
    if path.endswith(".skops"):
        import skops.io

        return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    import joblib

    return joblib.load(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forest")
    parser.add_argument("folder")
    parser.add_argument("--names", help="names of the features, with commas between")
    given = parser.parse_args()
    write_model(load(given.forest), given.folder, given.names.split(",") if given.names else None)
