# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# The daemon and the shim end, by order or not; the daemon's own settings. Every case ends with a daemon that runs.

# checklist: 7 12
daemon_shim_killed() {
    local pid
    start test sleep 4323
    pid=$(inspect "$id" '{{.State.Pid}}')
    kill -KILL "$(ps -o ppid= -p "$pid")"
    if until_true eval '! kill -0 "$pid" 2>/dev/null'; then ok "the shim killed: its container is killed too"
    else not_ok "the shim killed: its container is killed too"; kill -KILL "$pid"; fi
    if until_true is_state "$id" exited; then ok "and docker knows"; else not_ok "and docker knows"; fi
    if until_true nothing_left; then ok "and nothing is left"; else not_ok "and nothing is left"; left_behind; fi
    is "of its state neither" "" "$(find "$states" -mindepth 1 -maxdepth 1)"
    call start "$id"
    is "and it can be started again" running "$(inspect "$id" '{{.State.Status}}')"
    remove "$id"
}

daemon_stopped() {
    start --restart always test sh -c 'trap "echo asked to end; exit 5" TERM; echo ready; while :; do sleep 600 & wait $!; done'
    until_true logs_have "$id" ready
    stop_dockerd
    is "the daemon stopped: nothing is left" "" "$(processes | grep -v registry)"
    start_dockerd
    has "its container was asked to end" "asked to end" "$(docker logs "$id")"
    until_true is_state "$id" running
    is "and is started with the daemon" $'ready\nasked to end\nready' "$(until_true eval '(($(docker logs "$id" | wc -l) > 2))'; docker logs "$id")"
    remove "$id"
}

daemon_live_restore() {
    local pid
    stop_dockerd
    start_dockerd --live-restore
    start test sh -c 'trap "echo still heard" USR1; echo ready; while :; do sleep 600 & wait $!; done'
    until_true logs_have "$id" ready
    pid=$(inspect "$id" '{{.State.Pid}}')
    kill -KILL "$daemon"
    wait "$daemon" 2>/dev/null
    if kill -0 "$pid"; then ok "--live-restore: the daemon killed, the container lives"; else not_ok "--live-restore: the daemon killed, the container lives"; fi
    start_dockerd --live-restore
    is "back again, the container still runs" "running $pid" "$(inspect "$id" '{{.State.Status}} {{.State.Pid}}')"
    call exec "$id" echo alive
    is "and takes commands" alive "$output"
    docker kill -s USR1 "$id" >/dev/null
    if until_true logs_have "$id" "still heard"; then ok "and signals"; else not_ok "and signals"; fi
    remove "$id"
    stop_dockerd
    start_dockerd
}

daemon_settings() {
    stop_dockerd
    cat >"$scratch/daemon.json" <<JSON
{"runtimes": {"with-arguments": {"path": "$runtime", "runtimeArgs": ["--debug"]}, "by-path": {"path": "$runtime"}},
 "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 777, "Soft": 777}}, "init": true}
JSON
    DOCKER_RAMDISK=1 start_dockerd
    run --runtime by-path test echo by path
    is "a runtime by its path" "by path" "$output"
    run --runtime with-arguments test echo with arguments
    is "runtimeArgs" "with arguments" "$output"
    run test sh -c 'ulimit -n; cat /proc/1/comm; true'
    is "default-ulimits and init" $'777\ndocker-init' "$output"
    record_calls run test sh -c 'echo no pivot; ls /proc/1/root/srv | head -n 1'
    is "DOCKER_RAMDISK" $'no pivot\nadded' "$output"
    has "is --no-pivot" "--no-pivot" "$(grep ' create ' "$scratch/calls")"
    echo '{}' >"$scratch/daemon.json"
    stop_dockerd
    start_dockerd
}

daemon_userns() {
    if [[ ! -e /etc/subuid || ! -e /etc/subgid ]]; then skip "userns-remap" "no /etc/subuid"; return; fi
    printf 'nobody:200000:65536\nnogroup:200000:65536\n' >"$scratch/sub"
    mount --bind "$scratch/sub" /etc/subuid && mount --bind "$scratch/sub" /etc/subgid
    stop_dockerd
    start_dockerd --userns-remap nobody:nogroup
    docker load -q -i "$scratch/image.tar" >/dev/null
    run test sh -c 'id -u; cat /proc/self/uid_map | tr -s " "; touch /srv/x && stat -c %u /srv/x'
    is "userns-remap" $'0\n 0 200000 65536\n0' "$output"
    run test sh -c 'cat /proc/sys/kernel/hostname >/dev/null && grep ^Seccomp: /proc/self/status; ip -4 addr show eth0 | grep -o "inet 172"'
    is "userns-remap: seccomp and a network" $'Seccomp:\t2\ninet 172' "$output"
    start -v "$scratch/context:/mnt" -m 64m --tmpfs /tmp test sleep 600
    is "userns-remap: whose process it is" 200000 "$(stat -c %u "/proc/$(inspect "$id" '{{.State.Pid}}')")"
    call exec "$id" sh -c 'id -u; touch /mnt/refused 2>/dev/null || echo refused'
    is "userns-remap: exec, and what is not its own" $'0\nrefused' "$output"
    call exec -u guest "$id" id -un
    is "userns-remap: exec -u" guest "$output"
    output=$(terminal "docker exec -it $id tty" </dev/null)
    is "userns-remap: exec -it" /dev/pts/0 "$output"
    call stop -t 0 "$id"
    remove "$id"
    run --userns host test cat /proc/self/uid_map
    is "--userns host" "$(cat /proc/self/uid_map)" "$output"
    build_in_userns
    stop_dockerd
    umount /etc/subuid /etc/subgid
    start_dockerd
}

build_in_userns() {
    mkdir -p "$scratch/context"
    printf 'FROM test\nRUN id -u >/srv/x; chown 5:5 /srv/x\n' >"$scratch/context/Dockerfile"
    call build -q -t mapped "$scratch/context"
    run mapped sh -c 'cat /srv/x; stat -c %u:%g /srv/x'
    is "userns-remap: build" $'0\n5:5' "$output"
}

mkdir -p "$scratch/context"
daemon_shim_killed
daemon_stopped
daemon_live_restore
daemon_settings
daemon_userns
is "at last docker knows of no container" "" "$(docker_leftovers)"
stop_dockerd
is "and no process is left" "" "$(processes)"
