#!/usr/bin/env bash
# sharprun-layers and sharprun-net on another kernel, in a VM; without ../shared it is one skip.
# (The kernels there have no nat in nf_tables' family inet: rules and ports are tried on this machine.)
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

logs=$TMPDIR/tools
# shellcheck source=parts.sh
. conformance/parts.sh
part layers conformance/layers.sh --quick
part net-links conformance/net-links.sh
part net-cni conformance/net-cni.sh
sum
