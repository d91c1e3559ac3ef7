#!/usr/bin/env bash
# `make mutants`: a test-only binary leaves out one kind of step, one check or one undo at a time; a test must turn red.
# mutants.sh [--list] [NAME...]
#
# The names come from the code. The tests that name a mutant ("# mutant: NAME" above a conformance case) run first, then all others; the
# first red one ends it. The rules of SpecRules, what names a mutant in tests/SharpRun.Tests ("// mutant: NAME"), and the checks of the other tools' rooms
# (a few seconds each) are tried by the unit tests. Results are kept in out/mutants for this source tree, so that
# an interrupted run goes on where it was. Survivors stand with their reason in tests/mutant-survivors.txt ("NAME<TAB>reason"): one that
# is not listed fails, and so does a listed one that was killed.
set -uo pipefail
cd "$(dirname "$0")/.."

survivors=tests/mutant-survivors.txt
of_tools='^(Json|Tar|Oci|Layer|Tree|Image|Union|Netlink|Cni|Net)Check\.'

names() {
  sed -nE 's/^public sealed record (\w+).* : Step$/Step.\1/p' src/Plan/Steps/*.cs
  sed -n '/^public enum Check/,/^}/p' src/Plan/Check.cs | sed -nE 's/^    (\w+),$/Check.\1/p'
  local room
  for room in src/{Json/Json,Tar/Tar,Oci/Oci,LayerStore/Layer,LayerTar/Tree,Image/Image,Layers/Union,Netlink/Netlink,Cni/Cni,Net/Net}Check.cs; do
    sed -nE "s/^    (\w+),\$/$(basename "$room" .cs).\1/p" "$room"
  done
  sed -nE 's/^ +Named\(nameof\((\w+)\).*/SpecRules.\1/p' src/Plan/Spec/SpecRules.cs
  grep -rhoE '[uU]ndo\.Push\("\w+"' src/SharpRun | sed -E 's/.*"(\w+)"/Undo.\1/'
  grep -rhoE 'Mutant\.Skips\("[A-Za-z]+\.[A-Za-z]+"\)' src | sed -E 's/.*"(.*)".*/\1/'
}

