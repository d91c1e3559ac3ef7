#!/usr/bin/env bash
# sharprun-layers and sharprun-net on another kernel, in a VM; without ../shared it is one skip.
# (The kernels there have no nf_tables of the family inet: rules and ports are tried on this machine.)
# vm-tools.sh [OPTIONS OF run-in-vm]
set -uo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" != inside ]; then
  # shellcheck source=vm.sh
  . conformance/vm.sh
  if [ ! -x "$vm" ]; then
    not_here tools-vm
    exit 0
  fi
  exec "$vm" "$@" -- conformance/vm-tools.sh inside
fi

passed=0 failed=0 skipped=0
while read -r script words; do
  # shellcheck disable=SC2086 # words or none
  "conformance/$script.sh" $words | tee "$TMPDIR/$script.log"
  read -r ok bad left < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$TMPDIR/$script.log" | tail -n 1)
  if [ -z "${ok:-}" ]; then
    echo "not ok $script: it did not come to its end"
    bad=1
  fi
  passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-1})) skipped=$((skipped + ${left:-0}))
done <<'END'
layers --quick
net-links
net-cni
END
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
