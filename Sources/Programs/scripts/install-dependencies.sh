#!/usr/bin/env bash
# Checks what the project needs and installs what is missing. Usage: install-dependencies.sh [build|test]
#   build: the Swift toolchain, the C libraries and gnuplot.  test: also a PostgreSQL and a mail server, graphviz and a browser.
set -euo pipefail
purpose=${1:-build}
needed_swift=6.2

say() { printf '%s\n' "$*" >&2; }

if ! command -v "${SWIFT:-swift}" >/dev/null 2>&1; then
  say "swift is not on the PATH. Install a Swift toolchain of at least $needed_swift from https://www.swift.org/install"
  say "or name it: make SWIFT=/path/to/swift …"
  exit 2
fi
version=$("${SWIFT:-swift}" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
if [ "$(printf '%s\n%s\n' "$needed_swift" "$version" | sort -V | head -n 1)" != "$needed_swift" ]; then
  say "Swift $version is too old: at least $needed_swift is needed (https://www.swift.org/install)."
  exit 2
fi

missing=()
# pkg-config name and Debian package of each C library.
while read -r module package; do
  pkg-config --exists "$module" 2>/dev/null || missing+=("$package")
done <<'LIST'
libarchive libarchive-dev
libcrypto libssl-dev
libcurl libcurl4-openssl-dev
libmicrohttpd libmicrohttpd-dev
libpq libpq-dev
libprotobuf-c libprotobuf-c-dev
lapacke liblapacke-dev
openblas libopenblas-dev
sqlite3 libsqlite3-dev
yaml-0.1 libyaml-dev
zlib zlib1g-dev
LIST
command -v pkg-config >/dev/null 2>&1 || missing+=(pkg-config)
command -v ld >/dev/null 2>&1 || missing+=(gcc libc6-dev)
command -v gnuplot >/dev/null 2>&1 || missing+=(gnuplot-nox)
command -v curl >/dev/null 2>&1 || missing+=(curl)
if [ "$purpose" = test ]; then
  # The peer of the JSON parser's tests.
  pkg-config --exists jansson 2>/dev/null || missing+=(libjansson-dev)
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
  command -v chromium >/dev/null 2>&1 || missing+=(chromium)
  command -v dot >/dev/null 2>&1 || missing+=(graphviz)
  # The engine of the tests of shards.
  /usr/bin/python3 -c 'import distributed' 2>/dev/null || missing+=(python3-distributed)
  # The mail server of the notification tests.
  /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing+=(python3-aiosmtpd)
fi

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  say "Missing: ${missing[*]} (Debian's names). There is no apt-get here: install these by your system's package manager,"
  say "so that pkg-config finds them, and run make again."
  exit 2
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    say "Missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}"
    exit 2
  fi
  as_root=(sudo)
fi
say "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2; then
  say "apt-get could not install them. Install by hand: ${missing[*]}"
  exit 2
fi
