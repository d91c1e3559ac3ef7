# shellcheck shell=bash
# linux.seccomp: which calls a container may make, and who says so.

# The container's perl is the host's, which can make any call.
PERL='bind("/usr"; "/usr"; ["ro"]) | bind("/lib"; "/lib"; ["ro"])'
if [[ -e /lib64 ]]; then PERL+=' | bind("/lib64"; "/lib64"; ["ro"])'; fi

# Numbers of asm/unistd.h. getppid does not look at its arguments.
if [[ $(uname -m) == aarch64 ]]; then
    GETPPID=173 GETPRIORITY=141 KEXEC_LOAD=104 PERSONALITY=92 ARCHITECTURES='["SCMP_ARCH_AARCH64"]'
else
    GETPPID=110 GETPRIORITY=140 KEXEC_LOAD=246 PERSONALITY=135 ARCHITECTURES='["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]'
fi

# forbidding RULES [FILTER]: a filter for `bundle` with a profile that allows all other calls.
forbidding() { echo "$PERL | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: $ARCHITECTURES, syscalls: $1} | ${2:-.}"; }

# allowing [FILTER]: a filter for `bundle` with docker's own profile.
allowing() { echo "$PERL | .linux.seccomp = $(<"$here/../tests/Seccomp.Tests/Profiles/docker.json") | .linux.seccomp.architectures = $ARCHITECTURES | ${1:-.}"; }

# errnos FILTER CALL...: makes the calls, each "number, argument..."; OUT is the errno of each, 0 for one that went well.
errnos() {
    local filter=$1 call code=
    shift
    # shellcheck disable=SC2016 # perl's variables
    for call; do code+='$! = 0; print syscall('$call') == -1 ? $! + 0 : 0, " "; '; done
    bundle "$filter" perl -e '$| = 1; '"$code"
    run_container
    OUT=${OUT% }
}

expect_errnos() { # expect_errnos WANTED FILTER CALL...
    local wanted=$1
    shift
    errnos "$@"
    expect_equal "status and errnos" "$RC $OUT$ERR" "0 $wanted"
}

# mutant: Step.LoadSeccomp
test_a_forbidden_call_fails_with_the_configured_errno() {
    expect_errnos "71 1 0" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 71},
        {names: ["getpriority"], action: "SCMP_ACT_ERRNO"}]')" $GETPPID "$GETPRIORITY, 0, 0" "$PERSONALITY, 0xffffffff"
}

test_the_filter_is_there_with_and_without_new_privileges() {
    local flag
    for flag in true false; do
        output_of "$(forbidding '[{names: ["getpriority"], action: "SCMP_ACT_ERRNO"}]' ".process.noNewPrivileges = $flag")" \
            grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
        expect_equal "with noNewPrivileges $flag" "$(tr -d '\t' <<<"$OUT")" "NoNewPrivs:$([[ $flag == true ]] && echo 1 || echo 0)"$'\nSeccomp:2'
    done
}

