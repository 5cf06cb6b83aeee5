#!/usr/bin/env bash
# The rules that the formatter does not know: file length, forbidden imports, unfinished work, fenced `unsafe`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
failures=0
fail() { printf '%s\n' "$*" >&2; failures=$((failures + 1)); }

while IFS= read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le 400 ] || fail "$file: $lines lines; split it (at most 400)"
done < <(find Sources Tests -name '*.swift')

check() { # pattern, folder, message
  while IFS= read -r hit; do fail "$hit: $3"; done < <(grep -rnE --include="*.swift" "$1" $2 2>/dev/null | cut -d: -f1,2 || true)
}
check '^(internal |public |package |private )?import Foundation(Essentials)?$' "Sources" "Foundation is not used; Glibc, JSON and Timestamp are"
check '\b(TODO|FIXME|XXX)\b' "Sources Tests" "unfinished work is not committed"
check '\bunsafe\b [a-z(]' "Sources/Data Sources/Learning Sources/Release Sources/Programs" "unsafe code belongs in Sources/System"

[ "$failures" -eq 0 ] || { printf '%s house rule(s) broken\n' "$failures" >&2; exit 1; }
