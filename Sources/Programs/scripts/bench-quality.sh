#!/usr/bin/env bash
# Measures detection quality beside the peers on the data sets in ANOMALYZE_SHARED_DATA, a table a part.
# PEER_PYTHON names a Python that has the peers; without it a virtual environment is made in .build/peers. SEEDS is how many
# seeds are averaged, PARTS which parts of the benchmark run.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${ANOMALYZE_SHARED_DATA:?bench-quality: set it to the folder of data sets, the parent of adbench/}"
march=${MARCH:-native}
flags=(-c release --static-swift-stdlib -Xcc "-march=$march" -Xswiftc -Xcc -Xswiftc "-march=$march")
"${SWIFT:-swift}" build "${flags[@]}" --product bench >&2
python=${PEER_PYTHON:-.build/peers/bin/python}
if ! [ -x "$python" ]; then python3 -m venv .build/peers; fi
if [ -z "${PEER_PYTHON:-}" ]; then
  .build/peers/bin/pip install --quiet numpy pandas scikit-learn isotree >&2
fi
for part in ${PARTS:-adbench ensemble fraud nab vus}; do
  seeds=()
  case $part in adbench | ensemble) [ -z "${SEEDS:-}" ] || seeds=(--seeds "$SEEDS") ;; esac
  .build/release/bench quality "$part" --peer-python "$python" "${seeds[@]}"
done
