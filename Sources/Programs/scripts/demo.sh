#!/usr/bin/env bash
# The whole job on the embedded default: from generated transactions to a served prediction.
# Usage: demo.sh BIN_FOLDER WORKSPACE. A second run finds its work done and changes no version that exists.
set -euo pipefail
bin=$(realpath "$1")
workspace=$2
lab="$bin/anomalyze"
mkdir -p "$workspace"
started=$(date +%s)
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || step() { printf '\n%s\n' "$*"; }

step "1. Transactions: 2,000 users over 120 days, with labelled fraud"
"$lab" db init
"$lab" generate --users 2000 --days 120 --seed 7

step "2. Retraining: pull, features, two detectors, evaluation, registration, promotion"
"$lab" retrain

step "3. The registry"
"$lab" models list

step "4. The server, following fraud@champion"
log="$workspace/server.log"
"$bin/anomalyze-server" --port 0 >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
url=
for _ in $(seq 100); do
  url=$(sed -n 's/.*\(http:\/\/[0-9.:]*\).*/\1/p' "$log" | head -n 1)
  [ -n "$url" ] && curl -fs "$url/health/ready" >/dev/null && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done

step "5. A transaction is scored: POST $url/score"
curl -fsS -X POST "$url/score" -H 'Content-Type: application/json' -d '{
  "meta": {"trace_id": "demo-1", "timestamp": "2026-05-01T03:12:00Z", "source": "REALTIME_API", "user_id": "u42"},
  "data": {"tx_id": "demo-tx-1", "amount": 4500.50, "currency": "EUR", "merchant_id": "m3", "merchant_category": "electronics",
           "terminal_id": "t9", "channel": "card_present", "location": "Tokyo", "latitude": 35.677, "longitude": 139.650}}'
printf '\n'
kill "$server"
wait "$server" 2>/dev/null || true

step "Done in $(($(date +%s) - started)) s"
"$lab" status
