#!/usr/bin/env bash
# containerd.sh [RUNTIME] - does a real containerd (Debian's) run containers with RUNTIME? Asked through `ctr`; cri.sh asks as Kubernetes does.
# "# checklist: N" names the point of manager-calls.md that a case shows.
#
# containerd gets its own configuration, root, state and socket below a scratch folder, and a mount namespace in which
# /run/containerd is empty, so it meets no containerd of this machine. The containers' cgroups are /sharprun-test/ID.
# Prints ok, not ok or skip for each case, and last "N passed, N failed, N skipped".
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../needs.sh
. "$here/needs.sh"
# shellcheck source=../tally.sh
. "$here/tally.sh"
runtime=$(type -P "${1:-${RUNTIME:-$here/../out/sharprun}}") || { echo "no such runtime: ${1:-${RUNTIME:-out/sharprun}}" >&2; exit 2; }
runtime=$(realpath "$runtime")

if [[ -z ${CONTAINERD_TEST_INSIDE:-} ]]; then
    need containerd containerd "it is the manager to test with" || exit 1
    # The shim puts its sockets into /run/containerd, whatever the configuration says.
    made=$([[ -e /run/containerd ]] || echo yes)
    mkdir -p /run/containerd
    export CONTAINERD_TEST_MADE=$made
    CONTAINERD_TEST_INSIDE=$(mktemp -d) exec unshare --mount --propagation private "$here/managers/containerd.sh" "$runtime"
fi

scratch=$CONTAINERD_TEST_INSIDE
mount -t tmpfs tmpfs "$scratch"
mount -t tmpfs tmpfs /run/containerd
image=sharprun.test/busybox:test
prefix=ctd-$$ # of the containers' names, to tell what they leave from the work of others
socket=$scratch/containerd.sock
daemon=

ctr() { command ctr --address "$socket" --namespace sharprun-test --timeout 60s "$@"; }

