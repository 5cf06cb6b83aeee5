"""Reads a snapshot's parts with the safetensors package and prints what a test compares.

Usage: read_snapshot.py SNAPSHOT_FOLDER. Exit code 77 says that safetensors or numpy is not installed.
"""
import json
import pathlib
import sys

try:
    from safetensors.numpy import load_file
except ImportError:
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())


def texts(part, name):
    raw, offsets = part[name + ".bytes"].tobytes(), part[name + ".offsets"]
    return [raw[a:b].decode() for a, b in zip(offsets[:-1], offsets[1:])]


rows = frauds = amount = 0
users = []
for entry in manifest["parts"]:
    part = load_file(folder / entry["file"])
    ids = texts(part, "tx_id")
    assert len(ids) == len(part["occurred_at"]) == entry["rows"]
    rows += len(ids)
    frauds += int((part["is_fraud"] == 1).sum())
    amount += int(part["amount"].sum())
    dictionary = texts(part, "user_id")
    users += [dictionary[code] for code in part["user_id.codes"]]
print(json.dumps({"rows": rows, "frauds": frauds, "amount": amount, "first": users[0], "last": users[-1]}))
