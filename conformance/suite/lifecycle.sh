# shellcheck shell=bash
# create, start, state, kill, delete, run, list: the life of a container as its manager sees it.

# mutant: Step.TellCreated Step.WaitForStart Step.Exec
test_create_leaves_the_program_waiting() {
    bundle 'writable' sh -c 'echo started >/started; sleep 1000'
    create
    expect_status created
    get_pid
    alive "$PID" || fail "the pid $PID of a created container is not alive"
    pause 0.2
    [[ ! -e $BUNDLE/rootfs/started ]] || fail "the program ran before start"
    start
    soon "the program runs after start" test -e "$BUNDLE/rootfs/started"
    expect_status running
    end_container
}

test_start_keeps_the_pid() {
    bundle . sleep 1000
    create
    get_pid
    local before=$PID
    start
    soon "sleep runs" _executed sleep
    expect_equal "pid after start" "$PID" "$before"
    end_container
}

# mutant: Check.StartOnlyCreated
test_start_twice_is_refused() {
    sleeper
    refused . start "$ID"
    expect_status running
    end_container
}

test_start_of_a_stopped_container_is_refused() {
    sleeper
    stop_container
    refused . start "$ID"
    expect_status stopped
    must delete "$ID"
}

test_state_of_a_stopped_container_has_pid_0() {
    sleeper
    stop_container
    must state "$ID"
    expect_equal "pid" "$(jq .pid <<<"$OUT")" 0
    must delete "$ID"
}

test_state_has_the_keys_that_managers_read() {
    bundle '.annotations = {"org.example.a": "b c"}' sleep 1000
    create
    must state "$ID"
    local answer=$OUT
    expect_equal "id" "$(jq -r .id <<<"$answer")" "$ID"
    expect_equal "bundle" "$(jq -r .bundle <<<"$answer")" "$BUNDLE"
    expect_equal "rootfs" "$(jq -r .rootfs <<<"$answer")" "$BUNDLE/rootfs"
    expect_equal "annotation" "$(jq -r '.annotations["org.example.a"]' <<<"$answer")" 'b c'
    expect_equal "type of pid" "$(jq -r '.pid | type' <<<"$answer")" number
    expect_equal "owner" "$(jq -r .owner <<<"$answer")" ''
    expect_match "created" "$(jq -r .created <<<"$answer")" '^20[0-9-]{8}T[0-9:]{8}\.[0-9]{1,9}Z$'
    end_container
}

test_state_gives_the_rootfs_without_needless_parts() {
    bundle '.root.path = ".//rootfs/"' sleep 1000
    create
    must state "$ID"
    expect_equal "rootfs" "$(jq -r .rootfs <<<"$OUT")" "$BUNDLE/rootfs"
    end_container
}

test_state_gives_the_oci_version_of_the_config() {
    bundle '.ociVersion = "1.0.1"' sleep 1000
    create
    must state "$ID"
    expect_equal "ociVersion" "$(jq -r .ociVersion <<<"$OUT")" 1.0.1
    end_container
}

test_state_is_indented_by_two_spaces() {
    bundle . sleep 1000
    create
    must state "$ID"
    expect_match "state" "$OUT" $'^\\{\n  "'
    end_container
}

test_bundle_may_be_relative_or_the_current_folder() {
    bundle . true
    (cd "$T" && must create --bundle c "$ID")
    must state "$ID"
    expect_equal "bundle" "$(jq -r .bundle <<<"$OUT")" "$BUNDLE"
    must delete "$ID"
    (cd "$BUNDLE" && must create "$ID")
    must state "$ID"
    expect_equal "bundle" "$(jq -r .bundle <<<"$OUT")" "$BUNDLE"
    must delete "$ID"
}

test_kill_knows_signals_by_name_and_number() {
    bundle . sh -c 'for s in TERM USR1 USR2; do trap "echo got $s" $s; done; echo ready; while :; do sleep 0.02; done'
    create
    start
    soon "the traps are set" grep -q ready "$T/$ID.out"
    must kill "$ID"
    soon "the default signal is TERM" grep -qx 'got TERM' "$T/$ID.out"
    must kill "$ID" SIGUSR1
    soon "SIGUSR1 arrives" grep -qx 'got USR1' "$T/$ID.out"
    must kill "$ID" 12
    soon "signal 12 arrives" grep -qx 'got USR2' "$T/$ID.out"
    expect_status running
    end_container
}

test_kill_knows_names_in_lower_case() {
    bundle . sh -c 'trap "echo got HUP" HUP; echo ready; while :; do sleep 0.02; done'
    create
    start
    soon "the trap is set" grep -q ready "$T/$ID.out"
    must kill "$ID" hup
    soon "hup arrives" grep -qx 'got HUP' "$T/$ID.out"
    end_container
}