test_the_power_to_load_a_filter_does_not_stay() {
    local user
    for user in 0 1000; do
        output_of "$(forbidding '[{names: ["getpriority"], action: "SCMP_ACT_ERRNO"}]' \
            ".process.noNewPrivileges = false | .process.user.uid = $user | capable([\"CAP_KILL\"])")" grep -E '^Cap(Prm|Eff|Bnd|Amb)' /proc/self/status
        expect_no_match "capabilities of uid $user" "$OUT" '[1-9a-f][0-9a-f]{5}(\n|$)'
    done
}

test_a_call_that_kills_kills() {
    local action
    for action in KILL KILL_THREAD KILL_PROCESS; do
        errnos "$(forbidding "[{names: [\"getppid\"], action: \"SCMP_ACT_$action\"}]")" "$GETPRIORITY, 0, 0" $GETPPID
        expect_equal "status and errnos with $action" "$RC $OUT" "159 0"
    done
}

test_trap_sends_sigsys_and_log_lets_through() {
    bundle "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_TRAP"}, {names: ["getpriority"], action: "SCMP_ACT_LOG"}]')" \
        perl -e '$SIG{SYS} = sub { print "trapped" }; syscall('$GETPRIORITY', 0, 0) == -1 and die; syscall('$GETPPID')'
    run_container
    expect_equal "status and output" "$RC $OUT" "0 trapped"
}

test_trace_without_a_tracer_is_not_implemented() {
    expect_errnos "38" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_TRACE", errnoRet: 5}]')" $GETPPID
}

test_arguments_are_compared_by_64_bits() {
    local rule='[{names: ["getppid"], action: "SCMP_ACT_ERRNO", args: [{index: 5, op: "SCMP_CMP_OP", value: 4294967301}]}]'
    local zeros="$GETPPID, 0, 0, 0, 0, 0" op wanted
    while read -r op wanted; do
        expect_errnos "$wanted" "$(forbidding "${rule/OP/$op}")" "$zeros, 5" "$zeros, 4294967300" "$zeros, 4294967301" "$zeros, 4294967302" "$zeros, 8589934597"
    done <<<'EQ 0 0 1 0 0
NE 1 1 0 1 1
LT 1 1 0 0 0
LE 1 1 1 0 0
GT 0 0 0 1 1
GE 0 0 1 1 1'
    expect_errnos "1 0 0 1" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO",
        args: [{index: 0, op: "SCMP_CMP_MASKED_EQ", value: 4294967311, valueTwo: 4294967299}]}]')" \
        "$GETPPID, 4294967299" "$GETPPID, 3" "$GETPPID, 4294967298" "$GETPPID, 4294967315"
}

test_conditions_on_two_arguments_must_both_hold_and_on_one_any() {
    expect_errnos "1 0 0" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO",
        args: [{index: 0, op: "SCMP_CMP_EQ", value: 1}, {index: 1, op: "SCMP_CMP_EQ", value: 2}]}]')" "$GETPPID, 1, 2" "$GETPPID, 1, 3" "$GETPPID, 2, 2"
    expect_errnos "1 1 0" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO",
        args: [{index: 0, op: "SCMP_CMP_EQ", value: 1}, {index: 0, op: "SCMP_CMP_EQ", value: 2}]}]')" "$GETPPID, 1" "$GETPPID, 2" "$GETPPID, 3"
}

test_calls_of_an_architecture_that_is_not_listed_kill() {
    if [[ $(uname -m) != x86_64 ]]; then skip "x32 is x86_64's"; fi
    errnos "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO"}]' '.linux.seccomp.architectures = []')" "$GETPPID" "0x40000000 + $GETPPID"
    expect_equal "status and errnos" "$RC $OUT" "159 1"
    expect_errnos "1 1" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO"}]')" $GETPPID "0x40000000 + $GETPPID"
}

test_docker_s_profile_runs_a_shell() {
    output_of "$(allowing writable)" sh -c 'mkdir /tmp/a && echo word >/tmp/a/b && cat /tmp/a/b && ls /tmp/a | wc -l'
    expect_equal "output" "$OUT" $'word\n1'
}

test_calls_newer_than_the_profile_are_not_implemented() {
    expect_errnos "1 38 38" "$(allowing)" "$KEXEC_LOAD, 0, 0, 0, 0" 999 1023
    # A profile that permits by default means new calls as well: here it is the kernel that does not know them.
    expect_errnos "71 38" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 71}]')" $GETPPID 1023
}

test_unknown_names_are_left_out_in_silence() {
    expect_errnos "1" "$(forbidding '[{names: ["no_such_call", "getppid", "s390_pci_mmio_read"], action: "SCMP_ACT_ERRNO"}]')" $GETPPID
}

test_a_rule_that_says_what_the_default_says_is_left_out() {
    expect_errnos "0" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ALLOW"}]')" $GETPPID
}

test_flags_are_taken() {
    local flags
    for flags in '["SECCOMP_FILTER_FLAG_TSYNC"]' '["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]' '[]'; do
        expect_errnos "1" "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO"}]' ".linux.seccomp.flags = $flags")" $GETPPID
    done
    output_of "$(forbidding '[]' '.linux.seccomp.flags = []')" grep Speculation_Store_Bypass /proc/self/status
}

