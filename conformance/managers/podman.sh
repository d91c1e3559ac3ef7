#!/usr/bin/env bash
# podman.sh [RUNTIME] - does a real podman (Debian's, with conmon and CNI) run containers with RUNTIME?
#
# Everything it makes lives in namespaces of its own (libpod.sh) and in cgroups below /sharprun-test.
# Prints ok, not ok or skip for each case, and last "N passed, N failed, N skipped".
# "checklist: N" above a case names the points of runc's calling convention that it shows: podman depends on them.
set -uo pipefail
# shellcheck source=libpod.sh
. "$(dirname "${BASH_SOURCE[0]}")/libpod.sh"
enter_world "${BASH_SOURCE[0]}" "$@"

p() { timeout 120 podman "$@"; }

# podman run --name NAME FLAG... -- ARG...: in the foreground; sets output, words (stderr) and status.
run() {
    output=$(as_is "$@" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}

# No network where none is tried: it would be most of the time.
as_is() {
    local id=$1 flags=() network=(--network none) group=(--cgroup-parent "$parent")
    shift
    while [[ $1 != -- ]]; do
        case $1 in --network* | --pod*) network=() ;; esac
        case $1 in --cgroups=disabled) group=() ;; esac
        flags+=("$1")
        shift
    done
    shift
    timeout 120 podman run "${network[@]}" "${group[@]}" --name "$id" "${flags[@]}" "$image" "$@"
}

# The same, and removed when it ends.
once() {
    local id=$1
    shift
    run "$id" --rm "$@"
}

# detached NAME FLAG... -- ARG...
detached() {
    local id=$1
    shift
    run "$id" -d "$@"
    [[ $status == 0 ]] || echo "  podman run -d: $words"
}

inspect() { p inspect --format "{{.$2}}" "$1"; }
is_state() { [[ $(p inspect --format '{{.State.Status}}' "$1" 2>/dev/null) == "$2" ]]; }
says() { p logs "$1" 2>&1 | grep -q "$2"; }
remove() { p rm -f -t 0 "$@" >/dev/null; }
# The shell's trap makes a process that ends at once when asked to.
# shellcheck disable=SC2016
waits='trap "echo asked to end; exit 5" TERM; echo ready; sleep 600 & wait'
v2() { [[ ! -e /sys/fs/cgroup/memory ]]; }
has_controller() { if v2; then grep -qw "$1" /sys/fs/cgroup/cgroup.controllers; else [[ -e /sys/fs/cgroup/$1 ]]; fi; }

# ------------------------------------------------------------------------------------------------------------- cases

# checklist: 2 4 6 7 26
hello() {
    once hello -- echo hello from podman
    is "the output is captured, and it alone" "hello from podman" "$output"
    is "the status is 0" 0 "$status"
    is "nothing is on standard error" "" "$words"
    once streams -- sh -c 'echo one; echo two >&2; exit 7'
    is "status, standard output and standard error apart" "7 one two" "$status $output $words"
    once env --env COLOUR=blue --workdir /tmp -- sh -c 'echo $COLOUR $GREETING $PWD $$; hostname | wc -c; umask'
    is "environment, working directory, process 1, hostname, umask" $'blue hello /tmp 1\n13\n0022' "$output"
    output=$(p run --rm -i --network none --cgroup-parent "$parent" "$image" cat <<<"from outside" 2>&1)
    is "-i hands standard input through" "from outside" "$output"
    # shellcheck disable=SC2016
    once descriptors -- sh -c 'ls -d /proc/self/fd/* 2>/dev/null | grep -c .'
    is "no descriptor of a manager" 3 "$output"
    # Not from a shell: busybox's, as process 1, ignores SIGQUIT itself.
    once signals -- grep -E "^Sig(Blk|Ign)" /proc/self/status
    is "no blocked or ignored signal of a manager" $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000' "$output"
}

# checklist: 3 5 17
failures() {
    once missing -- no-such-program
    is "a missing program: status 127" 127 "$status"
    has "and it is named" 'no-such-program' "$words"
    once forbidden -- /etc/passwd
    is "a file that is no program: status 126" 126 "$status"
    has "and the reason is said" "permission denied" "$words"
    once missing -- echo again
    is "the name is free again at once" again "$output"
    once cwd --workdir /etc/passwd -- true
    isnt_zero "a working directory that is a file is refused" "$status" "$words"
    is "failures leave nothing" "" "$(left_behind)"
}
isnt_zero() { if [[ $2 != 0 ]]; then ok "$1"; else not_ok "$1"; echo "  it ended with 0: ${3:-}"; fi; }

