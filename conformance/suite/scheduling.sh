# shellcheck shell=bash
# process.scheduler, process.ioPriority, linux.personality: asked of the kernel from outside, and of a second program.

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

test_a_scheduler_that_is_none_is_refused() {
    bundle '.process.scheduler = {policy: "SCHED_OTHER", nice: 20}' true
    refused_create 'invalid scheduler.nice: 20'
    bundle '.process.scheduler = {policy: "SCHED_OTHER", priority: 1}' true
    refused_create 'scheduler.priority can only be specified for SchedFIFO or SchedRR policy'
}