test_kill_of_a_created_container_works() {
    bundle . sleep 1000
    create
    get_pid
    must kill "$ID" KILL
    soon "the created container stops" has_status stopped
    must delete "$ID"
}

# mutant: Check.KillOnlyAlive
test_kill_of_a_stopped_container_is_refused() {
    sleeper
    stop_container
    refused . kill "$ID" TERM
    expect_status stopped
    must delete "$ID"
}

test_kill_all_of_a_stopped_container_is_no_error() {
    sleeper
    stop_container
    must kill --all "$ID" KILL
    must delete "$ID"
}

test_kill_all_reaches_every_process_without_a_pid_namespace() {
    bundle 'without("pid")' sh -c 'sleep 1000 & sleep 1000 & echo ready; wait'
    create
    start
    soon "the children run" grep -q ready "$T/$ID.out"
    get_pid
    local all
    all=$(cat "$(cgroup_file pids cgroup.procs)")
    expect_equal "number of processes" "$(wc -w <<<"$all")" 3
    must kill --all "$ID" KILL
    local pid
    for pid in $all; do soon "process $pid ends" dead "$pid"; done
    must delete --force "$ID"
}

test_delete_of_a_created_container_ends_it() {
    bundle . sleep 1000
    create
    get_pid
    must delete "$ID"
    dead "$PID" || fail "the init $PID is alive after delete"
    refused . state "$ID"
}

# mutant: Check.DeleteOnlyStopped
test_delete_refuses_a_running_container() {
    sleeper
    refused . delete "$ID"
    expect_status running
    end_container
}

# mutant: Check.DeleteWaitsForInit
test_delete_force_ends_a_running_container() {
    sleeper
    must delete --force "$ID"
    dead "$PID" || fail "the process $PID is alive after delete --force"
    refused . state "$ID"
}

test_delete_force_of_a_missing_container_is_no_error() {
    must delete --force nobody
    must delete --force nobody
    refused . delete nobody
}

test_two_creates_of_one_id_have_one_winner() {
    bundle . sleep 1000
    local round first second won
    for round in 1 2 3 4 5; do
        background create --bundle "$BUNDLE" "$ID"
        first=$BG
        background create --bundle "$BUNDLE" "$ID"
        second=$BG
        won=0
        if wait "$first"; then won=1; fi
        if wait "$second"; then won=$((won + 1)); fi
        expect_equal "winners in round $round" "$won" 1
        expect_status created
        must start "$ID"
        expect_status running
        end_container
    done
}

# mutant: Check.DirectoryIsStillTheSame
test_who_waits_for_a_container_that_is_deleted_meanwhile_is_told_so() {
    bundle . sleep 1000
    create
    mkfifo "$T/release"
    flock "$ROOT/$ID" sh -c ": >'$T/held'; read x <'$T/release'" &
    soon "the lock is held" test -e "$T/held"
    background start "$ID"
    pause 0.3
    mv "$ROOT/$ID" "$T/aside"
    echo >"$T/release"
    ended_with 1
    expect_match "error" "$(<"$T/bg.err")" 'does not exist'
    mv "$T/aside" "$ROOT/$ID"
    expect_status created
    end_container
}

# mutant: Check.RecordStaysWhileCgroupStays
test_the_record_stays_while_a_cgroup_cannot_be_removed() {
    bundle . true
    create
    start
    soon "the container ends" has_status stopped
    # A directory that is a mount point, here in a mount namespace of its own, cannot be removed.
    local group
    group=$(dirname "$(cgroup_file pids cgroup.procs)")
    RC=0
    # shellcheck disable=SC2016 # the inner shell's
    ERR=$(unshare -m --propagation private sh -c 'mount --bind "$1" "$1" && shift && exec "$@"' sh "$group" \
        "$RUNTIME" --root "$ROOT" delete "$ID" 2>&1) || RC=$?
    _must_refuse cgroup delete
    expect_status stopped
    must delete "$ID"
}

# mutant: Check.StartOnlyCreated
test_start_says_why_it_does_not_start() {
    sleeper
    refused 'cannot start an already running container' start "$ID"
    stop_container
    refused 'cannot start a container that has stopped' start "$ID"
    end_container
}

test_init_is_a_child_of_the_callers_subreaper() {
    bundle . sleep 1000
    # perl makes itself a subreaper and stays between us and the runtime.
    perl -e 'syscall(shift, 36, 1, 0, 0, 0) == 0 or die; $SIG{TERM} = sub { exit 0 };
        system(@ARGV) == 0 or die; open(F, ">", "'"$T"'/done"); close F; sleep 1000 while 1' \
        "$(prctl_number)" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" &
    local reaper=$!
    soon "create has ended" test -e "$T/done"
    get_pid
    expect_equal "parent of the init" "$(awk '/^PPid:/ { print $2 }' "/proc/$PID/status")" "$reaper"
    end_container
    kill "$reaper"
    wait "$reaper"
}

