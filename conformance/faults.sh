#!/usr/bin/env bash
# faults.sh - makes system calls of create, start and delete fail, one at a time, and looks at what comes of it.
#
#   RUNTIME=path conformance/faults.sh [--all | --budget SECONDS] [--write] [create | start | delete | COMMAND/ROLE/CALL]...
#
# What each command calls is listed in one run without a fault. Then every call (of the parent, of the clone child, and of the runtime before
# Main) fails once with an errno that is usual for it; when that would take longer than the budget (default 540 s), every second or third one
# and so on. --all: every call with each errno of its list, however long it takes. --write puts the table into spec/security.md.
#
# A command that failed must have said so in one sentence, and nothing may be left: of create at once, of start and delete after a
# `delete --force`. A command that succeeded all the same must have made a container exactly as strong as without the fault: it is compared by
# what faults/fingerprint prints inside, and by its namespaces and cgroups seen from outside. What is wrong is printed with its
# COMMAND/ROLE/CALL/COUNT/ERRNO; last "N passed, N failed, N skipped".
set -uo pipefail
# shellcheck source=world.sh
. "$(dirname "${BASH_SOURCE[0]}")/world.sh"
# shellcheck source=lib.sh
. "$here/lib.sh"

ROLES=(create/parent create/child create/runtime start/parent start/child delete/parent)
COLUMNS=(calls faults failed equal weaker left hung unclear)

main() {
    local all=0 budget=540 write=0 words=()
    while (($#)); do
        case $1 in
            --all) all=1 ;;
            --budget) budget=$2; shift ;;
            --write) write=1 ;;
            -*) die "unknown option $1" ;;
            *) words+=("$1") ;;
        esac
        shift
    done
    if [[ ${CONFORMANCE_WORLD:-} != inside ]]; then
        need gcc gcc "compiles faults/inject.c, which makes single calls fail"
    fi
    local options=(--budget "$budget")
    if ((all)); then options+=(--all); fi
    if ((write)); then options+=(--write); fi
    enter_world "$here/faults.sh" "${options[@]}" "${words[@]}"
    make_world
    trap '[[ $BASHPID != "$$" ]] || leave_world' EXIT
    trap 'exit 130' INT TERM
    declare -A sum=() total=()
    prepare
    reference
    list_faults
    sweep
    table >"$BASE/table"
    cat "$BASE/table"
    if ((write)); then write_table; fi
    local wrong=$((total[weaker] + total[left] + total[hung] + total[unclear]))
    echo "$((total[faults] - wrong)) passed, $wrong failed, 0 skipped"
    ((wrong == 0 && total[faults] > 0))
}

# prepare: the tool, names of calls and errnos, and a bundle that asks for as much as there is.
prepare() {
    local word name value
    gcc -O1 -Wall -Wextra -o "$BASE/inject" "$here/faults/inject.c" || die "cannot compile faults/inject.c"
    declare -gA call_name errno_number
    while read -r _ word value; do
        case $word in
            __NR_*) call_name[$value]=${word#__NR_} ;;
            E[A-Z0-9]*) errno_number[$word]=$value ;;
        esac
    done < <(printf '#include <asm/unistd.h>\n#include <asm/errno.h>\n' | gcc -E -dM - | grep -E ' (__NR_[a-z0-9_]+|E[A-Z0-9]+) [0-9]+$')
    T=$BASE/f
    ROOT=$T/root
    CASE_NUMBER=f
    number=f
    mkdir "$T"
    bundle '.hostname = "strong" | .root.readonly = true | .process.cwd = "/work/here" | .process.noNewPrivileges = true
        | .process.user = {uid: 1000, gid: 1000, additionalGids: [5, 6], umask: 23} | .process.oomScoreAdj = 100
        | capable(["CAP_KILL", "CAP_CHOWN"]) | .process.capabilities.bounding += ["CAP_NET_RAW"]
        | .process.capabilities.inheritable = ["CAP_KILL"] | .process.capabilities.ambient = ["CAP_KILL"]
        | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
            {type: "RLIMIT_AS", soft: 1073741824, hard: 1073741824}]
        | bind("/etc"; "/data"; ["ro", "nosuid", "nodev", "noexec"])
        | add_mount("tmpfs"; "tmpfs"; "/scratch"; ["size=1m", "nosuid", "mode=1777"])
        | without("cgroup") | .linux.namespaces += [{type: "cgroup"}]
        | .linux.maskedPaths = ["/proc/kcore", "/proc/timer_list", "/proc/scsi", "/sys/firmware", "/etc/group"]
        | .linux.readonlyPaths = ["/proc/bus", "/proc/sys", "/proc/irq"]
        | .linux.devices = [{type: "c", path: "/dev/kmsg", major: 1, minor: 11, fileMode: 438, uid: 1000, gid: 5}]
        | .linux.resources = {devices: [{allow: false, access: "rwm"}], memory: {limit: 67108864}, pids: {limit: 20}, cpu: {shares: 512}}' \
        /bin/sh /fingerprint
    cp "$here/faults/fingerprint" "$BUNDLE/rootfs/fingerprint"
    chmod 755 "$BUNDLE/rootfs/fingerprint"
}

