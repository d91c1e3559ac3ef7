#!/usr/bin/env bash
# The unit tests of every project under tests/ (no root, no kernel features), then one line with their sum.
set -uo pipefail
cd "$(dirname "$0")/.."

alone=1 # a checkout without ../shared
if [ -e ../shared ]; then alone=0; fi

# expected_skip NAME
expected_skip() {
  awk -F '\t' -v name="$1" -v alone="$alone" '$1 == name && ($2 == "any" || ($2 == "alone" && alone)) { found = 1 } END { exit !found }' \
    tests/expected-skips.txt
}

passed=0 failed=0 skipped=0
for project in tests/Plan.Tests tests/SharpRun.Tests tests/Seccomp.Tests tests/DBus.Tests tests/Tar.Tests tests/Oci.Tests tests/Image.Tests tests/Build.Tests tests/Net.Tests tests/Layers.Tests; do
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
  printf '%s\n' "$output" | grep -E '^ *failed [A-Z]' | sed -E 's/^ *failed /not ok /' || true
  while read -r name; do
    if expected_skip "$name"; then
      echo "skip $name"
    else
      echo "not ok $name: tests/expected-skips.txt does not list this skip"
      failed=$((failed + 1))
    fi
  done < <(printf '%s\n' "$output" | sed -nE 's/^ *skipped ([A-Z][^ (]*).*/\1/p')
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
