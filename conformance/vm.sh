# shellcheck shell=bash
# Sourced, from the project's folder, by what runs in a virtual machine: `vm` boots one, and is not there without ../shared.
# shellcheck disable=SC2034 # for those who source this
vm=../shared/vm/run-in-vm

# not_here NAME: what stands in its place, one skip.
not_here() {
  echo "skip $1: no ../shared"
  echo '0 passed, 0 failed, 1 skipped'
}
