#!/usr/bin/env bash
# deaths.sh - kills the clone child (kill -9, as the kernel does for want of memory) before each of its system calls, in create and in exec.
#
#   RUNTIME=path conformance/deaths.sh [KIND]...
#
# Kinds: own (every namespace is new), joined (the pid namespace of another container), user (a user namespace), exec. The command may not wait
# for a word that nobody can say any more: it ends with one sentence, and leaves no process, mount, cgroup, or entry of the state root. A child
# that was killed when its part was done leaves a container that `delete --force` removes. Prints one line for each kind; last
# "N passed, N failed, N skipped", a death each.
set -uo pipefail
# shellcheck source=world.sh
. "$(dirname "${BASH_SOURCE[0]}")/world.sh"
# shellcheck source=lib.sh
. "$here/lib.sh"

main() {
    local kind kinds=("$@")
    if ((${#kinds[@]} == 0)); then kinds=(own joined user exec); fi
    if [[ ${CONFORMANCE_WORLD:-} != inside ]]; then
        need gcc gcc "compiles faults/inject.c, which kills at single calls"
    fi
    enter_world "$here/deaths.sh" "${kinds[@]}"
    make_world
    trap '[[ $BASHPID != "$$" ]] || leave_world' EXIT
    trap 'exit 130' INT TERM
    gcc -O1 -Wall -Wextra -o "$BASE/inject" "$here/faults/inject.c" || die "cannot compile faults/inject.c"
    passed=0 failed=0
    for kind in "${kinds[@]}"; do deaths "$kind"; done
    echo "$passed passed, $failed failed, 0 skipped"
    ((failed == 0 && passed > 0))
}

# deaths KIND: one after the other, until the child has no such call any more.
deaths() {
    local at before=$passed over=0
    T=$BASE/$1 ROOT=$BASE/$1/root CASE_NUMBER=$1 number=$1 OTHER=
    mkdir "$T"
    "prepare_$1"
    for ((at = 1; at <= 2000 && !over; at++)); do death "$1" "$at"; done
    if [[ -n $OTHER ]]; then plain delete --force "$OTHER"; fi
    if ((!over)); then
        failed=$((failed + 1))
        echo "not ok deaths/$1: the child makes calls without end"
    fi
    echo "# $1: $((passed - before)) deaths of $((at - 2)) calls"
}

prepare_own() { bundle "$LIMITS" sleep 1000; }

prepare_user() {
    bundle "$LIMITS"' | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings' sleep 1000
    chown -R 100000:100000 "$BUNDLE/rootfs"
}

prepare_joined() {
    other
    NAME=joined bundle "$LIMITS"' | without("pid") | .linux.namespaces += [{type: "pid", path: "/proc/'"$(<"$T/pid")"'/ns/pid"}]' sleep 1000
}

prepare_exec() { other; }

LIMITS='.linux.resources = {memory: {limit: 67108864}, pids: {limit: 20}}'

# other: a container that lives through all deaths of this kind. Sets OTHER.
other() {
    bundle "$LIMITS" sleep 1000
    plain create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    plain start "$ID"
    ((RC == 0)) || die "no container to join: $ERR"
    OTHER=$ID
}

# death KIND COUNT: one death; sets `over` when there is no such call. A death is right or wrong once, whatever is wrong with it.
death() {
    local words=(create --bundle "$BUNDLE" --pid-file "$T/new.pid" "$ID") status bad=
    if [[ $1 == exec ]]; then words=(exec --detach --pid-file "$T/new.pid" "$OTHER" sleep 0); fi
    rm -f "$T/new.pid"
    RC=0
    "$BASE/inject" die "$2" "$RUNTIME" --root "$ROOT" "${words[@]}" >"$T/out" 2>"$T/err" </dev/null || RC=$?
    read_file ERR "$T/err"
    status=$RC
    case $status in
        0) ;;
        "$HUNG") bad="hung: ${ERR:-no word}" ;;
        "$NEVER_MET") over=1 ;;
        *) is_one_sentence "$ERR" || bad="status $status: $ERR" ;;
    esac
    # What is there in spite of the death, or after a hang, is deleted.
    if [[ $1 != exec && $status =~ ^(0|$HUNG|$NEVER_MET)$ ]]; then
        plain delete --force "$ID"
        if ((RC)); then bad+=" delete --force: $ERR"; fi
    fi
    left_behind "$1" "$status"
    if [[ -n $LEFT ]]; then
        bad+=" left:$LEFT"
        clear_left "$1-joined"
    fi
    if [[ -n $bad ]]; then
        failed=$((failed + 1))
        echo "not ok deaths/$1/$2: ${bad:0:300}"
    elif ((!over)); then
        passed=$((passed + 1))
    fi
}

# How inject ends when the command takes too long, and when there is no such call.
HUNG=124 NEVER_MET=125

# left_behind KIND STATUS: sets LEFT, without the container that is joined.
left_behind() {
    local left entry
    lasting_processes 20 "${OTHER:+$(<"$T/pid")}"
    left=$LEFT
    left_cgroups "$1-"
    left+=$LEFT
    left_mounts
    left+=$LEFT
    left_state "$ROOT"
    left+=$LEFT
    # The pid file of a container that was created is the manager's to remove.
    if [[ -e $T/new.pid && $2 != 0 && $2 != "$NEVER_MET" ]]; then left+=" file:$T/new.pid"; fi
    LEFT=
    for entry in $left; do if [[ -z $OTHER || ! $entry =~ $OTHER/?$ ]]; then LEFT+=" $entry"; fi; done
}

main "$@"; exit
