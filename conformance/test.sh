#!/usr/bin/env bash
# `make test`: unit tests, kernel tests, conformance on this machine and in one VM. One summary line at the end.
set -uo pipefail
cd "$(dirname "$0")/.."

conformance/setup.sh test
logs=out/test-logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0

# part NAME COMMAND...: runs it, shows what is not ok, and adds the numbers of its last line to the sum.
part() {
  local name=$1 log=$logs/$1.log started=$SECONDS status=0
  shift
  "$@" >"$log" 2>&1 || status=$?
  grep -E '^(not ok|skip|fail)' "$log" || true
  local line
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
  if [ -z "$line" ]; then
    tail -n 20 "$log"
    line='0 passed, 1 failed, 0 skipped'
  fi
  local numbers
  read -r -a numbers <<<"${line//[^0-9]/ }"
  passed=$((passed + numbers[0])) failed=$((failed + numbers[1])) skipped=$((skipped + ${numbers[2]:-0}))
  # A part that failed without counting a failure is one.
  if [ "$status" != 0 ] && [ "${numbers[1]}" = 0 ]; then
    failed=$((failed + 1))
    echo "not ok $name: exit status $status, see $log"
    tail -n 5 "$log"
  fi
  printf '%-28s %s (%d s)\n' "$name" "$line" $((SECONDS - started))
}

part unit conformance/unit.sh
part kernel tests/Kernel.Tests/run.sh
part binary tests/binary.sh
part conformance conformance/run
part conformance-vm conformance/vm-smoke.sh
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
