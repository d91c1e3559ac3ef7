#!/usr/bin/env bash
# Measures sharprun beside runc, crun and a C floor: whole processes, in one interleaved run.
#
#   conformance/bench/bench.sh [--rounds N] [--list N] [--memory] [--absolute]
#   PEERS="sharprun=out/sharprun crun=/opt/crun/bin/crun" conformance/bench/bench.sh
#
# The table on stdout is the one that README shows; everything else goes to stderr. The first peer is
# compared with each other one; the floor is always among them. Needs root.
#   --rounds N   figures per operation and peer (60)
#   --list N     waiting containers that `list` shows (50)
#   --memory     a second table: the smallest memory limit, and the memory of a waiting container
#   --absolute   also each peer's own times
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
out=${BENCH_OUT:-$project/out/bench}

say() { printf 'bench: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Debian's packages, each with the file that shows it is there and what it is for.
install_missing() {
    local -a missing=()
    local package file why
    while read -r package file why; do
        [[ -e $file ]] && continue
        say "missing: $package ($why)"
        missing+=("$package")
    done < <(wanted)
    ((${#missing[@]})) || return 0
    say "installing: ${missing[*]}"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >&2 ||
        die "could not install ${missing[*]}; the bench needs them"
}

wanted() {
    printf '%s\n' "gcc /usr/bin/gcc compiles the floor" \
        "libc6-dev /usr/include/stdio.h headers and the static C library for the floor" \
        "busybox-static /usr/share/doc/busybox-static the container's /bin/true"
    [[ -n ${PEERS-} ]] || printf '%s\n' "runc /usr/sbin/runc to compare with" "crun /usr/bin/crun to compare with"
}

# The floor parses nothing, so the host's layout of cgroups is compiled in.
build_floor() {
    local -a layout=()
    local names
    if [[ ! -e /sys/fs/cgroup/cgroup.controllers ]]; then
        names=$(awk '$3 == "cgroup" { sub(".*/", "", $2); printf "%s\"%s\"", comma, $2; comma = "," }' /proc/self/mounts)
        layout+=("-DHIERARCHIES=$names" "-DCPUS=\"$(cpuset cpus)\"" "-DMEMS=\"$(cpuset mems)\"")
    fi
    gcc -O2 -static -Wall -Wextra ${layout[@]+"${layout[@]}"} -o "$out/floor" "$here/floor.c"
}

cpuset() { [[ ! -e /sys/fs/cgroup/cpuset/cpuset.$1 ]] || cat "/sys/fs/cgroup/cpuset/cpuset.$1"; }

# Built once and kept: a guest without network or with a slow clock can use what the host has built.
build_runner() {
    local runner=$out/runner/Bench.dll
    [[ -e $runner && -z $(find "$here" -maxdepth 1 -name '*.cs*' -newer "$runner" -print -quit) ]] && return
    command -v dotnet >/dev/null || die "the .NET SDK is missing"
    dotnet build "$here/Bench.csproj" -c Release -v quiet --nologo -clp:NoSummary -o "$out/runner" >&2
    touch "$runner"
}

# Two roots: the measured one, and one whose /bin/true tells where it runs, for the proof before.
prepare_rootfs() {
    local work=$1 root
    for root in rootfs proof; do
        mkdir -p "$work/$root"/{bin,dev,proc,sys}
        cp /bin/busybox "$work/$root/bin/busybox"
        ln -s busybox "$work/$root/bin/true"
        ln -s busybox "$work/$root/bin/sh"
        ln -s busybox "$work/$root/bin/sleep"
    done
    rm "$work/proof/bin/true"
    # Only builtins of busybox's shell: pid, hostname, cgroups.
    cat >"$work/proof/bin/true" <<'PROOF'
#!/bin/sh
read -r name </proc/sys/kernel/hostname
echo "ran as $$ on $name"
while read -r line; do echo "$line"; done </proc/self/cgroup
PROOF
    chmod 755 "$work/proof/bin/true"
    cp "$here/config.json" "$work/config.json"
    cp "$project/tests/Seccomp.Tests/Profiles/docker.json" "$work/seccomp.json"
}

# Absolute "NAME=PATH" words, one a line. A default peer that is not there is left out, and said.
peers() {
    local word path name
    for word in ${PEERS:-sharprun=$project/out/sharprun runc=/usr/sbin/runc crun=/usr/bin/crun}; do
        name=${word%%=*} path=${word#*=}
        [[ $word == *=* && -n $name ]] || die "PEERS: NAME=PATH is wanted, not \"$word\""
        if [[ ! -x $path ]]; then
            [[ -z ${PEERS-} ]] || die "PEERS: $name: no such program: $path"
            say "left out: $name, $path is not built"
            continue
        fi
        printf '%s=%s\n' "$name" "$(realpath "$path")"
    done
    if kernel_is_at_least 5 12; then
        printf 'floor=%s\n' "$out/floor"
    else
        say "left out: floor, it needs mount_setattr (Linux 5.12)"
    fi
}

kernel_is_at_least() {
    local major minor
    IFS=.- read -r major minor _ < <(uname -r)
    ((major > $1 || (major == $1 && minor >= $2)))
}

# User-mode Linux panics when a memory limit ends a program in the middle of execve.
without_what_is_impossible() {
    local word
    for word in "$@"; do
        if [[ $word == --memory ]] && grep -q 'User Mode Linux' /proc/cpuinfo; then
            say "left out: --memory, user-mode Linux panics under small memory limits"
            continue
        fi
        printf '%s\n' "$word"
    done
}

# All peers alike: a private mount namespace, so that nothing of the bench is seen outside; without the
# version 2 mount of a hybrid layout, which crun refuses. A tmpfs covers its mount point, because crun
# would otherwise leave a directory under the host's mount. State and roots are on a tmpfs too.
in_private_namespace() {
    exec unshare --mount --propagation private bash -c '
        set -euo pipefail
        unified=/sys/fs/cgroup/unified
        if mountpoint -q "$unified"; then umount "$unified"; mount -t tmpfs none "$unified"; fi
        mount -t tmpfs -o mode=755 sharprun-bench "$SHARPRUN_BENCH_WORK"
        exec "$@"' bash "$@"
}

main() {
    local list
    local -a words
    ((EUID == 0)) || die "needs root"
    if [[ ${1-} == --inside ]]; then
        shift
        prepare_rootfs "$SHARPRUN_BENCH_WORK"
        list=$(peers)
        mapfile -t words < <(without_what_is_impossible "$@"; printf '%s\n' "$list")
        exec dotnet "$out/runner/Bench.dll" --work "$SHARPRUN_BENCH_WORK" "${words[@]}"
    fi
    mkdir -p "$out"
    # Two benches at once would measure each other, and share the names of their cgroups.
    exec 9>"$out/lock"
    flock -n 9 || die "another bench is running ($out/lock)"
    install_missing
    build_floor
    build_runner
    SHARPRUN_BENCH_WORK=$(mktemp -d /run/sharprun-bench.XXXXXX)
    export SHARPRUN_BENCH_WORK
    trap 'rmdir "$SHARPRUN_BENCH_WORK"' EXIT
    # Without the lock: a container that outlives a killed bench must not keep it.
    (in_private_namespace "$0" --inside "$@" 9>&-)
}

main "$@"
