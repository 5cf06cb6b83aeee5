#!/usr/bin/env bash
# Opens the dashboard in headless Chromium, checks what it shows, uses it by the keyboard alone, and takes screenshots of a wide and a
# narrow window.
# Usage: test-dashboard.sh BIN_FOLDER [SCREENSHOT_FOLDER]
set -euo pipefail
bin=$(realpath "$1")
pictures=$(realpath -m "${2:-.build/dashboard}")
browser=${BROWSER:-chromium}
command -v "$browser" >/dev/null || { echo "test-dashboard: install chromium" >&2; exit 2; }
mkdir -p "$pictures"
work=$(mktemp -d)
trap 'kill "${server:-0}" 2>/dev/null && wait "$server" || true; rm -rf "$work"' EXIT
"$bin/anomalyze-server" --port 0 --registry "${REGISTRY:-$work/artifacts}" --series-store "$work/series.sqlite" >"$work/out" &
server=$!
until [ -s "$work/out" ]; do sleep 0.05; done
url=http://127.0.0.1:$(sed -n 's/.*://p' "$work/out")
for name in temperature pressure; do
  awk 'BEGIN { srand(4); printf "{\"timestamps\":["; for (i = 0; i < 500; i++) printf "%s%d", i ? "," : "", 1709459200 + 600 * i;
    printf "],\"values\":["; for (i = 0; i < 500; i++) printf "%s%.3f", i ? "," : "", i == 333 ? 60 : 20 + rand(); printf "]}" }' |
    curl -sf -o /dev/null -H 'Content-Type: application/json' "$url/fit/$name" --data @-
done
run() { "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --virtual-time-budget=4000 "$@" 2>/dev/null; }
run --dump-dom "$url/dashboard?series=temperature" >"$work/dom.html"
for word in 'temperature' 'pressure' 'id="plot"' 'points outside' 'requests' 'v1'; do
  grep -q "$word" "$work/dom.html" || { echo "test-dashboard: the page does not show $word" >&2; exit 1; }
done
if grep -Eq 'https?://[^"]*' <(grep -oE '(src|href)="[^"]+"' "$work/dom.html"); then
  echo "test-dashboard: the page loads something from elsewhere" >&2
  exit 1
fi
python3 "$(dirname "$0")/drive_dashboard.py" "$browser" "$work/profile-keyboard" "$url/dashboard"
run --window-size=1280,900 --screenshot="$pictures/wide.png" "$url/dashboard?series=temperature" >/dev/null
run --window-size=420,900 --screenshot="$pictures/narrow.png" "$url/dashboard?series=temperature" >/dev/null
ls -l "$pictures"/*.png
echo "the dashboard shows what it should"
