#!/usr/bin/env bash
# The conformance suite on another kernel with pure cgroup v2, in a VM; without ../shared it is one skip.
# vm-smoke.sh [OPTIONS OF run-in-vm]
set -uo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=vm.sh
. conformance/vm.sh

if [ ! -x "$vm" ]; then
  not_here conformance-vm
  exit 0
fi
exec "$vm" "$@" -- env RUNTIME="${RUNTIME:-$PWD/out/sharprun}" conformance/run
