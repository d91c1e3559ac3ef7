# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# docker run and what becomes of it: output, status, terminal, the process's settings.

# checklist: 1
basics_version() {
    call version --format '{{range .Server.Components}}{{if eq .Name "runc"}}{{.Version}} {{.Details.GitCommit}}{{end}}{{end}}'
    if [[ $output == ?*' '?* ]]; then ok "docker version knows the runtime's version and commit"
    else not_ok "docker version knows the runtime's version and commit"; echo "  $output"; fi
    call info --format '{{json .Warnings}}'
    if [[ $words != *runc* && $output != *runc* ]]; then ok "docker info does not complain"; else not_ok "docker info does not complain"; fi
}

# checklist: 4
basics_output_and_status() {
    run test echo hello from docker
    is "the output is captured" "hello from docker" "$output"
    is "the status is 0" 0 "$status"
    is "nothing is on standard error" "" "$words"
    run test sh -c 'echo one; echo two >&2; exit 7'
    is "the exit status is passed on" 7 "$status"
    is "standard output alone" one "$output"
    is "standard error alone" two "$words"
    run test sh -c 'kill -TERM $$; sleep 5'
    is "process 1 does not fall to a signal from within" 0 "$status"
    output=$(echo typed | docker run --rm -i test cat)
    is "standard input with -i" typed "$output"
    is "and nothing without it" "" "$(echo typed | docker run --rm test cat)"
    run test
    has "the image's own command" "hello from /srv" "$output"
}

# checklist: 3 5
basics_failures() {
    run test no-such-program
    is "a missing program: 127" 127 "$status"
    has "a missing program is named" 'exec: "no-such-program": executable file not found in $PATH' "$words"
    run test /no/such/program
    is "a missing path: 127" 127 "$status"
    has "a missing path is named" "/no/such/program: no such file or directory" "$words"
    run test /etc/passwd
    is "no program: 126" 126 "$status"
    has "no program, in words" "permission denied" "$words"
    has "the manager found the reason in the log" "OCI runtime create failed" "$words"
    run -v /etc/hostname:/srv test true
    if [[ $status != 0 && $words == *"not a directory"* ]]; then ok "a file mounted on a folder: docker's hint"
    else not_ok "a file mounted on a folder: docker's hint"; echo "  $status $words"; fi
    has "with docker's explanation" "Are you trying to mount a directory onto a file" "$words"
    run -w /etc/passwd test true
    if [[ $status != 0 ]]; then ok "a file as working directory is refused"; else not_ok "a file as working directory is refused"; fi
}

# checklist: 17
basics_nothing_after_failure() {
    call run --name failed -m 64m test no-such-program
    is "after a failed create: no bundle, no state" "" "$(find "$tasks" "$states" -mindepth 1 -maxdepth 1 2>/dev/null)"
    until_true nothing_left >/dev/null
    is "no process, no cgroup" "" "$(left_behind)"
    remove failed
}

basics_process() {
    run -e COLOUR=blue -w /tmp test sh -c 'echo $COLOUR $GREETING $PWD'
    is "environment and working directory" "blue hello /tmp" "$output"
    run -w /made/for/it test pwd
    is "a working directory that is not there is made" /made/for/it "$output"
    run --hostname box --domainname example test sh -c 'hostname; cat /proc/sys/kernel/domainname'
    is "host and domain name" $'box\nexample' "$output"
    run test sh -c 'echo $$ /proc/[0-9]*; cat /proc/1/comm; true'
    is "process 1, and alone" $'1 /proc/1\nsh' "$output"
    run --init test sh -c 'echo $$; cat /proc/1/comm; sleep 0.1 & exec true'
    if [[ $output == *docker-init* ]]; then ok "--init: a small init is process 1"; else not_ok "--init: a small init is process 1"; echo "  $output $words"; fi
    run --ulimit nofile=123:456 test sh -c 'ulimit -n; ulimit -Hn'
    is "--ulimit" $'123\n456' "$output"
    run --oom-score-adj 500 test cat /proc/self/oom_score_adj
    is "--oom-score-adj" 500 "$output"
    run --entrypoint /bin/echo test from the entrypoint
    is "--entrypoint" "from the entrypoint" "$output"
}

# checklist: 8
basics_inherited() {
    run test sh -c 'ls -l /proc/1/fd | grep -c " [0-9]* -> "; ls /proc/self/fd | sort -n | head -3 | paste -sd" "'
    is "descriptors 0, 1, 2 and no other" $'3\n0 1 2' "$(sed '1s/^4$/3/' <<<"$output")" # 4: the shell's own, while it lists
    run test sed -n 's/^Sig\(Blk\|Ign\):\t//p' /proc/self/status
    is "no signal is blocked or ignored" $'0000000000000000\n0000000000000000' "$output"
}

basics_terminal() {
    output=$(terminal 'docker run --rm -it test sh -c "tty; test -t 0 && test -t 1 && test -t 2 && echo all; exit 5"' </dev/null)
    status=$?
    is "-it: a terminal of its own" $'/dev/pts/0\nall' "$output"
    output=$(printf 'echo $((40 + 2)); exit 3\n' | terminal "docker run --rm -it test sh")
    has "-it: what is typed arrives" 42 "$output"
    output=$(terminal 'stty rows 41 cols 123; docker run --rm -it test sh -c "sleep 0.5; stty size"' </dev/null)
    is "-it: the size of the caller's terminal" "41 123" "$output"
    terminal 'docker run --rm -it test sh -c "exit 9"; echo "status $?"' </dev/null >"$scratch/out"
    is "-it: the status" "status 9" "$(<"$scratch/out")"
    start -t test sh -c 'tty; sleep 600'
    until_true logs_have "$id" /dev/pts/0
    is "-d -t, and nothing else in its log" /dev/pts/0 "$(docker logs "$id" | tr -d '\r')"
    remove "$id"
}

basics_version
basics_output_and_status
basics_failures
basics_nothing_after_failure
basics_process
basics_inherited
basics_terminal
