# shellcheck shell=bash
# linux.resources at create: each property in its file, beside what suite/cgroups.sh has.

MIB=1048576

# has_controller NAME: whether a container may have limits of it here.
has_controller() {
    local controllers
    if [[ $CGROUPS == v2 ]]; then
        read -r controllers </sys/fs/cgroup/cgroup.controllers
        [[ " $controllers " == *" $1 "* ]]
    else
        [[ -e /sys/fs/cgroup/$1/cgroup.procs ]]
    fi
}

needs_controller() {
    if ! has_controller "$1"; then skip "no cgroup controller $1"; fi
}

# refused_on_v2 FILTER PROPERTY: where cgroup v2 has no counterpart; ends the case there.
refused_on_v2() {
    if [[ $CGROUPS == v2 ]]; then
        bundle "$1" true
        refused_create "$2: cgroup v2 has no such setting"
        left_cgroups "$CASE_NUMBER-"
        expect_equal "cgroups that are left" "$LEFT" ''
        exit 0
    fi
}

test_reservation_and_swap_are_set() {
    sleeper ".linux.resources.memory = {limit: $((64 * MIB)), reservation: $((32 * MIB)), swap: $((96 * MIB))}"
    expect_equal "reservation" "$(knob memory memory.soft_limit_in_bytes memory.low)" $((32 * MIB))
    if [[ $CGROUPS == v2 ]]; then
        expect_equal "swap alone" "$(knob - - memory.swap.max)" $((32 * MIB))
    else
        expect_equal "memory and swap" "$(knob memory memory.memsw.limit_in_bytes -)" $((96 * MIB))
    fi
    end_container
}

test_no_swap_is_set() {
    sleeper ".linux.resources.memory = {limit: $((64 * MIB)), swap: $((64 * MIB))}"
    if [[ $CGROUPS == v2 ]]; then
        expect_equal "swap alone" "$(knob - - memory.swap.max)" 0
    else
        expect_equal "memory and swap" "$(knob memory memory.memsw.limit_in_bytes -)" $((64 * MIB))
    fi
    end_container
}

test_habits_of_memory_are_set_on_v1_and_warned_of_on_v2() {
    bundle '.linux.resources.memory = {swappiness: 7, disableOOMKiller: true, useHierarchy: true}' sleep 1000
    must --log "$T/log.txt" create --bundle "$BUNDLE" "$ID"
    if [[ $CGROUPS == v2 ]]; then
        expect_match "log" "$(<"$T/log.txt")" 'memory.swappiness is ignored.*memory.disableOOMKiller is ignored'
        end_container
        return
    fi
    expect_equal "log" "$(<"$T/log.txt")" ''
    expect_equal "swappiness" "$(knob memory memory.swappiness -)" 7
    expect_match "OOM killer" "$(knob memory memory.oom_control -)" '^oom_kill_disable 1'
    expect_equal "hierarchy" "$(knob memory memory.use_hierarchy -)" 1
    end_container
    sleeper '.linux.resources.memory = {swappiness: 0, disableOOMKiller: false}'
    expect_equal "swappiness of zero" "$(knob memory memory.swappiness -)" 0
    expect_match "OOM killer" "$(knob memory memory.oom_control -)" '^oom_kill_disable 0'
    end_container
}

test_idle_and_burst_are_set() {
    local idle
    sleeper
    idle=$(cgroup_file cpu cpu.idle)
    [[ -e $idle ]] || idle=''
    end_container
    if [[ -z $idle ]]; then skip "no idle groups in this kernel"; fi
    sleeper '.linux.resources.cpu = {quota: 30000, period: 60000, burst: 20000, idle: 1, shares: 500}'
    expect_equal "burst" "$(knob cpu cpu.cfs_burst_us cpu.max.burst)" 20000
    expect_equal "idle" "$(knob cpu cpu.idle cpu.idle)" 1
    end_container
}

test_cpu_shares_become_a_weight_by_the_newer_curve() {
    sleeper '.linux.resources.cpu = {shares: 2048}'
    expect_equal "shares or weight" "$(knob cpu cpu.shares cpu.weight)" "$(if [[ $CGROUPS == v2 ]]; then echo 174; else echo 2048; fi)"
    end_container
}