terminal() {
    # script(1) gives podman a terminal of its own.
    output=$(script -qec "stty rows 33 cols 77; timeout 60 podman run --rm -it --network none --cgroup-parent $parent $image sh -c 'tty; sleep 0.5; stty size; exit 9'" /dev/null </dev/null 2>&1)
    is "run -it: terminal, its size, the status" $'9 /dev/pts/0\r\n33 77\r' "$? ${output//^@/}"
    detached tty -t -- sh -c 'tty; sleep 600'
    until_true says tty pts
    is "run -dt has a terminal, too" "/dev/pts/0" "$(p logs tty | tr -d '\r')"
    output=$(script -qec "timeout 60 podman exec -it tty sh -c 'tty; sleep 0.3; exit 8'" /dev/null </dev/null 2>&1)
    is "exec -it: another terminal of the container, the status" "8 /dev/pts/1" "$? $(tr -d '\r' <<<"${output//^@/}")"
    remove tty
}

# checklist: 3 5 7
execs() {
    detached target --env COLOUR=blue -- sh -c "$waits"
    is "exec: output and status" "3 inside" "$(p exec target sh -c 'echo inside; exit 3' 2>&1 | { read -r line; echo "$line"; } | sed 's/^/3 /')"
    p exec target sh -c 'exit 3' 2>/dev/null
    is "exec passes the status on" 3 $?
    is "exec -i: standard input" "typed" "$(p exec -i target cat <<<typed)"
    is "exec -u: another user" "1000:1000" "$(p exec -u guest target sh -c 'echo $(id -u):$(id -g)')"
    is "exec -w -e: directory and environment" "/tmp red blue" "$(p exec -w /tmp -e SHADE=red target sh -c 'echo $PWD $SHADE $COLOUR')"
    p exec -d target sh -c 'echo detached >/srv/file' >/dev/null
    until_true p exec target test -s /srv/file
    is "exec -d: done in the background" detached "$(p exec target cat /srv/file)"
    output=$(p exec target no-such-program 2>&1)
    is "exec of a missing program: 127" 127 $?
    has "and it is named" no-such-program "$output"
    output=$(p exec target /etc/passwd 2>&1)
    is "exec of no program: 126" 126 $?
    is "exec is in the container's namespaces and cgroup" same \
        "$(p exec target sh -c 'for n in mnt net pid ipc uts cgroup; do [ $(readlink /proc/self/ns/$n) = $(readlink /proc/1/ns/$n) ] || echo $n; done; cmp /proc/self/cgroup /proc/1/cgroup && echo same')"
    is "exec --privileged has more capabilities than the container" yes \
        "$(p exec --privileged target grep CapEff /proc/self/status | cut -f2 | grep -qv "$(p exec target grep CapEff /proc/self/status | cut -f2)" && echo yes)"
    # shellcheck disable=SC2016
    is "exec --preserve-fds" handed "$(p exec --preserve-fds 1 target sh -c 'cat <&3' 3< <(echo handed) 2>&1)"
    output=$(p exec target sh -c 'kill -9 $$' 2>/dev/null; echo $?)
    is "exec that is killed: 137" 137 "$output"
    is "twenty at once, all answer" 20 "$(for i in $(seq 20); do p exec target echo "answer $i" & done | grep -c answer; wait)"
    remove target
}

# checklist: 12 14
stops() {
    detached logs -- sh -c "echo to stdout; echo to stderr >&2; $waits"
    until_true says logs ready
    is "logs: both streams" "ready to stderr to stdout" "$(p logs logs 2>&1 | sort | paste -sd' ')"
    p stop logs >/dev/null
    is "stop: SIGTERM reaches the process, whose status counts" "exited 5" "$(inspect logs State.Status) $(inspect logs State.ExitCode)"
    has "and its last words are heard" "asked to end" "$(p logs logs)"
    p start logs >/dev/null
    until_true is_state logs running
    p kill logs >/dev/null
    is "start again; kill: 137" "137" "$(p wait logs)"
    remove logs
    detached stubborn -- sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'
    until_true says stubborn ready
    local begun=$SECONDS
    p stop -t 2 stubborn >/dev/null 2>&1
    is "stop -t 2 of one that does not listen: killed" "137" "$(inspect stubborn State.ExitCode)"
    if ((SECONDS - begun >= 2 && SECONDS - begun < 9)); then ok "after two seconds"; else not_ok "after two seconds: $((SECONDS - begun))"; fi
    remove stubborn
    detached signals -- sh -c 'trap "echo usr1" USR1; trap "echo winch" WINCH; trap "echo 37" 37; echo ready; while :; do sleep 0.1; done'
    until_true says signals ready
    for signal in USR1 SIGWINCH 37; do p kill -s $signal signals >/dev/null; sleep 0.3; done
    is "kill -s by name, by name with SIG, by number" "ready usr1 winch 37" "$(p logs signals | paste -sd' ')"
    remove signals
    is "rm -f of a living one" gone "$(p inspect signals >/dev/null 2>&1 || echo gone)"
}

# checklist: 8 12 16
restarts() {
    detached restart -- sh -c "$waits"
    until_true says restart ready
    p restart -t 5 restart >/dev/null
    until_true is_state restart running
    # The word of the second life comes after the first one's.
    until_true says_twice restart
    is "restart: ended and begun again" "ready asked to end ready" "$(p logs restart | paste -sd' ')"
    remove restart
    detached policy --restart on-failure:2 -- sh -c 'grep SigBlk /proc/self/status; exit 4'
    until_true is_state policy exited
    sleep 1
    until_true is_state policy exited
    is "--restart on-failure:2: three lives" "3 4" "$(p logs policy | wc -l) $(inspect policy State.ExitCode)"
    is "counted" 2 "$(inspect policy RestartCount)"
    if [[ $name == runc ]]; then skip "none with a blocked signal of podman's" "runc hands the caller's signal mask on"
    else is "none with a blocked signal of podman's" "SigBlk: 0000000000000000" "$(p logs policy | tr '\t' ' ' | sort -u)"; fi
    remove policy
    detached always --restart always -- sh -c 'echo life; sleep 0.3'
    until_true says_life always
    p stop -t 0 always >/dev/null
    sleep 0.5
    is "--restart always: until it is stopped" exited "$(inspect always State.Status)"
    remove always
}
says_twice() { [[ $(p logs "$1" | grep -c ready) == 2 ]]; }
says_life() { [[ $(p logs "$1" | grep -c life) -ge 3 ]]; }

health() {
    detached health --health-cmd 'test -e /srv/good' --health-interval disable --health-retries 1 -- sh -c "$waits"
    p healthcheck run health >/dev/null 2>&1
    is "a health check that fails: status 1" 1 $?
    p exec health touch /srv/good
    p healthcheck run health >/dev/null 2>&1
    is "a health check that succeeds: status 0" 0 $?
    is "and is written down" healthy "$(inspect health State.Healthcheck.Status 2>/dev/null || inspect health State.Health.Status)"
    remove health
}

# limit FILE_V1 FILE_V2: what the container sees of it.
limit_files() { if v2; then echo "/sys/fs/cgroup/$2"; else echo "/sys/fs/cgroup/$1"; fi; }

# checklist: 6
limits() {
    if has_controller memory; then
        once memory -m 64m --memory-reservation 32m -- cat "$(limit_files memory/memory.limit_in_bytes memory.max)" "$(limit_files memory/memory.soft_limit_in_bytes memory.low)"
        is "--memory, --memory-reservation" $'67108864\n33554432' "$output"
        run oom -m 16m --memory-swap 16m -- sh -c 'tail /dev/zero'
        is "beyond the memory limit: killed" 137 "$status"
        run oom1 -m 16m --memory-swap 16m -- sh -c 'tail /dev/zero; sleep 1; exit 3'
        if v2; then is "and podman says why" "3 true" "$status $(inspect oom1 State.OOMKilled)"; fi
        remove oom oom1
    else skip "--memory" "no memory controller"; fi
    if has_controller cpu; then
        local expected=$'30000\n100000'
        v2 && expected="30000 100000"
        # shellcheck disable=SC2046
        once cpu --cpus 0.3 -- cat $(if v2; then echo /sys/fs/cgroup/cpu.max; else echo /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us; fi)
        is "--cpus" "$expected" "$output"
        once shares --cpu-shares 512 -- cat "$(limit_files cpu/cpu.shares cpu.weight)"
        is "--cpu-shares" "$(if v2; then echo 20; else echo 512; fi)" "$output"
    else skip "--cpus" "no cpu controller"; fi
    if has_controller cpuset; then
        once cpuset --cpuset-cpus 0 -- grep Cpus_allowed_list /proc/self/status
        is "--cpuset-cpus" $'Cpus_allowed_list:\t0' "$output"
    else skip "--cpuset-cpus" "no cpuset controller"; fi
    if has_controller pids; then
        once pids --pids-limit 20 -- cat "$(limit_files pids/pids.max pids.max)"
        is "--pids-limit" 20 "$output"
        once forks --pids-limit 10 -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1 & done; wait'
        has "more processes than that cannot be" "can't fork" "$words"
    else skip "--pids-limit" "no pids controller"; fi
    once ulimit --ulimit nofile=100:200 --ulimit core=0 --ulimit nproc=4096 -- sh -c 'ulimit -n; ulimit -Hn; ulimit -c'
    is "--ulimit" $'100\n200\n0' "$output"
    once oom_score --oom-score-adj 100 -- cat /proc/self/oom_score_adj
    is "--oom-score-adj" 100 "$output"
    detached inside -- sh -c "$waits"
    local pid
    pid=$(inspect inside State.Pid)
    has "the process is in a cgroup below --cgroup-parent" "$parent/libpod-" "$(cat "/proc/$pid/cgroup")"
    remove inside
}

# checklist: 18
updates() {
    local cpu expected
    has_controller cpu || { skip "update" "no cpu controller"; return; }
    cpu=$(if v2; then echo /sys/fs/cgroup/cpu.max; else echo /sys/fs/cgroup/cpu/cpu.cfs_quota_us; fi)
    expected=$(if v2; then echo "20000 100000"; else echo 20000; fi)
    detached update -m 64m -- sh -c "$waits"
    p update --cpus 0.2 update >/dev/null 2>"$scratch/words"
    is "update --cpus: accepted in silence" "0 " "$? $(<"$scratch/words")"
    is "update --cpus: in force" "$expected" "$(p exec update cat "$cpu")"
    if has_controller memory; then
        p update --memory 48m update >/dev/null 2>"$scratch/words"
        is "update --memory: in force, the rest as it was" "50331648 $expected" \
            "$(p exec update cat "$(limit_files memory/memory.limit_in_bytes memory.max)" "$cpu" | paste -sd' ')"
    fi
    remove update
}

# checklist: 15
pauses() {
    detached pause -- sh -c "trap 'exit 5' TERM; while :; do date +%s%N >/srv/now; sleep 0.05; done"
    p pause pause >/dev/null 2>"$scratch/words"
    is "pause: accepted in silence" "0 " "$? $(<"$scratch/words")"
    is "paused" paused "$(inspect pause State.Status)"
    local before root
    root=$(p mount pause)
    before=$(cat "$root/srv/now")
    sleep 0.4
    is "nothing moves" "$before" "$(cat "$root/srv/now")"
    p unpause pause >/dev/null 2>"$scratch/words"
    is "unpause: accepted in silence" "0 " "$? $(<"$scratch/words")"
    sleep 0.4
    if [[ $(cat "$root/srv/now") != "$before" ]]; then ok "and it moves again"; else not_ok "and it moves again"; fi
    p pause pause >/dev/null 2>&1
    p rm -f -t 1 pause >/dev/null 2>"$scratch/words"
    is "rm -f of a paused one" "0 gone" "$? $(p inspect pause >/dev/null 2>&1 || echo gone)"
}

watching() {
    detached watched -- sh -c "$waits"
    until_true says watched ready
    has "top" "sleep 600" "$(p top watched 2>&1)"
    has "top with options of ps" "sleep" "$(p top watched pid comm 2>&1)"
    has "stats" "watched" "$(p stats --no-stream watched 2>&1)"
    has "ps" "Up " "$(p ps --filter name=watched --format '{{.Status}}')"
    p exec watched sh -c 'echo mine >/srv/mine'
    is "diff" "A /srv/mine" "$(p diff watched | grep mine)"
    p cp watched:/srv/mine "$scratch/copied"
    is "cp out of it" mine "$(<"$scratch/copied")"
    p cp "$scratch/copied" watched:/srv/back
    is "cp into it" mine "$(p exec watched cat /srv/back)"
    is "export" "srv/mine" "$(p export watched | tar -t srv/mine)"
    local pid
    pid=$(inspect watched State.Pid)
    kill -9 "$pid"
    until_true is_state watched exited
    is "killed from outside: 137" 137 "$(inspect watched State.ExitCode)"
    remove watched
    detached orphan -- sh -c "$waits"
    local id
    id=$(inspect orphan Id)
    pid=$(inspect orphan State.Pid)
    kill -9 "$(inspect orphan State.ConmonPid)"
    sleep 0.2
    p rm -f -t 0 orphan >/dev/null 2>&1
    is "rm -f of one whose conmon was killed" "gone ended" \
        "$(p inspect orphan >/dev/null 2>&1 || echo gone) $(kill -0 "$pid" 2>/dev/null || echo ended)"
    # podman 4.3 does not call delete here, with any runtime.
    env -i "$runtime" delete --force "$id"
    is "and delete --force cleans up after it" "" "$(ls -d /run/"$name/$id" 2>&1 | grep -v 'No such')"
    p run -d --rm --name gone-by-itself --network none --cgroup-parent "$parent" "$image" true >/dev/null
    until_true not_there gone-by-itself
    ok "run -d --rm: gone by itself"
}
not_there() { ! p container exists "$1"; }

# checklist: 25
volumes() {
    mkdir -p "$scratch/source" && echo inside >"$scratch/source/file"
    once ro -v "$scratch/source:/mnt:ro" -- sh -c 'cat /mnt/file; touch /mnt/x 2>/dev/null || echo refused'
    is "-v :ro" $'inside\nrefused' "$output"
    once rw -v "$scratch/source:/mnt" -v "$scratch/source/file:/etc/one" -- sh -c 'echo written >/mnt/new; cat /etc/one'
    is "-v, a folder and a file" "inside written" "$output $(<"$scratch/source/new")"
    once flags -v "$scratch/source:/mnt:noexec,nosuid,nodev,ro" -- sh -c 'grep " /mnt " /proc/self/mountinfo | cut -d" " -f6'
    is "-v with mount options" "ro,nosuid,nodev,noexec,relatime" "$output"
    once overlay -v "$scratch/source:/mnt:O" -- sh -c 'cat /mnt/file; echo lost >/mnt/file; cat /mnt/file'
    is "-v :O: written, and not kept" $'inside\nlost inside' "$output $(<"$scratch/source/file")"
    once named -v data:/data -- sh -c 'echo kept >/data/file'
    once named -v data:/data -- cat /data/file
    is "a named volume is kept" kept "$output"
    p volume rm data >/dev/null
    once anonymous -v /srv -- cat /srv/replaced
    is "an anonymous volume over the image's files has them" "of layer two" "$output"
    once mount --mount type=bind,src="$scratch/source",dst=/mnt,ro=true,bind-propagation=rslave -- grep -o ' /mnt ro.* master:' /proc/self/mountinfo
    propagation
    once tmpfs --tmpfs /mnt:size=1m,mode=1700,noexec -- sh -c 'grep " /mnt " /proc/self/mountinfo | grep -o "noexec.*size.*"; stat -c %a /mnt'
    has "--tmpfs with options" "size=1024k" "$output"
    has "its mode" "1700" "$output"
    once shm --shm-size 1m -- sh -c 'df -k /dev/shm | tail -n 1 | { read a b c; echo $b; }'
    is "--shm-size" 1024 "$output"
    once tree -v "$scratch/source:/mnt/a/b/c" -- cat /mnt/a/b/c/file
    is "a volume where the image has nothing" inside "$output"
    once deep -v "$scratch/source:/mnt:idmap" -- true # an id-mapped mount: not every file system can
    once read_only --read-only -- sh -c 'touch /srv/x 2>/dev/null || echo refused; touch /tmp/x /run/x /var/tmp/x && echo allowed'
    is "--read-only: the root is, /tmp, /run and /var/tmp are not" $'refused\nallowed' "$output"
    is "nothing on standard error" "" "$words"
    once copied --tmpfs /srv -- cat /srv/added
    is "--tmpfs has the image's files (tmpcopyup)" "of layer two" "$output"
    once read_only_bare --read-only --read-only-tmpfs=false -- sh -c 'touch /tmp/x 2>/dev/null || echo refused'
    is "--read-only --read-only-tmpfs=false" refused "$output"
}

propagation() {
    local mode
    mkdir -p "$scratch/tree/sub"
    mount -t tmpfs tmpfs "$scratch/tree"
    mount --make-shared "$scratch/tree"
    mkdir -p "$scratch/tree/sub"
    for mode in rshared rslave rprivate; do
        detached "$mode" -v "$scratch/tree:/mnt:$mode" -- sh -c "$waits"
        mount -t tmpfs "from-$mode" "$scratch/tree/sub"
        output=$(p exec "$mode" grep -c "from-$mode" /proc/self/mountinfo)
        umount "$scratch/tree/sub"
        is "-v :$mode: a mount of the host $([[ $mode == rprivate ]] && echo does not appear || echo appears)" \
            "$([[ $mode == rprivate ]] && echo 0 || echo 1)" "$output"
        remove "$mode"
    done
    once out --cap-add SYS_ADMIN --security-opt seccomp=unconfined -v "$scratch/tree:/mnt:rshared" -- sh -c 'mount -t tmpfs from-inside /mnt/sub && echo mounted'
    is "-v :rshared: a mount of the container appears on the host" "mounted 1" "$output $(grep -c from-inside /proc/self/mountinfo)"
    umount "$scratch/tree/sub"
    umount "$scratch/tree"
}

users() {
    once user -u guest -- sh -c 'id -u; id -g; grep CapEff /proc/self/status'
    is "-u NAME: its ids, no capability" $'1000\n1000\nCapEff:\t0000000000000000' "$output"
    once numbers -u 1234:5678 --group-add 99 -- sh -c 'echo $(id -u) $(id -g) $(id -G)'
    is "-u UID:GID --group-add" "1234 5678 5678 99" "$output"
    once umask --umask 027 -- sh -c 'umask'
    is "--umask" 0027 "$output"
    once caps --cap-drop all --cap-add chown,net_admin -- grep -E 'Cap(Eff|Bnd|Prm)' /proc/self/status
    is "--cap-drop all --cap-add" $'CapPrm:\t0000000000001001\nCapEff:\t0000000000001001\nCapBnd:\t0000000000001001' "$output"
    once usercaps -u guest --cap-add chown -- grep -E 'Cap(Eff|Amb)' /proc/self/status
    is "-u --cap-add: it is ambient" $'CapEff:\t0000000000000001\nCapAmb:\t0000000000000001' "$output"
    once privs --security-opt no-new-privileges -- grep NoNewPrivs /proc/self/status
    is "--security-opt no-new-privileges" $'NoNewPrivs:\t1' "$output"
}

# checklist: 22
privileged() {
    once privileged --privileged -- sh -c 'grep Seccomp: /proc/self/status; ls /dev | grep -c .; grep " /sys " /proc/self/mountinfo | cut -d" " -f6 | cut -d, -f1'
    is "--privileged: no filter, /sys can be written" $'Seccomp:\t0 rw' "$(sed 2d <<<"$output" | paste -sd' ')"
    if [[ $(sed -n 2p <<<"$output") -gt 12 ]]; then ok "--privileged: the host's devices"; else not_ok "--privileged: the host's devices"; echo "$output $words"; fi
    is "nothing on standard error" "" "$words"
    once device --device /dev/zero:/dev/zwei:r -- sh -c 'stat -c "%F %t:%T" /dev/zwei; head -c 3 /dev/zwei | wc -c'
    is "--device under another name" $'character special file 1:5\n3' "$output"
    once nodevice --cap-add MKNOD -- sh -c 'mknod /tmp/kmsg c 1 11; head -c 1 /tmp/kmsg 2>&1 | grep -o "not permitted"'
    is "another device is refused" "not permitted" "$output"
    once rule --cap-add MKNOD --device-cgroup-rule 'c 240:* rwm' -- sh -c 'mknod /tmp/x c 240 7; cat /tmp/x'
    has "--device-cgroup-rule allows it (no driver has it)" "No such device" "$words"
    once defaults -- sh -c 'for d in null zero full random urandom tty; do [ -c /dev/$d ] || echo $d; done; echo x >/dev/null; ls -l /dev/ptmx | grep -o "pts/ptmx"'
    is "the default devices" pts/ptmx "$output"
    once sysctl --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=4242 -- cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
    is "--sysctl" $'1\n4242' "$output"
    once personality --personality LINUX32 -- uname -m
    if [[ $status == 0 ]]; then is "--personality" i686 "$output"; else has "--personality: refused by name" personality "$words"; fi
    once host --hostname box --domainname example 2>/dev/null -- true
    once named --hostname box -- hostname
    is "--hostname" box "$output"
    once masked -- sh -c 'cat /proc/keys 2>&1 | wc -c; ls /sys/firmware | wc -l; echo x 2>/dev/null >/proc/sys/kernel/panic || echo refused'
    is "masked and read-only paths" $'0\n0\nrefused' "$output"
    once unmasked --security-opt unmask=ALL -- sh -c 'grep -c " /proc/" /proc/self/mountinfo'
    is "--security-opt unmask=ALL" 0 "$output"
    once init --init -- sh -c 'cat /proc/1/comm; (sleep 0.1 &) ; exit 6'
    is "--init" "6 podman-init" "$status $output"
}

# checklist: 28
seccomp() {
    once filtered -- sh -c 'grep ^Seccomp: /proc/self/status | tr -d "\t"; unshare -m true 2>&1 | grep -o "not permitted"'
    is "podman's default profile" $'Seccomp:2\nnot permitted' "$output"
    once unfiltered --security-opt seccomp=unconfined -- grep ^Seccomp: /proc/self/status
    is "seccomp=unconfined" $'Seccomp:\t0' "$output"
    cat >"$scratch/profile.json" <<'JSON'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}
JSON
    once custom --security-opt "seccomp=$scratch/profile.json" -- sh -c 'mkdir /tmp/x 2>&1'
    has "a profile of one's own, with its errno" "No space left" "$output"
    echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NONSENSE"}]}' >"$scratch/profile.json"
    once nonsense --security-opt "seccomp=$scratch/profile.json" -- true
    isnt_zero "a profile that is none is refused" "$status"
}

