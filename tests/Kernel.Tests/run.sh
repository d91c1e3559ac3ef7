#!/usr/bin/env bash
# The kernel edge against the real kernel, in a native program: publishes it to out/tests, then runs it as root.
# run.sh [WORD...]: only tests whose names contain a word. In a guest:  ../shared/vm/run-in-vm -- tests/Kernel.Tests/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

program=out/tests/kernel-tests
arm64=/usr/aarch64-linux-gnu/include/asm/fcntl.h

if [ "$(id -u)" != 0 ]; then
  echo 'tests/Kernel.Tests/run.sh: must be root (namespaces, mounts, ids)' >&2
  exit 1
fi

# Without network (a guest) or without Debian's packages the test that reads them says so and is skipped.
if [ ! -e "$arm64" ] && [ -z "${RUN_IN_VM:-}" ]; then
  echo 'Installing a Debian package that is missing:'
  echo '  linux-libc-dev-arm64-cross  the C headers that the constants of arm64 are compared with'
  { apt-get install -y --no-install-recommends linux-libc-dev-arm64-cross ||
    { apt-get update && apt-get install -y --no-install-recommends linux-libc-dev-arm64-cross; }; } >/dev/null 2>&1 ||
    echo '  (apt-get could not install it)'
fi

sources=(src/Linux src/Seccomp src/Plan src/Netlink src/Cni src/Json src/Net/Firewall src/Net/Kernel src/Net/NetCheck.cs src/SharpRun/Init/TreeCopy.cs src/Mutant.cs src/Native.props tests/Kernel.Tests
  Directory.Build.props Directory.Packages.props global.json)
if [ ! -x "$program" ] || [ -n "$(find "${sources[@]}" -newer "$program" \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.json' \) \
    -not -path '*/obj/*' -not -path '*/bin/*' -print -quit)" ]; then
  conformance/setup.sh build
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  echo "Publishing $program (native code takes half a minute) ..."
  if ! dotnet publish tests/Kernel.Tests -c Release -r linux-x64 -o out/tests/.publish --nologo -v quiet >"$log" 2>&1; then
    grep -E 'error|warning' "$log" | sort -u | head -n 40 >&2 || tail -n 40 "$log" >&2
    exit 1
  fi
  cp out/tests/.publish/kernel-tests "$program.new"
  mv "$program.new" "$program"
fi

"$program" "$@"
