# shellcheck shell=bash
# exec: one more program in a container, as confined as its init.

# exec_in ARGS...: ARGS are flags and the program, after the id has been put between them: `exec_in [FLAGS] -- PROGRAM...`.
exec_in() {
    local flags=()
    while [[ $1 != -- ]]; do
        flags+=("$1")
        shift
    done
    shift
    rt exec "${flags[@]}" "$ID" "$@"
}

# answers WANTED ARGS...: the program ends with 0 and prints this.
answers() {
    local wanted=$1
    shift
    exec_in "$@"
    expect_equal "status and output of exec ($ERR)" "$RC $OUT" "0 $wanted"
}

# exec_refused TEXT ARGS...: the runtime's own failure.
exec_refused() {
    local text=$1
    shift
    exec_in "$@"
    if [[ $name == crun* && $RC == 1 ]]; then RC=255; fi
    expect_equal "status ($ERR)" "$RC" 255
    expect_match "error" "$ERR" "$text"
}

# process FILTER ARGS...: $T/process.json, the container's process changed by the filter.
process() {
    jq "$FILTER_WORDS"'{process: (.process | .args = $ARGS.positional)} | '"$1 | .process" "$BUNDLE/config.json" --args -- "${@:2}" >"$T/process.json"
}

# mutant: Step.TellPrepared
test_exec_ends_with_the_status_of_the_program() {
    sleeper
    answers hello -- echo hello
    exec_in -- sh -c 'exit 42'
    expect_equal "status" "$RC" 42
    exec_in -- sh -c 'kill -TERM $$; sleep 100'
    expect_equal "status after TERM" "$RC" 143
    end_container
}

# mutant: Step.JoinContainer Step.CloneAgain
test_exec_is_in_all_namespaces_of_init() {
    local space
    sleeper
    for space in mnt uts ipc net pid cgroup; do
        answers "$(readlink "/proc/$PID/ns/$space")" -- readlink "/proc/self/ns/$space"
    done
    end_container
}

test_exec_is_in_the_user_namespace_of_init() {
    local space
    chmod 711 "$BASE" "$T"
    bundle '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings | .mounts |= map(select(.destination != "/sys/fs/cgroup"))' sleep 1000
    create
    start
    soon "sleep runs" _executed sleep
    for space in user mnt pid net; do
        answers "$(readlink "/proc/$PID/ns/$space")" -- readlink "/proc/self/ns/$space"
    done
    answers "0 0" -- sh -c 'echo $(id -u) $(id -g)'
    answers "7 8" --user 7:8 -- sh -c 'echo $(id -u) $(id -g)'
    exec_refused 'mapp|[Ii]nvalid argument' --user 70000 -- true
    end_container
}

test_exec_is_in_the_cgroups_of_init() {
    local wanted
    sleeper '.linux.namespaces |= map(select(.type != "cgroup"))'
    wanted=$(cut -d: -f2- "/proc/$PID/cgroup" | sort)
    exec_in -- cat /proc/self/cgroup
    expect_equal "cgroups" "$(cut -d: -f2- <<<"$OUT" | sort)" "$wanted"
    end_container
}

test_exec_works_in_a_created_container_and_leaves_it_created() {
    bundle . sleep 1000
    create
    answers hello -- echo hello
    expect_status created
    start
    expect_status running
    end_container
}

# mutant: Check.ExecOnlyAlive
test_exec_needs_a_container_that_lives() {
    bundle . true
    exec_refused 'does not exist|opening file' -- true
    create
    start
    soon "the container stops" has_status stopped
    exec_refused 'cannot exec in a stopped container|container not running|is not running' -- true
    end_container
}

test_exec_needs_a_program() {
    sleeper
    exec_refused 'args cannot be empty|args|argument' --
    exec_refused 'executable file .*not found in \$PATH|open executable' -- nosuch
    exec_refused '/nosuch.*[Nn]o such file or directory|open executable' -- /nosuch
    exec_refused '([Pp]ermission denied|is a directory|executable)' -- /etc
    end_container
}

# 255 is for what goes wrong on the way to the program.
test_exec_with_wrong_arguments_ends_with_1() {
    sleeper
    exec_in --no-such-flag -- true
    expect_equal "status of an unknown flag ($ERR)" "$RC" 1
    exec_in --preserve-fds x -- true
    expect_equal "status of a wrong value ($ERR)" "$RC" 1
    rt exec
    expect_equal "status without an id ($ERR)" "$RC" 1
    end_container
}

