# shellcheck shell=bash
# The cgroup of a container: where it is, what is set in it, what it denies, and that it goes away.

# value V1-CONTROLLER V1-FILE V2-FILE: what the kernel shows for the running container.
value() {
    if [[ $CGROUPS == v2 ]]; then cat "$(cgroup_file - "$3")"; else cat "$(cgroup_file "$1" "$2")"; fi
}

# mutant: Step.JoinCgroups
test_init_is_in_its_cgroup_before_create_returns() {
    bundle . sleep 1000
    create
    get_pid
    local line controllers wrong=''
    while IFS= read -r line; do
        controllers=${line#*:}
        controllers=${controllers%%:*}
        # On a hybrid layout the v2 tree is optional: the controllers are elsewhere.
        if [[ -z $controllers && $CGROUPS == v1 ]]; then continue; fi
        if [[ ${line##*:} != "$CGROUP" ]]; then wrong+=" $line"; fi
    done <"/proc/$PID/cgroup"
    expect_equal "hierarchies in which it is elsewhere" "$wrong" ''
    expect_equal "processes of the cgroup" "$(value pids cgroup.procs cgroup.procs)" "$PID"
    end_container
}

test_memory_limit_is_set() {
    sleeper '.linux.resources.memory = {limit: 67108864}'
    expect_equal "limit" "$(value memory memory.limit_in_bytes memory.max)" 67108864
    end_container
}

test_memory_limit_ends_a_greedy_program() {
    bundle '.linux.resources.memory = {limit: 20971520, swap: 20971520}' dd if=/dev/zero of=/dev/null bs=64M count=1
    run_container
    expect_equal "exit status of a program that wants 64 MiB" "$RC" 137
    output_of '.linux.resources.memory = {limit: 209715200}' dd if=/dev/zero of=/dev/null bs=64M count=1
}

test_pids_limit_is_set_and_stops_forks() {
    sleeper '.linux.resources.pids = {limit: 17}'
    expect_equal "limit" "$(value pids pids.max pids.max)" 17
    end_container
    bundle '.linux.resources.pids = {limit: 4}' sh -c 'for i in 1 2 3 4 5 6; do sleep 5 & done'
    run_container
    expect_match "seventh process with a limit of 4" "$ERR" "(can't fork|Resource temporarily unavailable)"
}

test_cpu_quota_and_period_are_set() {
    sleeper '.linux.resources.cpu = {quota: 30000, period: 60000}'
    if [[ $CGROUPS == v2 ]]; then
        expect_equal "cpu.max" "$(value - - cpu.max)" '30000 60000'
    else
        expect_equal "quota" "$(value cpu cpu.cfs_quota_us -)" 30000
        expect_equal "period" "$(value cpu cpu.cfs_period_us -)" 60000
    fi
    end_container
}

test_cpu_shares_are_set() {
    # The largest share: every formula for the weight of v2 gives the largest weight for it.
    sleeper '.linux.resources.cpu = {shares: 262144}'
    expect_match "share or weight" "$(value cpu cpu.shares cpu.weight)" '^(262144|10000)$'
    end_container
}

# kmsg COMMAND FILTER: a container whose image brings a node of the kernel log; opening it for writing needs no capability.
kmsg() {
    bundle "writable | $2" sh -c "$1"
    rm -rf "$BUNDLE/rootfs/nodes"
    mkdir "$BUNDLE/rootfs/nodes"
    mknod -m 666 "$BUNDLE/rootfs/nodes/kmsg" c 1 11
    mknod -m 666 "$BUNDLE/rootfs/nodes/null" c 1 3
    run_container
}

DENY_ALL='.linux.resources.devices = [{allow: false, access: "rwm"}]'

test_devices_are_denied_unless_listed() {
    kmsg 'true >/nodes/null && echo null; true >/nodes/kmsg && echo kmsg' "$DENY_ALL"
    expect_equal "what could be opened" "$OUT" null
    expect_match "error" "$ERR" 'kmsg: Operation not permitted'
    kmsg 'true >/nodes/kmsg && echo kmsg' "$DENY_ALL | .linux.resources.devices += [{allow: true, type: \"c\", major: 1, minor: 11, access: \"w\"}]"
    expect_equal "what could be opened when listed" "$OUT" kmsg
}

test_device_access_is_by_kind() {
    local rule='{allow: true, type: "c", major: 1, minor: 11'
    kmsg 'true >/nodes/kmsg && echo write; true </nodes/kmsg && echo read' \
        "capable([\"CAP_SYSLOG\"]) | $DENY_ALL | .linux.resources.devices += [$rule, access: \"w\"}]"
    expect_equal "with w" "$OUT" write
    kmsg 'true >/nodes/kmsg && echo write; true </nodes/kmsg && echo read' \
        "capable([\"CAP_SYSLOG\"]) | $DENY_ALL | .linux.resources.devices += [$rule, access: \"r\"}]"
    expect_equal "with r" "$OUT" read
}

test_the_last_matching_device_rule_decides() {
    kmsg 'true >/nodes/kmsg && echo kmsg' "$DENY_ALL | .linux.resources.devices += [{allow: true, type: \"c\", major: 1, access: \"rwm\"},
        {allow: false, type: \"c\", major: 1, minor: 11, access: \"rwm\"}]"
    # v1 cannot take one device out of a wildcard. To refuse such a list is right, to open the device is not.
    expect_match "status and output" "$RC $OUT" '^[1-9][0-9]* $'
    kmsg 'true >/nodes/kmsg && echo kmsg' "$DENY_ALL | .linux.resources.devices += [{allow: false, type: \"c\", major: 1, minor: 11, access: \"rwm\"},
        {allow: true, type: \"c\", major: 1, access: \"rwm\"}]"
    expect_equal "output the other way round" "$OUT" kmsg
}

test_every_node_may_be_made_and_still_not_be_opened() {
    bundle "writable | capable([\"CAP_MKNOD\"]) | $DENY_ALL" sh -c 'mknod /node c 1 11 && echo made; true >/node && echo opened'
    run_container
    expect_equal "what worked" "$OUT" made
    expect_match "error" "$ERR" '/node: Operation not permitted'
}

test_cgroup_is_removed_by_delete() {
    sleeper
    local file
    file=$(cgroup_file pids cgroup.procs)
    [[ -e $file ]] || fail "no $file while the container runs"
    must delete --force "$ID"
    left_cgroups "$CASE_NUMBER-"
    expect_equal "cgroups that are left" "$LEFT" ''
}

test_cgroups_below_the_containers_are_removed_too() {
    sleeper
    local file
    file=$(cgroup_file pids cgroup.procs)
    mkdir -p "${file%/*}/below/deeper"
    stop_container
    must delete "$ID"
    [[ ! -e ${file%/*} ]] || fail "the cgroup is left"
}

# mutant: Undo.RemoveCgroups
test_a_limit_that_the_kernel_refuses_fails_create_and_leaves_nothing() {
    # The kernel takes no period below 1,000 microseconds.
    bundle '.linux.resources.cpu = {quota: 50000, period: 10}' true
    refused_create .
    left_cgroups "$CASE_NUMBER-"
    expect_equal "cgroups that are left" "$LEFT" ''
    refused . state "$ID"
}

# make_cgroups: makes the container's cgroup beforehand, in every hierarchy.
make_cgroups() {
    local mount
    for mount in "${CGROUP_MOUNTS[@]}"; do mkdir -p "$mount$CGROUP"; done
}

remove_cgroups() {
    local mount
    for mount in "${CGROUP_MOUNTS[@]}"; do if [[ -d $mount$CGROUP ]]; then rmdir "$mount$CGROUP"; fi; done
}

# mutant: Cgroups.IsEmpty
test_a_cgroup_with_processes_is_refused_and_they_live_on() {
    bundle . sleep 1000
    make_cgroups
    sleep 1000 &
    local other=$! mount
    # A cpuset without processors takes no process.
    for mount in "${CGROUP_MOUNTS[@]}"; do { echo "$other" >"$mount$CGROUP/cgroup.procs"; } 2>/dev/null || true; done
    expect_equal "process in the cgroup" "$(value pids cgroup.procs cgroup.procs)" "$other"
    refused_create 'cgroup'
    must delete --force "$ID"
    alive "$other" || fail "the process that was there was killed"
    kill "$other"
    wait "$other" || true
    remove_cgroups
}

# mutant: Cgroups.IsThawed
test_a_frozen_cgroup_is_refused() {
    bundle . sleep 1000
    make_cgroups
    local file frozen thawed status=0
    if [[ $CGROUPS == v2 ]]; then file=cgroup.freeze frozen=1 thawed=0; else file=freezer.state frozen=FROZEN thawed=THAWED; fi
    file=$(cgroup_file freezer $file)
    echo $frozen >"$file"
    timeout -s KILL $((5 * SLOW)) "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" || status=$?
    echo $thawed >"$file"
    expect_match "status (137: it hangs) and error" "$status $(<"$T/err")" '^1 .*frozen'
    must delete --force "$ID"
    remove_cgroups
}
