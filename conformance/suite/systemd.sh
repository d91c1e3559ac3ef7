# shellcheck shell=bash
# shellcheck disable=SC2016 # the container's shell expands these, or jq does
# Cgroups that systemd makes (--systemd-cgroup): the unit, its properties, and that it goes away. Only where systemd is pid 1.

# scope FILTER ARGS...: as `bundle`, for a container whose scope is UNIT in system.slice.
scope() {
    if [[ $(</proc/1/comm) != systemd ]]; then skip "systemd is not pid 1"; fi
    bundle ".linux.cgroupsPath = \"system.slice:conf:$CASE_NUMBER-${NAME:-c}\" | ${1:-.}" "${@:2}"
    UNIT=conf-$ID.scope
    CGROUP=/system.slice/$UNIT
}

sd_create() {
    _call "$T/$ID" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
    if ((RC)); then fail "create ended with $RC: $ERR"; fi
}

sd_refused() { # sd_refused TEXT
    _call "$T/$ID" --systemd-cgroup create --bundle "$BUNDLE" "$ID"
    _must_refuse "$1" create
}

# sd_sleeper [FILTER]: a running container that does nothing.
sd_sleeper() {
    scope "${1:-.}" sleep 1000
    sd_create
    start
    soon "sleep runs" _executed sleep
}

property() { systemctl show --property "$1" --value "$UNIT"; }

# sd_value V1-CONTROLLER V1-FILE V2-FILE
sd_value() {
    if [[ $CGROUPS == v2 ]]; then cat "$(cgroup_file - "$3")"; else cat "$(cgroup_file "$1" "$2")"; fi
}

# systemd hears of an empty group a moment later.
unit_is_gone() { [[ -z $(systemctl list-units --all --no-legend "$UNIT") ]]; }

nothing_is_left() {
    unit_is_gone || fail "the unit is left: $(systemctl list-units --all --no-legend "$UNIT")"
    local left
    left=$(find /sys/fs/cgroup -name "$UNIT" 2>/dev/null) || true
    expect_equal "cgroups that are left" "$left" ''
}

sd_end() {
    must delete --force "$ID"
    nothing_is_left
}

