#!/usr/bin/env bash
# Builds the reference pages of the library targets with the toolchain's DocC. Usage: make-docs.sh FOLDER
# Each module becomes FOLDER/MODULE, to be served by any web server; a warning of DocC fails.
set -euo pipefail
folder=$1
swift=${SWIFT:-swift}
docc=$(dirname "$(readlink -f "$(command -v "$swift")")")/docc
command -v "$docc" >/dev/null || docc=docc
graphs=$("$swift" package dump-symbol-graph --minimum-access-level public --skip-synthesized-members |
  sed -n 's/^Files written to //p')
rm -rf "$folder"
mkdir -p "$folder"
status=0
for layer in System Data Learning Release Programs; do
  for sources in Sources/"$layer"/*/; do
    module=$(basename "$sources")
    [ -f "$graphs/$module.symbols.json" ] && [ ! -f "$sources/module.modulemap" ] || continue
    input=$(mktemp -d)
    cp "$graphs/$module.symbols.json" "$input"
    find "$graphs" -name "$module@*.symbols.json" -exec cp {} "$input" \;
    "$docc" convert --warnings-as-errors --additional-symbol-graph-dir "$input" \
      --fallback-display-name "$module" --fallback-bundle-identifier "anomalyze.$module" \
      --hosting-base-path "/$module" --output-path "$folder/$module" || status=1
    rm -rf "$input"
    echo "$module"
  done
done
exit $status
