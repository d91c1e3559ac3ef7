# shellcheck shell=bash
# shellcheck disable=SC2154 # here comes from the script
# Sourced by docker.sh and cri.sh, and by libpod.sh for podman.sh and buildah.sh: gives a manager something like a machine of its own:
# mount, network and pid namespaces, in which /run and /dev/shm are empty, only lo is there and this script is process 1. The manager meets
# nothing of the real machine, and nothing of it can stay behind: the last processes die with process 1, mounts and interfaces with them.
# What is left, the cgroups, is removed from outside.
#
# With CGROUP_MANAGER=systemd, for a guest with systemd that is thrown away (run-in-vm --systemd), there is no pid namespace, since systemd has
# to know the processes, and of /run its sockets are there.
#
# Sets scratch (short: a socket's path has 107 bytes), tag (of the containers' cgroups: /sharprun-test/TAG) and runtime.
# shellcheck source=../needs.sh
. "$here/needs.sh"
# shellcheck source=../tally.sh
. "$here/tally.sh"
# shellcheck source=../registry.sh
. "$here/registry.sh"

# machine SCRIPT RUNTIME: returns inside; outside it ends the script with the status of what ran inside.
machine() {
    runtime=$(type -P "$2") || { echo "no such runtime: $2" >&2; exit 2; }
    runtime=$(realpath "$runtime")
    tag=${MACHINE_TAG:-}
    CGROUP_MANAGER=${CGROUP_MANAGER:-cgroupfs}
    if [[ ! $tag ]]; then outside "$1"; fi
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm # where libpod has its locks
    empty_run
    scratch=/run/test
    mkdir -p "$scratch"
    mount -t tmpfs -o mode=755 tmpfs "$scratch"
    mount --make-shared "$scratch" # as systemd does it: for volumes with propagation
    mkdir -p "$scratch"/{bin,tmp}
    export TMPDIR=$scratch/tmp PATH=$scratch/bin:$PATH
    # Every call of `runc` is one of RUNTIME; dockerd's BuildKit knows no other name. See record_calls.
    ln -s "$runtime" "$scratch/bin/runc"
    ip link set lo up
    # In user-mode Linux there is no nf_tables.
    if ! iptables -t nat -L >/dev/null 2>&1; then
        ln -s "$(type -P iptables-legacy)" "$scratch/bin/iptables"
        ln -s "$(type -P ip6tables-legacy)" "$scratch/bin/ip6tables"
    fi
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

empty_run() {
    local directory
    mkdir /dev/shm/run
    mount --rbind /run /dev/shm/run
    mount -t tmpfs -o mode=755 tmpfs /run
    if [[ $CGROUP_MANAGER == systemd ]]; then
        for directory in systemd dbus; do
            mkdir "/run/$directory"
            mount --bind "/dev/shm/run/$directory" "/run/$directory"
        done
    fi
    umount -l /dev/shm/run
    rmdir /dev/shm/run
}

outside() {
    local child status own=(--mount --net --propagation private)
    tag=${1##*/}
    tag=${tag%.sh}-$$
    [[ $CGROUP_MANAGER == systemd ]] || own+=(--pid --fork --kill-child --mount-proc)
    cd / || exit
    MACHINE_TAG=$tag env --default-signal unshare "${own[@]}" "$1" "$runtime" &
    child=$!
    trap 'kill -KILL $child' HUP INT TERM # and with it process 1 of the inside, and with that all others
    wait "$child"
    status=$?
    until_true no_cgroups >/dev/null
    exit "$status"
}

# Deepest first. The kernel takes a moment to end the processes of a pid namespace.
no_cgroups() {
    find /sys/fs/cgroup -maxdepth 8 -depth -type d -path "*/sharprun-test/$tag*" -exec rmdir {} \; 2>/dev/null
    [[ -z $(find /sys/fs/cgroup -maxdepth 4 -type d -path "*/sharprun-test/$tag" 2>/dev/null) ]]
}

# until_true COMMAND...: for at most a minute.
until_true() {
    local end=$((SECONDS + 60))
    while ((SECONDS < end)); do
        if "$@"; then return; fi
        sleep 0.1
    done
    echo "  not true after a minute: $*"
    return 1
}

# record_calls COMMAND...: while it runs, every call of the runtime is a line "STATUS ARGUMENTS" of $scratch/calls. create, exec and run
# hand on what is theirs, so the shell makes way for them and the status is "-".
record_calls() {
    : >"$scratch/calls"
    cat >"$scratch/recorder" <<SH
#!/bin/sh
case " \$* " in
    *' create '* | *' exec '* | *' run '*) echo "- \$*" >>$scratch/calls; exec $runtime "\$@" ;;
esac
$runtime "\$@"
status=\$?
echo "\$status \$*" >>$scratch/calls
exit \$status
SH
    chmod +x "$scratch/recorder"
    ln -sfn "$scratch/recorder" "$scratch/bin/runc"
    "$@"
    ln -sfn "$runtime" "$scratch/bin/runc"
}

# calls: the recorded calls without what differs each time: "STATUS COMMAND FLAG... ARGUMENT...", one a line.
calls() {
    sed -E -e 's/--(root|log|log-format|bundle|pid-file|process|console-socket)(=| +)[^ ]+ ?//g' -e 's/\<[0-9a-f]{64}\>/ID/g' \
        -e 's/ +/ /g; s/ $//' "$scratch/calls"
}

# ------------------------------------------------------------------------------------------------- what is left behind

# processes: all of this machine, but this shell's own.
processes() {
    local directory command
    for directory in /proc/[0-9]*; do
        command=$(tr '\0' ' ' <"$directory/cmdline") # empty: a zombie, which is its parent's business
        if [[ $command && $command != *"/managers/"* && $command != "tr "* ]]; then echo "${directory#/proc/} $command"; fi
    done 2>/dev/null
}

# left_behind: processes that are not in the list $scratch/standing, and the cgroups CONTAINERS (below /sharprun-test/TAG), one a line.
left_behind() {
    local now containers=${1:-*}
    now=$(processes)
    grep -vxFf "$scratch/standing" <<<"$now" | grep .
    find /sys/fs/cgroup -maxdepth 7 -path "*/sharprun-test/$tag/$containers/cgroup.procs" 2>/dev/null | grep -v '/buildkit/cgroup.procs$'
}
nothing_left() { [[ -z $(left_behind "$@") ]]; }

# ------------------------------------------------------------------------------------------------------------ cgroups

# cgroup_value ID CONTROLLER FILE_V1 FILE_V2: what the file of the container's cgroup says.
cgroup_value() {
    local directory=/sys/fs/cgroup file=$4 group=sharprun-test/$tag/$1
    if [[ $CGROUP_MANAGER == systemd ]]; then group=sharprun.slice/sharprun-test.slice/docker-$1.scope; fi
    if [[ ! -e $directory/cgroup.controllers ]]; then directory+=/$2 file=$3; fi
    cat "$directory/$group/$file"
}

has_controller() {
    [[ -d /sys/fs/cgroup/$1 ]] || grep -qw "$1" /sys/fs/cgroup/cgroup.controllers 2>/dev/null
}

# lacks_capability NUMBER: not in our bounding set, so no container gets it, privileged or not.
lacks_capability() {
    local bounding
    bounding=$(sed -n 's/^CapBnd:\t//p' /proc/self/status)
    ((!((16#$bounding >> $1) & 1)))
}
