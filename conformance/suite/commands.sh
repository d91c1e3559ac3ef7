# shellcheck shell=bash
# ps, pause, resume, events, features; and what is said of the commands that are not there yet.

# forking: a running container with three processes, without a pid namespace of its own when asked.
forking() {
    bundle "${1:-.}" sh -c 'sleep 1000 & sleep 1000 & echo ready; wait'
    create
    start
    soon "the children run" grep -q ready "$T/$ID.out"
    get_pid
}

# procs [SUBGROUP]: the numbers in the container's group, ascending, with commas.
procs() { sort -n "$(cgroup_file pids "${1:+$1/}cgroup.procs")" | paste -sd, -; }

# silent ARGS...: succeeds and prints nothing at all.
silent() {
    must "$@"
    expect_equal "what $1 prints" "$OUT$ERR" ''
}

# ------------------------------------------------------------------------------------------------------------- ps
test_ps_json_is_a_bare_list_of_the_hosts_pids() {
    forking
    must ps --format json "$ID"
    expect_equal "list" "$(jq -c . <<<"$OUT")" "[$(procs)]"
    expect_equal "number of processes" "$(procs | tr , '\n' | wc -l)" 3
    expect_equal "stderr" "$ERR" ''
    must ps -f json "$ID"
    expect_equal "list" "$(jq -c . <<<"$OUT")" "[$(procs)]"
    end_container
}

test_ps_works_in_every_state() {
    bundle . sleep 1000
    create
    get_pid
    must ps -f json "$ID"
    expect_equal "created" "$(jq -c . <<<"$OUT")" "[$PID]"
    start
    must pause "$ID"
    must ps -f json "$ID"
    expect_equal "paused" "$(jq -c . <<<"$OUT")" "[$PID]"
    must resume "$ID"
    stop_container
    must ps -f json "$ID"
    expect_equal "stopped" "$OUT" null
    must delete "$ID"
    refused 'does not exist' ps "$ID"
}

test_ps_counts_what_is_in_a_group_below() {
    local group
    forking
    group=$(cgroup_file pids below)
    mkdir "$group"
    echo "$PID" >"$group/cgroup.procs"
    must ps -f json "$ID"
    expect_equal "list" "$(jq -c 'sort' <<<"$OUT")" "[$({ procs; procs below; } | tr , '\n' | sort -n | paste -sd, -)]"
    end_container
}

test_ps_is_the_hosts_table_of_these_processes() {
    if ! ps -ef >"$T/table" 2>&1; then skip "the machine's own ps fails"; fi
    forking
    must ps "$ID"
    expect_match "heading" "$OUT" '^UID +PID +PPID +C +STIME +TTY +TIME +CMD'
    expect_equal "lines" "$(wc -l <<<"$OUT")" 4
    must ps "$ID" -o comm,pid
    expect_equal "table" "$(sed 1d <<<"$OUT" | sort -k2 -n | awk '{ print $1, $2 }' | paste -sd, -)" \
        "$(for pid in $(procs | tr , ' '); do echo "$(<"/proc/$pid/comm") $pid"; done | paste -sd, -)"
    refused "couldn't find PID field in ps output" ps "$ID" -o comm
    refused '(exit status|ended with status) 1' ps "$ID" --no-such-option
    refused 'invalid format option' ps -f yaml "$ID"
    must pause "$ID"
    must ps "$ID"
    expect_equal "lines while paused" "$(wc -l <<<"$OUT")" 4
    must resume "$ID"
    stop_container
    must ps "$ID"
    expect_match "stopped" "$OUT" '^UID +PID [^'$'\n'']*$'
    must delete "$ID"
}