# mutant: Check.ZombieIsStopped
test_a_zombie_counts_as_stopped() {
    bundle . true
    # This perl never waits for the init that becomes its child.
    perl -e 'syscall(shift, 36, 1, 0, 0, 0) == 0 or die; $SIG{TERM} = sub { exit 0 };
        system(@ARGV) == 0 or die; open(F, ">", "'"$T"'/done"); close F; sleep 1000 while 1' \
        "$(prctl_number)" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" &
    local reaper=$!
    soon "create has ended" test -e "$T/done"
    get_pid
    start
    soon "the init is a zombie" grep -q '^State:.*Z' "/proc/$PID/status"
    expect_status stopped
    must delete "$ID"
    kill "$reaper"
    wait "$reaper"
}

# mutant: Check.PidStartTimeMatches
test_another_process_with_the_old_pid_is_not_the_container() {
    bundle . true
    create
    get_pid
    start
    soon "the container ends" has_status stopped
    # clone3(2) with set_tid: a process that has the very pid that the init had.
    perl -e 'my $tid = pack("i", $ARGV[0]);
        my $args = pack("Q10", 0, 0, 0, 0, 17, 0, 0, 0, unpack("J", pack("p", $tid)), 1);
        my $pid = syscall(435, $args, length $args);
        if ($pid == 0) { exec "sleep", "1000" }
        die "clone3: $!\n" if $pid < 0; waitpid($pid, 0)' "$PID" &
    local helper=$! reused=$PID
    soon "pid $reused is used again" alive "$reused"
    expect_status stopped
    refused . kill "$ID" KILL
    must delete --force "$ID"
    alive "$reused" || fail "a process that is not the container's was killed"
    kill -KILL "$reused"
    wait "$helper"
}

test_config_changed_after_create_has_no_effect() {
    bundle . sh -c 'echo first'
    create
    bundle_again sh -c 'echo second'
    start
    soon "the container ends" has_status stopped
    expect_equal "output" "$(<"$T/$ID.out")" first
    must delete "$ID"
}

test_an_id_can_be_used_again_at_once() {
    bundle . echo again
    local round
    for round in 1 2 3; do
        create
        must delete --force "$ID"
        run_container
        expect_equal "status and output of round $round" "$RC $OUT" '0 again'
    done
}

test_roots_are_separate_worlds() {
    bundle . sleep 1000
    create
    local mine=$ROOT
    ROOT=$T/other
    refused . state "$ID"
    ROOT=$mine
    expect_status created
    end_container
}

# ------------------------------------------------------------------------------------------------------------- edges

test_an_id_that_is_taken_is_said_to_exist() {
    sleeper
    local folder pid=$PID
    folder=$(stat -c %i "$ROOT/$ID")
    refused_create 'container with given ID already exists|already exists'
    expect_status running
    get_pid
    expect_equal "pid" "$PID" "$pid"
    expect_equal "the winner's folder" "$(stat -c %i "$ROOT/$ID")" "$folder"
    end_container
}

# An init that dies before it is created: here by a hook, at a known moment.
test_an_init_killed_during_create_fails_create() {
    bundle '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c",
        "kill -KILL $(grep -oE \"\\\"pid\\\": *[0-9]+\" | grep -oE \"[0-9]+\")"]}]' sleep 1000
    refused_create . --pid-file "$T/pid"
    refused . state "$ID"
    [[ ! -e $T/pid ]] || fail "the pid file is left"
}

test_an_init_killed_while_it_waits_is_stopped() {
    bundle . sleep 1000
    create
    get_pid
    kill -KILL "$PID"
    soon "it is stopped" has_status stopped
    refused . start "$ID"
    expect_status stopped
    must delete "$ID"
}

test_an_init_killed_in_start_fails_start() {
    bundle '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo >/tmp/begun; exec sleep 1000"]}] | bind($folder; "/tmp"; [])' sleep 1000
    create
    get_pid
    background start "$ID"
    soon "the hook runs" test -e "$T/begun"
    kill -KILL "$PID"
    wait "$BG" && fail "start succeeded"
    soon "it is stopped" has_status stopped
    must delete "$ID"
}

test_a_container_that_is_being_created_is_left_alone() {
    bundle '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo >" + $folder + "/begun; read -r x <" + $folder + "/go"]}]' sleep 1000
    mkfifo "$T/go"
    background create --bundle "$BUNDLE" "$ID"
    soon "the hook runs" test -e "$T/begun"
    expect_status creating
    refused 'container not running' kill "$ID" KILL
    refused 'container not running' kill --all "$ID" KILL
    refused 'cannot start a container in the creating state' start "$ID"
    refused "cannot delete container $ID that is not stopped: creating" delete "$ID"
    must list --format json
    expect_equal "in the list" "$(jq -r '.[0].status' <<<"$OUT")" creating
    echo >"$T/go"
    ended_with 0
    expect_status created
    end_container
}

