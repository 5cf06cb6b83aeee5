#!/usr/bin/env bash
# Holds the model of Tests/Fixtures/isolation-forest/many-machines.sha256, and that one process, seven shuffled shards, Dask with
# two workers and a Spark standalone cluster of two workers, with a native worker and a Spark worker killed in mid-job, give one
# model, one threshold and the same 3-sigma models.
# Usage: test-cluster.sh BIN_FOLDER. CLUSTER_PYTHON names a Python with distributed and pyspark; without it a virtual
# environment is made in .build/cluster. Spark needs a Java runtime (openjdk-17-jre-headless). Everything listens on loopback.
set -euo pipefail
cd "$(dirname "$0")/../../.."
root=$PWD
bin=$(realpath "$1")
python=${CLUSTER_PYTHON:-.build/cluster/bin/python}
if ! [ -x "$python" ]; then
  python3 -m venv .build/cluster
  .build/cluster/bin/pip install --quiet 'distributed' 'pyarrow' 'pyspark>=3.5,<5' >&2
fi
case $python in /*) ;; *) python=$root/$python ;; esac
command -v java >/dev/null || { printf 'Spark needs java: apt-get install openjdk-17-jre-headless\n' >&2; exit 2; }

work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  chmod -R u+w "$work" && rm -rf "$work"
}
trap stop EXIT
cp anomalyze.yaml "$work/"
cd "$work"
export PATH="$bin:$PATH" ANOMALYZE_PYTHON=$python ANOMALYZE_ENGINES=$root/Sources/Programs/scripts/engines
export PYSPARK_PYTHON=$python SPARK_LOCAL_IP=127.0.0.1 SPARK_LOCAL_HOSTNAME=127.0.0.1

# The rows: in one file, and shuffled in seven.
mkdir parts
"$python" - <<'PYTHON'
import random

generator = random.Random(20)
rows = [
    f"tx{number},{generator.lognormvariate(3, 1)!r},{generator.gauss(5, 2)!r},{generator.random()!r}\n"
    for number in range(40_000)
]
header = "tx_id,amount,distance,share\n"
open("all.csv", "w").write(header + "".join(rows))
generator.shuffle(rows)
for part in range(7):
    open(f"parts/{part}.csv", "w").write(header + "".join(rows[part::7]))
PYTHON
anomalyze generate --users 200 --days 30 --seed 4 --difficulty 0 >/dev/null
anomalyze pull >/dev/null

detector='{kind: isolation_forest, n_estimators: 50, contamination: 0.01, random_state: 5}'
series() { # name, options
  local name=$1
  shift
  anomalyze fit-series --series-store "series-$name.sqlite" "$@" >/dev/null
  "$python" - "series-$name.sqlite" >"series-$name.txt" <<'PYTHON'
import hashlib
import sqlite3
import sys

rows = sqlite3.connect(sys.argv[1]).execute("SELECT series_id, model FROM series_versions ORDER BY 1").fetchall()
print(len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
PYTHON
}
same() { # name
  cmp "model-one.txt" "model-$1.txt" && cmp "series-one.txt" "series-$1.txt" && printf '%-28s model %s, series %s\n' \
    "$1" "$(cut -c1-12 "model-$1.txt")… $(cut -d' ' -f2 "model-$1.txt")" "$(cut -d' ' -f1 "series-$1.txt")"
}
fit() { # name, rows, more options
  local name=$1 rows=$2
  shift 2
  anomalyze fit "$rows" --key tx_id --detector "$detector" --out "model-$name" --json "$@" >"fit-$name.json"
  "$python" - "fit-$name.json" >"model-$name.txt" <<'PYTHON'
import json
import sys

document = json.load(open(sys.argv[1]))
print(document["digest"], document["threshold"])
PYTHON
}
retries() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["lineage"]["retries"])' "fit-$1.json"; }

# What an unoptimised build for baseline x86-64 gave, whatever processor this build is for; and no fused multiplication in it.
"$python" "$root/Tests/Fixtures/isolation-forest/many_machines_table.py" >recorded.csv
anomalyze fit recorded.csv --key tx_id --engine local --out recorded --json \
  --detector '{kind: isolation_forest, n_estimators: 25, contamination: 0.013, random_state: 3}' >recorded.json
"$python" -c 'import json; print(json.load(open("recorded.json"))["digest"])' |
  cmp - "$root/Tests/Fixtures/isolation-forest/many-machines.sha256"
fused=$(objdump -d --no-show-raw-insn "$(readlink -f "$bin/anomalyze")" | grep -cE '[[:space:]]vfn?m(add|sub)' || true)
[ "$fused" -eq 0 ] || { printf '%s fused multiplications in the program\n' "$fused" >&2; exit 1; }
printf '%-28s as recorded\n' 'model of this build'

fit one all.csv --engine local
series one --engine local --shards 1
same one
fit seven parts --engine local
series seven --engine local --shards 7
same seven
fit dask parts --engine dask --workers 2
# The same rows as Parquet, which the Python of each worker reads.
"$python" - <<'PYTHON'
import glob
import os

import pyarrow.csv
import pyarrow.parquet

os.mkdir("arrow")
for path in glob.glob("parts/*.csv"):
    name = os.path.basename(path)[:-4]
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(path), f"arrow/{name}.parquet")
PYTHON
fit arrow arrow --engine dask --workers 2 --columns amount,distance,share
cmp model-one.txt model-arrow.txt && printf '%-28s the same model\n' 'dask, Parquet'
series dask --engine dask --workers 2 --shards 7
same dask

# A Spark standalone cluster: a master and two workers of one processor each.
spark=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
port=${SPARK_PORT:-17077}
export SPARK_HOME=$spark SPARK_LOG_DIR=$work/logs SPARK_WORKER_DIR=$work/workers
class="$spark/bin/spark-class"
"$class" org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$port" --webui-port 0 >master.log 2>&1 &
pids+=($!)
for number in 1 2; do
  "$class" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 --cores 1 --memory 1g \
    "spark://127.0.0.1:$port" >"worker-$number.log" 2>&1 &
  pids+=($!)
done
for _ in $(seq 120); do
  [ "$(grep -c 'Registering worker' master.log)" -ge 2 ] && break
  sleep 0.5
done
fit spark parts --engine spark --cluster "spark://127.0.0.1:$port"
series spark --engine spark --shards 7 --cluster "spark://127.0.0.1:$port"
same spark

# The same with a native worker killed at its first attempt at every shard, and one of Spark's workers killed when the first shard ends.
cat >fragile <<SCRIPT
#!/bin/sh
[ "\$1" = --version ] && exec "$bin/anomalyze" --version
input=\$(mktemp -p "$work")
cat >"\$input"
if mkdir "$work/killed-\$2-\$(cksum <"\$input" | cut -d' ' -f1)" 2>/dev/null; then kill -9 \$\$; fi
sleep 1
exec "$bin/anomalyze" "\$@" <"\$input"
SCRIPT
chmod +x fragile
(
  until ls -d killed-sample-* >/dev/null 2>&1; do sleep 0.2; done
  sleep 3
  kill -9 "${pids[2]}"
) &
killer=$!
fit killed parts --engine spark --cluster "spark://127.0.0.1:$port" --worker "$work/fragile"
wait "$killer"
# The series on what is left of the cluster, each native worker again killed at its first attempt.
series killed --engine spark --shards 7 --cluster "spark://127.0.0.1:$port" --worker "$work/fragile"
[ "$(ls -d killed-moments-* | wc -l)" -eq 7 ]
same killed
[ "$(retries killed)" -ge 14 ] || { printf 'the workers were not killed\n' >&2; exit 1; }

# A driver that is killed leaves nothing running: neither Spark's session nor the native worker, which waits for rows that never come.
mkdir waiting
cp parts/0.csv waiting/
mkfifo waiting/1.csv
cat >watched <<SCRIPT
#!/bin/sh
[ "\$1" = --version ] && exec "$bin/anomalyze" --version
input=\$(mktemp -p "$work")
cat >"\$input"
"$bin/anomalyze" "\$@" <"\$input" &
grep -q '1\.csv' "\$input" && echo \$! >"$work/waiting.pid"
wait \$!
SCRIPT
chmod +x watched
anomalyze fit waiting --key tx_id --engine spark --workers 2 --worker "$work/watched" --out never >never.txt 2>&1 &
driver=$!
for _ in $(seq 600); do
  [ -s waiting.pid ] && break
  sleep 0.2
done
adapter=$(pgrep -P "$driver")
kill -9 "$driver"
wait "$driver" || true
for _ in $(seq 100); do
  kill -0 "$adapter" "$(cat waiting.pid)" 2>/dev/null || break
  sleep 0.2
done
for process in "$adapter" "$(cat waiting.pid)"; do
  if kill -0 "$process" 2>/dev/null; then printf 'a killed driver left process %s\n' "$process" >&2; exit 1; fi
done
printf '%-28s leaves nothing running\n' 'spark, driver killed'

# A version that differs on one machine, and a shard that cannot be read, end the job.
printf '#!/bin/sh\necho anomalyze 0.0.9\n' >old && chmod +x old
code=0
anomalyze fit parts --key tx_id --engine dask --workers 2 --worker "$work/old" --out refused 2>refused.txt || code=$?
[ "$code" -eq 2 ] && grep -q '0\.0\.9' refused.txt
rm parts/3.csv && mkdir parts/3.csv
for engine in dask spark; do
  code=0
  anomalyze fit parts --key tx_id --engine "$engine" --workers 2 --columns amount,distance,share --out broken 2>broken.txt || code=$?
  [ "$code" -eq 4 ] && grep -q 'shard 00003' broken.txt && printf '%-28s ends with code 4 and names the shard\n' "$engine, source gone"
done
printf 'one model everywhere\n'
