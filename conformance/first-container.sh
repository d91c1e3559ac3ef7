#!/usr/bin/env bash
# first-container.sh [RUNTIME] - makes a container from nothing and runs it, saying what it does and why. `make run` ends
# with it. RUNTIME: default out/sharprun; runc and crun take the same steps. Exits with 0 when all went as told.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"

runtime=${1:-${RUNTIME:-$here/../out/sharprun}}
type -P "$runtime" >/dev/null || { echo "first-container: no runtime at $runtime; \`make build\` makes one" >&2; exit 2; }
runtime=$(realpath "$(type -P "$runtime")")
name=${runtime##*/}
id=first-$$
if [[ $(id -u) != 0 ]]; then
    echo "first-container: this one needs root; try: sudo make run" >&2
    exit 2
fi
need busybox busybox-static "a whole small system in one program, which the container will run"

folder=$(mktemp -d)
bundle=$folder/bundle
had_cgroup=$(find /sys/fs/cgroup -maxdepth 2 -type d -name sharprun-test 2>/dev/null)

remove() {
    trap '' HUP INT TERM
    "$runtime" --root "$folder/state" delete --force "$id" 2>/dev/null || true
    rm -rf "$folder"
    if [[ -z $had_cgroup ]]; then # the one above the container's is ours too, unless somebody else is in it by now
        find /sys/fs/cgroup -maxdepth 2 -type d -name sharprun-test -exec rmdir {} \; 2>/dev/null || true
    fi
}
trap remove EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '\n== %s\n' "$1"; }
show() { printf '   $ %s\n' "$*"; }

root_file_system() {
    step "1. A root file system"
    cat <<TEXT
   A container sees one folder as its whole file system. This one gets a single program, busybox, under the names of
   all the commands that it can be: sh, ls, ps and so on, $(busybox --list | wc -l) in all.
TEXT
    mkdir -p "$bundle"/rootfs/{bin,dev,proc,sys}
    cp "$(type -P busybox)" "$bundle/rootfs/bin/busybox"
    local command
    for command in $(busybox --list); do
        [[ -e $bundle/rootfs/bin/$command ]] || ln -s busybox "$bundle/rootfs/bin/$command"
    done
    show "ls $bundle/rootfs"
    find "$bundle/rootfs" -mindepth 1 -maxdepth 1 -printf '   %f\n' | sort
}

configuration() {
    step "2. config.json: what to run, and how much of this machine it may see"
    cat <<TEXT
   \`$name spec\` writes one with careful defaults: namespaces of its own for processes, network, mounts and host name,
   a read-only root, three capabilities, no devices. Beside the root file system it makes the folder a bundle.
   Three things in it are changed:
     terminal     false: the output goes where ours goes, as in a pipe
     args         the command
     cgroupsPath  the name of the control group that counts and limits what the container uses
TEXT
    show "cd $bundle && $name spec"
    (cd "$bundle" && "$runtime" spec)
    [[ -e $bundle/config.json ]] || { echo "first-container: \`$name spec\` wrote no config.json" >&2; exit 1; }
    # sed -z takes the file as one line, so it does not matter how the runtime breaks and indents its own.
    # shellcheck disable=SC2016 # the $ are for the container's shell
    local command='echo Hello from a container on $(hostname); echo; id; echo; ps; echo; ls -l \/; exit 7'
    sed -z -i -E \
        -e 's/"terminal":[[:space:]]*true/"terminal": false/' \
        -e 's/"args":[[:space:]]*\[[^]]*\]/"args": ["sh", "-c", "'"$command"'"]/' \
        -e 's/"linux":[[:space:]]*\{/&\n\t\t"cgroupsPath": "\/sharprun-test\/'"$id"'",/' "$bundle/config.json"
    local change
    for change in '"terminal": false' '"args": ["sh", "-c"' '"cgroupsPath":'; do
        grep -F "$change" "$bundle/config.json" | sed 's/^[[:space:]]*/   /' ||
            { echo "first-container: \`$name spec\` wrote a config.json without the place for $change" >&2; exit 1; }
    done
}

container() {
    step "3. The container"
    echo "   From here to the line of dashes it is the container that writes. Its first process is number 1: it cannot see ours."
    show "$name run --bundle $bundle $id"
    echo
    status=0
    "$runtime" --root "$folder/state" run --bundle "$bundle" "$id" || status=$?
    echo ----------
    step "4. The end"
    echo "   The command ended with \`exit 7\`, and \`$name run\` hands that on: its exit status is $status."
    if [[ $status != 7 ]]; then
        echo "first-container: the exit status should have been 7" >&2
        exit 1
    fi
    echo "   \`run\` has deleted the container: its processes, mounts and control groups are gone. The bundle, in"
    echo "   $folder, is removed now."
}

root_file_system
configuration
container
