# shellcheck shell=bash
# Calls that must fail: with a status that is not 0, a text that says why, one record in the log, and nothing left.

# nothing_left: no state, no cgroup of the container that could not be made, and nothing on stdout.
nothing_left() {
    expect_equal "stdout" "$OUT" ''
    left_cgroups "$CASE_NUMBER-"
    expect_equal "cgroups" "$LEFT" ''
    left_state "$ROOT"
    expect_equal "entries of the state root" "$LEFT" ''
    [[ ! -e $T/pid ]] || fail "the pid file is left: '$(<"$T/pid")'"
}

test_missing_bundle_is_refused() {
    refused 'no such file or directory|No such file or directory' create --bundle "$T/nowhere" --pid-file "$T/pid" x
    nothing_left
}

test_missing_config_is_refused() {
    bundle . true
    rm "$BUNDLE/config.json"
    refused_create 'config.json' --pid-file "$T/pid"
    nothing_left
}

test_broken_json_is_refused() {
    bundle . true
    local text
    text=$(<"$BUNDLE/config.json")
    echo "${text%\}*}" >"$BUNDLE/config.json"
    refused_create . --pid-file "$T/pid"
    nothing_left
    : >"$BUNDLE/config.json"
    refused_create . --pid-file "$T/pid"
    nothing_left
}

# mutant: Check.RootfsIsDirectory
# mutant: Check.RootfsIsDirectory
test_missing_rootfs_is_refused() {
    bundle . true
    rm -r "$BUNDLE/rootfs"
    refused_create '[Nn]o such file or directory' --pid-file "$T/pid"
    nothing_left
    echo file >"$BUNDLE/rootfs"
    refused_create 'root.path.*not a directory' --pid-file "$T/pid"
    nothing_left
}

# mutant: Undo.RemoveStateDirectory Undo.RemovePidFile
test_missing_program_fails_in_create() {
    bundle . no-such-program
    refused_create . --pid-file "$T/pid"
    nothing_left
    bundle . /no/such/program
    refused_create . --pid-file "$T/pid"
    nothing_left
}

# The next three texts are what docker and podman turn into the exit codes 127 and 126.
test_missing_program_is_said_to_be_no_executable_in_path() {
    bundle . no-such-program
    refused_create 'executable file.* not found in \$PATH'
}

test_missing_path_is_said_to_be_no_such_file() {
    bundle . /no/such/program
    refused_create '/no/such/program.*: .*[Nn]o such file or directory'
}

test_program_that_is_not_executable_is_said_to_be_denied() {
    bundle . /etc/passwd
    refused_create '[Pp]ermission denied' --pid-file "$T/pid"
    nothing_left
    bundle . /etc
    refused_create '([Pp]ermission denied|is a directory)' --pid-file "$T/pid"
    nothing_left
}

# mutant: Check.StartSeesFailedExec
test_start_reports_a_program_that_cannot_be_executed() {
    bundle . /script
    printf '#!/no/such/interpreter\n' >"$BUNDLE/rootfs/script"
    chmod 755 "$BUNDLE/rootfs/script"
    create
    refused '/script.*[Nn]o such file or directory' start "$ID"
    must delete --force "$ID"
    printf 'neither a script nor a program\n' >"$BUNDLE/rootfs/script"
    create
    refused '/script.*[Ee]xec format error' start "$ID"
    must delete --force "$ID"
}

# mutant: Undo.KillInit
test_pid_file_that_cannot_be_written_fails_create() {
    bundle . sleep 1000
    refused_create '[Nn]o such file or directory' --pid-file "$T/nowhere/pid"
    nothing_left
}

test_mount_that_fails_leaves_nothing() {
    bundle 'bind($folder + "/nowhere"; "/mnt"; [])' true
    refused_create '[Nn]o such file or directory' --pid-file "$T/pid"
    nothing_left
    bundle 'add_mount("nosuchfs"; "none"; "/mnt"; [])' true
    refused_create '[Nn]o such device' --pid-file "$T/pid"
    nothing_left
}

test_run_that_fails_before_its_program_ends_with_1() {
    bundle . no-such-program
    run_container --pid-file "$T/pid"
    expect_equal "exit status" "$RC" 1
    nothing_left
}

test_config_without_arguments_is_refused() {
    bundle '.process.args = []' ignored
    refused_create . --pid-file "$T/pid"
    nothing_left
}

test_relative_working_directory_is_refused() {
    bundle '.process.cwd = "tmp"' true
    refused_create '[Cc]wd' --pid-file "$T/pid"
    nothing_left
}

test_errors_of_verbs_end_with_1() {
    local verb
    for verb in state start kill delete; do
        refused . "$verb" nobody
        expect_equal "exit status of $verb" "$RC" 1
        expect_equal "stdout of $verb" "$OUT" ''
    done
}

test_missing_container_is_said_not_to_exist() {
    local verb
    for verb in state start kill delete; do refused 'container does not exist' "$verb" nobody; done
}