test_exec_names_the_want_of_memory_that_may_have_killed_it() {
    # Kept in a file, which nothing can reclaim.
    bundle '.linux.resources.memory = {limit: 67108864, swap: 67108864}' \
        sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=8 2>/dev/null; echo full; exec sleep 1000'
    create
    start
    soon "its memory is full" grep -q full "$T/$ID.out"
    local file usage
    if [[ $CGROUPS == v2 ]]; then file=$(cgroup_file memory memory.current); else file=$(cgroup_file memory memory.usage_in_bytes); fi
    # What the kernel has set aside for each processor may do for an exec or two, or until the program runs (137).
    for _ in {1..10}; do
        usage=$(<"$file")
        must update --memory $((usage + 4096)) --memory-swap $((usage + 4096)) "$ID"
        # It comes before init when the kernel chooses.
        RC=0
        (echo 800 >/proc/self/oom_score_adj && exec "$RUNTIME" --root "$ROOT" exec "$ID" true) 2>"$T/exec.err" </dev/null || RC=$?
        if ((RC == 255)); then break; fi
    done
    expect_equal "status" "$RC" 255
    expect_match "error" "$(<"$T/exec.err")" 'possibly OOM-killed'
    expect_status running
    end_container
}

freezer_of() { # freezer_of freeze|thaw
    if [[ $CGROUPS == v2 ]]; then
        echo "$([[ $1 == freeze ]] && echo 1 || echo 0)" >"$(cgroup_file '' cgroup.freeze)"
    else
        echo "$([[ $1 == freeze ]] && echo FROZEN || echo THAWED)" >"$(cgroup_file freezer freezer.state)"
    fi
}

# mutant: Check.ExecNotWhilePaused
test_exec_into_a_paused_container_is_refused() {
    sleeper
    freezer_of freeze
    soon "it is paused" has_status paused
    background exec "$ID" true
    soon "exec is over" dead "$BG"
    freezer_of thaw
    ended_with 255
    expect_match "error" "$(<"$T/bg.err")" 'cannot exec in a paused container'
    end_container
}

# mutant: Step.CloseHostsDescriptors
test_exec_into_a_paused_container_waits_for_resume_when_asked() {
    local child
    sleeper
    freezer_of freeze
    soon "it is paused" has_status paused
    background exec --ignore-paused "$ID" echo late
    if [[ $CGROUPS != v2 && $name == sharprun* ]]; then
        # On its way in it stands still, and holds nothing of the host's but what it was given.
        soon "there is a child" pgrep -P "$BG"
        child=$(pgrep -P "$BG" | head -n 1)
        soon "it is frozen" grep -q "freezer:$CGROUP\$" "/proc/$child/cgroup"
        pause 0.1
        # Its word to the parent, the container's init, and the file by which it has joined.
        expect_match "descriptors" "$(find "/proc/$child/fd" -lname '[^0]*' -printf '%l ' | sed 's,/dev/null,,g; s,[^ ]*/call[^ ]*\|[^ ]*/bg[^ ]*,,g')" \
            '^ *(socket:[^ ]+|anon_inode:\[pidfd\]|[^ ]*pidfd[^ ]*|[^ ]+/tasks) +(socket:[^ ]+|[^ ]*pidfd[^ ]*|[^ ]+/tasks) +(socket:[^ ]+|[^ ]*pidfd[^ ]*|[^ ]+/tasks) *$'
    fi
    pause 0.2
    expect_equal "output" "$(<"$T/bg.out")" ""
    freezer_of thaw
    ended_with 0
    expect_equal "output" "$(<"$T/bg.out")" late
    end_container
}

test_exec_takes_environment_and_directory_of_the_container() {
    sleeper '.process.env = ["PATH=/bin:/usr/bin", "A=1", "B=2"] | .process.cwd = "/etc"'
    answers "1 2 /etc" -- sh -c 'echo $A $B $PWD'
    answers "1 3 4 /" -e B=3 -e C=4 --cwd / -- sh -c 'echo $A $B $C $PWD'
    exec_refused 'cwd|chdir|[Nn]o such file' --cwd /nosuch -- true
    end_container
}

test_exec_home_is_the_users() {
    sleeper writable
    rm -f "$BUNDLE/rootfs/etc/passwd"
    printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$BUNDLE/rootfs/etc/passwd"
    answers /root -- sh -c 'echo $HOME'
    answers /home/user --user 1000:1000 -- sh -c 'echo $HOME'
    answers / --user 1001:1001 -- sh -c 'echo $HOME'
    end_container
}

