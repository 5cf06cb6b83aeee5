#!/usr/bin/env bash
# Measures the server by wrk beside its peers: the bare static answer of its HTTP library, and FastAPI + uvicorn, MLServer and
# MLflow's scoring server doing the same work. Prints one line a figure: ours, the peer's, the ratio and the target.
# Our server looks for the next request for a moment before it sleeps, as is its default (BUSY_POLL, in microseconds, 0 for never);
# the static answer's loop is the library's own, which always sleeps.
# Usage: bench-server.sh SERVER_BINARY [PYTHON_WITH_FASTAPI]
#   SECONDS_EACH=3 ROUNDS=5 CONNECTIONS="1 16 64 256 1000" THREADS=1 BUSY_POLL=50
#   MLSERVER_PYTHON, MLFLOW_PYTHON   a Python that has mlserver or mlflow; by default PYTHON_WITH_FASTAPI
set -euo pipefail
server=$(realpath "${1:?give the path of anomalyze-server}")
python=${2:-}
seconds=${SECONDS_EACH:-3}
rounds=${ROUNDS:-5}
connections=${CONNECTIONS:-1 16 64 256 1000}
threads=${THREADS:-1}
busy_poll=${BUSY_POLL:-50}
here=$(cd "$(dirname "$0")" && pwd)
command -v wrk >/dev/null || { echo "bench-server: install wrk (apt-get install wrk)" >&2; exit 2; }
work=$(mktemp -d)
pids=()
groups=()
finish() {
  for group in "${groups[@]}"; do kill -- "-$group" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait || true
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap finish EXIT

cat >"$work/report.lua" <<'LUA'
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("%.0f %.3f %.3f %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
LUA
script() { # name, body file, content type
  cat >"$work/$1.lua" <<LUA
local file = io.open("$work/$2", "rb")
wrk.method = "POST"
wrk.headers["Content-Type"] = "$3"
wrk.body = file:read("*a")
file:close()
LUA
  cat "$work/report.lua" >>"$work/$1.lua"
}
# Prints requests/s, p50 and p99 in ms, failures, and CPU microseconds a request of the process.
run() { # script, connections, url, pid
  local before after line
  before=$(awk '{ print $14 + $15 }' "/proc/$4/stat")
  line=$(wrk -t1 -c"$2" -d"${seconds}s" --latency -s "$work/$1.lua" "$3" | tail -n 1)
  after=$(awk '{ print $14 + $15 }' "/proc/$4/stat")
  echo "$line $(awk -v a="$before" -v b="$after" -v r="${line%% *}" -v s="$seconds" \
    'BEGIN { printf "%.1f", (r > 0 ? (b - a) * 10000 / (r * s) : 0) }')"
}
field() { echo "$2" | cut -d' ' -f"$1"; }
# The run with the median of requests/s, of those in a file; its failures are those of all runs.
median() {
  sort -n "$1" | awk '{ line[NR] = $0; failed += $4 } END { $0 = line[int((NR + 1) / 2)]; $4 = failed; print }'
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }'; }

printf '{"timestamp":"1609459500","value":25.5}' >"$work/predict.json"
awk 'BEGIN { srand(1); printf "{\"timestamps\":[";
  for (i = 0; i < 1440; i++) printf "%s%d", i ? "," : "", 1609459200 + 60 * i;
  printf "],\"values\":[";
  for (i = 0; i < 1440; i++) printf "%s%.6f", i ? "," : "", 20 + rand();
  printf "]}" }' >"$work/fit.json"
awk 'BEGIN { srand(2); printf "{\"timestamps\":[";
  for (i = 0; i < 10000; i++) printf "%s%d", i ? "," : "", 1709459200 + 60 * i;
  printf "],\"values\":[";
  for (i = 0; i < 10000; i++) printf "%s%.15f", i ? "," : "", 20 + rand();
  printf "]}" }' >"$work/batch.json"
script predict predict.json application/json
script batch batch.json application/json
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
cat "$work/report.lua" >>"$work/fit.lua"

# Both ends of the time are taken by the shell itself: a program started to tell it would take milliseconds of its own.
now() { microseconds=${EPOCHREALTIME/[.,]/}; }
mkfifo "$work/out"
: >"$work/starts"
for turn in $(seq "$rounds"); do
  [ "$turn" = 1 ] || { kill "$ours" && wait "$ours" || true; }
  now
  started=$microseconds
  "$server" --port 0 --threads "$threads" --busy-poll "$busy_poll" --series-store "$work/series.sqlite" \
    --registry "${REGISTRY:-$work/registry}" >"$work/out" 2>/dev/null &
  ours=$!
  exec 3<"$work/out"
  read -r line <&3
  now
  echo "$(( (microseconds - started) / 1000 ))" >>"$work/starts"