# All that the runtime itself calls late is forbidden: the program alone is under the filter.
test_a_profile_may_forbid_what_the_runtime_needs() {
    local flag names='["close_range", "dup3", "fcntl", "read", "recvfrom", "sendto", "sendmsg", "recvmsg", "setgroups", "setresuid",
        "setresgid", "capset", "capget", "chdir", "getcwd", "faccessat2", "openat2", "mount", "umask"]'
    for flag in true false; do
        bundle "$(forbidding "[{names: $names, action: \"SCMP_ACT_KILL_PROCESS\"}]" ".process.noNewPrivileges = $flag")" busybox true
        run_container
        expect_equal "status with noNewPrivileges $flag, and errors" "$RC $ERR" "0 "
    done
}

test_an_errno_that_does_not_fit_is_refused() {
    bundle "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 65536}]')" true
    refused_create 'linux.seccomp.syscalls\[0\].errnoRet'
    bundle "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_KILL", errnoRet: 1}]')" true
    refused_create 'linux.seccomp.syscalls\[0\].errnoRet'
}

# mutant: Check.SeccompRulesAgree
test_rules_that_contradict_each_other_are_refused() {
    bundle "$(forbidding '[{names: ["getppid"], action: "SCMP_ACT_ERRNO", args: [{index: 0, op: "SCMP_CMP_EQ", value: 1}]},
        {names: ["getppid"], action: "SCMP_ACT_KILL", args: [{index: 0, op: "SCMP_CMP_EQ", value: 1}]}]')" true
    refused_create getppid
}

test_unknown_words_are_refused() {
    local edit
    for edit in '.defaultAction = "SCMP_ACT_NONE"' '.flags = ["SECCOMP_FILTER_FLAG_NONE"]' '.architectures = ["SCMP_ARCH_NONE"]' \
        '.syscalls = [{names: ["getppid"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 0, op: "SCMP_CMP_NONE"}]}]' \
        '.syscalls = [{names: ["getppid"], action: "SCMP_ACT_ERRNO", args: [{index: 6, value: 0, op: "SCMP_CMP_EQ"}]}]'; do
        bundle "$(forbidding '[]' ".linux.seccomp |= ($edit)")" true
        refused_create ''
    done
}

# agent [MODE]: a seccomp agent at $T/agent.
agent() {
    perl "$here/agent" "$T/agent" "$T/told" "$@" &
    AGENT=$!
    soon "the agent listens" test -S "$T/agent"
}

# notifying NAMES [FILTER]: a filter for `bundle`.
notifying() { forbidding "[{names: $1, action: \"SCMP_ACT_NOTIFY\"}]" ".linux.seccomp += {listenerPath: \"$T/agent\", listenerMetadata: \"a word\"} | ${2:-.}"; }

test_an_agent_answers_for_the_calls_that_it_is_asked_about() {
    local flag
    for flag in true false; do
        agent
        bundle "$(notifying '["getpriority"]' ".process.noNewPrivileges = $flag | .annotations = {colour: \"red\"}")" \
            perl -e 'syscall('$GETPRIORITY', 0, 0) == -1 and print $! + 0; print " ", join(" ", map { (readlink("/proc/self/fd/$_") // "") =~ /seccomp/ ? "leaked" : () } 0..20)'
        run_container
        wait "$AGENT"
        expect_equal "status and errno" "$RC $OUT" "0 71 "
        expect_equal "what the agent was told" "$(jq -r '[.fds[0], .metadata, .state.id, .state.status, .state.bundle, .state.annotations.colour,
            (.pid == .state.pid and .pid > 1), (.ociVersion | length > 0)] | join(" ")' "$T/told")" "seccompFd a word $ID creating $BUNDLE red true true"
        rm "$T/agent" "$T/told"
    done
}

# The runtime itself makes these calls under the filter, and the agent lets them through.
test_an_agent_answers_for_the_runtime_too() {
    agent continue
    bundle "$(notifying '["execve", "read", "close", "close_range", "openat", "fcntl", "dup3"]')" sh -c 'echo lives'
    run_container
    wait "$AGENT"
    expect_equal "status and output" "$RC $OUT" "0 lives"
}

