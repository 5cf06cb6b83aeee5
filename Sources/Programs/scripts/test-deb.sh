#!/usr/bin/env bash
# Installs, uses, upgrades, removes and purges the package of FOLDER in a clean Debian root. Needs root and mmdebstrap.
# Usage: test-deb.sh FOLDER
set -euo pipefail
package=$(realpath "$1"/anomalyze_*.deb)
command -v mmdebstrap >/dev/null || {
  echo "test-deb: mmdebstrap is missing; install it (apt-get install mmdebstrap)" >&2
  exit 2
}
if command -v lintian >/dev/null; then
  lintian --fail-on error,warning "$package" >&2
fi
root=$(mktemp -d)
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$root"' EXIT
# The mirrors of this machine: a package is tested with the archive that it was built against.
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
  [ -s "$file" ] && sources+=("$file")
done
mmdebstrap --variant=apt --mode=root bookworm "$root" "${sources[@]}" >&2
mount -t proc proc "$root/proc"
cp "$package" "$root/tmp/anomalyze.deb"

inside() { chroot "$root" env -i ${http_proxy:+http_proxy="$http_proxy"} PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
as_user() { inside su -s /bin/sh anomalyze -c "cd /var/lib/anomalyze && $1"; }
expect() {
  if ! eval "$2"; then
    echo "test-deb: $1: this does not hold: $2" >&2
    exit 1
  fi
}

cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
inside apt-get update >&2
inside apt-get install --yes --no-install-recommends /tmp/anomalyze.deb >&2
as_user 'anomalyze generate --config /etc/anomalyze/anomalyze.yaml --users 2000 --days 120'
as_user 'anomalyze retrain --config /etc/anomalyze/anomalyze.yaml'
expect "after the first run" '[ -L "$root"/var/lib/anomalyze/artifacts/models/fraud/aliases/champion ]'
inside su -s /bin/sh anomalyze -c 'cd /var/lib/anomalyze && exec anomalyze-server --port 18080 --registry artifacts' >&2 &
server=$!
for _ in $(seq 100); do curl -sf http://127.0.0.1:18080/health/ready >/dev/null && break || sleep 0.1; done
answer=$(curl -sf -H 'Content-Type: application/json' http://127.0.0.1:18080/score -d \
  '{"tx_id":"a","user_id":"u1","timestamp":"2026-04-12T03:00:00Z","amount":900,"currency":"EUR"}')
kill "$server" 2>/dev/null || true
pkill -f 'anomalyze-server --port 18080' || true
echo "$answer"
expect "the served score" 'case "$answer" in *ml_score*) true ;; *) false ;; esac'

echo '# kept by an upgrade' >>"$root/etc/anomalyze/anomalyze.yaml"
inside apt-get install --yes --reinstall /tmp/anomalyze.deb >&2
expect "after an upgrade" 'grep -q "kept by an upgrade" "$root/etc/anomalyze/anomalyze.yaml"'
inside apt-get remove --yes anomalyze >&2
expect "after removal" '[ ! -e "$root/usr/bin/anomalyze" ] && [ -d "$root/var/lib/anomalyze/artifacts" ] && [ -e "$root/etc/anomalyze/anomalyze.yaml" ]'
inside apt-get purge --yes anomalyze >&2
expect "after purging" '[ ! -e "$root/var/lib/anomalyze" ] && [ ! -e "$root/etc/anomalyze" ]'
echo "the package installs, works, upgrades, and goes away as it should"