test_stopped_container_is_said_not_to_run() {
    sleeper
    stop_container
    refused 'container not running' kill "$ID" TERM
    must delete "$ID"
}

test_running_container_is_said_not_to_be_stopped() {
    sleeper
    refused "cannot delete container .*$ID.* that is not stopped: running" delete "$ID"
    end_container
}

# mutant: Check.IdIsNotTaken
test_second_create_leaves_the_first_as_it_is() {
    bundle . sleep 1000
    create
    get_pid
    local before=$PID
    refused_create . --pid-file "$T/second"
    [[ ! -e $T/second ]] || fail "the refused create wrote a pid file"
    expect_status created
    get_pid
    expect_equal "pid" "$PID" "$before"
    alive "$PID" || fail "the first init is gone"
    start
    expect_status running
    refused . run --bundle "$BUNDLE" "$ID"
    expect_status running
    end_container
}

test_existing_id_is_said_to_exist() {
    bundle . sleep 1000
    create
    refused_create 'already exists'
    end_container
}

# mutant: Check.IdIsValid
test_bad_ids_are_refused_before_any_path_is_touched() {
    bundle . true
    mkdir -p "$T/deep/neighbour"
    echo precious >"$T/deep/neighbour/file"
    local id verb mine=$ROOT
    ROOT=$T/deep/root
    for id in ../neighbour . .. a/b 'a b' 'a*' /etc $'a\nb'; do
        for verb in create run; do refused . "$verb" --bundle "$BUNDLE" "$id"; done
        for verb in state start kill delete; do refused . "$verb" "$id"; done
    done
    ROOT=$mine
    [[ -f $T/deep/neighbour/file ]] || fail "a folder beside the state root was removed"
}

test_bad_ids_are_refused_by_delete_force() {
    mkdir -p "$T/deep/root" "$T/deep/neighbour"
    local id mine=$ROOT
    ROOT=$T/deep/root
    for id in ../neighbour .. . a/b ''; do refused . delete --force "$id"; done
    ROOT=$mine
    [[ -d $T/deep/neighbour && -d $T/deep/root ]] || fail "a folder outside the state root was removed"
}

test_empty_id_is_refused() {
    bundle . true
    refused . create --bundle "$BUNDLE" ''
    refused . state ''
    nothing_left
}

test_good_ids_are_taken() {
    bundle . sleep 1000
    local id
    for id in a A-1 a.b a_b+c 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef; do
        ID=$id
        create
        expect_status created
        must delete --force "$ID"
    done
}

test_unknown_signal_is_refused() {
    sleeper
    refused . kill "$ID" NOSUCHSIGNAL
    expect_status running
    end_container
}

test_log_file_has_one_json_record_of_an_error() {
    bundle . no-such-program
    local log=$T/log.json verb
    for verb in state start kill delete; do
        rm -f "$log"
        refused . --log "$log" --log-format json "$verb" nobody
        one_error_record "$log"
    done
    rm -f "$log"
    rt --log "$log" --log-format json create --bundle "$BUNDLE" "$ID"
    expect_match "exit status" "$RC" '^[1-9]'
    one_error_record "$log"
    # With a log, stderr has the plain text, without time and level.
    expect_no_match "stderr" "$ERR" 'level='
    expect_match "stderr" "$ERR" 'no-such-program'
}

one_error_record() { # every line is an object, one of them an error, with a time that Go can read
    jq -es 'map(type) | unique == ["object"]' "$1" >/dev/null || fail "not a log of objects: $(<"$1")"
    expect_equal "records of errors" "$(jq -s '[.[] | select(.level == "error" and (.msg | length > 0))] | length' "$1")" 1
    expect_match "time" "$(jq -rs '.[-1].time' "$1")" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9:]{5})$'
}

test_text_log_has_the_error_in_a_line() {
    refused . --log "$T/log.txt" state nobody
    expect_equal "lines" "$(wc -l <"$T/log.txt")" 1
    expect_match "line" "$(<"$T/log.txt")" '^time="20[^"]*" level=error msg="'
}

test_the_last_of_two_logs_is_the_one() {
    refused . --log "$T/first" --log "$T/second" state nobody
    [[ -s $T/second ]] || fail "nothing in the second log"
    [[ ! -s $T/first ]] || fail "the first log has: $(<"$T/first")"
}

test_log_is_appended_to() {
    refused . --log "$T/log" --log-format json state nobody
    refused . --log "$T/log" --log-format json state nobody
    expect_equal "records" "$(jq -s length "$T/log")" 2
}

test_success_says_nothing() {
    bundle . sleep 1000
    create --pid-file "$T/pid"
    expect_equal "output of create" "$OUT$ERR" ''
    start
    expect_equal "output of start" "$OUT$ERR" ''
    must state "$ID"
    expect_equal "stderr of state" "$ERR" ''
    must list
    expect_equal "stderr of list" "$ERR" ''
    must kill "$ID" KILL
    expect_equal "output of kill" "$OUT$ERR" ''
    soon "the container stops" has_status stopped
    must delete "$ID"
    expect_equal "output of delete" "$OUT$ERR" ''
}