# run NAME FLAG... -- ARG...: a container in the foreground; sets output, words (stderr) and status.
run() {
    output=$(run_as_is "$@" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}

run_as_is() {
    local name=$prefix-$1 flags=(--rm)
    shift
    if [[ $1 == --detach ]]; then flags=(); fi
    while [[ $1 != -- ]]; do flags+=("$1"); shift; done
    shift
    timeout 300 ctr --address "$socket" --namespace sharprun-test run --snapshotter native \
        --runc-binary "${runtime_here:-$runtime}" "${flags[@]}" "$image" "$name" "$@"
}

# until_true COMMAND...: for at most a minute.
until_true() {
    for _ in $(seq 600); do
        if "$@"; then return; fi
        sleep 0.1
    done
    echo "  not true after a minute: $*"
    return 1
}

is_running() { ctr tasks ls 2>/dev/null | grep -q "^$prefix-$1 .*RUNNING"; }
answers() { ctr version >/dev/null 2>&1; }

# start NAME FLAG... -- ARG...: a container in the background.
start() {
    run_as_is "$1" --detach "${@:2}" || { not_ok "container $1 starts"; return 1; }
}

# call ARG...: ctr tasks ARG...; sets output, words (stderr) and status.
call() {
    output=$(ctr tasks "$@" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}

start_containerd() {
    # Snapshotters and the CRI part that nobody here asks for are left out: they warn, and CRI wants network plugins.
    cat >"$scratch/config.toml" <<TOML
version = 2
root = "$scratch/root"
state = "$scratch/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$socket"
[debug]
  level = "warn"
TOML
    containerd --config "$scratch/config.toml" >>"$scratch/log" 2>&1 &
    daemon=$!
    until_true answers || { cat "$scratch/log"; return 1; }
}

import_image() {
    "$here/test-image.sh" "$scratch/image" >/dev/null || return 1
    umoci config --image "$scratch/image:test" --tag guest --config.user guest
    tar -C "$scratch/image" -cf "$scratch/image.tar" .
    ctr images import --snapshotter native --base-name "${image%:*}" "$scratch/image.tar" >/dev/null
}

# All that is still there of the containers of this test, one a line.
left_behind() {
    local process
    ctr tasks ls -q
    ctr containers ls -q
    grep -F "$prefix" /proc/self/mountinfo
    find /sys/fs/cgroup -maxdepth 5 -path "*/sharprun-test/$prefix*/cgroup.procs" 2>/dev/null
    find /run/containerd -path "*$prefix*"
    find /run/containerd/s "$scratch/state" -type s 2>/dev/null
    find "$scratch/state" -path "*$prefix*"
    for process in $(processes); do echo "process $process: $(tr '\0' ' ' <"/proc/$process/cmdline")"; done
}

# Shims and callers (told by the address of our containerd on their command line) and the containers' processes (by their cgroup).
processes() {
    local directory command
    for directory in /proc/[0-9]*; do
        command=$(tr '\0' ' ' <"$directory/cmdline") # empty: a zombie, which is its parent's business
        if [[ $command == *"$socket"* ]] || { [[ $command ]] && grep -qF "/$prefix" "$directory/cgroup"; }; then
            echo "${directory#/proc/}"
        fi
    done 2>/dev/null
}

nothing_left() { [[ -z $(left_behind) ]]; }

clean_up() {
    local process
    trap '' HUP INT TERM
    for process in $(jobs -p); do [[ $process == "$daemon" ]] || kill "$process" 2>/dev/null; done
    [[ -z $daemon ]] || kill "$daemon" 2>/dev/null
    wait
    for process in $(processes); do kill -KILL "$process" 2>/dev/null; done
    until_true no_processes
    find /sys/fs/cgroup -maxdepth 4 -depth -type d -path "*/sharprun-test/$prefix*" -exec rmdir {} \; 2>/dev/null
    cd / || exit
    umount -l "$scratch" /run/containerd
    rmdir "$scratch"
    [[ -z ${CONTAINERD_TEST_MADE:-} ]] || rmdir /run/containerd
}
no_processes() { [[ -z $(processes) ]]; }

# ------------------------------------------------------------------------------------------------------------- cases

# checklist: 27
output_and_status() {
    run hello -- echo hello from containerd
    is "the output is captured" "hello from containerd" "$output"
    is "the status is 0" 0 "$status"
    is "nothing is on standard error" "" "$words"
    run streams -- sh -c 'echo one; echo two >&2; exit 7'
    is "the exit status is passed on" 7 "$status"
    is "standard output alone" one "$output"
    is "standard error alone" two "$words"
    run pid -- sh -c 'echo $$ /proc/[0-9]*'
    is "process 1, and alone in its pid namespace" "1 /proc/1" "$output"
}

process_settings() {
    # shellcheck disable=SC2016 # the $ are for the container's shell
    run env --env COLOUR=blue --cwd /tmp -- sh -c 'echo $COLOUR $GREETING $PWD'
    is "environment and working directory" "blue hello /tmp" "$output"
    local image=${image%:*}:guest
    run user -- sh -c 'id -u; id -g'
    is "the image's user and group" $'1000\n1000' "$output"
    image=${image%:*}:test
    run filtered --seccomp -- sh -c 'grep ^Seccomp: /proc/self/status | tr -d "\t"; mount -t tmpfs x /tmp 2>/dev/null || echo refused'
    is "containerd's default seccomp profile" $'Seccomp:2\nrefused' "$output"
    run readonly --read-only -- sh -c 'echo x >/srv/x || echo refused'
    is "a read-only root" refused "$output"
    mkdir "$scratch/source" && echo inside >"$scratch/source/file"
    run bind --mount "type=bind,src=$scratch/source,dst=/mnt,options=rbind:ro" -- sh -c 'cat /mnt/file; touch /mnt/x || echo refused'
    is "a read-only bind mount" $'inside\nrefused' "$output"
    run host --net-host -- readlink /proc/self/ns/net
    is "the host's network namespace, when asked for" "$(readlink /proc/self/ns/net)" "$output"
    run own -- readlink /proc/self/ns/net
    if [[ $output == net:* && $output != "$(readlink /proc/self/ns/net)" ]]; then ok "else one of its own"; else not_ok "else one of its own"; fi
}

memory_limit() {
    local v1=/sys/fs/cgroup/memory v2=/sys/fs/cgroup file limit pid
    if [[ -e $v1/memory.limit_in_bytes ]]; then file=$v1/sharprun-test/$prefix-memory/memory.limit_in_bytes
    elif grep -qw memory "$v2/cgroup.controllers" 2>/dev/null; then file=$v2/sharprun-test/$prefix-memory/memory.max
    else skip "a memory limit" "no memory controller in this kernel's cgroups"; return; fi
    run_as_is memory --memory-limit $((64 << 20)) -- sleep 600 >/dev/null 2>&1 &
    pid=$!
    until_true is_running memory
    limit=$(cat "$file")
    is "a memory limit" $((64 << 20)) "$limit"
    ctr tasks kill --signal SIGKILL "$prefix-memory"
    wait "$pid"
    is "killed by SIGKILL: status 137" 137 $?
}

killed() {
    local pid
    run_as_is term -- sh -c 'trap "echo asked to end; exit 5" TERM; echo ready; sleep 600 & wait' >"$scratch/out" 2>&1 &
    pid=$!
    until_true grep -q ready "$scratch/out"
    ctr tasks kill --signal SIGTERM "$prefix-term"
    wait "$pid"
    is "SIGTERM reaches the process, whose status counts" 5 $?
    is "and its last words are heard" $'ready\nasked to end' "$(<"$scratch/out")"
}

two_at_once() {
    local one two
    run_as_is one -- sh -c 'trap "echo one; exit 11" TERM; echo ready; sleep 600 & wait' >"$scratch/one" 2>&1 & one=$!
    run_as_is two -- sh -c 'trap "echo two; exit 12" TERM; echo ready; sleep 600 & wait' >"$scratch/two" 2>&1 & two=$!
    until_true grep -q ready "$scratch/one"
    until_true grep -q ready "$scratch/two"
    # The program may speak before containerd knows that it has been started.
    if until_true is_running one && until_true is_running two; then ok "two run at once"; else not_ok "two run at once"; fi
    ctr tasks kill --signal SIGTERM "$prefix-two"
    wait "$two"
    is "one of them can be ended" "12 ready two" "$? $(paste -sd' ' "$scratch/two")"
    if is_running one; then ok "and the other lives on"; else not_ok "and the other lives on"; fi
    ctr tasks kill --signal SIGTERM "$prefix-one"
    wait "$one"
    is "until it is ended too" "11 ready one" "$? $(paste -sd' ' "$scratch/one")"
}

failures() {
    run missing -- no-such-program
    is "a missing program: status 1" 1 "$status"
    has "a missing program is named" 'exec: "no-such-program": executable file not found' "$words"
    run missing -- echo again
    is "the name is free again at once" again "$output"
    run forbidden -- /etc/passwd
    has "a file that is no program" "permission denied" "$words"
}

same_name_again() {
    local turn good=0
    for turn in 1 2 3 4 5; do
        run again -- echo "turn $turn"
        [[ $output == "turn $turn" ]] && good=$((good + 1))
    done
    is "one name five times, one after the other" 5 "$good"
}

executed() {
    start long -- sh -c 'sleep 601; true' || return
    call exec --exec-id one "$prefix-long" sh -c 'echo hello from exec; echo two >&2; exit 6'
    is "exec: output and status" "6 hello from exec two" "$status $output $words"
    # shellcheck disable=SC2016 # the $ is for the container's shell
    call exec --exec-id two --cwd /tmp --user 1000 "$prefix-long" sh -c 'id -u; pwd; echo $GREETING'
    is "exec --user --cwd, and the image's environment" $'1000\n/tmp\nhello' "$output"
    output=$(timeout 60 script -qec "ctr --address $socket --namespace sharprun-test tasks exec -t --exec-id three $prefix-long sh -c 'tty; sleep 0.5'" /dev/null \
        </dev/null | sed -e 's/\r//g' -e 's/^^@//')
    is "exec -t: a terminal" /dev/pts/0 "$output"
    call exec --exec-id four "$prefix-long" no-such-program
    has "exec of a missing program is named" 'exec: "no-such-program": executable file not found' "$words"
    call exec --detach --exec-id five "$prefix-long" sleep 602
    is "exec --detach" "0 " "$status $output"
    call ps "$prefix-long"
    is "ps: three processes, and the exec by its id" "3 1" "$(tail -n +2 <<<"$output" | wc -l) $(grep -c five <<<"$output")"
    call kill --exec-id five --signal SIGKILL "$prefix-long"
    is "kill of one exec" 0 "$status"
}

paused() {
    call pause "$prefix-long"
    is "pause" "0 PAUSED" "$status $(ctr tasks ls | awk -v name="$prefix-long" '$1 == name { print $3 }')"
    call ps "$prefix-long"
    is "ps while paused" 0 "$status"
    call exec --exec-id six "$prefix-long" true
    if [[ $status != 0 ]]; then ok "exec while paused is refused"; else not_ok "exec while paused is refused"; fi
    call resume "$prefix-long"
    is "resume" "0 RUNNING" "$status $(ctr tasks ls | awk -v name="$prefix-long" '$1 == name { print $3 }')"
    call metrics "$prefix-long"
    has "metrics" memory "$output"
}

# checklist: 5 13 14
killed_for_good() {
    call kill --signal 37 "$prefix-long" # nobody listens: process 1 lives on
    is "a real-time signal" "0 RUNNING" "$status $(ctr tasks ls | awk -v name="$prefix-long" '$1 == name { print $3 }')"
    call kill --all --signal SIGKILL "$prefix-long"
    is "kill --all" 0 "$status"
    until_true has_stopped long
    call kill "$prefix-long"
    has "kill of a dead one: containerd knows the words" "process already finished: not found" "$words"
    call rm --force "$prefix-long"
    is "tasks rm --force of a dead one" 0 "$status"
    ctr containers rm "$prefix-long"
    start forced -- sleep 603 || return
    call rm "$prefix-forced"
    if [[ $status != 0 ]]; then ok "rm of a running one is refused"; else not_ok "rm of a running one is refused"; fi
    call rm --force "$prefix-forced"
    if until_true eval '! is_running forced'; then ok "rm --force of a running one"; else not_ok "rm --force of a running one"; fi
    ctr containers rm "$prefix-forced"
}
has_stopped() { ctr tasks ls 2>/dev/null | grep -q "^$prefix-$1 .*STOPPED"; }

daemon_killed() {
    start survivor -- sleep 604 || return
    kill -KILL "$daemon"
    wait "$daemon" 2>/dev/null
    start_containerd
    if is_running survivor; then ok "containerd killed and back: the container still runs"; else not_ok "containerd killed and back: the container still runs"; fi
    call exec --exec-id one "$prefix-survivor" echo alive
    is "and takes commands" alive "$output"
    call kill --signal SIGKILL "$prefix-survivor"
    until_true has_stopped survivor
    call rm "$prefix-survivor"
    is "and is removed" 0 "$status"
    ctr containers rm "$prefix-survivor"
}

without_pivot() {
    run flat --no-pivot -- sh -c 'ls /srv; test -e /usr || echo alone'
    is "--no-pivot" $'added\nreplaced\nalone' "$output"
}

# With a shell in front that writes down the calls: is it RUNTIME at all that containerd uses, and how?
recorded_calls() {
    local runtime_here=$scratch/recorder
    printf '#!/bin/sh\necho "$@" >>%q\n%q "$@"\n' "$scratch/calls" "$runtime" >"$runtime_here"
    chmod +x "$runtime_here"
    run recorded -- echo recorded
    is "behind a shell wrapper" recorded "$output"
    is "the calls are create, start, delete, delete --force" "create start delete delete --force" \
        "$(sed -E 's/.* (create|start|delete|kill|state)( --force)?.*/\1\2/' "$scratch/calls" | paste -sd' ')"
}

# ------------------------------------------------------------------------------------------------------------- all

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
if ! start_containerd; then not_ok "containerd starts"; tally; exit 1; fi
if ! import_image; then not_ok "the test image can be imported"; tally; exit 1; fi
output_and_status
process_settings
memory_limit
killed
two_at_once
failures
same_name_again
recorded_calls
executed
paused
killed_for_good
daemon_killed
without_pivot
until_true nothing_left >/dev/null # the shims take a moment to end
is "nothing is left behind" "" "$(left_behind)"
if [[ $failed -gt 0 ]]; then echo "the last lines of containerd's log:"; tail -n 5 "$scratch/log"; fi
tally
