#!/usr/bin/env bash
# `make test`: unit tests, kernel tests, conformance, the image tool and the network tool on this machine, the runtime in one VM. One summary line at the end.
set -uo pipefail
cd "$(dirname "$0")/.."

conformance/setup.sh test || exit 1
logs=out/test
# shellcheck source=parts.sh
. conformance/parts.sh

part unit conformance/unit.sh
part kernel tests/Kernel.Tests/run.sh
part binary tests/binary.sh
part conformance conformance/run
part image-unpack conformance/image-unpack.sh
part image-layers conformance/image-layers.sh
part image-bundle conformance/image-bundle.sh
part layers conformance/layers.sh
part net-errors conformance/net-errors.sh
part conformance-vm conformance/vm-smoke.sh
sum
