#!/usr/bin/env bash
# Times a whole weekly run, from a PostgreSQL server that lives as long as the script to the gate, at several sizes, and a rerun
# without news: a line of JSON each, and a picture when PICTURE names an SVG file. USERS lists the sizes, of about 364 transactions
# a user; 25,000 users make 9.1 million.
set -euo pipefail
cd "$(dirname "$0")/../../.."
bin=$(realpath "${1:-.build/release}")
configuration=$PWD/Sources/Programs/scripts/weekly.yaml
. Sources/Programs/scripts/throwaway-postgresql.sh
results=$folder/results
for users in ${USERS:-2500 7500 25000}; do
  "$programs/createdb" -h 127.0.0.1 -p "$port" -U bench "weekly$users"
  export DATABASE_URL=$server_url/weekly$users
  work=$(mktemp -d "$folder/work-XXXXXX")
  cp "$configuration" "$work/anomalyze.yaml"
  (
    cd "$work"
    "$bin/anomalyze" generate --users "$users" --days 180 --seed 5 >&2
    for run in first again; do
      python3 - "$bin/anomalyze" "$users" "$run" <<'PYTHON'
import json, resource, subprocess, sys, time
program, users, run = sys.argv[1:]
start = time.monotonic()
done = subprocess.run([program, "retrain", "--json"], stdout=subprocess.PIPE)
seconds = time.monotonic() - start
if done.returncode not in (0, 5):
    sys.exit(f"retrain ended with {done.returncode}")
record = json.loads(done.stdout)["run"]
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
stages = {stage["stage"]: round(stage["seconds"], 3) for stage in record["stages"]}
print(json.dumps({
    "benchmark": "weekly", "run": run, "users": int(users), "rows": record["stages"][0]["rows"],
    "seconds": round(seconds, 2), "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
    "peak_mib": usage.ru_maxrss >> 10, "stages": stages}))
PYTHON
    done
  ) | tee -a "$results"
done
if [ -n "${PICTURE:-}" ]; then
  python3 -c 'import json, sys
for line in open(sys.argv[1]):
    run = json.loads(line)
    if run["run"] == "first": print(run["rows"] / 1e6, run["seconds"], run["peak_mib"])' "$results" >"$folder/points"
  gnuplot -e "set terminal svg size 640,300 background 'white'; set output '$PICTURE'; set key left top; set xrange [0:]; set yrange [0:];
    set xlabel 'million transactions'; set ylabel 'seconds'; set y2label 'MiB resident at most'; set y2range [0:]; set y2tics; set ytics nomirror;
    plot '$folder/points' using 1:2 with linespoints pt 7 title 'whole run', '' using 1:3 axes x1y2 with linespoints pt 6 dt 2 title 'memory'"
fi
