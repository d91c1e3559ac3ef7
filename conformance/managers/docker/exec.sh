# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# docker exec, in one container for all cases.

exec_output_and_status() {
    call exec "$id" echo hello from exec
    is "exec: the output, and nothing else" "hello from exec  0" "$output $words $status"
    call exec "$id" sh -c 'echo two >&2; exit 6'
    is "exec: the status and standard error" "6 two" "$status $words"
    is "exec -i" typed "$(echo typed | docker exec -i "$id" cat)"
    call exec -w /tmp -e COLOUR=red "$id" sh -c 'echo $PWD $COLOUR $GREETING $HOSTNAME'
    is "exec -w -e, and the image's variables" "/tmp red hello box" "$output"
    call exec "$id" sh -c 'kill -KILL $$'
    is "exec: killed, 137" 137 "$status"
    call exec "$id" sh -c "$show_namespaces" sh pid net mnt uts ipc
    is "exec: the container's namespaces" "$(nsenter -t "$(inspect "$id" '{{.State.Pid}}')" -a busybox sh -c "$show_namespaces" sh pid net mnt uts ipc)" "$output"
}

exec_detached() {
    call exec -d "$id" sh -c 'echo done >/srv/detached; exec sleep 555'
    is "exec -d: returns at once" "0 " "$status $output"
    until_true docker exec "$id" test -s /srv/detached
    call exec "$id" sh -c 'pidof sleep | wc -w'
    is "exec -d: lives on" 2 "$output"
    call exec "$id" sh -c 'cat /proc/$(pidof sleep | cut -d" " -f1)/cgroup | md5sum; cat /proc/1/cgroup | md5sum'
    is "exec -d: in the container's cgroups" 1 "$(sort -u <<<"$output" | wc -l)"
    docker exec "$id" sh -c 'for p in $(pidof sleep); do [ $p = 1 ] || kill $p; done'
}

# checklist: 23
exec_users() {
    call exec -u 1000:1000 "$id" sh -c 'id -u; id -g'
    is "exec -u number" $'1000\n1000' "$output"
    call exec -u guest "$id" sh -c 'echo $(id -un) $HOME'
    is "exec -u name, with its home" "guest /srv" "$output"
    # docker asks for all of its 14 capabilities here, for a user who is not root.
    call exec -u 1000 "$id" grep -E '^Cap(Prm|Bnd|Amb)' /proc/self/status
    is "exec -u: docker's capabilities, as far as the user can have them" \
        $'CapPrm:\t0000000000000000\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000' "$output"
    call exec "$id" grep -E '^(Seccomp|CapEff):' /proc/self/status
    is "exec: as confined as the container" $'CapEff:\t00000000a80425fb\nSeccomp:\t2' "$output"
}

exec_terminal() {
    output=$(terminal "docker exec -it $id sh -c 'test -t 0 && tty; exit 4'; echo status \$?" </dev/null)
    is "exec -it: a terminal and its status" $'/dev/pts/0\nstatus 4' "$output"
    output=$(printf 'echo $((20 + 3)); exit\n' | terminal "docker exec -it $id sh")
    has "exec -it: what is typed arrives" 23 "$output"
    output=$(terminal "stty rows 37 cols 99; docker exec -it $id sh -c 'sleep 0.5; stty size'" </dev/null)
    is "exec -it: the size of the caller's terminal" "37 99" "$output"
}

exec_failures() {
    call exec "$id" no-such-program
    is "exec of a missing program: 126" 126 "$status"
    has "exec of a missing program is named" 'exec: "no-such-program": executable file not found in $PATH' "$output$words"
    call exec "$id" /etc/passwd
    is "exec of what is no program: 126" 126 "$status"
    has "exec of what is no program, in words" "permission denied" "$output$words"
    call exec -w /no/such/folder "$id" true
    if [[ $status != 0 ]]; then ok "exec in a folder that is not there"; else not_ok "exec in a folder that is not there"; fi
}

exec_privileged() {
    call exec --privileged "$id" grep -E '^Cap(Prm|Eff)' /proc/self/status
    if [[ $status != 0 ]] && lacks_capability 24; then skip "exec --privileged" "this machine lacks CAP_SYS_RESOURCE, and runc takes all or nothing"
    else is "exec --privileged: every capability that there is" $'CapPrm:\t'"$all_capabilities"$'\nCapEff:\t'"$all_capabilities" "$output"; fi
}

exec_many_at_once() {
    local turn
    for turn in 1 2 3 4 5 6 7 8; do docker exec "$id" echo "$turn" & done >"$scratch/out" 2>&1
    for turn in $(jobs -p); do [[ $turn == "$daemon" ]] || wait "$turn"; done
    is "eight at once" "1 2 3 4 5 6 7 8" "$(sort "$scratch/out" | paste -sd' ')"
}

# checklist: 2
exec_logs() {
    is "the runtime's log of a good container is empty" "" "$(find "$tasks/$id" -name log.json -size +0)"
    is "and so is the container's" "" "$(docker logs "$id" 2>&1)"
}

start --hostname box test sleep 600
exec_output_and_status
exec_detached
exec_users
exec_terminal
exec_many_at_once
exec_logs
exec_failures
exec_privileged
remove "$id"
