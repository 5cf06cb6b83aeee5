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
  programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  folder=$(mktemp -d /tmp/anomalyze-bench-XXXXXX)
  as_server=()
  if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as_server=(setpriv --reuid=postgres --regid=postgres --init-groups)
  fi
  (cd "$folder" && "${as_server[@]}" "$programs/initdb" --pgdata="$folder/data" --username=bench --auth=trust --encoding=UTF8 \
    --locale=C --no-sync >/dev/null)
  port=${PORT:-25433}
  "${as_server[@]}" "$programs/postgres" -D "$folder/data" -c listen_addresses=127.0.0.1 -c port="$port" \
    -c unix_socket_directories="$folder" -c fsync=off -c shared_buffers=256MB >"$folder/log" 2>&1 &
  server=$!
  trap 'kill -INT "$server"; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
  url="postgresql://bench@127.0.0.1:$port/postgres"
  for _ in $(seq 100); do "$programs/pg_isready" -q -d "$url" && break || sleep 0.2; done
fi
.build/release/bench pull "$url" --rows "${ROWS:-10000000}" --repetitions "${REPETITIONS:-3}" --peer-python "$python"
if [ -n "${ANOMALYZE_SHARED_DATA:-}" ]; then
  .build/release/bench features "$ANOMALYZE_SHARED_DATA/fdh" --repetitions "${REPETITIONS:-3}" --peer-python "$python"
fi
