# shellcheck shell=bash
# Sourced by run and kill9.sh: the small world in which containers are tried, and the count of what is left in it.
#
# The world is a mount namespace of its own in which every mount is shared. A runtime that forgets to make "/" a slave
# would thereby leave mounts here, where they are counted, and never on the real host. The parent of this shell is a child
# subreaper: every process that a container or a runtime leaves behind becomes a child of it, too.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"

die() {
    echo "${0##*/}: $*" >&2
    exit 2
}

# enter_world SCRIPT ARGS...: executes the script again inside; returns at once when it is inside already.
enter_world() {
    RUNTIME=$(readlink -f -- "${RUNTIME:-$here/../out/sharprun}") || true
    export RUNTIME
    [[ -f $RUNTIME && -x $RUNTIME ]] || die "no runtime at '$RUNTIME' (build it, or set RUNTIME=path)"
    [[ $(id -u) == 0 ]] || die "containers with cgroups need root"
    if [[ ${CONFORMANCE_WORLD:-} == inside ]]; then
        unset CONFORMANCE_WORLD REAPER
        return
    fi
    need jq jq "the tests edit config.json and read the runtime's answers with it"
    need /bin/busybox busybox-static "the root file system of every test container is this one static program"
    local before=true
    if is_crun; then
        # It gives its caller's own /dev/null to the owner of a container's user namespace, so it gets one that is nobody else's.
        # shellcheck disable=SC2016 # the inner shell expands these
        before='own=$(mktemp -d); mount -t tmpfs tmpfs "$own"; mknod -m 666 "$own/null" c 1 3
            mount --bind "$own/null" /dev/null; umount "$own"; rmdir "$own"'
        # It refuses a hybrid layout (controllers of v1 beside a cgroup2 that has some, too), so it sees only the v1 part.
        if mountpoint -q /sys/fs/cgroup/unified; then before+='; umount /sys/fs/cgroup/unified'; fi
    fi
    # What our caller ignores (Python: these two) stays ignored in a shell, and a runtime may hand it on to a hook.
    # shellcheck disable=SC2016 # the inner shell expands these
    CONFORMANCE_WORLD=inside exec env --default-signal=PIPE,XFSZ unshare -m --propagation private bash -ec "$before"'
        mount --make-rshared /
        exec perl -e "$REAPER" "$@"' world "$(prctl_number)" "$@"
}

# The parent of the shell: a child subreaper that waits for every orphan, as an init or a container manager does. (A shell
# would leave zombies while it is busy with something else.)
# shellcheck disable=SC2016 # perl's variables
export REAPER='
    syscall(shift, 36, 1, 0, 0, 0) == 0 or die "prctl: $!";
    my $shell = fork; if (!$shell) { exec @ARGV or die "$ARGV[0]: $!" }
    $SIG{TERM} = sub { kill "TERM", $shell }; $SIG{INT} = "IGNORE";
    while ((my $pid = wait) != -1 || $!{EINTR}) {
        if ($pid == $shell) { exit($? & 127 ? 128 + ($? & 127) : $? >> 8) }
    }'

is_crun() { [[ $("$RUNTIME" --version 2>/dev/null | head -n 1) == crun* ]]; }

prctl_number() { case $(uname -m) in x86_64) echo 157 ;; aarch64) echo 167 ;; *) die "no number for prctl here" ;; esac; }

