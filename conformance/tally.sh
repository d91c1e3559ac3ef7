# shellcheck shell=bash
# Sourced by test scripts that check programs around the runtime (chain-test.sh, managers/): cases are counted here.
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); echo "ok $*"; }
not_ok() { failed=$((failed + 1)); echo "not ok $*"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; } # NAME REASON

# is NAME EXPECTED ACTUAL
is() {
    if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1"; printf '  expected: %q\n  got:      %q\n' "$2" "$3"; fi
}

# has NAME PART TEXT
has() {
    if [[ $3 == *"$2"* ]]; then ok "$1"; else not_ok "$1"; printf '  expected in it: %q\n  got:            %q\n' "$2" "$3"; fi
}

tally() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [[ $failed == 0 && $passed -gt 0 ]]
}