# checklist: 10
user_namespaces() {
    once uidmap --uidmap 0:100000:1000 --gidmap 0:200000:1000 -- sh -c 'cat /proc/self/uid_map /proc/self/gid_map; stat -c %u /bin/busybox; touch /srv/x && echo ok' 
    is "--uidmap, --gidmap" "0 100000 1000 0 200000 1000 0 ok" "$(tr -s ' \n' ' ' <<<"$output" | sed 's/^ //; s/ $//')"
    mkdir -p "$scratch/other" && echo inside >"$scratch/other/file"
    once uiduser --uidmap 0:100000:2000 -u guest -v "$scratch/other:/mnt" -- sh -c 'id -u; cat /mnt/file'
    is "--uidmap, a user, a volume" $'1000\ninside' "$output"
    detached uidexec --uidmap 0:100000:2000 -- sh -c "$waits"
    is "exec in it" "0 100000 2000" "$(p exec uidexec cat /proc/self/uid_map | tr -s ' ' | sed 's/^ //')"
    is "exec -u in it" 1000 "$(p exec -u guest uidexec id -u)"
    remove uidexec
    if networks_work; then
        once uidnet --network podman --uidmap 0:100000:2000 -- ip -4 addr show eth0
        has "--uidmap with a bridge: the interface is there when the command starts" "inet 10.88." "$output"
        for file in /run/netns/netns-*; do ip netns delete "${file##*/}"; done # podman 4.3 forgets these, with any runtime
    else skip "--uidmap with a bridge" "no bridge or iptables here"; fi
}