test_exec_user_is_a_number_and_nothing_else() {
    local user
    sleeper
    answers "5 6" --user 5:6 -- sh -c 'echo $(id -u) $(id -g)'
    answers "5" --user 5 -- id -u
    for user in root -1 +1 4294967295 4294967296 18446744073709551616 0x1 1: :1 1:x; do
        exec_refused . --user "$user" -- true
    done
    end_container
}

test_exec_has_additional_groups() {
    sleeper '.process.user.additionalGids = [11]'
    exec_in --additional-gids 12 --additional-gids 13 -- grep Groups /proc/self/status
    expect_equal "groups" "$(tr '\t' ' ' <<<"$OUT" | sed 's/ *$//; s/: 0 /: /')" 'Groups: 11 12 13'
    end_container
}

test_exec_has_the_capabilities_of_the_container() {
    sleeper 'capable(["CAP_KILL"])'
    exec_in -- grep -E '^Cap(Bnd|Eff|Prm|Inh|Amb)' /proc/self/status
    expect_equal "capabilities" "$(tr -d '\n\t' <<<"$OUT")" "$(grep -E '^Cap(Bnd|Eff|Prm|Inh|Amb)' "/proc/$PID/status" | tr -d '\n\t')"
    end_container
}

test_exec_cap_adds_to_all_but_the_inheritable_set() {
    sleeper 'capable(["CAP_KILL"])'
    exec_in --cap CAP_CHOWN -- grep -E '^Cap' /proc/self/status
    expect_equal "capabilities" "$(tr -d '\n\t' <<<"$OUT")" \
        'CapInh:0000000000000000CapPrm:0000000000000021CapEff:0000000000000021CapBnd:0000000000000021CapAmb:0000000000000000'
    end_container
}

test_exec_has_no_new_privs_of_the_container() {
    sleeper '.process.noNewPrivileges = true'
    answers 1 -- sh -c 'sed -n "s/NoNewPrivs:\t//p" /proc/self/status'
    end_container
    sleeper '.process.noNewPrivileges = false'
    answers 0 -- sh -c 'sed -n "s/NoNewPrivs:\t//p" /proc/self/status'
    answers 1 --no-new-privs -- sh -c 'sed -n "s/NoNewPrivs:\t//p" /proc/self/status'
    end_container
}

test_exec_has_limits_mask_and_oom_score_of_the_container() {
    sleeper '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88}] | .process.user.umask = 63 | .process.oomScoreAdj = 500'
    answers "77 88 0077 500" -- sh -c 'echo $(ulimit -n) $(ulimit -Hn) $(umask) $(cat /proc/self/oom_score_adj)'
    end_container
}

test_exec_has_the_seccomp_filter_of_the_container() {
    sleeper '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
    exec_in -- sh -c 'sed -n "s/Seccomp:\t//p" /proc/self/status; mkdir /dev/shm/x'
    expect_equal "seccomp" "$OUT" 2
    expect_match "error" "$ERR" 'Function not implemented'
    end_container
    sleeper '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
    answers 2 -- sh -c 'sed -n "s/Seccomp:\t//p" /proc/self/status'
    end_container
}

test_exec_has_only_descriptors_0_to_2() {
    sleeper
    exec 7</dev/null
    answers "0 1 2 3" -- sh -c 'cd /proc/self/fd && echo *'
    exec 7<&-
    end_container
}

test_exec_preserves_descriptors() {
    sleeper
    echo preserved >"$T/text"
    RC=0
    OUT=$("$RUNTIME" --root "$ROOT" exec --preserve-fds 1 "$ID" cat /proc/self/fd/3 3<"$T/text" 2>&1) || RC=$?
    expect_equal "status and output" "$RC $OUT" "0 preserved"
    end_container
}

# mutant: Step.JoinKeyring
test_exec_has_the_session_keyring_of_the_container() {
    local perl='bind("/usr"; "/usr"; ["ro"]) | bind("/lib"; "/lib"; ["ro"])' keyctl=250
    if [[ -e /lib64 ]]; then perl+=' | bind("/lib64"; "/lib64"; ["ro"])'; fi
    if [[ $(uname -m) == aarch64 ]]; then keyctl=219; fi
    # KEYCTL_GET_KEYRING_ID of KEY_SPEC_SESSION_KEYRING: its serial number.
    # shellcheck disable=SC2016 # perl's variables
    bundle "$perl" perl -e '$| = 1; print syscall('$keyctl', 0, -3, 0), "\n"; sleep 1000'
    # A keyring of an earlier run may still have an ordinary name.
    ID+=-$$-$RANDOM
    create
    start
    soon "init has told its keyring" test -s "$T/$ID.out"
    answers "$(<"$T/$ID.out")" -- perl -e 'print syscall('$keyctl', 0, -3, 0)'
    end_container
}