# Every exec has a filter, and so a listener, of its own.
test_an_agent_is_told_of_an_exec() {
    agent continue
    bundle "$(notifying '["getpriority"]')" sleep 1000
    create
    start
    get_pid
    rm "$T/agent" "$T/told"
    agent
    rt exec --pid-file "$T/exec.pid" "$ID" perl -e 'syscall('$GETPRIORITY', 0, 0) == -1 and print $! + 0'
    expect_equal "status, errno ($ERR)" "$RC $OUT" "0 71"
    wait "$AGENT"
    expect_equal "what the agent was told" "$(jq -r --argjson init "$PID" --argjson pid "$(<"$T/exec.pid")" '[.fds[0], .metadata, .state.id,
        .state.status, .state.pid == $init, .pid == $pid] | join(" ")' "$T/told")" "seccompFd a word $ID running true true"
    rm "$T/agent"
    rt exec "$ID" true
    expect_equal "status without an agent" "$RC" 255
    expect_match "error" "$ERR" 'failed to connect with seccomp agent'
    end_container
}

# The agent lets the process wait at the call that would tell it that the runtime is gone: it cannot end by itself.
# mutant: Undo.KillExecuted
test_an_exec_that_fails_leaves_no_process_even_when_the_agent_holds_it() {
    local pids
    agent continue
    bundle "$(notifying '["recvfrom", "recvmsg"]')" sleep 1000
    create
    start
    get_pid
    rm "$T/agent"
    agent continue 1
    refused 'o such file' exec --detach --pid-file "$T/no/such/folder/pid" "$ID" sleep 1002
    pids=$(cat "$(cgroup_file pids cgroup.procs)")
    kill "$AGENT" || true
    expect_equal "processes" "$pids" "$PID"
    end_container
}

test_without_an_agent_there_is_no_container() {
    bundle "$(notifying '["getpriority"]')" true
    refused_create 'failed to connect with seccomp agent'
    bundle "$(notifying '["getpriority"]' '.linux.seccomp.listenerPath = ""')" true
    refused_create ''
    # Nobody asks the agent: it need not be there.
    expect_errnos "0" "$(notifying '["getpriority"]' '.linux.seccomp.syscalls = []')" "$GETPRIORITY, 0, 0"
}

test_an_agent_that_has_gone_leaves_calls_that_are_not_implemented() {
    agent
    bundle "$(notifying '["getpriority"]')" perl -e 'sleep 1; syscall('$GETPRIORITY', 0, 0) == -1 and print $! + 0'
    create
    soon "the agent is told" test -e "$T/told"
    kill "$AGENT"
    wait "$AGENT" || true
    start
    soon "the container ends" has_status stopped
    expect_equal "errno" "$(<"$T/$ID.out")" 38
    must delete "$ID"
}

test_what_would_hang_is_not_asked_about() {
    bundle "$(notifying '["write"]')" true
    refused_create 'SCMP_ACT_NOTIFY cannot be used for the write syscall'
    bundle "$(notifying '["getpriority"]' '.linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY"')" true
    refused_create 'SCMP_ACT_NOTIFY cannot be used as default action'
}

test_a_hook_of_the_start_is_judged_as_the_program_is() {
    bundle "$(forbidding '[{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS"}]' \
        'writable | .hooks = {startContainer: [{path: "/bin/mkdir", args: ["mkdir", "/tmp/x"]}]}')" true
    create
    refused 'startContainer hook.*bad system call' start "$ID"
}

test_a_filter_is_loaded_in_a_user_namespace() {
    local flag
    chmod 711 "$BASE" "$T"
    for flag in true false; do
        output_of ".linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
            | .linux.gidMappings = .linux.uidMappings | .process.noNewPrivileges = $flag
            | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"mkdir\", \"mkdirat\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 71}]}" \
            sh -c 'grep ^Seccomp: /proc/self/status; mkdir /dev/shm/x 2>&1 || true'
        expect_match "with noNewPrivileges $flag" "$OUT" $'^Seccomp:\t2\n.*Protocol error$'
    done
}
