# shellcheck shell=bash
# update: what is named changes, the rest stays; a refused one changes nothing.

# by_document JSON: update --resources -, which has to succeed and to be silent.
by_document() {
    _update "$1"
    if ((RC)); then fail "update of $1 ended with $RC: $ERR"; fi
    expect_equal "output" "$OUT$ERR" ''
}

# refused_document TEXT JSON
refused_document() {
    _update "$2"
    _must_refuse "$1" update
}

_update() {
    RC=0
    "$RUNTIME" --root "$ROOT" update --resources - "$ID" <<<"$1" >"$T/call.out" 2>"$T/call.err" || RC=$?
    read_file OUT "$T/call.out"
    read_file ERR "$T/call.err"
}

MIB=1048576

# expect_memory MEMORY SWAP: in MiB, swap and memory together; max is none.
expect_memory() {
    local memory swap
    memory=$(knob memory memory.limit_in_bytes memory.max)
    if [[ $CGROUPS == v2 ]]; then
        swap=$(knob - - memory.swap.max)
        if [[ $swap != max ]]; then swap=$((swap + memory)); fi
    else
        swap=$(knob memory memory.memsw.limit_in_bytes -)
    fi
    expect_equal "limit of memory, and of memory and swap" "$(_mib "$memory") $(_mib "$swap")" "$1 $2"
}

_mib() { case $1 in max | 9223372036854771712) echo max ;; *) echo $(($1 / MIB)) ;; esac; }

needs_swap_limits() {
    local file
    file=$(cgroup_file memory memory.memsw.limit_in_bytes)
    if [[ $CGROUPS == v2 ]]; then file=$(cgroup_file - memory.swap.max); fi
    if [[ ! -e $file ]]; then
        must delete --force "$ID"
        skip "no limits of swap in this kernel"
    fi
}

all_knobs() {
    knob memory memory.limit_in_bytes memory.max
    knob memory memory.soft_limit_in_bytes memory.low
    knob cpu cpu.shares cpu.weight
    knob cpu cpu.cfs_period_us cpu.max
    if [[ $CGROUPS != v2 ]]; then knob cpu cpu.cfs_quota_us -; fi
    knob pids pids.max pids.max
}

LIMITED='.linux.resources += {memory: {limit: 104857600, reservation: 52428800}, cpu: {shares: 262144, quota: 40000, period: 80000}, pids: {limit: 40}}'

test_update_changes_what_is_named_and_nothing_else() {
    sleeper "$LIMITED"
    local before after
    before=$(all_knobs)
    must update --pids-limit 41 "$ID"
    expect_equal "output" "$OUT$ERR" ''
    after=$(all_knobs)
    expect_equal "all but the last line" "${after%$'\n'*}" "${before%$'\n'*}"
    expect_equal "limit of processes" "${after##*$'\n'}" 41
    must update --memory 60m "$ID"
    expect_equal "limit of memory" "$(_mib "$(knob memory memory.limit_in_bytes memory.max)")" 60
    must update --cpu-share 2 "$ID"
    expect_match "share or weight" "$(knob cpu cpu.shares cpu.weight)" '^[12]$'
    must update --memory-reservation 1048576 "$ID"
    expect_equal "reservation" "$(knob memory memory.soft_limit_in_bytes memory.low)" $MIB
    expect_equal "limit of processes" "$(knob pids pids.max pids.max)" 41
    end_container
}

test_memory_and_swap_grow_and_shrink_together() {
    sleeper ".linux.resources.memory = {limit: $((64 * MIB)), swap: $((128 * MIB))}"
    needs_swap_limits
    expect_memory 64 128
    must update --memory 128M --memory-swap 256M "$ID"
    expect_memory 128 256
    must update --memory 32M --memory-swap 40M "$ID"
    expect_memory 32 40
    must update --memory 50M --memory-swap 50M "$ID"
    expect_memory 50 50
    must update --memory 20M --memory-swap -1 "$ID"
    expect_memory 20 max
    must update --memory 30M --memory-swap 31M "$ID"
    expect_memory 30 31
    must update --memory -1 "$ID"
    expect_memory max max
    end_container
}

test_quota_and_period_change_alone_and_together() {
    sleeper '.linux.resources.cpu = {quota: 30000, period: 60000}'
    must update --cpu-quota 20000 "$ID"
    expect_bandwidth 20000 60000
    must update --cpu-period 90000 "$ID"
    expect_bandwidth 20000 90000
    must update --cpu-quota 200000 --cpu-period 100000 "$ID"
    expect_bandwidth 200000 100000
    must update --cpu-quota 2000 --cpu-period 5000 "$ID"
    expect_bandwidth 2000 5000
    must update --cpu-quota -1 "$ID"
    expect_bandwidth max 5000
    end_container
}