test_exec_working_directory_outside_is_refused() {
    local fd
    sleeper
    for fd in 3 4 5 6 7 8 9 10 11 12; do
        exec_in --cwd "/proc/self/fd/$fd" -- pwd
        # A descriptor of the container's own root leads nowhere else.
        expect_match "status and directory with descriptor $fd" "$RC $OUT" '^(255 |1 |0 /)$'
    done
    end_container
}

test_exec_reads_a_process_file() {
    sleeper '.process.env = ["PATH=/bin", "A=1"]'
    process '.process.env = ["PATH=/bin", "B=2"] | .process.user = {uid: 3, gid: 4} | .process.cwd = "/etc"' sh -c 'echo "$A" $B $(id -u) $(id -g) $PWD $HOME'
    answers " 2 3 4 /etc /" --process "$T/process.json" --
    echo '{' >"$T/process.json"
    exec_refused . --process "$T/process.json" --
    exec_refused 'o such file' --process "$T/nosuch.json" --
    end_container
}

test_exec_of_a_process_file_decides_alone() {
    sleeper 'capable(["CAP_KILL"]) | .process.noNewPrivileges = true'
    process 'capable(["CAP_CHOWN"]) | .process.noNewPrivileges = false' sh -c 'sed -n "s/NoNewPrivs:\t//p; s/CapEff:\t//p" /proc/self/status'
    answers $'0000000000000001\n0' --process "$T/process.json" --
    end_container
}

test_exec_does_not_need_the_bundles_config() {
    sleeper '.process.noNewPrivileges = true'
    rm "$BUNDLE/config.json"
    answers 1 -- sh -c 'sed -n "s/NoNewPrivs:\t//p" /proc/self/status'
    end_container
}

test_exec_detached_returns_while_the_program_runs() {
    local pid
    sleeper
    exec_in --detach --pid-file "$T/exec.pid" -- sleep 1001
    expect_equal "status" "$RC" 0
    pid=$(<"$T/exec.pid")
    expect_equal "program" "$(tr '\0' ' ' <"/proc/$pid/cmdline")" 'sleep 1001 '
    expect_equal "pid file" "$(wc -c <"$T/exec.pid")" "${#pid}"
    end_container
    soon "the program ends with the container" dead "$pid"
}

# mutant: Check.ExecSeesFailedExec Undo.RemovePidFileOfExec
test_exec_that_fails_leaves_no_pid_file() {
    sleeper
    rm -f "$BUNDLE/rootfs/etc/script"
    printf '#!/no/interpreter\n' >"$BUNDLE/rootfs/etc/script"
    chmod 755 "$BUNDLE/rootfs/etc/script"
    exec_refused 'not found' --detach --pid-file "$T/exec.pid" -- nosuch
    if [[ -e $T/exec.pid ]]; then fail "the pid file is left"; fi
    exec_refused 'no such file or directory' --detach --pid-file "$T/exec.pid" -- /etc/script
    if [[ -e $T/exec.pid ]]; then fail "the pid file is left"; fi
    end_container
}

test_exec_with_a_pid_file_that_cannot_be_written_leaves_no_process() {
    sleeper
    exec_refused . --detach --pid-file "$T/no/such/folder/pid" -- sleep 1002
    expect_equal "processes" "$(pgrep -fx 'sleep 1002' || true)" ""
    end_container
}

test_exec_sends_a_pidfd_of_its_process() {
    local pid
    sleeper
    # It is told when to kill, or the process might not yet have executed anything.
    mkfifo "$T/go"
    exec 8<>"$T/go"
    "$here/receiver" "$T/pidfd" "$T/report" 9 <"$T/go" >/dev/null 8>&- &
    local receiver=$!
    soon "the manager listens" test -S "$T/pidfd"
    exec_in --detach --pidfd-socket "$T/pidfd" --pid-file "$T/exec.pid" -- sleep 1003
    expect_equal "status ($ERR)" "$RC" 0
    exec 8>&-
    wait "$receiver" || fail "the receiver ended with $?"
    expect_match "message" "$(<"$T/report")" 'descriptors 1, then 0$'
    # SIGKILL by the descriptor has ended this process, and no other.
    pid=$(<"$T/exec.pid")
    soon "the process ends" dead "$pid"
    expect_status running
    exec_refused "$T/nobody" --pidfd-socket "$T/nobody" -- true
    end_container
}

