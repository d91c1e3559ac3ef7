#!/usr/bin/env bash
# Publishes the runtime as one static native binary: out/sharprun (or, with --mutants, the test-only out/sharprun-mutants).
set -euo pipefail
cd "$(dirname "$0")/.."

name=sharprun
arguments=()
if [ "${1:-}" = --mutants ]; then
  name=sharprun-mutants
  arguments=(-p:Mutants=true)
fi

# Nothing to do when the binary is newer than all that it is made of.
if [ -x "out/$name" ] && [ -z "$(find src Directory.*.props global.json .editorconfig -newer "out/$name" \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.txt' -o -name '.editorconfig' -o -name global.json \) -not -path '*/obj/*' -print -quit)" ]; then
  exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Publishing out/$name (native code takes half a minute) ..."
if ! dotnet publish src/SharpRun/SharpRun.csproj -c Release -r linux-x64 -o "out/.publish-$name" --nologo -v quiet "${arguments[@]}" >"$log" 2>&1; then
  grep -E 'error|warning' "$log" | sort -u | head -n 40 >&2 || tail -n 40 "$log" >&2
  exit 1
fi
cp "out/.publish-$name/sharprun" "out/$name.new"
mv "out/$name.new" "out/$name"