test_realtime_limits_are_set_on_v1() {
    refused_on_v2 '.linux.resources.cpu = {realtimeRuntime: 5000}' linux.resources.cpu.realtimeRuntime
    # Groups below the top have no such time to give: the container's own group is directly below it.
    # shellcheck disable=SC2016 # jq's variable
    bundle '.linux.cgroupsPath = "/sharprun-realtime-\($folder | split("/") | .[-1])" | .linux.resources.cpu = {realtimeRuntime: 5000, realtimePeriod: 500000}' sleep 1000
    CGROUP=$(jq -r .linux.cgroupsPath "$BUNDLE/config.json")
    if [[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ]]; then skip "no realtime groups in this kernel"; fi
    # In a cgroup namespace the top is a group like others.
    if [[ $(</sys/fs/cgroup/cpu/cpu.rt_runtime_us) == 0 ]]; then skip "the top group has no such time to give"; fi
    create
    expect_equal "runtime and period" "$(knob cpu cpu.rt_runtime_us -) $(knob cpu cpu.rt_period_us -)" '5000 500000'
    end_container
    expect_equal "group that is left" "$(ls -d /sys/fs/cgroup/*"$CGROUP" 2>/dev/null)" ''
}

test_processors_and_nodes_are_set() {
    needs_controller cpuset
    sleeper '.linux.resources.cpu = {cpus: "0", mems: "0"}'
    expect_equal "processors and nodes" "$(knob cpuset cpuset.cpus cpuset.cpus) $(knob cpuset cpuset.mems cpuset.mems)" '0 0'
    get_pid
    expect_match "what the program may use" "$(<"/proc/$PID/status")" $'Cpus_allowed_list:\t0\n'
    end_container
}

# v1: the groups on the way have processors first, or none below them could.
test_processors_are_set_in_a_new_path() {
    needs_controller cpuset
    bundle '.linux.cgroupsPath += "/deep/er" | .linux.resources.cpu = {cpus: "0"}' sleep 1000
    local top=$CGROUP
    CGROUP+=/deep/er
    create
    expect_equal "processors" "$(knob cpuset cpuset.cpus cpuset.cpus)" 0
    end_container
    find /sys/fs/cgroup -depth -type d -path "*$top*" -exec rmdir {} + 2>/dev/null || true
}

test_limits_of_processes_have_their_special_values() {
    sleeper '.linux.resources.pids = {limit: -1}'
    expect_equal "without a limit" "$(knob pids pids.max pids.max)" max
    end_container
    sleeper '.linux.resources.pids = {limit: 0}'
    expect_equal "with a limit of zero" "$(knob pids pids.max pids.max)" 1
    end_container
}

test_block_weight_is_set() {
    local file
    if [[ $CGROUPS == v2 ]]; then needs_controller io; else needs_controller blkio; fi
    sleeper
    for file in blkio.weight blkio.bfq.weight io.bfq.weight io.weight; do
        if [[ -e $(cgroup_file blkio $file) ]]; then break; fi
    done
    if [[ ! -e $(cgroup_file blkio $file) ]]; then
        end_container
        bundle '.linux.resources.blockIO = {weight: 500}' true
        refused_create 'linux.resources.blockIO.weight: this kernel has no '
        return
    fi
    end_container
    sleeper '.linux.resources.blockIO = {weight: 500}'
    # io.weight is from 1 to 10000, the others from 1 to 1000.
    expect_match "$file" "$(knob blkio $file $file)" "$(if [[ $file == io.weight ]]; then echo '^default 4950'; else echo '(^|default )500'; fi)"
    end_container
}

test_block_throttles_are_set() {
    block_device
    if [[ $CGROUPS == v2 ]]; then needs_controller io; else needs_controller blkio; fi
    local device="major: $MAJOR, minor: $MINOR"
    sleeper ".linux.resources.blockIO = {throttleReadBpsDevice: [{$device, rate: 1048576}], throttleWriteBpsDevice: [{$device, rate: 2097152}],
        throttleReadIOPSDevice: [{$device, rate: 30}], throttleWriteIOPSDevice: [{$device, rate: 40}]}"
    if [[ $CGROUPS == v2 ]]; then
        expect_equal "io.max" "$(knob - - io.max)" "$MAJOR:$MINOR rbps=1048576 wbps=2097152 riops=30 wiops=40"
    else
        expect_equal "bytes read" "$(knob blkio blkio.throttle.read_bps_device -)" "$MAJOR:$MINOR 1048576"
        expect_equal "bytes written" "$(knob blkio blkio.throttle.write_bps_device -)" "$MAJOR:$MINOR 2097152"
        expect_equal "reads" "$(knob blkio blkio.throttle.read_iops_device -)" "$MAJOR:$MINOR 30"
        expect_equal "writes" "$(knob blkio blkio.throttle.write_iops_device -)" "$MAJOR:$MINOR 40"
    fi
    end_container
}

test_huge_pages_are_limited() {
    needs_controller hugetlb
    sleeper ".linux.resources.hugepageLimits = [{pageSize: \"2MB\", limit: $((4 * MIB))}]"
    expect_equal "limit" "$(knob hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max)" $((4 * MIB))
    expect_equal "limit of reservations" "$(knob hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max)" $((4 * MIB))
    end_container
    bundle ".linux.resources.hugepageLimits = [{pageSize: \"3MB\", limit: $((4 * MIB))}]" true
    refused_create 'hugetlb\.3MB'
}