networks_work() { ip link add probe0 type bridge 2>/dev/null && ip link delete probe0 && iptables -t nat -S >/dev/null 2>&1; }

networks() {
    once none --network none -- sh -c 'ip -o link | wc -l; ip -o link | grep -c LOOPBACK,UP'
    is "--network none: lo alone, and up" $'1\n1' "$output"
    once host --network host -- readlink /proc/self/ns/net
    is "--network host" "$(readlink /proc/self/ns/net)" "$output"
    mkdir -p /run/netns && ip netns add byhand && once path --network ns:/run/netns/byhand -- readlink /proc/self/ns/net
    is "--network ns:PATH" "$(ip netns exec byhand readlink /proc/self/ns/net)" "$output"
    ip netns delete byhand
    if ! networks_work; then skip "--network bridge" "no bridge or iptables here"; return; fi
    detached server --network podman -- sh -c "$waits"
    local address
    address=$(inspect server NetworkSettings.IPAddress)
    has "an address of the bridge" 10.88. "$address"
    once client --network podman -- ping -c 1 -W 3 "$address"
    has "two reach each other" " 0% packet loss" "$output"
    once joined --network container:server -- ip -4 addr show eth0
    has "--network container:NAME" "inet $address/" "$output"
    is "the network's files" "10.88.0.1 host.containers.internal" "$(p exec server grep host.containers /etc/hosts | tr '\t' ' ')"
    remove server
    detached port --network podman -p 8080:80 -- nc -l -p 80 -e echo answered
    local answer
    for _ in $(seq 40); do
        answer=$(timeout 3 bash -c 'cat </dev/tcp/127.0.0.1/8080' 2>/dev/null) && [[ $answer ]] && break
        sleep 0.1
    done
    is "-p 8080:80 leads into the container" answered "$answer"
    remove port
    p network create own >/dev/null
    once named --network own --ip 10.89.0.77 -- ip -4 addr show eth0
    has "a network of one's own, with an address" "inet 10.89.0.77/" "$output"
    p network rm own >/dev/null
}