# ------------------------------------------------------------------------------------------------- pause and resume
test_a_paused_container_stands_still_until_it_is_resumed() {
    local before
    bundle 'without("pid")' sh -c 'while :; do echo x; sleep 0.01; done'
    create
    start
    soon "it counts" test -s "$T/$ID.out"
    silent pause "$ID"
    expect_status paused
    must list --format json
    expect_equal "status in list" "$(jq -r '.[].status' <<<"$OUT")" paused
    before=$(wc -l <"$T/$ID.out")
    pause 0.1
    expect_equal "lines written meanwhile" "$(wc -l <"$T/$ID.out")" "$before"
    silent resume "$ID"
    expect_status running
    soon "it counts on" test "$(wc -l <"$T/$ID.out")" -ge "$before"
    soon "it counts on" _more_than "$before"
    end_container
}

_more_than() { (($(wc -l <"$T/$ID.out") > $1)); }

# mutant: Check.PauseOnlyRunning
test_pause_needs_a_container_that_runs() {
    sleeper
    must pause "$ID"
    refused 'container not running' pause "$ID"
    expect_status paused
    must resume "$ID"
    stop_container
    refused 'container not running' pause "$ID"
    must delete "$ID"
    refused 'does not exist' pause "$ID"
}

# mutant: Check.ResumeOnlyPaused
test_resume_needs_a_container_that_is_paused() {
    sleeper
    refused 'container not paused' resume "$ID"
    expect_status running
    stop_container
    refused 'container not paused' resume "$ID"
    must delete "$ID"
    refused 'does not exist' resume "$ID"
}

test_a_created_container_can_be_paused() {
    bundle . sleep 1000
    create
    must pause "$ID"
    expect_status paused
    refused 'paused' start "$ID"
    must resume "$ID"
    expect_status created
    start
    end_container
}

test_a_paused_created_container_is_killed_and_deleted() {
    bundle . sleep 1000
    create
    must pause "$ID"
    refused 'not stopped: paused' delete "$ID"
    must kill "$ID" KILL
    soon "it is stopped" has_status stopped
    must delete "$ID"
    create
    must pause "$ID"
    must delete --force "$ID"
    refused 'does not exist' state "$ID"
}

test_a_paused_container_takes_signals_at_once_and_acts_on_them_when_it_may() {
    bundle . sh -c 'trap "echo got TERM; exit 3" TERM; echo ready; while :; do sleep 0.02; done'
    create
    start
    soon "the trap is set" grep -q ready "$T/$ID.out"
    must pause "$ID"
    silent kill "$ID" 15
    expect_status paused
    must resume "$ID"
    soon "the signal arrives" grep -q 'got TERM' "$T/$ID.out"
    soon "it is stopped" has_status stopped
    must delete "$ID"
}

test_every_process_of_a_paused_container_is_killed_without_a_pid_namespace() {
    local all pid
    forking 'without("pid")'
    all=$(procs | tr , ' ')
    must pause "$ID"
    silent kill --all "$ID" 9
    for pid in $all; do soon "process $pid ends" dead "$pid"; done
    must delete "$ID"
    forking 'without("pid")'
    all=$(procs | tr , ' ')
    must pause "$ID"
    silent delete --force "$ID"
    for pid in $all; do soon "process $pid ends" dead "$pid"; done
}

# As docker in docker does: on v1, SIGKILL waits for a frozen process to be thawed.
test_a_group_below_that_is_frozen_does_not_hold_the_end_up() {
    local end group pid word=1 file=cgroup.freeze
    if [[ $CGROUPS != v2 ]]; then word=FROZEN file=freezer.state; fi
    for end in kill delete; do
        forking
        group=$(cgroup_file freezer below/deeper)
        mkdir -p "$group"
        pid=$(procs | tr , '\n' | tail -n 1)
        echo "$pid" >"$group/cgroup.procs"
        echo $word >"$group/$file"
        if [[ $end == kill ]]; then rt kill "$ID" KILL; else rt delete --force "$ID"; fi
        for _ in {1..30}; do
            if dead "$pid"; then break; fi
            pause 0.1
        done
        if alive "$pid"; then
            # It would be in the way of all cases that follow.
            if [[ $CGROUPS != v2 ]]; then echo THAWED >"$group/$file"; fi
            soon "it ends when it is thawed" dead "$pid"
            rt delete --force "$ID"
            fail "the frozen process has outlived $end"
        fi
        silent delete --force "$ID"
    done
}