test_exec_prints_the_time_of_each_step_when_asked() {
    sleeper
    RC=0
    "$RUNTIME" --root "$ROOT" --debug --log "$T/log" exec "$ID" true || RC=$?
    expect_equal "status" "$RC" 0
    expect_match "log" "$(<"$T/log")" '  0 +[0-9]+ us  .* us  .*join '
    "$RUNTIME" --root "$ROOT" --debug --log "$T/log2" exec --detach "$ID" true
    expect_match "log" "$(<"$T/log2")" '  0 +[0-9]+ us  '
    end_container
}

test_exec_forwards_signals() {
    sleeper
    background exec "$ID" sh -c 'trap "exit 7" TERM; echo ready; while :; do sleep 0.02; done'
    soon "the trap is set" grep -q ready "$T/bg.out"
    kill -TERM "$BG"
    ended_with 7
    end_container
}

test_exec_has_a_session_of_its_own() {
    sleeper
    exec_in -- sh -c 'cut -d" " -f1,5,6 /proc/$$/stat'
    expect_match "pid, group, session" "$OUT" '^([0-9]+) \1 \1$'
    end_container
}

test_exec_terminal_is_shown_in_the_foreground() {
    sleeper
    RC=0
    SCREEN=$(script -qefc "stty rows 33 columns 99; '$RUNTIME' --root '$ROOT' exec --tty '$ID' sh -c 'tty; stat -c \"%u %g\" \$(tty); stty size'" \
        /dev/null 2>&1 <>"$BASE/never") || RC=$?
    expect_equal "status and screen" "$RC ${SCREEN//$'\r'/}" $'0 /dev/pts/0\n0 5\n33 99'
    end_container
}

test_exec_terminal_goes_to_the_console_socket() {
    sleeper
    "$here/receiver" "$T/console" "$T/report" </dev/null >"$T/screen" 2>"$T/receiver.err" &
    soon "the manager listens" test -S "$T/console"
    exec_in --tty --detach --console-socket "$T/console" -- sh -c 'tty; test -t 0 && echo terminal'
    expect_equal "status" "$RC" 0
    soon "the terminal prints" grep -q terminal "$T/screen"
    expect_match "message" "$(<"$T/report")" '^name [^ ]+, descriptors 1, then 0$'
    exec_refused 'cannot allocate tty if [a-z]+ will detach without setting console socket' --tty --detach -- true
    end_container
}

# mutant: Check.SubgroupStaysBelow
test_exec_cgroup_is_a_group_below() {
    local group directory
    sleeper '.linux.namespaces |= map(select(.type != "cgroup"))'
    if [[ $CGROUPS == v2 ]]; then directory=/sys/fs/cgroup$CGROUP word=sub; else directory=/sys/fs/cgroup/pids$CGROUP word=pids:sub; fi
    mkdir "$directory/sub"
    exec_in --cgroup "$word" -- cat /proc/self/cgroup
    expect_match "cgroup" "$OUT" "$CGROUP/sub"
    exec_refused 'sub cgroup path' --cgroup "${word%sub}../up" -- true
    exec_refused . --cgroup "${word%sub}nosuch" -- true
    if [[ $CGROUPS != v2 ]]; then exec_refused 'unknown controller' --cgroup nosuch:sub -- true; fi
    rmdir "$directory/sub"
    end_container
}

test_exec_follows_init_into_its_own_group() {
    if [[ $CGROUPS != v2 ]]; then skip "no pure cgroup v2"; fi
    sleeper '.linux.namespaces |= map(select(.type != "cgroup"))'
    mkdir "/sys/fs/cgroup$CGROUP/leaf"
    echo "$PID" >"/sys/fs/cgroup$CGROUP/leaf/cgroup.procs"
    echo +pids >"/sys/fs/cgroup$CGROUP/cgroup.subtree_control"
    answers "0::$CGROUP/leaf" -- cat /proc/self/cgroup
    exec_refused '[Rr]esource busy' --cgroup / -- true
    end_container
}

test_exec_many_times_in_a_row() {
    local i
    sleeper
    for i in {1..20}; do answers "$i" -- echo "$i"; done
    end_container
}
