#!/usr/bin/env bash
# The unit tests of every project under tests/ (no root, no kernel features), then one line with their sum.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0 skipped=0
for project in tests/Plan.Tests tests/SharpRun.Tests tests/Seccomp.Tests; do
  output=$(dotnet test --project "$project" -c Release --no-progress --results-directory out/test-results 2>&1)
  status=$?
  printf '%s\n' "$output"
  count() { printf '%s\n' "$output" | grep -E "^ *$1: [0-9]+" | tail -n 1 | tr -dc 0-9; }
  total=$(count total) bad=$(count failed) left=$(count skipped)
  if [ -z "$total" ] || { [ "$status" != 0 ] && [ "${bad:-0}" = 0 ]; }; then
    echo "not ok $project: exit status $status"
    failed=$((failed + 1))
    continue
  fi
  passed=$((passed + total - bad - left)) failed=$((failed + bad)) skipped=$((skipped + left))
  printf '%s\n' "$output" | grep -E '^ *(skipped|failed) [A-Z]' | sed -E 's/^ *skipped /skip /; s/^ *failed /not ok /' || true
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
