#!/usr/bin/env bash
# Runs the tests, or those that the arguments name, and tells at the end what failed: of two thousand lines the last ones
# are what is looked at, and kept.
set -euo pipefail
cd "$(dirname "$0")/../../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

status=0
"${SWIFT:-swift}" test "$@" 2>&1 | tee "$log" || status=$?
if ((status != 0)); then
  summary=$(grep -E '^✘ Test run with' "$log" | tail -1 || true)
  # An issue is a line with a cross, and what was compared in the lines that follow it with an arrow.
  failures=$(grep -E '^(✘|↳)|error: ' "$log" | grep -vE '^✘ (Test run with|Suite )' | head -n 200 || true)
  printf '\nWhat failed:\n%s\n%s\n' "$failures" "$summary"
fi
exit "$status"