test_network_classes_and_priorities_are_set_on_v1() {
    refused_on_v2 '.linux.resources.network = {classID: 5}' linux.resources.network.classID
    if has_controller net_cls; then
        sleeper '.linux.resources.network = {classID: 1048577}'
        expect_equal "class" "$(knob net_cls net_cls.classid -)" 1048577
        end_container
    else
        bundle '.linux.resources.network = {classID: 1048577}' true
        refused_create 'network.classID: the cgroup controller .*net_cls.* is not mounted'
    fi
    if has_controller net_prio; then
        sleeper '.linux.resources.network = {priorities: [{name: "lo", priority: 3}]}'
        expect_match "priorities" "$(knob net_prio net_prio.ifpriomap -)" '(^|.*)lo 3'
        end_container
    else
        bundle '.linux.resources.network = {priorities: [{name: "lo", priority: 3}]}' true
        refused_create 'network.priorities.0.: the cgroup controller .*net_prio.* is not mounted'
    fi
}

# What this machine cannot limit is an error that names property and controller, and nothing is left.
test_a_limit_without_its_controller_is_refused_by_name() {
    if has_controller hugetlb && has_controller rdma; then skip "all controllers are here"; fi
    local property controller
    if ! has_controller hugetlb; then
        property='hugepageLimits = [{pageSize: "2MB", limit: 1}]' controller=hugetlb
    else
        property='rdma = {mlx5_1: {hcaHandles: 1}}' controller=rdma
    fi
    bundle ".linux.resources.$property" true
    refused_create "linux.resources.${property%% *}.*: the cgroup controller .*$controller.* is not"
    left_cgroups "$CASE_NUMBER-"
    expect_equal "cgroups that are left" "$LEFT" ''
}

test_unified_settings_are_written_on_v2_and_refused_on_v1() {
    if [[ $CGROUPS != v2 ]]; then
        bundle '.linux.resources.unified = {"memory.high": "1"}' true
        refused_create 'invalid configuration: cannot use unified on cgroup v1'
        return
    fi
    sleeper '.linux.resources += {unified: {"memory.high": "67108864", "memory.oom.group": "1", "pids.max": "55"}, pids: {limit: 20}}'
    expect_equal "memory.high" "$(knob - - memory.high)" $((64 * MIB))
    expect_equal "memory.oom.group" "$(knob - - memory.oom.group)" 1
    expect_equal "pids.max, which has the last word" "$(knob - - pids.max)" 55
    end_container
    bundle '.linux.resources.unified = {"nonsense.max": "1"}' true
    refused_create 'unified.nonsense.max: the cgroup controller .*nonsense.* is not available'
    bundle '.linux.resources.unified = {"memory.nonsense": "1"}' true
    refused_create 'unified.memory.nonsense: this kernel has no memory.nonsense'
    left_cgroups "$CASE_NUMBER-"
    expect_equal "cgroups that are left" "$LEFT" ''
}

OWNED='.linux.namespaces += [{type: "user"}] | (.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}]))
    | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
    | .mounts |= map(select(.destination != "/sys/fs/cgroup"))
    | add_mount("cgroup"; "cgroup"; "/sys/fs/cgroup"; ["nosuid", "noexec", "nodev", "rw"])'

test_the_containers_user_owns_its_group_on_v2() {
    if [[ $CGROUPS != v2 ]]; then
        bundle "$OWNED" sleep 1000
        chmod 711 "$BASE" "$T"
        create
        expect_equal "owner on v1" "$(stat -c %u "$(cgroup_file pids .)")" 0
        end_container
        return
    fi
    chmod 711 "$BASE" "$T"
    bundle "$OWNED" sh -c 'mkdir /sys/fs/cgroup/mine && echo made; echo 5 >/sys/fs/cgroup/pids.max || echo kept; echo end; sleep 1000'
    chown 100000:100000 "$BUNDLE"
    create
    start
    soon "it has tried" grep -q end "$T/$ID.out"
    expect_equal "what it could do" "$(<"$T/$ID.out")" $'made\nkept\nend'
    expect_equal "owners" "$(cd "/sys/fs/cgroup$CGROUP" && stat -c %u . cgroup.procs cgroup.subtree_control cgroup.threads pids.max | tr '\n' ' ')" \
        '100000 100000 100000 100000 0 '
    end_container
    bundle "$OWNED | .mounts[-1].options += [\"ro\"]" sleep 1000
    create
    expect_equal "owner when it may not write there" "$(stat -c %u "/sys/fs/cgroup$CGROUP")" 0
    end_container
}
