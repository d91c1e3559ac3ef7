#!/usr/bin/env bash
# The suite of the systemd cgroup driver where systemd is pid 1, in a VM; without ../shared it is one skip.
# vm-systemd.sh [OPTIONS OF run-in-vm]
set -uo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=vm.sh
. conformance/vm.sh

if [ ! -x "$vm" ]; then
  not_here systemd-vm
  exit 0
fi
exec "$vm" --systemd "$@" -- env RUNTIME="${RUNTIME:-$PWD/out/sharprun}" conformance/run systemd
