#!/usr/bin/env bash
# fuzz.sh [SECONDS] - mutated config.json documents through reader, rules and planner: a plan or one sentence, nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/Fuzz -c Release --nologo -v quiet >/dev/null
exec tests/Fuzz/bin/Release/net10.0/fuzz "${1:-60}"
