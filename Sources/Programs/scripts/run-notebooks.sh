#!/usr/bin/env bash
# Runs the shell blocks of the markdown notebooks, in order, each notebook in a fresh folder, and checks what they print.
# A ```sh block is run; a ```expect block right after it lists extended regular expressions, each of which must match a
# line of the block's output. Usage: run-notebooks.sh BIN_FOLDER [NOTEBOOK…]
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
bin=$(realpath "$1")
shift
notebooks=("$@")
[ ${#notebooks[@]} -gt 0 ] || notebooks=("$root"/notebooks-md/[0-9]*.md)
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
export PATH="$bin:$PATH"
failed=0

for notebook in "${notebooks[@]}"; do
  name=$(basename "$notebook" .md)
  folder="$work/$name"
  mkdir -p "$folder/blocks"
  cp "$root/anomalyze.yaml" "$folder/"
  # Blocks become numbered files: 003.sh and, when it has expectations, 003.expect.
  awk -v folder="$folder/blocks" '
    /^```sh$/ { count++; file = sprintf("%s/%03d.sh", folder, count); printf "" > file; next }
    /^```expect$/ { file = sprintf("%s/%03d.expect", folder, count); printf "" > file; next }
    /^```/ { file = ""; next }
    file != "" { print > file }' "$notebook"
  printf '%s\n' "$name"
  {
    printf 'set -euo pipefail\ncd %q\n' "$folder"
    for block in "$folder"/blocks/*.sh; do
      number=$(basename "$block" .sh)
      # One shell runs all blocks, so that variables and background servers carry over.
      printf '{\n%s\n} > blocks/%s.out 2>&1 || { echo "block %s failed"; cat blocks/%s.out; exit 1; }\n' \
        "$(cat "$block")" "$number" "$number" "$number"
    done
    printf 'kill $(jobs -p) 2>/dev/null || true\n'
  } >"$folder/run.sh"
  if ! bash "$folder/run.sh"; then
    failed=$((failed + 1))
    continue
  fi
  for expectations in "$folder"/blocks/*.expect; do
    [ -e "$expectations" ] || continue
    output="${expectations%.expect}.out"
    while IFS= read -r pattern; do
      [ -n "$pattern" ] || continue
      if ! grep -Eq -- "$pattern" "$output"; then
        printf '  block %s printed no line that matches: %s\n' "$(basename "$output" .out)" "$pattern"
        sed 's/^/    /' "$output" | tail -n 20
        failed=$((failed + 1))
      fi
    done <"$expectations"
  done
done
if [ "$failed" -gt 0 ]; then
  printf '%s check(s) failed\n' "$failed" >&2
  exit 1
fi
printf 'all notebooks ran as they say\n'