test_what_a_dead_init_has_left_can_be_listed_and_is_deleted() {
    local left
    bundle 'without("pid")' sh -c 'sleep 1000 & echo ready'
    create
    start
    soon "it is stopped" has_status stopped
    left=$(procs)
    must ps -f json "$ID"
    expect_equal "list" "$(jq -c . <<<"$OUT")" "[$left]"
    must delete "$ID"
    soon "process $left ends" dead "$left"
}

# ----------------------------------------------------------------------------------------------------------- events
test_events_stats_has_the_shape_that_managers_read() {
    sleeper '.linux.resources.pids.limit = 77 | .linux.resources.memory.limit = 67108864'
    # Some time to count, also where the kernel counts by ticks.
    # shellcheck disable=SC2016 # the container's shell expands it
    must exec "$ID" sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done'
    must events --stats "$ID"
    expect_equal "stderr" "$ERR" ''
    expect_equal "lines" "$(wc -l <<<"$OUT")" 1
    jq -e --arg id "$ID" '.type == "stats" and .id == $id and (.data | keys_unsorted) ==
        ["cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces"]' <<<"$OUT" >/dev/null || fail "keys: $OUT"
    jq -e '.data | .pids == {current: 1, limit: 77} and .memory.usage.limit == 67108864 and .memory.usage.usage > 0 and (.memory.raw | length) > 10
        and .cpu.usage.total > 0 and ([.cpu.usage.kernel, .cpu.usage.user, .memory.usage.failcnt, .memory.swap.limit, .memory.kernel.failcnt,
        .memory.kernelTCP.failcnt, .cpuset.sched_load_balance, .cpuset.mem_hardwall] | map(type) | unique) == ["number"]
        and .network_interfaces == null' <<<"$OUT" >/dev/null || fail "values: $OUT"
    if [[ $CGROUPS == v2 ]]; then
        jq -e '.data.cpu.usage | has("percpu") | not' <<<"$OUT" >/dev/null || fail "v2 counts by CPU: $OUT"
    else
        jq -e '.data | (.cpu.usage.percpu | length) > 0 and (.cpu.usage.percpu_user | length) > 0' <<<"$OUT" >/dev/null || fail "by CPU: $OUT"
        # A user-mode kernel has no cpuset.
        if [[ -d /sys/fs/cgroup/cpuset ]]; then
            jq -e '.data.cpuset | .cpus[0] == 0 and .mems == [0]' <<<"$OUT" >/dev/null || fail "cpuset: $OUT"
        fi
    fi
    end_container
}

test_events_stats_has_the_pressure_on_v2() {
    if [[ $CGROUPS != v2 ]]; then skip "no pure cgroup v2"; fi
    if [[ ! -e /proc/pressure/cpu ]]; then skip "no CONFIG_PSI"; fi
    sleeper
    must events --stats "$ID"
    jq -e '[.data.cpu.psi, .data.memory.psi, .data.blkio.psi] | all(keys == ["full", "some"]
        and ([.some, .full] | all(keys == ["avg10", "avg300", "avg60", "total"] and (map(type) | unique) == ["number"])))' <<<"$OUT" >/dev/null || fail "$OUT"
    end_container
}

test_events_is_a_stream_until_the_container_ends() {
    sleeper
    background events --interval 50ms "$ID"
    soon "there are three counts" _has_lines 3
    expect_equal "kinds" "$(jq -r .type "$T/bg.out" | sort -u)" stats
    stop_container
    must delete "$ID"
    ended_with 0
    expect_equal "stderr" "$(<"$T/bg.err")" ''
}

