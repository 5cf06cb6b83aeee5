#!/usr/bin/env bash
# Measures /predict and /fit of the server by wrk, beside FastAPI + uvicorn doing the same work; prints JSON.
# Usage: bench-server.sh SERVER_BINARY [PYTHON_WITH_FASTAPI]      SECONDS_EACH=5 CONNECTIONS="1 16 64"
set -euo pipefail
server=${1:?give the path of anomalyze-server}
python=${2:-}
seconds=${SECONDS_EACH:-5}
connections=${CONNECTIONS:-1 16 64}
here=$(cd "$(dirname "$0")" && pwd)
command -v wrk >/dev/null || { echo "bench-server: install wrk (apt-get install wrk)" >&2; exit 2; }
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait || true
  rm -rf "$work"
}
trap finish EXIT

script() { # file, body file
  cat >"$work/$1" <<LUA
local file = io.open("$work/$2", "r")
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = file:read("*a")
file:close()
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests_per_second":%.0f,"p50_ms":%.3f,"p99_ms":%.3f,"failed":%d}',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
LUA
}
printf '{"timestamp":"1609459500","value":25.5}' >"$work/predict.json"
awk 'BEGIN { srand(1); printf "{\"timestamps\":[";
  for (i = 0; i < 1440; i++) printf "%s%d", i ? "," : "", 1609459200 + 60 * i;
  printf "],\"values\":[";
  for (i = 0; i < 1440; i++) printf "%s%.6f", i ? "," : "", 20 + rand();
  printf "]}" }' >"$work/fit.json"
# Every fit has other points, because the same points again are not written again.
cat >"$work/fit.lua" <<LUA
local file = io.open("$work/fit.json", "r")
local head, tail = file:read("*a"):match("^(.*%[)(.*)$")
local count = 0
request = function()
  count = count + 1
  local body = head .. (tail:gsub("^[^,]*", tostring(count % 1000 + 0.5), 1))
  return wrk.format("POST", "/fit/series-" .. count % 64, { ["Content-Type"] = "application/json" }, body)
end
LUA
script predict.lua predict.json
sed -n '/^done/,$p' "$work/predict.lua" >>"$work/fit.lua"

run() { # script, connections, url
  wrk -t1 -c"$2" -d"${seconds}s" --latency -s "$work/$1" "$3" | grep '^{' || tail -n 1
}
measure() { # name, port
  local url=http://127.0.0.1:$2 separator=
  for _ in $(seq 100); do
    curl -sf -o /dev/null -H 'Content-Type: application/json' "$url/fit/s" --data "@$work/fit.json" && break
    sleep 0.1
  done
  printf '"%s":{"predict":{' "$1"
  for count in $connections; do
    printf '%s"%s":%s' "$separator" "$count" "$(run predict.lua "$count" "$url/predict/s" | tail -n 1)"
    separator=,
  done
  printf '},"fit_1440_points":{"64":%s}}' "$(run fit.lua 64 "$url" | tail -n 1)"
}

"$server" --port 0 --series-store "$work/series.sqlite" --registry "$work/registry" >"$work/out" 2>/dev/null &
pids+=($!)
for _ in $(seq 100); do [ -s "$work/out" ] && break; sleep 0.05; done
port=$(sed -n 's/.*://p' "$work/out")
printf '{"seconds_each":%s,' "$seconds"
measure anomalyze "$port"
if [ -n "$python" ]; then
  "$python" "$here/peers/series_server.py" 18765 >/dev/null 2>&1 &
  pids+=($!)
  printf ','
  measure fastapi_uvicorn 18765
fi
printf '}\n'