# anew: without what earlier creates have made in the root file system and above the cgroups, so that each has to make it.
anew() {
    local mount
    rm -rf --one-file-system "$BUNDLE/rootfs"/{dev,proc,sys,data,scratch,work}
    for mount in "${CGROUP_MOUNTS[@]}"; do rmdir "$mount$CGROUP_PARENT" 2>/dev/null || true; done
}

# traced [-p PID] WHAT... -- COMMAND...: a call of the runtime below inject. Sets RC and ERR; what create or its container prints is in
# create.out and create.err.
traced() {
    local before=()
    while [[ $1 != -- ]]; do before+=("$1"); shift; done
    shift
    RC=0
    "$BASE/inject" "${before[@]}" "$RUNTIME" --root "$ROOT" "$@" >"$T/$1.out" 2>"$T/$1.err" </dev/null || RC=$?
    read_file ERR "$T/$1.err"
}

# take_fingerprint: waits until the program has printed, and adds what is seen from outside. Sets PRINT; fails when there is none.
take_fingerprint() {
    local end=$((SECONDS + 5 * SLOW)) pid link file
    PRINT=
    while read_file PRINT "$T/create.out" && [[ $PRINT != *$'\nend' ]]; do
        if ((SECONDS > end)); then return 1; fi
        pause 0.01
    done
    read_file pid "$T/pid"
    for link in cgroup ipc mnt net pid uts user time; do
        PRINT+=$'\n'"$link $([[ /proc/$pid/ns/$link -ef /proc/self/ns/$link ]] && echo "the host's" || echo own)"
    done
    PRINT+=$'\n'$(cat "/proc/$pid/cgroup" "/proc/$pid/oom_score_adj")
    for file in memory.limit_in_bytes pids.max cpu.shares devices.list memory.max cpu.weight; do
        for link in "${CGROUP_MOUNTS[@]}"; do
            if [[ -f $link$CGROUP/$file ]]; then PRINT+=$'\n'"$link $file $(<"$link$CGROUP/$file")"; fi
        done
    done
}

# reference: one life without a fault, and what each command calls.
reference() {
    local pid
    anew
    traced list "$T/create.calls" -- create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    ((RC == 0)) || die "create without a fault: $ERR"
    read_file pid "$T/pid"
    traced -p "$pid" list "$T/start.calls" -- start "$ID"
    ((RC == 0)) || die "start without a fault: $ERR"
    take_fingerprint || die "the program printed: $PRINT"
    WANTED=$PRINT
    echo "$WANTED" >"$T/wanted"
    traced list "$T/delete.calls" -- delete --force "$ID"
    ((RC == 0)) || die "delete without a fault: $ERR"
    count_leftovers
    [[ -z $LEFT ]] || die "without a fault, left behind:$LEFT"
}