_has_lines() { (($(wc -l <"$T/bg.out") >= $1)); }

# _watch_events: events of the container in the background, once it is watched.
_watch_events() {
    background events --interval 1h "$ID"
    soon "the container is watched" _watches "$BG"
    # A program in Go has an eventfd before that.
    pause 0.3
}

# What the kernel raises, on v1 and v2.
_watches() { find "/proc/$1/fd" -lname '*eventfd*' -o -lname '*/memory.events' | grep -q .; }

test_events_tell_of_a_process_that_is_killed_for_want_of_memory() {
    # The second process is killed, the first lives on.
    bundle '.linux.resources.memory = {limit: 16777216, swap: 16777216}' \
        sh -c 'while [ ! -e /dev/shm/go ]; do sleep 0.02; done; (awk "BEGIN { x = \"0123456789abcdef\"; while (1) x = x x }" </dev/null) 2>/dev/null; sleep 1000'
    create
    start
    get_pid
    _watch_events
    touch "/proc/$PID/root/dev/shm/go"
    soon "the event comes" grep -q oom "$T/bg.out"
    expect_equal "event" "$(head -n 1 "$T/bg.out")" "{\"type\":\"oom\",\"id\":\"$ID\"}"
    expect_status running
    stop_container
    must delete "$ID"
    ended_with 0
}

# On v1 the kernel raises the same eventfd when the group goes away.
test_events_tell_of_no_killing_when_the_container_is_deleted() {
    sleeper
    _watch_events
    kill -STOP "$BG"
    stop_container
    must delete "$ID"
    pause 0.3
    kill -CONT "$BG"
    ended_with 0
    expect_equal "events" "$(<"$T/bg.out")" ''
}

test_events_needs_a_container_that_lives_and_a_time() {
    sleeper
    refused 'duration interval must be greater than 0' events --interval 0s "$ID"
    refused 'duration interval must be greater than 0' events --interval=-1s "$ID"
    refused 'invalid (value|duration)' events --interval soon "$ID"
    stop_container
    refused "container with id $ID is not running" events "$ID"
    refused "container with id $ID is not running" events --stats "$ID"
    must delete "$ID"
    refused 'does not exist' events "$ID"
}

test_a_created_and_a_paused_container_have_stats() {
    bundle . sleep 1000
    create
    must events --stats "$ID"
    expect_equal "processes are counted" "$(jq '.data.pids.current > 0' <<<"$OUT")" true
    start
    must pause "$ID"
    must events --stats "$ID"
    expect_equal "processes are counted" "$(jq '.data.pids.current > 0' <<<"$OUT")" true
    end_container
}

# --------------------------------------------------------------------------------------------------------- features
test_features_is_a_document_with_the_keys_that_managers_read() {
    must features
    expect_equal "stderr" "$ERR" ''
    jq -e '(.ociVersionMin | type) == "string" and (.ociVersionMax | type) == "string" and (.hooks | length) == 6
        and ([.mountOptions, .linux.namespaces, .linux.capabilities, .linux.seccomp.actions, .linux.seccomp.operators, .linux.seccomp.archs] | all(length > 3))
        and (.linux.namespaces | index("user")) != null and .linux.cgroup.v1 and .linux.cgroup.v2 and .linux.seccomp.enabled
        and ([.linux.cgroup.systemd, .linux.apparmor.enabled, .linux.selinux.enabled] | map(type) | unique) == ["boolean"]
        and (.annotations | type) == "object"' <<<"$OUT" >/dev/null || fail "$OUT"
    [[ ! -e $ROOT ]] || fail "features made the state root"
}