# A red line of the kernel's own story, or nothing: what killed the mutant.
kill_by_conformance() {
  local name=$1 first
  first=$(grep -hA1 -E "# mutant: .*\b${name//./\\.}\b" conformance/suite/*.sh /dev/null | sed -nE 's/^test_([a-z0-9_]+)\(.*/\1/p')
  local cases=() case
  for case in $first; do
    cases+=("$(conformance/run --list | grep "/$case\$")")
  done
  if [ ${#cases[@]} -gt 0 ]; then
    red_of env RUNTIME="$PWD/out/sharprun-mutants" SHARPRUN_MUTANT="$name" FAIL_FAST=1 conformance/run "${cases[@]}" && return 0
  fi
  red_of env RUNTIME="$PWD/out/sharprun-mutants" SHARPRUN_MUTANT="$name" FAIL_FAST=1 conformance/run && return 0
  red_of env RUNTIME="$PWD/out/sharprun-mutants" SHARPRUN_MUTANT="$name" conformance/kill9.sh 20
}

kill_by_unit_tests() {
  local output
  output=$(SHARPRUN_MUTANT=$1 tests/Plan.Tests/bin/mutants/Release/net10.0/Plan.Tests -class '*RuleTests' 2>&1) && return 1
  printf '%s\n' "$output" | grep -m1 -oE 'RuleTests\.\w+'
}

# A test of the runtime's rooms that names the mutant: what cannot be brought about from outside, such as a process that will not die.
kill_by_runtime_tests() {
  local class output
  class=$(grep -lE "// mutant: .*\b${1//./\\.}\b" tests/SharpRun.Tests/*.cs | head -n 1)
  [ -n "$class" ] || return 1
  class=$(basename "$class" .cs)
  output=$(SHARPRUN_MUTANT=$1 tests/SharpRun.Tests/bin/mutants/Release/net10.0/SharpRun.Tests -class "*$class" 2>&1) && return 1
  printf '%s\n' "$output" | grep -m1 -oE "$class\.\w+"
}

# The rooms of the other tools need no container. The projects that know a room best come first, and in each the class that names the mutant.
kill_by_tools_tests() {
  local projects project class output
  case $1 in
    TarCheck.*) projects=(Tar Image) ;;
    JsonCheck.* | OciCheck.*) projects=(Oci Build Image) ;;
    UnionCheck.*) projects=(Layers) ;;
    NetlinkCheck.* | CniCheck.* | NetCheck.*) projects=(Net) ;;
    LayerCheck.* | TreeCheck.*) projects=(Image Build Layers) ;;
    *) projects=(Image Build) ;;
  esac
  for project in "${projects[@]}"; do
    class=$(grep -rlE "// mutant: .*\b${1//./\\.}\b" --include='*.cs' "tests/$project.Tests" | head -n 1)
    [ -n "$class" ] && red_of_unit_tests "$1" "$project" 60 -class "*.$(basename "$class" .cs)" && return 0
  done
  for project in "${projects[@]}"; do
    red_of_unit_tests "$1" "$project" 300 && return 0
  done
  return 1
}

# red_of_unit_tests MUTANT PROJECT SECONDS [-class NAME]. A check that ended a loop is missed by a test that does not end; of all tests together
# the want of time says nothing.
red_of_unit_tests() {
  local name=$1 project=$2 limit=$3 output status
  shift 3
  output=$(SHARPRUN_MUTANT=$name timeout "$limit" "tests/$project.Tests/bin/mutants/Release/net10.0/$project.Tests" -noColor -stopOnFail "$@" 2>&1)
  status=$?
  case $status in
    0) return 1 ;;
    124) [ $# -gt 0 ] && echo "$project.Tests, which do not end" ;;
    *) printf '%s\n' "$output" | sed -nE 's/^ *(\S+Tests\.\w+).* \[FAIL\].*/\1/p' | head -n 1 | grep . || echo "$project.Tests, exit status $status" ;;
  esac
}

red_of() {
  local output
  output=$("$@" 2>&1)
  printf '%s\n' "$output" | grep -m1 -E '^not ok' | cut -c1-160
  printf '%s\n' "$output" | grep -q '^not ok'
}

mapfile -t all < <(names | sort -u)
if [ "${1:-}" = --list ]; then
  printf '%s\n' "${all[@]}"
  exit 0
fi
if [ $# -gt 0 ]; then
  unknown=$(printf '%s\n' "$@" | grep -vxF -f <(printf '%s\n' "${all[@]}")) && { echo "mutants.sh: no such name: ${unknown//$'\n'/, }" >&2; exit 2; }
  all=("$@")
fi

# The checks of the tools alone need no binary.
if printf '%s\n' "${all[@]}" | grep -qvE "$of_tools"; then
  conformance/publish.sh --mutants || exit 1
fi
for project in tests/{Plan,SharpRun,Tar,Oci,Image,Build,Layers,Net}.Tests; do
  dotnet build "$project" -c Release -p:Mutants=true --nologo -v quiet >/dev/null || exit 1
done

tree=$(find src conformance tests -name obj -prune -o \( -name '*.cs' -o -name '*.sh' \) -print | sort | xargs cat | sha256sum | cut -c1-16)
results=out/mutants/$tree
mkdir -p "$results"
passed=0 failed=0
for name in "${all[@]}"; do
  if [ ! -f "$results/$name" ]; then
    if [[ $name == SpecRules.* ]]; then
      kill_by_unit_tests "$name" >"$results/.new"
    elif [[ $name =~ $of_tools ]]; then
      kill_by_tools_tests "$name" >"$results/.new"
    elif ! kill_by_runtime_tests "$name" >"$results/.new"; then
      kill_by_conformance "$name" >"$results/.new"
    fi
    mv "$results/.new" "$results/$name"
  fi
  listed=$(grep -P "^\Q$name\E\t" "$survivors" 2>/dev/null | cut -f2)
  killer=$(<"$results/$name")
  if [ -n "$killer" ] && [ -z "$listed" ]; then
    passed=$((passed + 1))
    echo "ok $name: killed by ${killer#not ok }"
  elif [ -z "$killer" ] && [ -n "$listed" ]; then
    passed=$((passed + 1))
    echo "ok $name: survives, as listed: $listed"
  else
    failed=$((failed + 1))
    [ -n "$killer" ] && echo "not ok $name: listed as a survivor, but killed by ${killer#not ok }" || echo "not ok $name: survived"
  fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