expect_bandwidth() { # expect_bandwidth QUOTA PERIOD
    if [[ $CGROUPS == v2 ]]; then
        expect_equal "cpu.max" "$(knob - - cpu.max)" "$1 $2"
    else
        expect_equal "quota and period" "$(knob cpu cpu.cfs_quota_us -) $(knob cpu cpu.cfs_period_us -)" "${1/max/-1} $2"
    fi
}

# v1: a group's share of the processor may not be larger than its parent's, at no moment.
test_quota_and_period_fit_into_the_parents_at_every_moment() {
    if [[ $CGROUPS == v2 ]]; then skip "no such bound on v2"; fi
    bundle '.linux.cgroupsPath += "/below" | .linux.resources.cpu = {quota: 10000, period: 50000}' sleep 1000
    local parent=/sys/fs/cgroup/cpu$CGROUP
    mkdir -p "$parent"
    echo 100000 >"$parent/cpu.cfs_period_us"
    echo 50000 >"$parent/cpu.cfs_quota_us"
    create
    start
    must update --cpu-quota 5000 --cpu-period 10000 "$ID"
    must update --cpu-quota 40000 --cpu-period 100000 "$ID"
    expect_equal "quota" "$(<"$parent/below/cpu.cfs_quota_us")" 40000
    # Down to a period in which the old quota would be four processors.
    must update --cpu-quota 3000 --cpu-period 10000 "$ID"
    expect_equal "quota and period" "$(<"$parent/below/cpu.cfs_quota_us") $(<"$parent/below/cpu.cfs_period_us")" '3000 10000'
    refused 'cpu' update --cpu-quota 9000 "$ID"
    expect_equal "quota" "$(<"$parent/below/cpu.cfs_quota_us")" 3000
    must delete --force "$ID"
    rmdir "$parent"
    find /sys/fs/cgroup -type d -path "*$CGROUP" -exec rmdir {} + 2>/dev/null || true
}

test_sizes_have_units() {
    sleeper
    local size
    for size in 67108864 64M 64m 64MB 64MiB 65536k 0.0625g; do
        must update --memory-reservation 1M "$ID"
        must update --memory-reservation "$size" "$ID"
        expect_equal "reservation $size" "$(_mib "$(knob memory memory.soft_limit_in_bytes memory.low)")" 64
    done
    for size in abc 64X 1.2.3 -5; do
        refused "invalid value for memory: invalid size: '$size'" update --memory "$size" "$ID"
    done
    refused 'invalid value for cpu-quota' update --cpu-quota 5x "$ID"
    refused 'invalid value for cpu-share' update --cpu-share -5 "$ID"
    end_container
}

# The documents are docker's (manager-calls.md).
test_zeros_of_docker_leave_everything_as_it_is() {
    sleeper "$LIMITED"
    local before
    before=$(all_knobs)
    by_document '{"memory":{"limit":0,"reservation":0,"swap":0,"kernel":0},"cpu":{"shares":0,"quota":0,"period":0},"blockIO":{"weight":0}}'
    expect_equal "the limits" "$(all_knobs)" "$before"
    by_document '{}'
    expect_equal "the limits" "$(all_knobs)" "$before"
    by_document '{"pids":{"limit":-1}}'
    expect_equal "limit of processes" "$(knob pids pids.max pids.max)" max
    by_document '{"pids":{"limit":30}}'
    expect_equal "limit of processes" "$(knob pids pids.max pids.max)" 30
    end_container
}

test_a_file_of_limits_is_read_and_flags_beside_it_are_not() {
    sleeper "$LIMITED"
    echo '{"pids":{"limit":50}}' >"$T/limits.json"
    must update --resources="$T/limits.json" --pids-limit 60 --cpu-quota nonsense "$ID"
    expect_equal "limit of processes" "$(knob pids pids.max pids.max)" 50
    refused 'open --resources .*nowhere' update -r "$T/nowhere" "$ID"
    echo '{"pids":{"limit":"x"}}' >"$T/limits.json"
    refused 'pids.limit: a number is expected, found a string' update -r "$T/limits.json" "$ID"
    end_container
}

# kubelet sends "deny all" with every update; a denied device stays denied meanwhile, and what was allowed stays allowed.
test_device_rules_stay_in_force_during_and_after_updates() {
    bundle 'writable | .linux.resources.devices += [{allow: true, type: "c", major: 1, minor: 11, access: "r"}] | capable(["CAP_SYSLOG", "CAP_MKNOD"])' sh -c '
        mknod /denied c 10 229; mknod /allowed c 1 11
        echo ready
        while [ ! -e /stop ]; do
            if true </denied; then echo opened; fi
            if ! true </allowed; then echo lost; fi
        done 2>/dev/null
        echo end'
    create
    start
    soon "it tries" grep -q ready "$T/$ID.out"
    local i
    for ((i = 0; i < 30; i++)); do
        by_document "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}],\"memory\":{\"limit\":$((100000000 + i * 4096))},\"cpu\":{\"shares\":$((100 + i))}}"
    done
    get_pid
    touch "/proc/$PID/root/stop"
    soon "it ends" has_status stopped
    expect_equal "what it saw" "$(<"$T/$ID.out")" $'ready\nend'
    must delete "$ID"
}

