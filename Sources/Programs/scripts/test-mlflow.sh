#!/usr/bin/env bash
# Proves that MLflow (from PyPI) loads, registers and serves what anomalyze writes, with the scores that anomalyze gives.
# TEST_PYTHON names a Python that has mlflow; without it a virtual environment is made in .build/mlflow.
# Usage: test-mlflow.sh BIN_FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
bin=$(realpath "$1")
python=${TEST_PYTHON:-$root/.build/mlflow/bin/python}
if ! [ -x "$python" ]; then
  python3 -m venv "$root/.build/mlflow"
  "$root/.build/mlflow/bin/pip" install --quiet mlflow onnxruntime onnx >&2
fi
port=${MLFLOW_PORT:-29100}
work=$(mktemp -d)
servers=()
trap 'for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done; chmod -R u+w "$work"; rm -rf "$work"' EXIT
export PATH="$bin:$PATH" ANOMALYZE="$bin/anomalyze" MLFLOW_TRACKING_URI="http://127.0.0.1:$port"
cd "$work"
cp "$root/anomalyze.yaml" .
anomalyze generate --users 100 --days 90 --seed 7 >/dev/null
anomalyze retrain >/dev/null
anomalyze models export fraud@champion exported
"$python" -m mlflow server --backend-store-uri "sqlite:///$work/mlflow.db" --artifacts-destination "$work/store" \
  --serve-artifacts --host 127.0.0.1 --port "$port" --workers 1 >server.log 2>&1 &
servers+=($!)
for _ in $(seq 300); do
  curl -fs "$MLFLOW_TRACKING_URI/health" >/dev/null && break
  sleep 0.2
done
anomalyze push mlflow fraud@champion "$MLFLOW_TRACKING_URI"
anomalyze push mlflow fraud@champion "$MLFLOW_TRACKING_URI" | grep already
"$python" "$root/Sources/Programs/scripts/check_mlflow.py" exported
"$python" -m mlflow models serve -m "models:/fraud@champion" --env-manager local --host 127.0.0.1 \
  --port "$((port + 1))" >serve.log 2>&1 &
servers+=($!)
for _ in $(seq 300); do
  curl -fs "http://127.0.0.1:$((port + 1))/health" >/dev/null && break
  sleep 0.2
done
"$python" "$root/Sources/Programs/scripts/check_mlflow.py" exported "http://127.0.0.1:$((port + 1))"
anomalyze registry verify
