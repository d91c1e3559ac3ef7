#!/usr/bin/env bash
# The suite of labels, and docker with its own profile, in a VM where AppArmor is on; without ../shared it is one skip.
# vm-apparmor.sh [RUNTIME]
set -uo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=needs.sh
. conformance/needs.sh

if [ "${1:-}" = inside ]; then
  logs=$TMPDIR/apparmor
  # shellcheck source=parts.sh
  . conformance/parts.sh
  part labels env RUNTIME="$2" conformance/run labels
  part docker env CGROUP_MANAGER=systemd DOCKER_FLOWS=apparmor conformance/managers/docker.sh "$2"
  sum
  exit
fi
# shellcheck source=vm.sh
. conformance/vm.sh

if [ ! -x "$vm" ]; then
  not_here apparmor-vm
  exit 0
fi
need apparmor_parser apparmor "it loads the profiles" || exit 1
runtime=$(realpath "${1:-${RUNTIME:-out/sharprun}}")
exec "$vm" --kernel 6.1 --cgroup v2 --systemd --lsm apparmor --timeout 1200 -- conformance/vm-apparmor.sh inside "$runtime"
