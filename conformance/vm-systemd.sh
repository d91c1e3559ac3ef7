#!/usr/bin/env bash
# The suite of the systemd cgroup driver where systemd is pid 1, in a VM; without ../shared it is one skip.
# vm-systemd.sh [OPTIONS OF run-in-vm]
set -uo pipefail
cd "$(dirname "$0")/.."

vm=../shared/vm/run-in-vm
if [ ! -x "$vm" ]; then
  echo "skip systemd-vm: no ../shared"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
exec "$vm" --systemd "$@" -- env RUNTIME="${RUNTIME:-$PWD/out/sharprun}" conformance/run systemd