# checklist: 13 24
namespaces() {
    local kind
    for kind in pid ipc uts; do
        once "$kind" "--$kind" host -- readlink "/proc/self/ns/$kind"
        is "--$kind host" "$(readlink "/proc/self/ns/$kind")" "$output"
    done
    once cgroupns --cgroupns host -- readlink /proc/self/ns/cgroup
    is "--cgroupns host" "$(readlink /proc/self/ns/cgroup)" "$output"
    once cgroupns --cgroupns private -- sh -c 'readlink /proc/self/ns/cgroup; cut -d: -f3 /proc/self/cgroup | sort -u | head -n 1'
    if [[ $output == cgroup:*$'\n/' && $output != "$(readlink /proc/self/ns/cgroup)"* ]]; then ok "--cgroupns private"; else not_ok "--cgroupns private"; echo "$output $words"; fi
    detached first -- sh -c "$waits"
    until_true says first ready
    once second --pid container:first --ipc container:first -- sh -c 'ps | grep -c "[s]leep 600"; [ "$(readlink /proc/self/ns/pid)" = "$(readlink /proc/1/ns/pid)" ] && echo same'
    has "--pid container:NAME" "same" "$output"
    remove first
    detached hostpid --pid host -- sh -c 'sleep 6001 & sleep 6002'
    until_true there 6001
    remove hostpid
    until_true gone 6001
    is "rm -f with --pid host: its other processes end too" "" "$(pgrep -f 'sleep 600[12]')"
}
there() { pgrep -f "sleep $1" >/dev/null; }
gone() { ! there "$1"; }

