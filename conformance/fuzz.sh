#!/usr/bin/env bash
# fuzz.sh [TARGET...] [SECONDS [SEED]] - inputs changed at random through every reader: an answer or one sentence, nothing else. The targets (config,
# bus, tar, image, dockerfile, cni, netlink: tests/Fuzz/Program.cs) share the seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/Fuzz -c Release --nologo -v quiet >/dev/null
exec tests/Fuzz/bin/Release/net10.0/fuzz "${@:-60}"
