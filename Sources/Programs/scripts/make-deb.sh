#!/usr/bin/env bash
# Builds the Debian package .build/deb/anomalyze_VERSION_ARCH.deb out of the release programs in BIN_FOLDER.
# Usage: make-deb.sh BIN_FOLDER
set -euo pipefail
cd "$(dirname "$0")/../../.."
bin=$1
packaging=Sources/Programs/packaging
version=$("$bin/anomalyze" --version | cut -d ' ' -f 2)
# Whoever keeps the archive puts a name there: MAINTAINER='Fraud Team <lab@bank.example>' make deb
maintainer=${MAINTAINER:-Anomalyze <maintainers@anomalyze.invalid>}
architecture=$(dpkg --print-architecture)
out=.build/deb
root=$out/root
rm -rf "$out"
mkdir -p "$root/DEBIAN"
umask 022

install -D -m 755 -t "$root/usr/bin" "$bin/anomalyze" "$bin/anomalyze-server"
strip --strip-unneeded "$root"/usr/bin/*
install -D -m 644 -t "$root/lib/systemd/system" "$packaging"/systemd/*
install -D -m 640 anomalyze.yaml "$root/etc/anomalyze/anomalyze.yaml"
# On an installed system everything lies below one folder that belongs to the program's user.
sed -i -e 's|sqlite:var/|sqlite:/var/lib/anomalyze/|' -e 's|^\([a-z]*\): var/|\1: /var/lib/anomalyze/|' \
  -e 's|^registry: artifacts|registry: /var/lib/anomalyze/artifacts|' "$root/etc/anomalyze/anomalyze.yaml"
printf 'job:\n  runs: /var/lib/anomalyze/runs\n  schedule: Sun 03:30\n' >>"$root/etc/anomalyze/anomalyze.yaml"
install -D -m 644 -t "$root/usr/share/anomalyze/engines" Sources/Programs/scripts/engines/*.py
documents=$root/usr/share/doc/anomalyze
install -D -m 644 -t "$documents/examples" "$packaging/crontab" "$packaging/kubernetes-cronjob.yaml" "$packaging/Dockerfile"
cat >"$documents/copyright" <<'COPYRIGHT'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: anomalyze

Files: *
Copyright: 2026 the authors of Anomalyze
License: Apache-2.0
 On Debian systems the text of the license is in /usr/share/common-licenses/Apache-2.0.
COPYRIGHT
gzip -9n <CHANGELOG.md >"$documents/NEWS.gz"
gzip -9n >"$documents/changelog.gz" <<CHANGELOG
anomalyze ($version) unstable; urgency=medium

  * What is new is told in NEWS.gz.

 -- $maintainer  $(date -R -u -d "@$(git log -1 --format=%ct 2>/dev/null || echo 0)")
CHANGELOG
for program in anomalyze anomalyze-server; do
  mkdir -p "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions" \
    "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d"
  "$bin/$program" --manual | gzip -9n >"$root/usr/share/man/man1/$program.1.gz"
  "$bin/$program" --completions bash >"$root/usr/share/bash-completion/completions/$program"
  "$bin/$program" --completions zsh >"$root/usr/share/zsh/vendor-completions/_$program"
  "$bin/$program" --completions fish >"$root/usr/share/fish/vendor_completions.d/$program.fish"
done
install -m 755 -t "$root/DEBIAN" "$packaging"/debian/*
echo /etc/anomalyze/anomalyze.yaml >"$root/DEBIAN/conffiles"
# The configuration may hold a password in an address.
mkdir -p "$root/usr/share/lintian/overrides"
cat >"$root/usr/share/lintian/overrides/anomalyze" <<'OVERRIDES'
anomalyze: non-standard-file-perm 0640 != 0644 [etc/anomalyze/anomalyze.yaml]
# Units are not enabled by installation; only a restart after an upgrade is asked for.
anomalyze: maintainer-script-calls-systemctl *
OVERRIDES

# The libraries that the programs link, as packages with the versions that their symbols need.
mkdir -p "$out/debian"
printf 'Source: anomalyze\n' >"$out/debian/control"
depends=$(cd "$out" && dpkg-shlibdeps -O root/usr/bin/anomalyze root/usr/bin/anomalyze-server 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
cat >"$root/DEBIAN/control" <<CONTROL
Package: anomalyze
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -ks --exclude=DEBIAN "$root" | cut -f 1)
Depends: adduser, gnuplot-nox | gnuplot, libpq5, $depends
Section: science
Priority: optional
Description: anomaly-detection lab for transactions and time series
 Pulls transactions from PostgreSQL, SQLite or CSV, trains Isolation Forest and
 3-sigma models, reports how good they are, keeps every version, promotes the
 better one, and serves it over HTTP. With a systemd timer for the weekly
 retraining and a hardened service for the server.
CONTROL
(cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group --build "$root" "$out/anomalyze_${version}_$architecture.deb" >&2
echo "$out/anomalyze_${version}_$architecture.deb"