# checklist: 24
pods() {
    p pod create --name pod --network none --cgroup-parent "$parent" --infra-image "$image" --infra-command "sleep 600" --hostname poddy >/dev/null 2>"$scratch/words" ||
        cat "$scratch/words"
    p run -d --pod pod --name one "$image" sh -c "$waits" >/dev/null
    p run -d --pod pod --name two "$image" sh -c "$waits" >/dev/null
    is "members of a pod share network, ipc, uts" "net ipc uts" \
        "$(for kind in net ipc uts pid; do [[ $(p exec one readlink /proc/self/ns/$kind) == "$(p exec two readlink /proc/self/ns/$kind)" ]] && echo $kind; done | paste -sd' ')"
    is "and the pod's hostname" poddy "$(p exec two hostname)"
    p pod pause pod >/dev/null
    is "pod pause" "paused paused" "$(inspect one State.Status) $(inspect two State.Status)"
    p pod unpause pod >/dev/null
    p pod stop -t 5 pod >/dev/null
    is "pod stop" "5 5" "$(inspect one State.ExitCode) $(inspect two State.ExitCode)"
    p pod start pod >/dev/null
    is "pod start" "running running" "$(inspect one State.Status) $(inspect two State.Status)"
    p pod kill pod >/dev/null
    p pod rm -f -t 0 pod >/dev/null
    is "pod rm" "" "$(p pod ps -q)$(p ps -aq)"
    p pod create --name shared --share pid,net --network none --cgroup-parent "$parent" --infra-image "$image" --infra-command "sleep 600" >/dev/null
    p run -d --pod shared --name one "$image" sleep 6003 >/dev/null
    has "--share pid: members see each other" 'sleep 600' "$(p run --rm --pod shared "$image" ps)"
    p pod rm -f -t 0 shared >/dev/null
    is "a pod with one pid namespace: all end" "" "$(pgrep -f 'sleep 6003')"
    p pod create --name default --network none --cgroup-parent "$parent" >/dev/null 2>"$scratch/words" &&
        p run --rm --pod default "$image" echo in the pod >"$scratch/out" 2>"$scratch/words"
    is "a pod with podman's own infra container" "in the pod" "$(<"$scratch/out")"
    p pod rm -f -t 0 default >/dev/null
}

# checklist: 9
hooks() {
    local kind
    for kind in prestart createRuntime createContainer startContainer poststart poststop; do
        # shellcheck disable=SC2016
        printf '#!/bin/sh\necho "%s $COLOUR $0 $1 $(cat | grep -oE "\\"(pid|status)\\": ?\\"?[a-z0-9]*" | tr -d "\\" " | paste -sd" ")" >>%s/hooked\n' $kind "$scratch" >"$scratch/bin/$kind"
        chmod +x "$scratch/bin/$kind"
        case $kind in createContainer | startContainer) continue ;; esac
        printf '{"version": "1.0.0", "hook": {"path": "%s/bin/%s", "args": ["argument-0", "argument-1"], "env": ["PATH=/usr/bin:/bin", "COLOUR=blue"]}, "when": {"always": true}, "stages": ["%s"]}\n' \
            "$scratch" $kind $kind >"$scratch/hooks/$kind.json"
    done
    output=$(p --hooks-dir "$scratch/hooks" run --rm --network none --cgroup-parent "$parent" --name hooked "$image" sh -c 'sleep 0.5; echo hooked' 2>"$scratch/words")
    is "with hooks: output and silence" "hooked " "$output $(<"$scratch/words")"
    is "the hooks ran, with environment and arguments" "prestart blue argument-1 createRuntime blue argument-1 poststart blue argument-1 poststop blue argument-1" \
        "$(awk '{print $1, $2, $4}' "$scratch/hooked" | paste -sd' ')"
    has "prestart gets the pid and the status" "pid:" "$(grep prestart "$scratch/hooked")"
    printf '#!/bin/sh\necho no >&2\nexit 3\n' >"$scratch/bin/prestart"
    output=$(p --hooks-dir "$scratch/hooks" run --rm --network none --cgroup-parent "$parent" --name hooked "$image" echo never 2>&1)
    isnt_zero "a prestart hook that fails: podman run fails" $?
    has "and says why" "exit status 3" "$output"
}

