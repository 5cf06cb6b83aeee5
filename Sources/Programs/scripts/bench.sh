#!/usr/bin/env bash
# Measures speed beside the peers, on the same data in the same run; prints JSON, a document a benchmark.
# PEER_PYTHON names a Python that has the peers; without it a virtual environment is made in .build/peers.
set -euo pipefail
cd "$(dirname "$0")/../../.."
march=${MARCH:-native}
flags=(-c release --static-swift-stdlib -Xcc "-march=$march" -Xswiftc -Xcc -Xswiftc "-march=$march")
"${SWIFT:-swift}" build "${flags[@]}" --product bench >&2
"${SWIFT:-swift}" build "${flags[@]}" --product anomalyze-server >&2
python=${PEER_PYTHON:-.build/peers/bin/python}
if ! [ -x "$python" ]; then
  python3 -m venv .build/peers
  .build/peers/bin/pip install --quiet numpy polars pandas scikit-learn fastapi uvicorn >&2
fi
command -v wrk >/dev/null 2>&1 || {
  echo "bench: wrk is missing and measures the server; install it (apt-get install wrk)" >&2
  exit 2
}
.build/release/bench forest --repetitions "${REPETITIONS:-3}" --peer-python "$python"
.build/release/bench sigma --repetitions "${REPETITIONS:-3}" --peer-python "$python"
CONNECTIONS="${CONNECTIONS:-1 16 64}" Sources/Programs/scripts/bench-server.sh .build/release/anomalyze-server "$python"
