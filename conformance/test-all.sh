#!/usr/bin/env bash
# `make test-all`: what `make test` does, and the peers, the managers, other kernels, mutants and faults. Up to 75 minutes.
#
# Every part's result is kept in out/test-all/COMMIT, so that an interrupted run goes on where it was; a part that failed runs again.
# --fresh forgets them. --readme puts the summary into README.md.
# A guest and a peer keep less than one CPU busy, so two lanes of them run beside the rest.
set -uo pipefail
cd "$(dirname "$0")/.."

# A commit that changes only documents is tested already.
commit=$(git log -1 --format=%h --abbrev=10 -- src tests conformance 2>/dev/null || echo unknown)
if [ -n "$(git status --porcelain -- src tests conformance 2>/dev/null)" ]; then
  commit+="-with-changes"
fi
logs=out/test-all/$commit
if [ "${1:-}" = --fresh ] || [[ $commit == *-with-changes ]]; then
  rm -rf "$logs"
fi
conformance/setup.sh test || exit 1
conformance/setup.sh bench || exit 1
conformance/publish.sh || exit 1
if [ -x ../shared/vm/peers ]; then ../shared/vm/peers runc crun >/dev/null 2>&1; fi
# shellcheck disable=SC2034 # for parts.sh
resume=1
# shellcheck source=parts.sh
. conformance/parts.sh
# shellcheck source=vm.sh
. conformance/vm.sh

# peer NAME PROGRAM: the black-box suite on another runtime; differences.txt lists what it does otherwise.
peer() {
  if [ -x "$2" ]; then part "peer-$1" env RUNTIME="$2" conformance/run; else part "peer-$1" not_here "peer-$1"; fi
}

kernel_tests_in_vm() {
  if [ -x "$vm" ]; then "$vm" "$@" -- tests/Kernel.Tests/run.sh; else not_here kernel-vm; fi
}

# manager_in_vm NAME: a manager's script where there is nothing but cgroup v2.
manager_in_vm() {
  if [ -x "$vm" ]; then "$vm" --timeout 2400 -- "conformance/managers/$1.sh" "$PWD/out/sharprun"; else not_here "$1-v2"; fi
}

in_guests() {
  part vm-v2 conformance/vm-smoke.sh --timeout 2400
  part vm-6.1 conformance/vm-smoke.sh --timeout 2400 --kernel 6.1
  part vm-5.10 conformance/vm-smoke.sh --timeout 2400 --kernel 5.10
  part kernel-5.10 kernel_tests_in_vm --kernel 5.10
  part tools-5.10 conformance/vm-tools.sh --timeout 2400 --kernel 5.10
  part docker-v2 manager_in_vm docker
}

peers_and_guests() {
  peer runc-debian /usr/sbin/runc
  peer crun-debian /usr/bin/crun
  peer runc-newer "$HOME/.cache/peers/forky/bin/runc"
  peer crun-newer "$HOME/.cache/peers/forky/bin/crun"
  part vm-7.2 conformance/vm-smoke.sh --timeout 2400 --kernel 7.2
  part vm-v1 conformance/vm-smoke.sh --timeout 2400 --cgroup v1
  part vm-systemd conformance/vm-systemd.sh
  part vm-systemd-v1 conformance/vm-systemd.sh --cgroup v1
  part vm-apparmor conformance/vm-apparmor.sh
  part kernel-7.2 kernel_tests_in_vm --kernel 7.2
  part tools-6.12 conformance/vm-tools.sh --timeout 2400 --kernel 6.12
  part containerd-v2 manager_in_vm containerd
  part cri-v2 manager_in_vm cri
}

here() {
  part unit conformance/unit.sh
  part binary tests/binary.sh
  part conformance conformance/run
  part kill9 conformance/kill9.sh 200
  part deaths conformance/deaths.sh
  part checklist conformance/managers/checklist.sh
  part docker conformance/managers/docker.sh
  part containerd conformance/managers/containerd.sh
  part podman conformance/managers/podman.sh
  part buildah conformance/managers/buildah.sh
  part cri conformance/managers/cri.sh
  part cni conformance/managers/cni.sh
  part cni-debian conformance/managers/cni.sh /usr/lib/cni
  for word in links cni people errors; do
    part "net-$word" "conformance/net-$word.sh"
  done
  part net-kill9 conformance/net-kill9.sh
  part chain conformance/chain-test.sh
  part debian-root conformance/debian-root.sh
  for word in formats docker registry unpack layers bundle pack build kill9; do
    part "image-$word" "conformance/image-$word.sh"
  done
  part layers conformance/layers.sh
  part layers-trees conformance/layers-trees.sh
  part mutants conformance/mutants.sh
  part faults conformance/faults.sh --budget 400
  part fuzz conformance/fuzz.sh 60
  # Other configs whenever the runtime has changed, and the same ones when what was found is mended in the tests or listed.
  part random conformance/random.sh --count 200 --seed "$((16#$(git rev-parse --short=7 HEAD:src/SharpRun 2>/dev/null || echo 1)))"
}

# The guests take the programs as they are built here.
part kernel tests/Kernel.Tests/run.sh
in_guests &
peers_and_guests &
here
wait
summary="commit $commit, Linux $(uname -r), $(date -u +%F): $(sum)"
{
  while read -r name; do printf '%-16s %s\n' "$name" "$(line_of "$name")"; done <"$logs/parts"
  echo "$summary"
} >"$logs/summary.txt"
echo "$summary"
if [[ " $* " == *" --readme "* ]]; then
  conformance/into-readme.sh test-all "$logs/summary.txt"
fi
sum >/dev/null
