#!/usr/bin/env bash
# Packs a worker that needs nothing of the machine it runs on but its kernel and /bin/sh: the program, every shared library that it
# loads, and the loader of the C library. Makes .build/worker/anomalyze-worker/ and the same as .tar.gz.
# Usage: bundle-worker.sh BIN_FOLDER
#
# One static file is not possible in Debian: libpq needs libgssapi_krb5, of which there is no static library. Unpacked in one place
# on all machines, the launcher `anomalyze` is what --worker names.
set -euo pipefail
cd "$(dirname "$0")/../../.."
program=$(realpath "$1/anomalyze")
out=.build/worker/anomalyze-worker
rm -rf .build/worker
mkdir -p "$out/lib" "$out/bin"
install -m 755 "$program" "$out/bin/anomalyze"
strip --strip-unneeded "$out/bin/anomalyze"
ldd "$program" | grep 'not found' && { printf 'some libraries are missing here\n' >&2; exit 1; }
ldd "$program" | awk '$2 == "=>" { print $3 }' | while read -r library; do
  cp -L "$library" "$out/lib/"
done
loader=$(ldd "$program" | awk '$1 ~ /ld-linux/ { print $1 }')
cp -L "$loader" "$out/lib/"
loader=$(basename "$loader")
cat >"$out/anomalyze" <<LAUNCHER
#!/bin/sh
here=\$(cd "\${0%/*}" && pwd)
exec "\$here/lib/$loader" --library-path "\$here/lib" "\$here/bin/anomalyze" "\$@"
LAUNCHER
chmod 755 "$out/anomalyze"
tar -C .build/worker --sort=name --owner=0 --group=0 --numeric-owner -czf .build/worker/anomalyze-worker.tar.gz anomalyze-worker

# In a root folder that has nothing else it samples a shard as here.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$out/lib" "$out/bin" "$scratch/"
mkdir "$scratch/proc" "$scratch/tmp"
printf 'tx_id,a\n1,2\n2,3\n' >"$scratch/rows.csv"
printf '{"format": "anomalyze-shard-plan/1", "columns": ["a"], "key": "tx_id", "sample": {"seed": "1", "capacity": 2}}' >"$scratch/plan"
printf '{"name": "0", "csv": "/rows.csv"}' >"$scratch/shard"
(cd "$scratch" && sed 's|"/rows|"rows|' shard >here && "$program" shard sample --plan plan --shard here --out expected >/dev/null)
enter=(chroot)
[ "$(id -u)" -eq 0 ] || enter=(unshare --user --map-root-user chroot)
"${enter[@]}" "$scratch" "/lib/$loader" --library-path /lib /bin/anomalyze shard sample --plan /plan --shard /shard --out /found >/dev/null
cmp "$scratch/expected" "$scratch/found"
printf '%s: %s libraries, %s MiB; works in an empty root\n' "$out" "$(find "$out/lib" -type f | wc -l)" "$(du -sm "$out" | cut -f1)"
