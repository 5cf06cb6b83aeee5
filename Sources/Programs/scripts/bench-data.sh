#!/usr/bin/env bash
# Measures pulls from a PostgreSQL server that lives as long as the script, and, when ANOMALYZE_SHARED_DATA names the folder of data
# sets, CSV import and features on the handbook's transactions in its fdh/. PEER_PYTHON names a Python that has the peers; without
# it a virtual environment is made in .build/peers. ROWS and REPETITIONS set the size; DATABASE_URL, when set, is used instead of a
# server of the script's own.
set -euo pipefail
cd "$(dirname "$0")/../../.."
march=${MARCH:-native}
flags=(-c release --static-swift-stdlib -Xcc "-march=$march" -Xswiftc -Xcc -Xswiftc "-march=$march")
"${SWIFT:-swift}" build "${flags[@]}" --product bench >&2
python=${PEER_PYTHON:-.build/peers/bin/python}
if ! [ -x "$python" ]; then python3 -m venv .build/peers; fi
if [ -z "${PEER_PYTHON:-}" ]; then
  .build/peers/bin/pip install --quiet pandas polars pyarrow connectorx adbc-driver-postgresql sqlalchemy 'psycopg[binary]' >&2
fi
url=${DATABASE_URL:-}
if [ -z "$url" ]; then
  . Sources/Programs/scripts/throwaway-postgresql.sh
  url=$server_url/postgres
fi
.build/release/bench pull "$url" --rows "${ROWS:-10000000}" --repetitions "${REPETITIONS:-3}" --peer-python "$python"
if [ -n "${ANOMALYZE_SHARED_DATA:-}" ]; then
  .build/release/bench features "$ANOMALYZE_SHARED_DATA/fdh" --repetitions "${REPETITIONS:-3}" --peer-python "$python"
fi
