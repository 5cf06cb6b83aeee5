#!/usr/bin/env bash
# Checks the API from outside: an OpenAPI validator on the description, schemathesis against every route, and Triton's
# HTTP client, unmodified, in its JSON and binary modes. Usage: test-api.sh BIN_FOLDER [PYTHON]
# The Python tools come from PyPI into .build/api-venv unless a PYTHON that has them is named.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
bin=$(realpath "$1")
python=${2:-$root/.build/api-venv/bin/python}
if ! [ -x "$python" ]; then
  python3 -m venv "$root/.build/api-venv"
  "$root/.build/api-venv/bin/pip" install --quiet schemathesis openapi-spec-validator "tritonclient[http]" numpy >&2
fi
tools=$(dirname "$python")
work=$(mktemp -d)
trap 'kill "${server:-0}" 2>/dev/null && wait "$server" || true; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
"$root/Sources/Programs/scripts/small-model.sh" "$bin" "$work"
"$bin/anomalyze-server" --port 0 --registry "$work/artifacts" --series-store "$work/series.sqlite" >out &
server=$!
until [ -s out ]; do sleep 0.05; done
url=http://127.0.0.1:$(sed -n 's/.*://p' out)
curl -sf -o /dev/null -H 'Content-Type: application/json' "$url/fit/temp_sensor" \
  -d '{"timestamps":[1,2,3,4,5],"values":[1,2,3,2,1]}'
curl -sf "$url/openapi.json" -o openapi.json
"$tools/openapi-spec-validator" openapi.json
"$tools/schemathesis" run openapi.json --url "$url" --max-examples "${MAX_EXAMPLES:-25}" --seed 1 \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
"$python" "$root/Sources/Programs/scripts/peers/triton_client.py" "${url#http://}"
curl -sf "$url/health/live" >/dev/null
echo "the API is what it says"
