#!/usr/bin/env bash
# The suite of labels, and docker with its own profile, in a VM where AppArmor is on; without ../shared it is one skip.
# vm-apparmor.sh [RUNTIME]
set -uo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=needs.sh
. conformance/needs.sh

# shellcheck source=vm.sh
. conformance/vm.sh

if [ ! -x "$vm" ]; then
  not_here apparmor-vm
  exit 0
fi
need apparmor_parser apparmor "it loads the profiles" || exit 1
runtime=$(realpath "${1:-${RUNTIME:-out/sharprun}}")
in_guest="RUNTIME=$runtime conformance/run labels; CGROUP_MANAGER=systemd DOCKER_FLOWS=apparmor conformance/managers/docker.sh $runtime"
"$vm" --kernel 6.1 --cgroup v2 --systemd --lsm apparmor --timeout 1200 -- sh -c "$in_guest" | tee /dev/stderr | grep -E '^[0-9]+ passed, ' |
  awk -F '[ ,]+' '{ passed += $1; failed += $3; skipped += $5; parts++ } END { print passed + 0 " passed, " failed + (2 - parts) " failed, " skipped + 0 " skipped"; exit failed + (2 - parts) > 0 }'