# All of them, each as a mount of its own in one container.
test_features_names_only_mount_options_that_work() {
    local word filter=.
    must features
    for word in $(jq -r '.mountOptions[]' <<<"$OUT"); do
        if [[ $word == *idmap ]] && ! has_id_mapped_mounts; then continue; fi
        case $word in
            bind | rbind) filter+=" | add_mount(\"bind\"; \$folder; \"/mnt/$word\"; [\"$word\"])" ;;
            remount) filter+=' | bind($folder; "/mnt/again"; []) | bind($folder; "/mnt/again"; ["remount", "ro"])' ;;
            idmap | ridmap) filter+=" | .mounts += [{type: \"bind\", source: (\$folder + \"/plain\"), destination: \"/mnt/$word\", options: [\"rbind\", \"$word\"],
                uidMappings: [{containerID: 0, hostID: 1000, size: 10}], gidMappings: [{containerID: 0, hostID: 1000, size: 10}]}]" ;;
            *) filter+=" | add_mount(\"tmpfs\"; \"tmpfs\"; \"/mnt/$word\"; [\"$word\"])" ;;
        esac
    done
    if [[ $(uname -r) =~ ^5\.1[01]\. ]]; then skip "no mount_setattr in this kernel"; fi
    mkdir "$T/plain" # With ridmap nothing may be mounted below that has no ids, as the container's own /proc.
    output_of "writable | $filter" sh -c 'grep -c " /mnt/" /proc/self/mounts'
    expect_match "mounts" "$OUT" '^[0-9]+$'
    ((OUT > 50)) || fail "only $OUT mounts"
}

test_features_tells_whether_systemd_is_built() {
    local has
    must features
    has=$(jq .linux.cgroup.systemd <<<"$OUT")
    bundle . true
    rt --systemd-cgroup create --bundle "$BUNDLE" "$ID"
    expect_not_equal "status of create" "$RC" 0
    if [[ $has == true ]]; then expect_no_match "error" "$ERR" 'not built yet'; else expect_match "error" "$ERR" 'not built yet'; fi
}

test_features_tells_whether_profiles_and_groups_are_built() {
    local key filter has
    while read -r key filter; do
        must features
        has=$(jq ".linux.$key" <<<"$OUT")
        bundle "$filter" true
        rt create --bundle "$BUNDLE" "$ID"
        if [[ $has == true ]]; then expect_no_match "$key" "$ERR" 'not supported yet'; else expect_match "$key" "$ERR" 'not supported yet'; fi
        rt delete --force "$ID"
    done <<'FILTERS'
apparmor.enabled .process.apparmorProfile="no-such-profile"
selinux.enabled .process.selinuxLabel="no:such:label:s0"
intelRdt.enabled .linux.intelRdt.closID="x"
netDevices.enabled .linux.netDevices.nosuch={}
cgroup.rdma .linux.resources.rdma.nosuch.hcaHandles=1
mountExtensions.idmap.enabled .mounts[1].uidMappings=[{containerID:0,hostID:0,size:1}]
FILTERS
}

# ------------------------------------------------------------------------------------------- what is not there yet
test_checkpoint_is_not_claimed_before_it_works() {
    refused 'checkpoint: not built yet' checkpoint --help
    refused 'checkpoint: not built yet' help checkpoint
    refused 'checkpoint: not built yet' checkpoint --image-path /x c1
    refused 'restore: not built yet' restore --lsm-mount-context
    expect_no_match "error" "$ERR" 'flag needs an argument|requires an argument'
    must features
    expect_equal "annotation" "$(jq -r '.annotations["org.sharprun.checkpoint.enabled"]' <<<"$OUT")" false
}

test_commands_check_their_words_before_anything_else() {
    local verb
    for verb in ps pause resume events; do
        refused . "$verb"
        refused '(invalid container ID|container id|id format)' "$verb" ../x
        refused '(invalid container ID|container id|id format|cannot be empty)' "$verb" ''
    done
    for verb in pause resume events; do refused . "$verb" one two; done
    refused . features one
    [[ ! -e $ROOT ]] || fail "the state root was made"
}
