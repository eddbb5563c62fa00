#!/usr/bin/env bash
# All tests, and one line that sums them: "N passed, N failed, N skipped".
#
# Twice: the pure parts alone (proving that they build without any of the rest), then everything, optimised, with a real Kafka.
# A missing broker is said and counts as skipped; with CI set it is a failure. Missing real records (../shared/data) are always
# only said: every call has a fixture in tests/fixtures, so a clone by itself exercises all of them.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp)
trap 'rm -f "$out"' EXIT
status=0
skipped=0

# A run fails if cargo does; the others still run, so that one look shows everything.
run() {
    echo "== cargo $*"
    # Built under the linker's wrapper, run without: what tests start (a broker, ourselves) has no use for it.
    # shellcheck disable=SC2086 # LINK is a command and its arguments, or nothing
    ${LINK:-} cargo "$@" --no-run || { status=1; return; }
    cargo "$@" 2>&1 | tee -a "$out" || status=1
}

skip() {
    echo "== SKIPPED: $1" >&2
    skipped=$((skipped + 1))
}

tools/kafka.sh install || {
    skip "no Apache Kafka: tests against a real broker"
    if [[ -n ${CI:-} ]]; then status=1; fi
}
[[ -d ../shared/data ]] || skip "no ../shared/data: tests on recorded data"

run test --no-fail-fast --no-default-features
run test --no-fail-fast --release

# Each test program ends with: "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …".
awk -v skipped="$skipped" '
    /^test result: / {
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed;/) passed += $(i - 1)
            if ($i ~ /^failed;/) failed += $(i - 1)
            if ($i ~ /^ignored;/) skipped += $(i - 1)
        }
    }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }
' "$out"
exit "$status"