# errnos_of CALL: what this call is known to fail with, the usual one first.
errnos_of() {
    case $1 in
        open | openat) if [[ ${command:-} == delete ]]; then echo EMFILE EACCES EINTR; else echo EMFILE ENOENT EACCES EINTR; fi ;;
        # Not ENOENT: that a masked path or a file of the image is missing is an answer, and no fault. So is a container that `delete --force`
        # does not find.
        openat2) echo EMFILE EACCES ENOMEM EINTR ;;
        read | pread64) echo EIO EINTR ;;
        write) echo ENOSPC EIO EINTR ;;
        close) echo EIO ;;
        mmap | mprotect | munmap | brk | mremap | madvise) echo ENOMEM ;;
        clone | clone3) echo EAGAIN ENOSPC EPERM ;;
        newfstatat | fstat | statx | stat | access | faccessat | faccessat2 | readlink | readlinkat) echo EACCES ENOMEM ;;
        mkdirat | mknodat | symlinkat | linkat | renameat | renameat2 | ftruncate) echo ENOSPC EACCES EROFS ;;
        unlinkat) echo EBUSY EACCES ;;
        sendto | recvfrom | socketpair) echo ECONNRESET EMFILE ;;
        poll | ppoll | waitid | flock | futex | nanosleep) echo EINTR EINVAL ;;
        keyctl) echo EDQUOT ENOSYS ;;
        getdents64 | getcwd) echo ENOENT EIO ;;
        setgroups | setresuid | setresgid | capset | prctl | prlimit64) echo EPERM EINVAL ;;
        execve) echo EACCES ENOENT ENOMEM ;;
        *) echo EPERM ENOSYS EINVAL ;;
    esac
}