done
pids+=("$ours")
url=http://127.0.0.1:${line##*:}
cc -O2 "$here/peers/static_server.c" -lmicrohttpd -lpthread -o "$work/static"
"$work/static" 18766 "$threads" &
static=$!
pids+=("$static")
curl -sf -o /dev/null -H 'Content-Type: application/json' "$url/fit/s" --data "@$work/fit.json"

sort -n "$work/starts" | awk '{ time[NR] = $1 } END {
  printf "start to ready: median %s ms, longest %s ms (target 50)\n", time[int((NR + 1) / 2)], time[NR] }'
python3 - "${url##*:}" "$ours" "$work/fit.json" "${REGISTRY:-}" <<'PYTHON'
import http.client, json, os, statistics, sys, time
port, process, path, registry = sys.argv[1:]
connection = http.client.HTTPConnection("127.0.0.1", int(port))
def post(path, body):
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer
def resident():
    return int(open(f"/proc/{process}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")
body = json.load(open(path))
def fit(first, last):
    for index in range(first, last):
        body["values"][0] = 20 + index * 1e-3
        assert post(f"/fit/sensor-{index}", json.dumps(body)).status == 200
fit(0, 1000)
base = resident()
print(f"resident with one model and 1000 series: {base / 2**20:.1f} MB (target 30)")
fit(1000, 5000)
print(f"each further series: {(resident() - base) / 4000:.0f} bytes (target 1024)")
if registry:
    # The link of an alias is replaced as a promotion does it, between two versions with the same content.
    import shutil
    name = sorted(os.listdir(f"{registry}/models"))[0]
    folder = f"{registry}/models/{name}"
    link = f"{folder}/aliases/champion"
    old = os.readlink(link)
    if not os.path.exists(f"{folder}/99"):
        shutil.copytree(f"{folder}/{old.split('/')[-1]}", f"{folder}/99")
    event = {"meta": {"timestamp": 1767225600, "user_id": "u"},
             "data": {"tx_id": "t", "amount": 5, "currency": "EUR"}}
    times = []
    for move in range(20):
        target = "../99" if move % 2 == 0 else old
        os.symlink(target, link + ".new")
        start = time.perf_counter()
        os.rename(link + ".new", link)
        while post("/score", json.dumps(event)).getheader("X-Model-Version") != f"{name}/{target[3:]}":
            assert time.perf_counter() - start < 10, "the server does not follow"
        times.append((time.perf_counter() - start) * 1e3)
    print(f"promotion to the first answer by the new version: median {statistics.median(times):.1f} ms, "
          f"longest {max(times):.1f} ms (target 50)")
PYTHON
# Peers in Python: name, script of wrk and URL of each that answers.
peers=()
start_peer() { # name, script, URL of a prediction, path and file of its first request; then the command, with its children
  local name=$1 script=$2 url=$3 first=$4 file=$5
  shift 5
  (cd "$work" && exec setsid "$@") >"$work/$script.log" 2>&1 &
  groups+=("$!")
  for _ in $(seq 300); do
    if curl -sf -o /dev/null -H 'Content-Type: application/json' "$first" --data "@$file"; then
      peers+=("$name|$script|$url")
      return
    fi
    sleep 0.2
  done
  printf '%s did not start:\n' "$name" >&2
  tail -n 5 "$work/$script.log" >&2
}
can_import() { [ -n "$1" ] && "$1" -c "import $2" 2>/dev/null; }
skip() { printf '/predict beside %s: skipped, %s names no Python that has %s\n' "$1" "$2" "$3"; }
printf '{"inputs":[{"name":"value","shape":[1],"datatype":"FP64","data":[25.5]}]}' >"$work/infer.json"
printf '{"dataframe_records":[{"timestamp":"1609459500","value":25.5}]}' >"$work/invoke.json"
script infer infer.json application/json
script invoke invoke.json application/json
if can_import "$python" fastapi,uvicorn; then
  start_peer FastAPI predict http://127.0.0.1:18765/predict/s http://127.0.0.1:18765/fit/s "$work/fit.json" \
    "$python" "$here/peers/series_server.py" 18765
else
  skip FastAPI PEER_PYTHON 'fastapi and uvicorn'
fi
mlserver=${MLSERVER_PYTHON:-$python}
if can_import "$mlserver" mlserver; then
  "$mlserver" "$here/peers/mlserver_series.py" "$work/mlserver" 18767 "$work/fit.json"
  start_peer MLServer infer http://127.0.0.1:18767/v2/models/s/infer http://127.0.0.1:18767/v2/models/s/infer \
    "$work/infer.json" env PATH="$(dirname "$mlserver"):$PATH" PYTHONPATH="$here/peers" mlserver start "$work/mlserver"
else
  skip MLServer MLSERVER_PYTHON mlserver
fi
mlflow=${MLFLOW_PYTHON:-$python}
if can_import "$mlflow" mlflow; then
  "$mlflow" "$here/peers/mlflow_series.py" "$work/mlflow" "$work/fit.json" >/dev/null 2>&1
  start_peer MLflow invoke http://127.0.0.1:18770/invocations http://127.0.0.1:18770/invocations "$work/invoke.json" \
    env PATH="$(dirname "$mlflow"):$PATH" UVICORN_ACCESS_LOG=false mlflow models serve -m "$work/mlflow" --env-manager local --host 127.0.0.1 \
    --port 18770 --workers 1
else
  skip MLflow MLFLOW_PYTHON mlflow
fi
for count in $connections; do
  # In turn, because on a small virtual machine both are a tenth slower or faster from one minute to the next.
  : >"$work/ours.runs" >"$work/static.runs"
  for _ in $(seq "$rounds"); do
    run predict "$count" "$url/predict/s" "$ours" >>"$work/ours.runs"
    run predict "$count" "http://127.0.0.1:18766/" "$static" >>"$work/static.runs"
  done
  a=$(median "$work/ours.runs")
  b=$(median "$work/static.runs")
  printf '/predict, %4s connections: %s/s, p50 %s ms, p99 %s ms, %s failed, %s us CPU; static answer %s/s, p50 %s ms, %s us CPU; ratio %s, by CPU %s (target 0.85)\n' \
    "$count" $a "$(field 1 "$b")" "$(field 2 "$b")" "$(field 5 "$b")" \
    "$(ratio "$(field 1 "$a")" "$(field 1 "$b")")" "$(ratio "$(field 5 "$b")" "$(field 5 "$a")")"
  [ "$count" -le 64 ] || continue
  for peer in "${peers[@]}"; do
    IFS='|' read -r name script peer_url <<<"$peer"
    c=$(run "$script" "$count" "$peer_url" "$ours")
    printf '/predict, %4s connections: %s %s/s, p50 %s ms, %s failed; ratio %s (target %s)\n' "$count" "$name" \
      "$(field 1 "$c")" "$(field 2 "$c")" "$(field 4 "$c")" "$(ratio "$(field 1 "$a")" "$(field 1 "$c")")" \
      "$([ "$name" = FastAPI ] && echo 25 || echo 20)"
  done
done
a=$(run fit 64 "$url" "$ours")
printf '/fit of 1440 points, 64 connections: %s/s, p50 %s ms, p99 %s ms, %s failed, %s us CPU (target 1000/s)\n' $a
a=$(run batch 1 "$url/predict/s/batch" "$ours")
printf '/predict/batch of 10000 points: %s rows/s (target 400000)\n' "$(awk -v r="$(field 1 "$a")" 'BEGIN { print r * 10000 }')"
if [ -n "${REGISTRY:-}" ]; then
  name=$(curl -sf "$url/v1/models" | python3 -c 'import json,sys; print(json.load(sys.stdin)["models"][0]["name"])')
  curl -sf "$url/v1/models/$name/metadata" | python3 -c '
import json, random, sys
names = json.load(sys.stdin)["feature_names"]
random.seed(3)
row = lambda: {"features": {name: random.random() * 100 for name in names}}
work = sys.argv[1]
json.dump([row() for _ in range(10000)], open(work + "/rows.json", "w"))
json.dump(row(), open(work + "/row.json", "w"))
json.dump({"meta": {"timestamp": "2026-01-01T00:00:00Z", "user_id": "u1"},
           "data": {"tx_id": "t1", "amount": 12.5, "currency": "EUR"}}, open(work + "/event.json", "w"))' "$work"
  script rows rows.json application/json
  script row row.json application/json
  cat >"$work/event.lua" <<'LUA'
local count = 0
request = function()
  count = count + 1
  local body = string.format('{"meta":{"timestamp":%d,"user_id":"u%d"},"data":{"tx_id":"t%d","amount":%d.25,"currency":"EUR","terminal_id":"m%d"}}',
    1767225600 + count, count % 500, count, count % 300, count % 100)
  return wrk.format("POST", "/score", { ["Content-Type"] = "application/json" }, body)
end
LUA
  cat "$work/report.lua" >>"$work/event.lua"
  a=$(run event 16 "$url" "$ours")
  printf '/score of transactions, 16 connections: %s/s, p50 %s ms, p99 %s ms, %s failed, %s us CPU (target 25)\n' $a
  a=$(run row 1 "$url/score" "$ours")
  printf '/score of features, 1 connection: %s/s, p50 %s ms, p99 %s ms, %s failed, %s us CPU\n' $a
  a=$(run rows 1 "$url/score/batch" "$ours")
  printf '/score/batch of 10000 rows: %s rows/s (target 400000)\n' "$(awk -v r="$(field 1 "$a")" 'BEGIN { print r * 10000 }')"
fi
printf 'resident after all of this: %s MB \n' "$(awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$ours/status")"