# make_world: `name` (the runtime's, as differences.txt has it), BASE (everything lives below it), the bundle that every
# case starts from, and the facts about cgroups.
make_world() {
    name=$(runtime_name)
    BASE=$(mktemp -d "${TMPDIR:-/tmp}/conformance.XXXXXX")
    # The shared parent stays, because others may be using it; what is ours lies one level deeper and is removed.
    CGROUP_PARENT=/sharprun-test/conf-$$
    mapfile -t CGROUP_MOUNTS < <(awk '$0 ~ / - cgroup2? / { print $5 }' /proc/self/mountinfo)
    CGROUPS=v1
    if [[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]]; then CGROUPS=v2; fi
    # A guest without KVM is several times slower; the limits of time grow with it.
    SLOW=1
    if [[ -n ${RUN_IN_VM:-} ]]; then SLOW=5; fi
    _make_rootfs "$BASE/proto/rootfs"
    (cd "$BASE" && "$RUNTIME" spec) || die "'$RUNTIME spec' failed; every case starts from what it writes"
    mkfifo "$BASE/never" "$BASE/done"
    read_differences
    jq '.process.terminal = false' "$BASE/config.json" >"$BASE/spec.json"
    read_mounts MOUNTS_BEFORE
    export BASE CGROUP_PARENT CGROUPS SLOW
}

# The name and version that differences.txt knows the runtime by: runc-1.1.5.
runtime_name() {
    "$RUNTIME" --version 2>/dev/null | sed -n '1s/^\([a-z]*\) version \([0-9.]*\).*/\1-\2/p'
}

# read_differences: fills known[TEST] with the reason for which this runtime may fail the test.
declare -A known=()
read_differences() {
    local who test reason
    while read -r who test reason; do
        case $who in "$name" | "$name@$CGROUPS" | "${name%%-*}" | "${name%%-*}@$CGROUPS") known[$test]=$reason ;; esac
    done <"$here/differences.txt"
}

# A pause without a process of its own: nobody ever writes to this pipe.
pause() { read -r -t "$1" <>"$BASE/never" || true; }

_make_rootfs() {
    local applet
    mkdir -p "$1"/{bin,dev,etc,proc,root,sys,tmp,home/alice}
    chmod 1777 "$1/tmp"
    chmod 755 "$1" "$1"/{bin,dev,etc,proc,root,sys,home,home/alice}
    cp /bin/busybox "$1/bin/busybox"
    for applet in awk cat chmod cut dd echo env false find grep head hostname id kill ln ls mkdir mknod mount mv od printf \
        pwd readlink rm rmdir sed sh sleep sort stat tail test touch tr true umount uname wc; do
        ln -s busybox "$1/bin/$applet"
    done
    printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'alice:x:1000:1000::/home/alice:/bin/sh' >"$1/etc/passwd"
    printf '%s\n' 'root:x:0:' 'alice:x:1000:' >"$1/etc/group"
}

# ---------------------------------------------------------------------------------------------------- what is left
# Each sets LEFT to what is there and should not be, one word a thing; nothing forks, so that each case can afford it.

