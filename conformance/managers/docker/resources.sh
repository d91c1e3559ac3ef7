# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# Limits, what happens at them, and docker update.

resources_memory() {
    start -m 64m --memory-swap 80m --memory-reservation 32m test sleep 600
    is "-m" $((64 << 20)) "$(cgroup_value "$id" memory memory.limit_in_bytes memory.max)"
    is "--memory-reservation" $((32 << 20)) "$(cgroup_value "$id" memory memory.soft_limit_in_bytes memory.low)"
    call stats --no-stream --format '{{.MemUsage}}' "$id"
    has "stats: the limit" "/ 64MiB" "$output"
    remove "$id"
}

# checklist: 6
resources_oom() {
    start -m 24m --memory-swap 24m test sh -c 'tail /dev/zero; echo not reached >/dev/null; exit 9'
    call wait "$id"
    is "a program without memory is killed" "9 true" "$output $(inspect "$id" '{{.State.OOMKilled}}')"
    remove "$id"
    start -m 24m --memory-swap 24m test tail /dev/zero
    call wait "$id"
    is "so is process 1: 137" 137 "$output"
    # On v2 the shim reads an event of a cgroup whose last process has gone already.
    if [[ -d /sys/fs/cgroup/memory ]]; then is "and docker knows why" true "$(inspect "$id" '{{.State.OOMKilled}}')"; fi
    remove "$id"
}

resources_pids() {
    start --pids-limit 20 test sleep 600
    is "--pids-limit" 20 "$(cgroup_value "$id" pids pids.max pids.max)"
    call exec "$id" sh -c 'for i in $(seq 40); do sleep 5 & done; wait'
    has "and no process more" "can't fork: Resource temporarily unavailable" "$words"
    remove "$id"
}

resources_cpu() {
    start --cpus 0.5 test sleep 600
    is "--cpus" "50000" "$(cgroup_value "$id" cpu cpu.cfs_quota_us cpu.max | cut -d' ' -f1)"
    remove "$id"
    start --cpu-shares 512 test sleep 600
    is "--cpu-shares" "$([[ -d /sys/fs/cgroup/cpu ]] && echo 512 || echo 59)" "$(cgroup_value "$id" cpu cpu.shares cpu.weight)"
    remove "$id"
    if ! has_controller cpuset; then skip "--cpuset-cpus" "no cpuset controller"; return; fi
    start --cpuset-cpus 0 test sleep 600
    is "--cpuset-cpus" 0 "$(cgroup_value "$id" cpuset cpuset.cpus cpuset.cpus)"
    call exec "$id" nproc
    is "--cpuset-cpus: seen from inside" 1 "$output"
    remove "$id"
}

# checklist: 18
resources_update() {
    start -m 64m --memory-swap 128m test sleep 600
    call update -m 48m --memory-swap 96m --cpus 0.3 --pids-limit 30 "$id"
    is "update" "0 " "$status $words"
    is "update: memory" $((48 << 20)) "$(cgroup_value "$id" memory memory.limit_in_bytes memory.max)"
    is "update: quota" 30000 "$(cgroup_value "$id" cpu cpu.cfs_quota_us cpu.max | cut -d' ' -f1)"
    is "update: processes" 30 "$(cgroup_value "$id" pids pids.max pids.max)"
    call update --cpu-shares 512 "$id"
    is "update of one thing leaves the others" "$((48 << 20)) 30" \
        "$(cgroup_value "$id" memory memory.limit_in_bytes memory.max) $(cgroup_value "$id" pids pids.max pids.max)"
    call update -m 256m --memory-swap 512m "$id"
    is "update: more memory than swap was" $((256 << 20)) "$(cgroup_value "$id" memory memory.limit_in_bytes memory.max)"
    call update --pids-limit -1 "$id"
    is "update: no limit on processes" max "$(cgroup_value "$id" pids pids.max pids.max)"
    call update --restart on-failure "$id"
    is "update --restart" "0 on-failure" "$status $(inspect "$id" '{{.HostConfig.RestartPolicy.Name}}')"
    call exec "$id" echo alive
    is "and it takes commands" alive "$output"
    remove "$id"
    start -m 64m --memory-swap 64m test sleep 600
    call stop -t 0 "$id"
    call update -m 48m --memory-swap 64m "$id"
    is "update of a stopped one" 0 "$status"
    call start "$id"
    is "and then it is started with it" $((48 << 20)) "$(cgroup_value "$id" memory memory.limit_in_bytes memory.max)"
    remove "$id"
}

resources_memory
resources_oom
resources_pids
resources_cpu
resources_update
