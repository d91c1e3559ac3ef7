# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # until_true evals; call and start set output, id and status
# systemd makes the cgroups: a scope for each container. Only with CGROUP_MANAGER=systemd.

# checklist: 12
systemd_scopes() {
    call info --format '{{.CgroupDriver}}'
    is "docker info: the cgroup driver" systemd "$output"
    start test sleep 600
    has "the container's process is in its scope" "/sharprun.slice/sharprun-test.slice/docker-$id.scope" \
        "$(cat "/proc/$(inspect "$id" '{{.State.Pid}}')/cgroup")"
    is "systemd knows the scope" active "$(systemctl is-active "docker-$id.scope")"
    call exec "$id" true
    is "exec" 0 "$status"
    call restart -t 0 "$id"
    is "restart: a scope again" "0 active" "$status $(systemctl is-active "docker-$id.scope")"
    remove "$id"
    until_true eval '! systemctl is-active -q "docker-$id.scope"'
    is "rm -f: no scope is left" inactive "$(systemctl is-active "docker-$id.scope")"
    call run test no-such-program
    is "nor after a failed create" "" "$(systemctl list-units --all --plain --no-legend 'docker-*.scope')"
    start test sleep 4324
    kill -KILL "$(ps -o ppid= -p "$(inspect "$id" '{{.State.Pid}}')")"
    until_true is_state "$id" exited
    if until_true eval '! systemctl is-active -q "docker-$id.scope"'; then ok "nor when the shim was killed"; else not_ok "nor when the shim was killed"; fi
    remove "$id"
}

systemd_scopes
