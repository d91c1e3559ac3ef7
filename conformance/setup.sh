#!/usr/bin/env bash
# Installs the Debian packages that a word of the Makefile needs and that are missing, and says what and why.
# setup.sh build | run | test | bench
set -euo pipefail

declare -A why=(
  [gcc]="links the native binary"
  [libc6-dev]="the C library's static archive, linked into the binary"
  [lld]="the linker that makes a static position-independent executable"
  [busybox-static]="the first container's root file system"
  [jq]="edits config.json in the tests"
  [runc]="peer: the same tests must pass on it"
  [crun]="peer: the same tests must pass on it"
  [util-linux]="unshare, setpriv and findmnt for the tests"
  [procps]="ps for the tests"
  [iproute2]="network namespaces for the tests"
  [containernetworking-plugins]="host-local, with which ours shares its leases"
  [nftables]="nft, with which the tests look at our rules"
  [umoci]="a second judge of what images unpack to"
  [strace]="traces what the binary opens"
)

case "${1:?setup.sh build | run | test | bench}" in
  build) packages=(gcc libc6-dev lld) ;;
  run) packages=(gcc libc6-dev lld busybox-static jq) ;;
  test) packages=(gcc libc6-dev lld busybox-static jq util-linux procps iproute2 nftables strace umoci containernetworking-plugins) ;;
  bench) packages=(gcc libc6-dev lld busybox-static jq runc crun) ;;
  *) echo "setup.sh: unknown word \"$1\"" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
    missing+=("$package")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing Debian packages that are missing:"
for package in "${missing[@]}"; do
  printf '  %-28s %s\n' "$package" "${why[$package]}"
done
if [ "$(id -u)" != 0 ]; then
  echo "setup.sh: not root: please run  apt-get install ${missing[*]}" >&2
  exit 1
fi
log=$(mktemp)
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "setup.sh: apt-get could not install ${missing[*]}" >&2
  rm -f "$log"
  exit 1
fi
rm -f "$log"
