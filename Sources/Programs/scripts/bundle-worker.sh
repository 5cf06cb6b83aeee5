#!/usr/bin/env bash
# Packs a worker that needs nothing of the machine it runs on but /bin/sh, /proc and a C library no older than this machine's: the
# program and every other shared library that it loads, libpq among them, which it loads when a URL asks for it. Makes
# .build/worker/anomalyze-worker/ and the same as .tar.gz.
# Usage: bundle-worker.sh BIN_FOLDER
#
# One static file is not possible in Debian: libcurl needs libgssapi_krb5, of which there is no static library, and a static program
# could not load libpq. Unpacked in one place
# on all machines, the launcher `anomalyze` is what --worker names.
set -euo pipefail
cd "$(dirname "$0")/../../.."
program=$(realpath "$1/anomalyze")
out=.build/worker/anomalyze-worker
rm -rf .build/worker
mkdir -p "$out/lib" "$out/bin"
install -m 755 "$program" "$out/bin/anomalyze"
strip --strip-unneeded "$out/bin/anomalyze"
needed=$(ldd "$program")
case $needed in *'not found'*) printf 'some libraries are missing here\n' >&2; exit 1 ;; esac
own='/(libc|libm|libdl|librt|libpthread|libresolv)\.so\.[0-9]+$'
libpq=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p | awk '$1 == "libpq.so.5" { print $NF; exit }')
{ printf '%s\n' "$needed" "libpq.so.5 => $libpq"; ldd "$libpq"; } | awk '$2 == "=>" { print $3 }' | sort -u |
  grep -vE "$own" | while read -r library; do
  cp -L "$library" "$out/lib/"
done
cat >"$out/anomalyze" <<'LAUNCHER'
#!/bin/sh
here=$(cd "${0%/*}" && pwd)
LD_LIBRARY_PATH=$here/lib exec "$here/bin/anomalyze" "$@"
LAUNCHER
chmod 755 "$out/anomalyze"
tar -C .build/worker --sort=name --owner=0 --group=0 --numeric-owner -czf .build/worker/anomalyze-worker.tar.gz anomalyze-worker

# In a root folder that has the C library alone besides, it samples a shard as here.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$out/lib" "$out/bin" "$scratch/"
mkdir "$scratch/proc" "$scratch/tmp"
loader=$(printf '%s\n' "$needed" | awk '$1 ~ /ld-linux/ { print $1 }')
mkdir -p "$scratch$(dirname "$loader")"
cp -L "$loader" "$scratch$loader"
printf '%s\n' "$needed" | awk '$2 == "=>" { print $3 }' | grep -E "$own" | while read -r library; do
  cp -L "$library" "$scratch/lib/"
done
printf 'tx_id,a\n1,2\n2,3\n' >"$scratch/rows.csv"
printf '{"format": "anomalyze-shard-plan/1", "columns": ["a"], "key": "tx_id", "sample": {"seed": "1", "capacity": 2}}' >"$scratch/plan"
printf '{"name": "0", "csv": "rows.csv"}' >"$scratch/shard"
sample=(shard sample --plan plan --shard shard --out)
(cd "$scratch" && "$program" "${sample[@]}" expected >/dev/null)
own_root=()
[ "$(id -u)" -eq 0 ] || own_root=(--user --map-root-user)
# The program reads its arguments from /proc; the mount ends with its process.
unshare "${own_root[@]}" --mount sh -c 'mount --rbind /proc "$0/proc" && LD_LIBRARY_PATH=/lib exec chroot "$0" /bin/anomalyze "$@"' \
  "$scratch" "${sample[@]}" found >/dev/null
cmp "$scratch/expected" "$scratch/found"
printf '%s: %s libraries, %s MiB; works in an empty root with %s\n' "$out" "$(find "$out/lib" -type f | wc -l)" \
  "$(du -sm "$out" | cut -f1)" "$(getconf GNU_LIBC_VERSION)"