# list_faults: fills FAULTS with COMMAND/ROLE/CALL/COUNT/ERRNO, and STEP with the stride that the budget allows.
list_faults() {
    local where command role file number_of call count errno errnos took
    FAULTS=()
    declare -gA calls=()
    for where in "${ROLES[@]}"; do
        command=${where%/*} role=${where#*/}
        while read -r count number_of; do
            call=${call_name[$number_of]:-$number_of}
            # Calls that cannot fail, or do not come back.
            case $call in exit | exit_group | rt_sigreturn | gettid | getpid | geteuid | getegid | getuid | umask | sched_getaffinity) continue ;; esac
            fault_wanted "$command" "$role" "$call" || continue
            calls[$where]=$((${calls[$where]:-0} + 1))
            read -ra errnos < <(errnos_of "$call")
            for ((file = 1; file <= count; file++)); do
                if ((all)); then
                    for errno in "${errnos[@]}"; do FAULTS+=("$where/$call/$file/$errno"); done
                else
                    FAULTS+=("$where/$call/$file/${errnos[(file - 1) % ${#errnos[@]}]}")
                fi
            done
        done < <(grep "^$role " "$T/$command.calls" | cut -d' ' -f2 | sort -n | uniq -c)
    done
    ((${#FAULTS[@]})) || die "no such call"
    took=${EPOCHREALTIME/[.,]/}
    try "${FAULTS[0]}" >/dev/null
    try "${FAULTS[0]}" >/dev/null
    took=$(((${EPOCHREALTIME/[.,]/} - took) / 2))
    STEP=1
    if ((!all)); then STEP=$(((${#FAULTS[@]} * took * 3 / 2) / (budget * 1000000) + 1)); fi
    echo "# ${#FAULTS[@]} faults, about $((took / 1000)) ms each; every ${STEP}th is tried"
}

fault_wanted() { # fault_wanted COMMAND ROLE CALL
    local word
    if ((${#words[@]} == 0)); then return 0; fi
    for word in "${words[@]}"; do
        if [[ $1/$2/$3 == "$word" || $1/$2/$3 == "$word"/* ]]; then return 0; fi
    done
    return 1
}

sweep() {
    local i column where
    for column in "${COLUMNS[@]}"; do
        total[$column]=0
        for where in "${ROLES[@]}"; do sum[$where/$column]=0; done
    done
    for ((i = 0; i < ${#FAULTS[@]}; i += STEP)); do try "${FAULTS[i]}"; done
    for where in "${ROLES[@]}"; do sum[$where/calls]=${calls[$where]:-0}; done
    for column in "${COLUMNS[@]}"; do
        for where in "${ROLES[@]}"; do total[$column]=$((total[$column] + sum[$where/$column])); done
    done
}

# try FAULT: one life with this fault in it. `count COLUMN` adds to the table, `wrong COLUMN WHY` prints too.
try() {
    local fault=$1 command role call count errno at
    IFS=/ read -r command role call count errno <<<"$fault"
    for at in "${!call_name[@]}"; do if [[ ${call_name[$at]} == "$call" ]]; then break; fi; done
    rm -f "$T"/*.out "$T"/*.err "$T/pid"
    "try_$command" "$role" "$at" "$count" "${errno_number[$errno]}"
    count_leftovers
    if [[ -n $LEFT ]]; then
        wrong left "$LEFT ($ERR)"
        clear_left f-
        rm -rf --one-file-system "$ROOT" "$T"/.pid "$T/pid"
    fi
}

count() {
    sum[$command/$role/$1]=$((${sum[$command/$role/$1]:-0} + 1))
}

wrong() {
    count "$1"
    echo "not ok $fault: $1: ${2:0:400}"
}

# judge_failure: a command that failed has said one sentence, and has not been hanging. Of the runtime before Main no sentence is asked for.
judge_failure() {
    if ((RC == 124)); then wrong hung "${ERR:-no word}"; return; fi
    count failed
    if [[ $role == runtime ]]; then return; fi
    if ! is_one_sentence "$ERR"; then wrong unclear "status $RC: ${ERR//$'\n'/ | }"; fi
}

judge_container() {
    if ! take_fingerprint; then wrong weaker "no fingerprint, but: ${PRINT: -200}"; return; fi
    if [[ $PRINT == "$WANTED" ]]; then count equal; return; fi
    wrong weaker "$(diff <(echo "$WANTED") <(echo "$PRINT") | grep '^[<>]' | head -n 6 | tr '\n' ' ')"
}

try_create() {
    anew
    traced "$@" -- create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    if ((RC == 125)); then plain delete --force "$ID"; return; fi
    count faults
    if ((RC)); then judge_failure; return; fi
    plain start "$ID"
    if ((RC)); then
        # What cannot be seen by create (execve has not come yet) is start's to say.
        judge_failure
    else
        judge_container
    fi
    plain delete --force "$ID"
    if ((RC)); then wrong left "delete --force: $ERR"; fi
}

try_start() {
    local pid
    anew
    plain create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    read_file pid "$T/pid"
    traced -p "$pid" "$@" -- start "$ID"
    if ((RC == 125)); then plain delete --force "$ID"; return; fi
    count faults
    if ((RC)); then judge_failure; else judge_container; fi
    plain delete --force "$ID"
    if ((RC)); then wrong left "delete --force: $ERR"; fi
}

try_delete() {
    anew
    plain create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    plain start "$ID"
    traced "$@" -- delete --force "$ID"
    if ((RC == 125)); then return; fi
    count faults
    if ((RC)); then
        judge_failure
        plain delete --force "$ID"
        if ((RC)); then wrong left "second delete --force: $ERR"; fi
    else
        count equal
    fi
}

# count_leftovers: sets LEFT to processes, cgroups, mounts, entries of the state root, files of create.
count_leftovers() {
    local left file
    lasting_processes 20
    left=$LEFT
    left_cgroups f-
    left+=$LEFT
    left_mounts
    left+=$LEFT
    left_state "$ROOT"
    left+=$LEFT
    for file in "$T"/.pid "$BUNDLE"/.[!.]*; do if [[ -e $file ]]; then left+=" file:$file"; fi; done
    # The pid file is the manager's to remove, except when create has failed.
    if [[ ${command:-} == create && $RC != 0 && -e $T/pid ]]; then left+=" file:$T/pid"; fi
    LEFT=$left
}

table() {
    local where column line
    echo "| command, process | calls | faults | command failed | as strong as without | weaker | left something | hung | unclear error |"
    echo "|---|---|---|---|---|---|---|---|---|"
    for where in "${ROLES[@]}" total; do
        line="| ${where/\//, } |"
        for column in "${COLUMNS[@]}"; do
            if [[ $where == total ]]; then line+=" ${total[$column]} |"; else line+=" ${sum[$where/$column]} |"; fi
        done
        echo "$line"
    done
}

write_table() {
    awk -v file="$BASE/table" '
        /<!-- faults -->/ { print; while ((getline line <file) > 0) print line; skip = 1; next }
        /<!-- end of faults -->/ { skip = 0 }
        !skip' "$here/../spec/security.md" >"$BASE/security.md" && cp "$BASE/security.md" "$here/../spec/security.md"
}

main "$@"; exit