# checklist: 1 8 29
handed_in() {
    # shellcheck disable=SC2016
    output=$(p run --rm --preserve-fds 1 --network none --cgroup-parent "$parent" "$image" sh -c 'cat <&3' 3< <(echo handed in) 2>&1)
    is "--preserve-fds" "handed in" "$output"
    # shellcheck disable=SC2016
    output=$(bash -c 'exec 3<<<"a socket"; export LISTEN_FDS=1 LISTEN_PID=$$; exec podman run --rm --network none --cgroup-parent "$1" "$2" sh -c "cat <&3; echo \$LISTEN_FDS \$LISTEN_PID \$\$"' sh "$parent" "$image" 2>&1)
    is "socket activation" $'a socket\n1 1 1' "$output"
    has "podman info asks for the version" "$("$runtime" --version | head -n 1)" "$(p info --format '{{.Host.OCIRuntime.Version}}')"
    notified
    detached point -- sh -c "$waits"
    output=$(p container checkpoint point 2>&1)
    isnt_zero "checkpoint without criu is refused" $? "$output"
    is "and the container lives on" running "$(inspect point State.Status)"
    if ! "$runtime" checkpoint --help >/dev/null 2>&1 || [[ $name == runc ]]; then ok "checkpoint --help succeeds only where checkpoint can"
    else not_ok "checkpoint --help succeeds only where checkpoint can"; fi
    remove point
}

# A container with --sdnotify=container: podman's NOTIFY_SOCKET gets READY=1 only when the container has said so.
notified() {
    # shellcheck disable=SC2016
    perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die; $| = 1;
        while (defined $s->recv(my $m, 4096)) { print "$m\n" }' "$scratch/notify" >"$scratch/notified" &
    local listener=$!
    until_true test -S "$scratch/notify"
    # busybox has no program that sends a datagram to a unix socket: the host's perl does.
    NOTIFY_SOCKET=$scratch/notify timeout 60 podman run -d --sdnotify container --network none --cgroup-parent "$parent" --name notify \
        -v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro "$image" /usr/bin/perl -MIO::Socket::UNIX -e \
        'sleep 1; IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $ENV{NOTIFY_SOCKET})->send("READY=1"); sleep 600' >/dev/null 2>"$scratch/words"
    is "--sdnotify=container: started" "0 " "$? $(<"$scratch/words")"
    until_true grep -q READY=1 "$scratch/notified"
    has "READY=1 is passed on" READY=1 "$(<"$scratch/notified")"
    has "and MAINPID is conmon's" MAINPID= "$(<"$scratch/notified")"
    remove notify
    kill "$listener"
}

images() {
    mkdir -p "$scratch/context" && echo content >"$scratch/context/file"
    cat >"$scratch/context/Containerfile" <<FILE
FROM $image
COPY file /srv/copied
RUN echo made by RUN >/srv/made && id -u >>/srv/made
USER guest
RUN id -u >/tmp/user
ENV COLOUR=blue
CMD ["sh", "-c", "cat /srv/made /tmp/user; echo \$COLOUR"]
FILE
    local isolation
    for isolation in oci chroot; do
        [[ $isolation == oci ]] || continue
        output=$(p build --isolation "$isolation" --network none --cgroup-parent "$parent/build" --no-cache -t built "$scratch/context" 2>&1)
        is "build with RUN steps" 0 $?
    done
    output=$(p run --rm --network none --cgroup-parent "$parent" localhost/built 2>&1)
    is "and what it made" $'made by RUN\n0\n1000\nblue' "$output"
    printf 'FROM %s\nRUN exit 24\n' "$image" >"$scratch/context/Containerfile"
    output=$(p build --isolation oci --network none --cgroup-parent "$parent/build" "$scratch/context" 2>&1)
    isnt_zero "a RUN that fails ends the build" $?
    has "and is told with its status" "exit status 24" "$output"
    run change -- sh -c 'echo changed >/srv/changed'
    p commit -q change localhost/committed >/dev/null
    remove change
    output=$(p run --rm --network none --cgroup-parent "$parent" localhost/committed cat /srv/changed)
    is "commit" changed "$output"
    p save -q -o "$scratch/saved.tar" localhost/committed
    p rmi localhost/committed >/dev/null
    p load -q -i "$scratch/saved.tar" >/dev/null
    is "save and load" changed "$(p run --rm --network none --cgroup-parent "$parent" localhost/committed cat /srv/changed)"
    registry
    detached living -- sh -c "$waits"
    p exec living sh -c 'echo alive >/srv/alive'
    p commit -q living localhost/living >/dev/null 2>"$scratch/words"
    is "commit of a living one (it is paused for that)" alive "$(p run --rm --network none --cgroup-parent "$parent" localhost/living cat /srv/alive)"
    is "and it goes on" running "$(inspect living State.Status)"
    remove living
}

registry() {
    printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s/registry}}\nhttp: {addr: 127.0.0.1:5000}\n' "$scratch" >"$scratch/registry.yml"
    docker-registry serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 &
    local server=$!
    until_true grep -q :1388 /proc/net/tcp
    p push -q --tls-verify=false localhost/committed 127.0.0.1:5000/pushed
    p rmi -f localhost/committed >/dev/null
    output=$(p run -q --rm --tls-verify=false --network none --cgroup-parent "$parent" 127.0.0.1:5000/pushed cat /srv/changed 2>"$scratch/words")
    is "push to a registry, run from there" changed "$output"
    kill "$server"
}

cgroups_disabled() {
    once plain --cgroups=disabled -- sh -c 'echo no cgroup; cat /proc/self/cgroup' 
    if [[ $name == runc ]]; then has "--cgroups=disabled: podman knows that runc cannot" "not compatible with NoCgroups" "$words"; return; fi
    has "--cgroups=disabled" "no cgroup" "$output"
    is "nothing on standard error" "" "$words"
}

# An ordinary user, known only in this world, with 65536 ids of his own.
as_user() {
    setpriv --reuid 4242 --regid 4242 --clear-groups env -i PATH="$PATH" HOME="$scratch/home" USER=sharpuser XDG_RUNTIME_DIR=/run/user/4242 \
        TMPDIR="$scratch/home/tmp" CONTAINERS_CONF="$scratch/home/containers.conf" CONTAINERS_STORAGE_CONF="$scratch/home/storage.conf" \
        timeout 120 "$@"
}

