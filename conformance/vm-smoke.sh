#!/usr/bin/env bash
# The conformance suite on another kernel with pure cgroup v2, in a VM; without ../shared it is one skip.
# vm-smoke.sh [OPTIONS OF run-in-vm]
set -uo pipefail
cd "$(dirname "$0")/.."

vm=../shared/vm/run-in-vm
if [ ! -x "$vm" ]; then
  echo "skip conformance-vm: no ../shared"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
exec "$vm" "$@" -- env RUNTIME="${RUNTIME:-$PWD/out/sharprun}" conformance/run
