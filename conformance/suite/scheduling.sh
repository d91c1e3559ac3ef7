# shellcheck shell=bash
# process.scheduler, process.ioPriority, process.execCPUAffinity, linux.personality: asked of the kernel from outside, and of a second program.

# mutant: Step.SetScheduler
test_the_scheduler_is_the_one_asked_for() {
    need chrt util-linux "the scheduler of a process is read with it"
    sleeper '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}'
    expect_match "policy" "$(chrt -p "$PID")" SCHED_BATCH
    expect_equal "nice" "$(awk '{ print $19 }' "/proc/$PID/stat")" 7
    must exec "$ID" awk '{ print $19 }' /proc/self/stat
    expect_equal "nice of exec" "$OUT" 7
    end_container
}

test_flags_of_the_scheduler_are_set() {
    need chrt util-linux "the scheduler of a process is read with it"
    sleeper '.process.scheduler = {policy: "SCHED_BATCH", flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
    expect_match "policy" "$(chrt -p "$PID")" 'SCHED_BATCH.SCHED_RESET_ON_FORK'
    end_container
}

# mutant: Step.SetIoPriority
test_the_io_priority_is_the_one_asked_for() {
    need ionice util-linux "the I/O priority of a process is read with it"
    sleeper '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
    expect_equal "priority" "$(ionice -p "$PID")" 'best-effort: prio 6'
    end_container
}

# mutant: Step.SetPersonality
test_the_personality_is_the_one_asked_for() {
    # PER_LINUX32 of sys/personality.h; uname(2) tells it too, but not on every kernel.
    sleeper '.linux.personality = {domain: "LINUX32"}'
    expect_equal "personality" "$(<"/proc/$PID/personality")" 00000008
    must exec "$ID" cat /proc/self/personality
    expect_equal "personality of exec" "$OUT" 00000008
    end_container
    output_of '.linux.personality = {domain: "LINUX"}' cat /proc/self/personality
    expect_equal "personality" "$OUT" 00000000
}

# two_cpus: FIRST and SECOND are CPUs that this machine has.
two_cpus() {
    local list
    list=$(</sys/devices/system/cpu/online)
    FIRST=${list%%[-,]*} SECOND=${list##*[-,]}
    if [[ $FIRST == "$SECOND" ]]; then skip "one CPU"; fi
}

# mutant: Step.SetCpuAffinity
test_exec_runs_on_the_cpus_asked_for() {
    local init
    two_cpus
    sleeper ".process.execCPUAffinity = {initial: \"$FIRST\", final: \"$SECOND\"}"
    init=$(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$PID/status")
    expect_not_equal "CPUs of init" "$init" "$SECOND"
    must exec "$ID" awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status
    expect_equal "CPUs of exec" "$OUT" "$SECOND"
    jq -n --arg cpus "$FIRST-$FIRST" '{args: ["awk", "/^Cpus_allowed_list/ { print $2 }", "/proc/self/status"], cwd: "/", env: ["PATH=/bin"],
        user: {uid: 1000, gid: 1000}, execCPUAffinity: {final: $cpus}}' >"$T/process.json"
    must exec --process "$T/process.json" "$ID"
    expect_equal "CPUs of the document" "$OUT" "$FIRST"
    end_container
}

# The container's cgroup says where it runs, not where its manager happens to be bound.
test_the_cpus_of_the_caller_are_not_inherited() {
    local own
    need taskset util-linux "the case is bound to one CPU with it"
    two_cpus
    own=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
    taskset -cp "$FIRST" "$BASHPID" >/dev/null
    sleeper .
    expect_equal "CPUs of init" "$(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$PID/status")" "$own"
    must exec "$ID" awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status
    expect_equal "CPUs of exec" "$OUT" "$own"
    taskset -cp "$own" "$BASHPID" >/dev/null
    end_container
}

test_cpus_that_are_not_there_are_named() {
    sleeper '.process.execCPUAffinity = {initial: "1000", final: "0"}'
    refused '(execCPUAffinity.initial.*EINVAL|invalid argument)' exec "$ID" true
    end_container
    sleeper '.process.execCPUAffinity = {initial: "0", final: "1000"}'
    refused '(execCPUAffinity.final.*EINVAL|invalid argument)' exec "$ID" true
    end_container
}

test_a_scheduler_that_is_none_is_refused() {
    bundle '.process.scheduler = {policy: "SCHED_OTHER", nice: 20}' true
    refused_create 'invalid scheduler.nice: 20'
    bundle '.process.scheduler = {policy: "SCHED_OTHER", priority: 1}' true
    refused_create 'scheduler.priority can only be specified for SchedFIFO or SchedRR policy'
}
