#!/usr/bin/env bash
# Publishes our programs as native binaries: out/sharprun, out/sharprun-layers and out/sharprun-net, each one static file, and out/sharprun-image.
# publish.sh [PROGRAM...]; --mutants: the test-only out/sharprun-mutants.
set -euo pipefail
cd "$(dirname "$0")/.."

# rooms PROJECT: its folder, and those of all that it references.
rooms() {
  local reference
  echo "src/$1"
  sed -nE 's|.*ProjectReference Include="\.\./(\w+)/.*|\1|p' "src/$1/$1.csproj" | while read -r reference; do rooms "$reference"; done
}

# publish NAME PROJECT PROGRAM ARGUMENTS...; nothing to do when the binary is newer than all that it is made of.
publish() {
  local name=$1 project=$2 program=$3 folders
  shift 3
  mapfile -t folders < <(rooms "$project" | sort -u)
  if [ -x "out/$name" ] && [ -z "$(find "${folders[@]}" src/*.* Directory.*.props global.json .editorconfig -newer "out/$name" \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.targets' -o -name '*.txt' -o -name '*.json' -o -name .editorconfig \) -not -path '*/obj/*' -print -quit)" ]; then
    return
  fi
  echo "Publishing out/$name (native code takes half a minute) ..."
  if ! dotnet publish "src/$project/$project.csproj" -c Release -r linux-x64 -o "out/.publish-$name" --nologo -v quiet "$@" >"$log" 2>&1; then
    grep -E 'error|warning' "$log" | sort -u | head -n 40 >&2 || tail -n 40 "$log" >&2
    exit 1
  fi
  cp "out/.publish-$name/$program" "out/$name.new"
  mv "out/$name.new" "out/$name"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ $# -eq 0 ]; then set -- sharprun sharprun-image sharprun-layers sharprun-net; fi
for word; do
  case $word in
    sharprun) publish sharprun SharpRun sharprun ;;
    sharprun-image) publish sharprun-image Image sharprun-image ;;
    sharprun-layers) publish sharprun-layers Layers sharprun-layers ;;
    sharprun-net) publish sharprun-net Net sharprun-net ;;
    --mutants) publish sharprun-mutants SharpRun sharprun -p:Mutants=true ;;
    *) echo "publish.sh: no program named $word" >&2; exit 2 ;;
  esac
done