left_processes() { # left_processes [SPARED]: the other children of our parent, but this one
    local file line pid name
    LEFT=
    for file in /proc/[0-9]*/stat; do
        { read -r line <"$file"; } 2>/dev/null || continue
        # The name in parentheses may contain anything; state and parent follow the last one.
        [[ ${line##*) } =~ ^([A-Za-z])\ ([0-9]+)\  ]] || continue
        pid=${line%% *}
        if [[ ${BASH_REMATCH[2]} == "$PPID" && $pid != "$$" && $pid != "${1:-}" && ${BASH_REMATCH[1]} != Z ]]; then
            name=${line#*(}
            LEFT+=" process:$pid(${name%)*})"
        fi
    done
}

# lasting_processes TRIES [SPARED]: the same after a moment. The kernel takes it to tear a killed process down, and so does one that ends by itself
# because its creator is gone: a first sight is not yet a fault.
lasting_processes() {
    local try
    for ((try = 0; try < $1 * SLOW; try++)); do
        left_processes "${2:-}"
        if [[ -z $LEFT ]]; then return; fi
        pause 0.05
    done
}

left_cgroups() { # left_cgroups PREFIX: cgroups below our parent whose names begin so
    local mount dir
    LEFT=
    for mount in "${CGROUP_MOUNTS[@]}"; do
        for dir in "$mount$CGROUP_PARENT/$1"*/; do
            if [[ -d $dir ]]; then LEFT+=" cgroup:$dir"; fi
        done
    done
}

# read_mounts NAME: the table, without what a first mount of cgroup2 from a container may change for the whole machine
# (its options such as nsdelegate: they belong to the one cgroup2 file system that a kernel has).
read_mounts() {
    local -n table=$1
    local i
    mapfile -t table </proc/self/mountinfo
    for i in "${!table[@]}"; do
        if [[ ${table[i]} == *' - cgroup2 '* ]]; then table[i]=${table[i]% - cgroup2 *}; fi
    done
}

left_mounts() {
    local line now
    LEFT=
    read_mounts now
    if [[ ${now[*]} == "${MOUNTS_BEFORE[*]}" ]]; then return; fi
    for line in "${now[@]}"; do
        if ! _mounted_before "$line"; then LEFT+=" mount:$(cut -d' ' -f5 <<<"$line")"; fi
    done
    LEFT=${LEFT:- mount:(the table has changed)}
}

_mounted_before() {
    local line
    for line in "${MOUNTS_BEFORE[@]}"; do
        if [[ $line == "$1" ]]; then return 0; fi
    done
    return 1
}

left_state() { # left_state ROOT: entries of the state root, without those that the runtime keeps there on purpose
    local entry
    LEFT=
    for entry in "$1"/* "$1"/.[!.]*; do
        if [[ ! -e $entry && ! -L $entry ]]; then continue; fi
        if [[ -z ${known[state/${entry##*/}]:-} ]]; then LEFT+=" state:${entry##*/}"; fi
    done
}

# clear_left PREFIX: removes by hand what a failed case has left, without the runtime; its files stay.
clear_left() {
    local prefix=$1 round procs mount pid now
    for round in 1 2 3 4 5; do
        left_processes
        local children=$LEFT
        left_cgroups "$prefix"
        if [[ -z $children$LEFT ]]; then break; fi
        if ((round > 1)); then pause 0.05; fi
        while read -r pid; do kill -KILL "$pid" 2>/dev/null || true; done < <(
            grep -o 'process:[0-9]*' <<<"$children" | cut -d: -f2
            for mount in "${CGROUP_MOUNTS[@]}"; do
                procs=$(find "$mount$CGROUP_PARENT" -path "*/$prefix*" -name cgroup.procs 2>/dev/null) || true
                # shellcheck disable=SC2086 # several paths, of our own making
                if [[ -n $procs ]]; then cat $procs 2>/dev/null || true; fi
            done
        )
        _thaw_cgroups "$prefix"
        _remove_cgroups "$prefix"
    done
    read_mounts now
    for ((round = ${#now[@]} - 1; round >= 0; round--)); do
        # Only what was not there before; the path is the fifth field, with spaces written as \040.
        if ! _mounted_before "${now[round]}"; then
            read -r _ _ _ _ mount _ <<<"${now[round]}"
            umount -l "$(printf %b "$mount")" 2>/dev/null || true
        fi
    done
    read_mounts MOUNTS_BEFORE
}

# v1: who is frozen does not die.
_thaw_cgroups() {
    local file
    for file in /sys/fs/cgroup/freezer"$CGROUP_PARENT/$1"*/freezer.state; do
        if [[ -e $file ]]; then echo THAWED >"$file" || true; fi
    done
}

_remove_cgroups() {
    local mount
    for mount in "${CGROUP_MOUNTS[@]}"; do
        find "$mount$CGROUP_PARENT" -depth -type d -path "*/conf-$$/$1*" -exec rmdir {} + 2>/dev/null || true
    done
}

# leave_world: the end of a run.
leave_world() {
    local mount
    _remove_cgroups ''
    for mount in "${CGROUP_MOUNTS[@]}"; do rmdir "$mount$CGROUP_PARENT" 2>/dev/null || true; done
    if [[ ${KEEP:-} == 1 ]]; then
        echo "${0##*/}: files kept in $BASE" >&2
    else
        rm -rf --one-file-system "$BASE"
    fi
}
