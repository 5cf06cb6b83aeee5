#!/usr/bin/env bash
# Runs the tests that move memory and threads under the address and the thread sanitizer, each in a build folder of its own.
# SANITIZERS chooses (default "address thread"), SUITES is a regular expression of suites, MINUTES bounds each run, and
# SCRATCH is where the builds go.
set -euo pipefail
cd "$(dirname "$0")/../../.."
swift=${SWIFT:-swift}
suites=${SUITES:-'ArchivesTests|CSV|ExchangeTests|FeaturesTests|FilesTests|HTTPTests|JSONTests|ModelsTests|PublishingTests'}
suites=${SUITES:-"$suites|SQLiteTests|ServingTests|SignaturesTests|TabularTests|TrainingTests|WebClientTests|YAMLTests"}
for sanitizer in ${SANITIZERS:-address thread}; do
  printf '%s sanitizer\n' "$sanitizer"
  scratch=${SCRATCH:-.build}-$sanitizer
  timeout "${MINUTES:-60}m" "$swift" build --build-tests --sanitize="$sanitizer" --scratch-path "$scratch"
  preload=
  if [ "$sanitizer" = thread ]; then
    preload=$(realpath "$scratch")/contended_mutex.so
    "$(dirname "$(realpath "$(command -v "$swift")")")/clang" -shared -fPIC -O1 Sources/Programs/scripts/contended_mutex.c -o "$preload"
  fi
  # Libraries of the system keep memory until the end; what leaks is not what is looked for here. A test that measures memory
  # asks ANOMALYZE_SANITIZER, because a sanitizer surrounds and keeps every piece. One after another, as all is slow enough.
  ANOMALYZE_SANITIZER=$sanitizer ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1 LD_PRELOAD=$preload \
    timeout "${MINUTES:-60}m" "$swift" test --skip-build --no-parallel --sanitize="$sanitizer" --scratch-path "$scratch" --filter "$suites"
done