# freeze, thaw: the container's group by hand, as an engine's pause does.
freezer() {
    if [[ $CGROUPS == v2 ]]; then
        echo "$([[ $1 == freeze ]] && echo 1 || echo 0)" >"$(cgroup_file '' cgroup.freeze)"
    else
        echo "$([[ $1 == freeze ]] && echo FROZEN || echo THAWED)" >"$(cgroup_file freezer freezer.state)"
    fi
}

test_a_frozen_container_is_paused_and_not_deleted() {
    sleeper
    freezer freeze
    soon "it is paused" has_status paused
    refused "cannot delete container $ID that is not stopped: paused" delete "$ID"
    freezer thaw
    soon "it runs again" has_status running
    end_container
}

test_a_frozen_container_is_deleted_by_force() {
    sleeper
    freezer freeze
    soon "it is paused" has_status paused
    must delete --force "$ID"
    dead "$PID" || fail "the process $PID is alive"
}

test_a_frozen_container_is_killed_at_once() {
    sleeper
    freezer freeze
    soon "it is paused" has_status paused
    must kill "$ID" TERM
    expect_status paused
    must kill "$ID" KILL
    soon "it is stopped" has_status stopped
    must delete "$ID"
}

test_every_signal_arrives() {
    # Without a pid namespace none is kept from the first process.
    bundle 'without("pid")' sh -c 'n=1
        while [ $n -le 31 ]; do case $n in 9|17|19) ;; *) trap "echo got $n" $n ;; esac; n=$((n + 1)); done
        echo ready; while :; do sleep 0.02; done'
    create
    start
    soon "the traps are set" grep -q ready "$T/$ID.out"
    local number name
    for ((number = 1; number <= 31; number++)); do
        case $number in 9 | 17 | 19) continue ;; esac
        name=$(kill -l "$number")
        case $((number % 3)) in 0) must kill "$ID" "$number" ;; 1) must kill "$ID" "$name" ;; 2) must kill "$ID" "SIG$name" ;; esac
        soon "signal $number, $name, arrives" grep -qx "got $number" "$T/$ID.out"
    done
    must kill "$ID" 0
    must kill "$ID" 37
    soon "a real-time signal ends it" has_status stopped
    must kill --all "$ID" 9
    must delete "$ID"
}

# The processes that outlive the first one, in a pid namespace that is not the container's own.
test_kill_all_of_a_stopped_container_ends_what_it_left() {
    bundle 'without("pid")' sh -c 'sleep 1000 & echo ready'
    create
    start
    soon "it is stopped" has_status stopped
    local left
    left=$(cat "$(cgroup_file pids cgroup.procs)")
    expect_equal "processes left" "$(wc -w <<<"$left")" 1
    must kill --all "$ID" KILL
    soon "process $left ends" dead "$left"
    must delete "$ID"
}

# A state root that cannot be written: what is there can be seen and ended, and nothing new is half made.
test_a_read_only_state_root_fails_create_and_harms_nothing() {
    mkdir -p "$ROOT"
    mount -t tmpfs -o size=1m tmpfs "$ROOT"
    sleeper
    local first=$ID
    mount -o remount,ro "$ROOT"
    NAME=d bundle . sleep 1000
    refused_create '[Rr]ead-only file system|cannot create state directory'
    ID=$first
    expect_status running
    must list -q
    must kill "$ID" KILL
    soon "it is stopped" has_status stopped
    refused '[Rr]ead-only file system' delete "$ID"
    mount -o remount,rw "$ROOT"
    must delete --force "$ID"
    umount "$ROOT"
}

test_a_full_state_root_fails_create_and_leaves_nothing() {
    mkdir -p "$ROOT"
    local pages
    for pages in 1 2 3 4 5 6; do
        mount -t tmpfs -o size=$((pages * 4))k tmpfs "$ROOT"
        # One page more is free each time, until it is enough.
        dd if=/dev/zero of="$ROOT/.fill" bs=4096 count=1 status=none
        bundle . sleep 1000
        _call "$T/$ID" create --bundle "$BUNDLE" "$ID"
        if ((RC)); then
            expect_match "error with $pages pages" "$ERR" '[Nn]o space left on device'
            expect_equal "left with $pages pages" "$(ls "$ROOT")" ''
        else
            must delete --force "$ID"
        fi
        umount "$ROOT"
    done
    ((RC == 0)) || fail "five free pages are not enough: $ERR"
}
