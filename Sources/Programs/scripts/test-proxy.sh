#!/usr/bin/env bash
# Runs the server behind nginx with operating/nginx-strict.conf and sends malformed requests through it: none may reach a handler
# with a second meaning. Usage: test-proxy.sh BIN_FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
bin=$(realpath "$1")
command -v nginx >/dev/null || { echo "test-proxy: install nginx-light" >&2; exit 2; }
work=$(mktemp -d)
trap 'kill "${server:-0}" "${proxy:-0}" 2>/dev/null && wait "$server" "$proxy" || true; rm -rf "$work"' EXIT
"$bin/anomalyze-server" --port 0 --registry "$work/artifacts" --series-store "$work/series.sqlite" \
  --request-log logfmt >"$work/out" 2>"$work/log" &
server=$!
until [ -s "$work/out" ]; do sleep 0.05; done
port=$(sed -n 's/.*://p' "$work/out")
proxy_port=${PROXY_PORT:-28089}
sed "s#WORK#$work#; s#SERVER_PORT#$port#; s#PROXY_PORT#$proxy_port#" "$root/Sources/Programs/operating/nginx-strict.conf" >"$work/nginx.conf"
nginx -p "$work" -c "$work/nginx.conf" 2>/dev/null &
proxy=$!
for _ in $(seq 100); do curl -sf -o /dev/null "http://127.0.0.1:$proxy_port/health/live" && break; sleep 0.05; done
python3 - "$proxy_port" <<'PYTHON'
import socket, sys

def status(request):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as connection:
        connection.sendall(request)
        return connection.recv(65536).split(b" ")[1:2]

cases = {
    "a folded line": b"GET /health/live HTTP/1.1\r\nHost: h\r\nX-A: b\r\n c\r\n\r\n",
    "NUL in a value": b"GET /health/live HTTP/1.1\r\nHost: h\r\nX-A: b\0c\r\n\r\n",
    "two lengths": b"POST /fit/s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a length beside chunks": b"POST /fit/s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two hosts": b"GET /health/live HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
    "no host": b"GET /health/live HTTP/1.1\r\n\r\n",
}
failed = []
for what, request in cases.items():
    answer = status(request)
    print(f"{what}: {answer[0].decode() if answer else 'closed'}")
    if answer not in ([b"400"], []):
        failed.append(what)
bare = status(b"GET /health/live HTTP/1.1\nHost: h\n\n")
print(f"bare line feeds: {bare[0].decode() if bare else 'closed'} (sent on with proper line ends)")
sys.exit(f"accepted: {', '.join(failed)}" if failed else 0)
PYTHON
echo "nothing malformed came through"