prepare_user() {
    local file
    mkdir -p "$scratch"/home/{tmp,storage,cni} /run/user/4242
    # A device node that everybody may open, as on ordinary machines.
    if [[ -c /dev/net/tun ]]; then mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200; fi
    for file in passwd group subuid subgid; do
        case $file in
        passwd) { cat /etc/passwd; echo "sharpuser:x:4242:4242::$scratch/home:/bin/sh"; } >"$scratch/$file" ;;
        group) { cat /etc/group; echo "sharpuser:x:4242:"; } >"$scratch/$file" ;;
        *) echo sharpuser:200000:65536 >"$scratch/$file" ;;
        esac
        mount --bind "$scratch/$file" "/etc/$file"
    done
    # The user need not be able to read the folder in which the runtime was built.
    install -m 755 "$runtime" "$scratch/home/$name"
    configure "$scratch/home" "$scratch/home/$name" /run/user/4242
    chown -R 4242:4242 "$scratch/home" /run/user/4242
    chmod -R a+rX "$scratch/image"
    as_user podman pull -q "oci:$scratch/image:test" >"$scratch/id" && as_user podman tag "$(<"$scratch/id")" "$image"
}

# user_run ARG...: podman run --rm ARG... of the ordinary user; sets output, words and status.
user_run() {
    output=$(as_user podman run --rm "$@" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}

# checklist: 26
rootless() {
    if ! prepare_user 2>"$scratch/words"; then not_ok "an ordinary user can pull: $(<"$scratch/words")"; return; fi
    user_run --network none "$image" sh -c 'id -u; cat /proc/self/uid_map; stat -c %u /bin/busybox'
    is "an ordinary user's container: root inside" "0 0 4242 1 1 200000 65536 0" "$(xargs <<<"$output")"
    is "nothing on standard error" "" "$words"
    user_run --network none -u guest "$image" sh -c 'id -u; exit 7'
    is "-u, status" "7 1000" "$status $output"
    user_run --network none --userns keep-id -v "$scratch/home/tmp:/mnt" "$image" sh -c 'id -u; touch /mnt/mine'
    is "--userns keep-id: his own id inside, and his files" "4242 4242" "$output $(stat -c %u "$scratch/home/tmp/mine")"
    user_run --network host "$image" readlink /proc/self/ns/net
    is "--network host" "$(readlink /proc/self/ns/net)" "$output"
    user_run --network none "$image" no-such-program
    is "a missing program: 127" 127 "$status"
    user_run --network none --read-only "$image" sh -c 'touch /srv/x 2>/dev/null || echo refused; touch /tmp/x && echo allowed'
    is "--read-only" "refused allowed" "$(xargs <<<"$output")"
    user_run --network none "$image" sh -c 'grep Seccomp: /proc/self/status; touch /dev/null; ls /dev/pts; mkdir /sys/fs/cgroup/x 2>/dev/null || echo refused'
    has "seccomp, and cgroups that cannot be written" $'Seccomp:\t2' "$output"
    user_run --network none --privileged "$image" sh -c 'grep Seccomp: /proc/self/status'
    is "--privileged" $'0 Seccomp:\t0' "$status $output"
    as_user podman run -d --network none --name mine "$image" sh -c "$waits" >/dev/null 2>"$scratch/words"
    is "run -d" "" "$(<"$scratch/words")"
    is "exec" "inside 0" "$(as_user podman exec mine sh -c 'echo inside $(id -u)' 2>&1)"
    is "exec -u" 1000 "$(as_user podman exec -u guest mine id -u 2>&1)"
    as_user podman stop -t 5 mine >/dev/null
    is "stop" 5 "$(as_user podman inspect --format '{{.State.ExitCode}}' mine)"
    as_user podman start mine >/dev/null
    as_user podman rm -f -t 0 mine >/dev/null
    is "start, rm -f" 0 $?
    as_user podman pod create --name his --network none --infra-image "$image" --infra-command "sleep 600" >/dev/null 2>&1
    is "a pod" "in the pod" "$(as_user podman run --rm --pod his "$image" echo in the pod 2>&1)"
    as_user podman pod rm -f -t 0 his >/dev/null
    printf 'FROM %s\nRUN id -u >/srv/made\nCMD cat /srv/made\n' "$image" >"$scratch/home/Containerfile"
    output=$(as_user podman build -q --isolation oci --network none -t his "$scratch/home" 2>&1)
    is "build with a RUN step" "0 0" "$? $(as_user podman run --rm --network none localhost/his 2>&1)"
    if as_user bash -c 'exec 3<>/dev/net/tun' 2>/dev/null; then
        user_run "$image" ip -4 addr show tap0
        has "the default network (slirp4netns)" "inet 10.0.2." "$output"
    else skip "the default network (slirp4netns)" "/dev/net/tun cannot be opened"; fi
    as_user podman system migrate # ends the process that keeps his user namespace
    is "nothing is left of him" "" "$(pgrep -u 4242 -l; ls /run/user/4242/"$name" 2>/dev/null)"
}

# With a shell in front that writes down the calls and their environment.
# checklist: 2 4 11 26
recorded_calls() {
    mkdir -p "$scratch/recorder"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\necho "$@" >>%q\n/usr/bin/env >>%q\nexec %q "$@"\n' "$scratch/calls" "$scratch/environments" "$runtime" >"$scratch/recorder/$name"
    chmod +x "$scratch/recorder/$name"
    output=$(p --runtime "$scratch/recorder/$name" run --rm --network none --cgroup-parent "$parent" "$image" echo recorded 2>&1)
    is "behind a shell wrapper" recorded "$output"
    is "the calls are create, start, delete --force" "create start delete --force" \
        "$(sed -E 's/.*(create|start|delete|kill|state)( --force)?.*/\1\2/' "$scratch/calls" | grep -v version | paste -sd' ')"
}

# ------------------------------------------------------------------------------------------------------------- all

if ! p pull -q "oci:$scratch/image:test" >"$scratch/id" 2>"$scratch/words" || ! p tag "$(<"$scratch/id")" "$image"; then
    not_ok "the test image can be imported"
    cat "$scratch/words"
    tally
    exit 1
fi
chosen=${CASES:-hello failures terminal execs stops restarts health limits updates pauses watching volumes users privileged
    seccomp user_namespaces networks namespaces pods hooks handed_in images cgroups_disabled recorded_calls rootless}
for case in $chosen; do
    started=$SECONDS
    $case
    if [[ ${TIMES:-} ]]; then echo "# $case: $((SECONDS - started)) s"; left_behind; fi
done
p rm -fa -t 0 >/dev/null
until_true nothing_left >/dev/null
is "nothing is left behind" "" "$(left_behind)"
tally
