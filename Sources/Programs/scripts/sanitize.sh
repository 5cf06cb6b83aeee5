#!/usr/bin/env bash
# Runs the tests that move memory and threads under the address and the thread sanitizer, each in a build folder of its own.
# SANITIZERS chooses (default "address thread"), SUITES is a regular expression of suites, MINUTES bounds each run.
set -euo pipefail
cd "$(dirname "$0")/../../.."
suites=${SUITES:-'ExchangeTests|FilesTests|JSONTests|TabularTests|ModelsTests|TrainingTests|CSV|HTTPTests|YAMLTests|ArchivesTests'}
for sanitizer in ${SANITIZERS:-address thread}; do
  printf '%s sanitizer\n' "$sanitizer"
  # Libraries of the system keep memory until the end; what leaks is not what is looked for here.
  ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1 timeout "${MINUTES:-30}m" \
    "${SWIFT:-swift}" test --sanitize="$sanitizer" --scratch-path ".build-$sanitizer" --filter "$suites"
done
