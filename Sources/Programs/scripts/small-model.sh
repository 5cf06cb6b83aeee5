#!/usr/bin/env bash
# Makes a small registry with a champion called fraud in FOLDER/artifacts, for tests and benchmarks of the server.
# Usage: small-model.sh BIN_FOLDER FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
bin=$(realpath "$1")
cd "$2"
cp "$root/anomalyze.yaml" .
"$bin/anomalyze" db init >/dev/null
"$bin/anomalyze" generate --users "${USERS:-2000}" --days 120 --seed 7 >/dev/null
"$bin/anomalyze" retrain >retrain.log 2>&1 || { tail -n 5 retrain.log >&2; exit 1; }