test_a_created_container_is_updated() {
    bundle . sleep 1000
    create
    must update --pids-limit 12 "$ID"
    expect_equal "limit of processes" "$(knob pids pids.max pids.max)" 12
    expect_status created
    start
    expect_equal "limit of processes" "$(knob pids pids.max pids.max)" 12
    end_container
}

test_a_paused_container_is_updated_and_stays_paused() {
    sleeper "$LIMITED"
    local file frozen thawed
    if [[ $CGROUPS == v2 ]]; then file=cgroup.freeze frozen=1 thawed=0; else file=freezer.state frozen=FROZEN thawed=THAWED; fi
    file=$(cgroup_file freezer $file)
    echo $frozen >"$file"
    soon "it is paused" has_status paused
    must update --memory 70M --pids-limit 12 --cpu-quota 10000 "$ID"
    expect_status paused
    expect_equal "limit of memory" "$(_mib "$(knob memory memory.limit_in_bytes memory.max)")" 70
    echo $thawed >"$file"
    end_container
}

# mutant: Check.UpdateOnlyAlive
test_a_stopped_container_is_not_updated() {
    sleeper
    stop_container
    refused 'container not running' update --pids-limit 12 "$ID"
    must delete "$ID"
    refused 'container does not exist' update --pids-limit 12 "$ID"
}

# mutant: Undo.PutLimitsBack
test_a_refused_update_leaves_the_container_as_it_was() {
    sleeper "$LIMITED"
    local before document
    before=$(all_knobs)
    local all='"memory":{"limit":'$((50 * MIB))',"reservation":1048576},"cpu":{"shares":99,"quota":7000,"period":9000},"pids":{"limit":77}'
    # No kernel of today has the first; on v2, no group has the second.
    if [[ $CGROUPS == v2 ]]; then document='"unified":{"pids.nonsense":"1"}'; else document='"blockIO":{"leafWeight":500}'; fi
    refused_document 'this kernel has no (pids.nonsense|blkio.leaf_weight)' "{$all,$document}"
    expect_equal "the limits" "$(all_knobs)" "$before"
    # Seen to be wrong before anything is written.
    refused_document 'cpu.period: 1000 to 1000000 microseconds are expected, found 100' '{"pids":{"limit":77},"cpu":{"period":100}}'
    expect_equal "the limits" "$(all_knobs)" "$before"
    end_container
}

test_a_refused_update_of_one_block_device_leaves_the_others() {
    block_device
    sleeper ".linux.resources.blockIO = {throttleReadBpsDevice: [{major: $MAJOR, minor: $MINOR, rate: 5000000}]}"
    refused_document 'throttleWriteIOPSDevice.1..rate.*ENODEV' \
        "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":$MAJOR,\"minor\":$MINOR,\"rate\":6000000}],
        \"throttleWriteIOPSDevice\":[{\"major\":$MAJOR,\"minor\":$MINOR,\"rate\":60},{\"major\":4000,\"minor\":5,\"rate\":1}]}}"
    if [[ $CGROUPS == v2 ]]; then
        expect_equal "io.max" "$(knob - - io.max)" "$MAJOR:$MINOR rbps=5000000 wbps=max riops=max wiops=max"
    else
        expect_equal "bytes read" "$(knob blkio blkio.throttle.read_bps_device -)" "$MAJOR:$MINOR 5000000"
        expect_equal "writes" "$(knob blkio blkio.throttle.write_iops_device -)" ''
    fi
    by_document "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":$MAJOR,\"minor\":$MINOR,\"rate\":0}]}}"
    expect_equal "after a rate of zero" "$(knob blkio blkio.throttle.read_bps_device io.max)" ''
    end_container
}

# A program that has written 30 MiB into a tmpfs, which nothing can reclaim.
holder() {
    bundle ".linux.resources.memory = {limit: $((100 * MIB))${1:-}}" sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=30 2>/dev/null; echo full; exec sleep 1000'
    create
    start
    soon "its memory is full" grep -q full "$T/$ID.out"
}

