#!/usr/bin/env bash
# Writes the bill of materials of a built program as CycloneDX 1.5 (JSON): the program with its SHA-256 and commit, the Swift
# toolchain, and every shared library with the Debian package, version and source package that it comes from.
# Usage: make-sbom.sh PROGRAM > sbom.cdx.json
set -euo pipefail
program=$1
cd "$(dirname "$0")/../../.."
quote() { printf '"%s"' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"; }
name=$(basename "$program")
version=$("$program" --version | awk '{print $2}')
commit=$(git rev-parse HEAD 2>/dev/null || echo unknown)
swift_version=$("${SWIFT:-swift}" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)

# libpq is loaded when a URL asks for it.
packages=$({ ldd "$program"; PATH=$PATH:/usr/sbin:/sbin ldconfig -p | awk '$1 == "libpq.so.5" { print $1, "=>", $NF; exit }'; } | awk '$3 ~ /^\// {print $3} $1 ~ /^\// {print $1}' | sort -u | while read -r library; do
  # A library may be known by its path before /usr was merged.
  owner=$(dpkg -S "$(realpath "$library")" 2>/dev/null || dpkg -S "$(realpath "$library" | sed 's|^/usr||')" 2>/dev/null || true)
  owner=${owner%%: *}
  if [ -n "$owner" ]; then printf "%s\n" "$owner"; fi
done | sort -u)

printf '{\n  "bomFormat": "CycloneDX",\n  "specVersion": "1.5",\n  "version": 1,\n  "metadata": {\n    "component": {\n'
printf '      "type": "application", "bom-ref": %s, "name": %s, "version": %s,\n' "$(quote "$name")" "$(quote "$name")" "$(quote "$version")"
printf '      "hashes": [{"alg": "SHA-256", "content": %s}],\n' "$(quote "$(sha256sum "$program" | cut -d' ' -f1)")"
printf '      "properties": [{"name": "git:commit", "value": %s}]\n    }\n  },\n  "components": [\n' "$(quote "$commit")"
printf '    {"type": "platform", "bom-ref": "swift", "name": "swift", "version": %s}' "$(quote "$swift_version")"
references='"swift"'
for package in $packages; do
  read -r package_version source license_file < <(dpkg-query -W -f '${Version} ${source:Package} /usr/share/doc/${Package}/copyright\n' "$package")
  plain=${package%%:*}
  reference="pkg:deb/debian/$plain@$package_version"
  references="$references, $(quote "$reference")"
  printf ',\n    {"type": "library", "bom-ref": %s, "name": %s, "version": %s, "purl": %s,\n' \
    "$(quote "$reference")" "$(quote "$plain")" "$(quote "$package_version")" "$(quote "$reference")"
  printf '     "properties": [{"name": "debian:source", "value": %s}, {"name": "debian:copyright", "value": %s}]}' \
    "$(quote "$source")" "$(quote "$license_file")"
done
printf '\n  ],\n  "dependencies": [{"ref": %s, "dependsOn": [%s]}]\n}\n' "$(quote "$name")" "$references"
