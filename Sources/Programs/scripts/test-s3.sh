#!/usr/bin/env bash
# Runs the tests of the remote store against a real S3 API server (moto, from PyPI) behind a check of every signature by botocore.
# TEST_PYTHON names a Python that has both; without it a virtual environment is made in .build/s3.
set -euo pipefail
cd "$(dirname "$0")/../../.."
python=${TEST_PYTHON:-.build/s3/bin/python}
if ! [ -x "$python" ]; then
  python3 -m venv .build/s3
  .build/s3/bin/pip install --quiet 'moto[server,s3]' boto3 >&2
fi
port=${S3_PORT:-29000}
log=$(mktemp)
"$python" Tests/Fixtures/s3/serve_moto.py "$port" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; rm -f "$log"' EXIT
for _ in $(seq 100); do
  curl -fs "http://127.0.0.1:$port/_control" >/dev/null && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=secret/example+key "$python" - "$port" <<'PYTHON'
import sys
import boto3
client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}", region_name="eu-central-1")
client.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
PYTHON
ANOMALYZE_S3_ENDPOINT="http://127.0.0.1:$port" "${SWIFT:-swift}" test --filter DistributionTests