# mutant: Check.MemoryIsAboveUsage Check.SwapIsAboveUsage
test_a_limit_below_the_usage_is_refused_when_it_is_checked() {
    holder
    refused_document 'rejecting memory limit 1048576 <= usage [0-9]+' '{"memory":{"limit":1048576,"checkBeforeUpdate":true}}'
    refused_document 'rejecting memory\+swap limit 2097152 <= usage [0-9]+' '{"memory":{"limit":1048576,"swap":2097152,"checkBeforeUpdate":true}}'
    expect_status running
    expect_equal "limit of memory" "$(_mib "$(knob memory memory.limit_in_bytes memory.max)")" 100
    by_document "{\"memory\":{\"limit\":$((90 * MIB)),\"checkBeforeUpdate\":true}}"
    end_container
}

test_config_json_may_ask_for_the_check() {
    holder ', checkBeforeUpdate: true'
    refused 'rejecting memory limit' update --memory 1M "$ID"
    expect_status running
    end_container
}

test_without_the_check_v1_refuses_and_v2_ends_the_container() {
    holder ", swap: $((100 * MIB))"
    if [[ $CGROUPS == v2 ]]; then
        # There the writer of memory.max goes round in the kernel until the killed process is gone, and never lets it run.
        if [[ $(uname -r) =~ ^5\.1[01]\. && $(nproc) == 1 ]]; then
            end_container
            skip "one CPU, and a kernel that hangs when memory.max is written below the usage"
        fi
        must update --memory 1M "$ID"
        soon "it is killed" has_status stopped
        must delete "$ID"
        return
    fi
    refused 'unable to set memory limit to 1048576 \(current usage: [0-9]+, peak usage: [0-9]+\)' update --memory 1M "$ID"
    expect_status running
    expect_equal "limit of memory" "$(_mib "$(knob memory memory.limit_in_bytes -)")" 100
    end_container
}

test_idle_and_burst_are_updated() {
    sleeper '.linux.resources.cpu = {quota: 20000, period: 100000}'
    if [[ ! -e $(cgroup_file cpu cpu.idle) ]]; then
        must delete --force "$ID"
        skip "no idle groups in this kernel"
    fi
    must update --cpu-idle 1 "$ID"
    expect_equal "cpu.idle" "$(knob cpu cpu.idle cpu.idle)" 1
    must update --cpu-idle 0 --cpu-share 262144 "$ID"
    expect_match "share or weight" "$(knob cpu cpu.shares cpu.weight)" '^(262144|10000)$'
    refused 'cpu.idle: 0 or 1 is expected, found 3' update --cpu-idle 3 "$ID"
    # The burst is never above the quota, whichever of them grows.
    must update --cpu-burst 60000 --cpu-quota 60000 "$ID"
    expect_equal "burst" "$(knob cpu cpu.cfs_burst_us cpu.max.burst)" 60000
    must update --cpu-burst 5000 --cpu-quota 6000 "$ID"
    expect_equal "burst" "$(knob cpu cpu.cfs_burst_us cpu.max.burst)" 5000
    must update --memory 100M "$ID"
    expect_equal "burst after another update" "$(knob cpu cpu.cfs_burst_us cpu.max.burst)" 5000
    must update --cpu-burst 0 "$ID"
    expect_equal "burst" "$(knob cpu cpu.cfs_burst_us cpu.max.burst)" 0
    end_container
}

test_exec_and_state_are_as_before_an_update() {
    sleeper "$LIMITED"
    local before
    must state "$ID"
    before=$OUT
    must update --memory 70M "$ID"
    must state "$ID"
    expect_equal "state" "$OUT" "$before"
    must exec "$ID" echo in
    expect_equal "output" "$OUT" in
    end_container
}

test_unified_settings_are_updated_on_v2() {
    sleeper "$LIMITED"
    if [[ $CGROUPS != v2 ]]; then
        refused_document 'invalid configuration: cannot use unified on cgroup v1' '{"unified":{"memory.high":"1"}}'
        end_container
        return
    fi
    by_document '{"unified":{"memory.high":"80000000","pids.max":"33"},"pids":{"limit":20}}'
    expect_equal "memory.high" "$(knob - - memory.high)" 79998976
    expect_equal "pids.max, which has the last word" "$(knob - - pids.max)" 33
    refused_document 'unified.nonsense.max: the cgroup controller .*nonsense.* is not available' '{"unified":{"nonsense.max":"1"}}'
    refused_document 'unified resource .*a/b.* must be a file name' '{"unified":{"a/b":"1"}}'
    refused_document 'unified resource .*memory.* must be in the form CONTROLLER.PARAMETER' '{"unified":{"memory":"1"}}'
    end_container
}

test_swap_alone_counts_from_the_limit_that_is_there() {
    sleeper ".linux.resources.memory = {limit: $((64 * MIB)), swap: $((64 * MIB))}"
    needs_swap_limits
    must update --memory-swap 80M "$ID"
    expect_memory 64 80
    refused 'memory|swap' update --memory-swap 60M "$ID"
    expect_memory 64 80
    end_container
}
