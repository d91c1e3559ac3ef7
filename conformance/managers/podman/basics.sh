# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: containers in the foreground, terminals, exec.

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
    output=$(p run --rm -i "${bare[@]}" "$image" cat <<<"from outside" 2>&1)
    is "-i hands standard input through" "from outside" "$output"
    is "twelve at once" 12 "$(for i in $(seq 12); do p run --rm "${bare[@]}" "$image" echo "answer $i" & done | grep -c answer)"
    local root
    root=$(p image mount "$image") && cp -a "$root/." "$scratch/root" && p image unmount "$image" >/dev/null
    is "--rootfs: a folder in place of an image" "from a folder" \
        "$(p run --rm "${bare[@]}" --rootfs "$scratch/root" echo from a folder 2>&1)"
    run again -- sh -c 'echo again; exit 4'
    is "start -a: output and status once more" "again 4" "$(xargs < <(p start -a again; echo $?))"
    remove again
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
    p --log-level debug run --rm "${bare[@]}" "$image" no-such-program >"$scratch/debug" 2>&1
    is "with --log-level debug podman has no log file, and finds the same" 127 $?
    once inside_proc -v "$scratch:/proc/x" -- true
    has "a volume below /proc is refused" "cannot be mounted because it is inside /proc" "$words"
    once missing -- echo again
    is "the name is free again at once" again "$output"
    once cwd --workdir /etc/passwd -- true
    isnt_zero "a working directory that is a file is refused" "$status" "$words"
    is "failures leave nothing" "" "$(left_behind)"
}

terminal() {
    # script(1) gives podman a terminal of its own.
    output=$(script -qec "stty rows 33 cols 77
        timeout 60 podman run --rm -it ${bare[*]} $image sh -c 'tty; sleep 0.5; stty size; exit 9'" /dev/null </dev/null 2>&1)
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
    output=$(p exec -w /not/there target true 2>&1)
    is "exec in a folder that is not there: 127" 127 $?
    is "exec is in the container's namespaces and cgroup" same \
        "$(p exec target sh -c 'for n in mnt net pid ipc uts cgroup; do
                [ $(readlink /proc/self/ns/$n) = $(readlink /proc/1/ns/$n) ] || echo $n
            done
            cmp /proc/self/cgroup /proc/1/cgroup && echo same')"
    is "exec --privileged has more capabilities than the container" yes \
        "$(p exec --privileged target grep CapEff /proc/self/status | cut -f2 | grep -qv "$(p exec target grep CapEff /proc/self/status | cut -f2)" && echo yes)"
    is "exec --preserve-fds" handed "$(p exec --preserve-fds 1 target sh -c 'cat <&3' 3< <(echo handed) 2>&1)"
    output=$(p exec target sh -c 'kill -9 $$' 2>/dev/null; echo $?)
    is "exec that is killed: 137" 137 "$output"
    is "twenty at once, all answer" 20 "$(for i in $(seq 20); do p exec target echo "answer $i" & done | grep -c answer; wait)"
    remove target
}

hello
failures
terminal
execs