# elsewhere: the lines of /proc/PID/cgroup that do not say CGROUP.
elsewhere() {
    local line wrong=''
    while IFS= read -r line; do
        if [[ ${line##*:} != "$CGROUP" ]]; then wrong+=" $line"; fi
    done <"/proc/$PID/cgroup"
    expect_equal "hierarchies in which it is elsewhere" "$wrong" ''
}

# mutant: Step.AwaitCgroup
test_init_is_in_its_scope_before_create_returns() {
    scope . sleep 1000
    sd_create
    get_pid
    elsewhere
    expect_equal "state of the unit" "$(property ActiveState) $(property Slice) $(property ControlGroup)" "active system.slice $CGROUP"
    expect_equal "properties" "$(property Delegate) $(property DefaultDependencies)" 'yes no'
    sd_end
}

test_slice_prefix_and_name_make_the_unit() {
    local form cgroup n=0
    for form in ":conf:N conf-N.scope" "-:conf:N /conf-N.scope" "conf-deeper.slice:other:N /conf.slice/conf-deeper.slice/other-N.scope" "system.slice::N N.scope"; do
        n=$((n + 1))
        NAME=c$n scope . sleep 1000
        cgroup=${form#* }
        cgroup=${cgroup/N/$ID}
        if [[ $cgroup != /* ]]; then cgroup=/system.slice/$cgroup; fi
        CGROUP=$cgroup UNIT=${cgroup##*/}
        form=${form%% *}
        jq --arg path "${form/N/$ID}" '.linux.cgroupsPath = $path' "$BUNDLE/config.json" >"$T/new.json"
        mv "$T/new.json" "$BUNDLE/config.json"
        sd_create
        get_pid
        elsewhere
        sd_end
    done
}

test_without_a_path_the_scope_is_named_like_the_container() {
    scope 'del(.linux.cgroupsPath)' sleep 1000
    sd_create
    get_pid
    CGROUP=$(sed -n 's/^1:name=systemd://p; s/^0:://p' "/proc/$PID/cgroup")
    UNIT=${CGROUP##*/}
    expect_match "cgroup" "$CGROUP" "^/system.slice/[a-z]+-$ID\.scope\$"
    sd_end
}

test_a_path_of_another_form_is_refused() {
    scope '.linux.cgroupsPath = "/system.slice/x"' true
    sd_refused 'slice:prefix:name'
    scope '.linux.cgroupsPath = "no-slice:a:b"' true
    sd_refused 'slice'
    nothing_is_left
}

test_a_slice_may_stand_in_place_of_a_scope() {
    scope '.linux.cgroupsPath = ":x:conf-own.slice"' sleep 1000
    UNIT=conf-own.slice CGROUP=/conf.slice/conf-own.slice
    sd_create
    get_pid
    elsewhere
    sd_end
}

test_limits_are_the_units_and_the_kernels() {
    sd_sleeper '.linux.resources.memory = {limit: 67108864} | .linux.resources.pids = {limit: 17}
        | .linux.resources.cpu = {shares: 512, quota: 33333, period: 100000}'
    if [[ $CGROUPS == v2 ]]; then
        expect_equal "memory" "$(property MemoryMax) $(sd_value - - memory.max)" '67108864 67108864'
        expect_equal "weight" "$(property CPUWeight)" "$(sd_value - - cpu.weight)"
        expect_equal "quota" "$(sd_value - - cpu.max)" '33333 100000'
    else
        expect_equal "memory" "$(property MemoryLimit) $(sd_value memory memory.limit_in_bytes -)" '67108864 67108864'
        expect_equal "shares" "$(property CPUShares) $(sd_value cpu cpu.shares -)" '512 512'
        expect_equal "quota" "$(sd_value cpu cpu.cfs_quota_us -)" 33333
    fi
    # systemd counts in hundredths of a processor.
    expect_equal "quota for systemd" "$(property CPUQuotaPerSecUSec)" 340ms
    expect_equal "tasks" "$(property TasksMax) $(sd_value pids pids.max pids.max)" '17 17'
    sd_end
}

bandwidth() {
    if [[ $CGROUPS == v2 ]]; then sd_value - - cpu.max; else echo "$(sd_value cpu cpu.cfs_quota_us -) $(sd_value cpu cpu.cfs_period_us -)"; fi
}

# has_limits WHEN TASKS PART-OF-A-SECOND PERIOD QUOTA: the unit's, and those in the files (PERIOD in milliseconds, QUOTA in microseconds).
has_limits() {
    expect_equal "the unit's limits $1" "$(property TasksMax) $(property CPUQuotaPerSecUSec) $(property CPUQuotaPeriodUSec)" "$2 $3 ${4}ms"
    expect_equal "the kernel's limits $1" "$(sd_value pids pids.max pids.max) $(bandwidth)" "$2 $5 ${4}000"
}

test_update_changes_the_unit_and_the_files() {
    sd_sleeper '.linux.resources.memory = {limit: 67108864} | .linux.resources.pids = {limit: 17} | .linux.resources.cpu = {quota: 50000, period: 100000}'
    has_limits "at first" 17 500ms 100 50000
    must update --pids-limit 18 --memory 96M "$ID"
    has_limits "after one of tasks" 18 500ms 100 50000
    expect_equal "the unit's memory" "$(property "$(if [[ $CGROUPS == v2 ]]; then echo MemoryMax; else echo MemoryLimit; fi)")" 100663296
    expect_equal "the kernel's memory" "$(sd_value memory memory.limit_in_bytes memory.max)" 100663296
    # systemd knows the quota as a part of the period: with one of them, both are told.
    must update --cpu-quota 33333 "$ID"
    has_limits "after one of the quota" 18 340ms 100 33333
    must update --cpu-quota 25000 "$ID"
    must update --cpu-period 50000 "$ID"
    has_limits "after one of the period" 18 500ms 50 25000
    systemctl daemon-reload
    has_limits "after daemon-reload" 18 500ms 50 25000
    must update --cpu-quota -1 "$ID"
    has_limits "without a quota" 18 infinity 50 "$(if [[ $CGROUPS == v2 ]]; then echo max; else echo -1; fi)"
    sd_end
}

test_a_refused_update_leaves_the_unit_and_the_files() {
    sd_sleeper '.linux.resources.pids = {limit: 17} | .linux.resources.cpu = {quota: 50000, period: 100000}'
    local limits='"pids":{"limit":18},"cpu":{"quota":7000,"period":9000}' document
    # By the kernel: no group has the first, and no kernel of today the second.
    if [[ $CGROUPS == v2 ]]; then document='"unified":{"pids.nonsense":"1"}'; else document='"blockIO":{"leafWeight":500}'; fi
    echo "{$limits,$document}" >"$T/limits.json"
    refused 'this kernel has no' update --resources "$T/limits.json" "$ID"
    has_limits "as before" 17 500ms 100 50000
    # By systemd, when the files are written.
    if [[ $CGROUPS == v2 ]]; then
        echo "{$limits,\"unified\":{\"memory.high\":\"0\"}}" >"$T/limits.json"
        refused "systemd: set properties of $UNIT: .*MemoryHigh" update --resources "$T/limits.json" "$ID"
        has_limits "as before" 17 500ms 100 50000
        expect_equal "memory.high" "$(sd_value - - memory.high)" max
    fi
    sd_end
}

# Users see GPUs disappear there: systemd shuts what it was not told of.
test_devices_and_limits_stay_after_daemon_reload() {
    sd_sleeper 'writable | .linux.resources.pids = {limit: 17}
        | .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 1, minor: 11, access: "rw"}]
        | .linux.devices = [{type: "c", path: "/dev/kmsg", major: 1, minor: 11}, {type: "c", path: "/dev/port", major: 1, minor: 4}]'
    local round
    for round in before after; do
        must exec "$ID" sh -c 'true >/dev/kmsg && true >/dev/null && echo open'
        expect_equal "listed devices $round" "$OUT" open
        rt exec "$ID" sh -c 'true >/dev/port'
        expect_match "another device $round" "$ERR" 'not permitted'
        expect_equal "limit $round" "$(sd_value pids pids.max pids.max)" 17
        if [[ $round == before ]]; then systemctl daemon-reload; fi
    done
    expect_equal "systemd wants to be told again" "$(property NeedDaemonReload)" no
    sd_end
}

test_annotations_are_properties() {
    sd_sleeper '.annotations = {"org.systemd.property.CollectMode": "'"'inactive-or-failed'"'", "org.systemd.property.TimeoutStopUSec": "uint64 123456789",
        "org.systemd.property.After": "['"'conf-first.service', 'conf-second.service'"']"}'
    expect_equal "properties" "$(property CollectMode) $(property TimeoutStopUSec)" 'inactive-or-failed 2min 3.456789s'
    expect_match "order" "$(property After)" 'conf-first.service.*conf-second.service|conf-second.service.*conf-first.service'
    sd_end
    sd_sleeper '.annotations = {"org.systemd.property.TimeoutStopSec": "5"}'
    expect_equal "seconds" "$(property TimeoutStopUSec)" 5s
    sd_end
}

test_an_annotation_that_is_no_property_is_refused() {
    scope '.annotations = {"org.systemd.property.CollectMode": "inactive"}' true
    sd_refused 'org.systemd.property.CollectMode'
    scope '.annotations = {"org.systemd.property.collectMode": "true"}' true
    sd_refused 'org.systemd.property.collectMode'
    nothing_is_left
}

test_a_property_that_systemd_refuses_fails_create_and_leaves_nothing() {
    scope '.annotations = {"org.systemd.property.CollectMode": "'"'never'"'"}' true
    sd_refused "$UNIT"
    refused . state "$ID"
    nothing_is_left
}

# The managers give the flag to create alone.
test_the_other_commands_know_from_the_state() {
    sd_sleeper
    must exec "$ID" cat /proc/self/cgroup
    # On v2 the container has a cgroup namespace.
    expect_equal "cgroups of exec" "$(cut -d: -f3 <<<"$OUT" | sort -u)" "$(if [[ $CGROUPS == v2 ]]; then echo /; else echo "$CGROUP"; fi)"
    must kill "$ID" KILL
    soon "the container stops" has_status stopped
    must delete "$ID"
    soon "the unit is gone" unit_is_gone
    nothing_is_left
}

# mutant: Undo.StopUnit
test_a_failed_create_leaves_no_unit() {
    scope . /no/such/program
    sd_refused 'no such file|not found'
    refused . state "$ID"
    soon "the unit is gone" unit_is_gone
    nothing_is_left
    # The same name can be used at once.
    bundle_again true
    _call "$T/$ID" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
    expect_equal "status and error" "$RC $ERR" '0 '
    nothing_is_left
}

test_a_unit_of_this_name_that_has_failed_is_no_hindrance() {
    scope . sleep 1000
    systemd-run --quiet --scope --unit "$UNIT" --property RuntimeMaxSec=1 sleep 1000 || true
    soon "the other unit fails" test "$(property ActiveState)" == failed
    sd_create
    expect_equal "state of the unit" "$(property ActiveState)" active
    sd_end
}

test_a_unit_of_this_name_that_lives_is_left_alone() {
    scope . sleep 1000
    systemd-run --quiet --scope --unit "$UNIT" sleep 1000 &
    local other=$!
    soon "the other unit runs" systemctl --quiet is-active "$UNIT"
    sd_refused "$UNIT"
    refused . state "$ID"
    alive "$other" || fail "its process was killed"
    expect_equal "state of the other unit" "$(property ActiveState)" active
    kill "$other"
    wait "$other" || true
    soon "the other unit is gone" unit_is_gone
}

test_a_killed_creator_leaves_nothing_after_delete_force() {
    scope '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", ("echo $$ >" + $folder + "/hook; exec sleep 1000")]}]' sleep 1000
    "$RUNTIME" --root "$ROOT" --systemd-cgroup create --bundle "$BUNDLE" "$ID" >"$T/bg.out" 2>"$T/bg.err" </dev/null &
    local creator=$!
    soon "the hook runs" test -s "$T/hook"
    expect_equal "state of the unit" "$(property ActiveState)" active
    kill -KILL "$creator"
    wait "$creator" || true
    kill -KILL "$(<"$T/hook")"
    must delete --force "$ID"
    refused . state "$ID"
    soon "the unit is gone" unit_is_gone
    nothing_is_left
}

# The wreck of a creator must not take away the unit that was another's all the time.
test_delete_of_a_wreck_spares_anothers_unit() {
    sd_sleeper
    local record=$ROOT/$ID other=$ROOT/other
    [[ -f $record/state.json ]] || skip "only for our record"
    mkdir "$other"
    jq -c '.id = "other" | .pid = 0 | .pidStart = 0' "$record/state.json" >"$other/state.json"
    # It waits ten seconds for the processes to go away.
    refused 'processes are left' delete --force other
    expect_equal "state of the unit" "$(property ActiveState)" active
    expect_status running
    rm -r "$other"
    sd_end
}

test_a_container_with_a_user_namespace_is_in_its_scope() {
    chmod 711 "$BASE" "$T"
    scope '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings' sleep 1000
    sd_create
    get_pid
    elsewhere
    sd_end
}

test_the_containers_user_owns_its_scope_on_v2() {
    [[ $CGROUPS == v2 ]] || skip "no pure cgroup v2"
    chmod 711 "$BASE" "$T"
    scope '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "user"}, {type: "cgroup"}])
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
        | .mounts |= map(select(.destination != "/sys/fs/cgroup"))
        | add_mount("cgroup"; "cgroup"; "/sys/fs/cgroup"; ["nosuid", "noexec", "nodev", "rw"])' sleep 1000
    sd_create
    local round
    for round in before after; do
        expect_equal "owners $round daemon-reload" "$(cd "/sys/fs/cgroup$CGROUP" && stat -c %u . cgroup.procs cgroup.subtree_control pids.max | paste -sd' ')" \
            '100000 100000 100000 0'
        if [[ $round == before ]]; then systemctl daemon-reload; fi
    done
    sd_end
}

test_a_container_in_anothers_pid_namespace_is_in_its_scope() {
    NAME=first sd_sleeper
    local first=$ID pid=$PID
    NAME=second scope '.linux.namespaces |= map(if .type == "pid" then .path = "/proc/'"$pid"'/ns/pid" else . end)' sleep 1000
    sd_create
    get_pid
    elsewhere
    sd_end
    must delete --force "$first"
}

test_the_container_sees_its_scope_as_the_root() {
    scope '.linux.namespaces += [{type: "cgroup"}] | .linux.namespaces |= unique_by(.type)' cat /proc/self/cgroup
    _call "$T/$ID" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
    expect_equal "status and error" "$RC $ERR" '0 '
    expect_equal "cgroups seen inside" "$(cut -d: -f3 <<<"$OUT" | sort -u)" /
    nothing_is_left
}

# From crun, for those who arrange cgroups themselves; needs no systemd.
test_with_the_manager_disabled_no_cgroup_is_touched() {
    bundle . sleep 1000
    _call "$T/$ID" --cgroup-manager disabled create --bundle "$BUNDLE" "$ID"
    if ((RC)); then fail "create ended with $RC: $ERR"; fi
    get_pid
    expect_equal "cgroups" "$(<"/proc/$PID/cgroup")" "$(</proc/self/cgroup)"
    must delete --force "$ID"
    bundle '.linux.resources.pids = {limit: 17}' sleep 1000
    _call "$T/$ID" --cgroup-manager disabled create --bundle "$BUNDLE" "$ID"
    _must_refuse 'linux.resources.pids.limit.*disabled' create
}
