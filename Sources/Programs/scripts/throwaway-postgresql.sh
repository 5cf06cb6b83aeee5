# Starts a PostgreSQL server that lives as long as the script that sources this file, and ends with it.
# Sets `folder`, which is removed with the server, `programs`, `port` (PORT, default 25433) and `server_url` without a database.
programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
folder=$(mktemp -d /tmp/anomalyze-bench-XXXXXX)
as_server=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$folder"
  as_server=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
(cd "$folder" && "${as_server[@]}" "$programs/initdb" --pgdata="$folder/data" --username=bench --auth=trust --encoding=UTF8 \
  --locale=C --no-sync >/dev/null)
port=${PORT:-25433}
"${as_server[@]}" "$programs/postgres" -D "$folder/data" -c listen_addresses=127.0.0.1 -c port="$port" \
  -c unix_socket_directories="$folder" -c fsync=off -c shared_buffers=256MB >"$folder/log" 2>&1 &
server=$!
trap 'kill -INT "$server"; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server_url="postgresql://bench@127.0.0.1:$port"
for _ in $(seq 100); do "$programs/pg_isready" -q -d "$server_url/postgres" && break || sleep 0.2; done
