# shellcheck shell=bash
# The command line as managers and people write it, and the calls that need no container.

test_flags_are_taken_in_the_forms_that_managers_send() {
    bundle . sleep 1000
    must --rootless=false create --bundle="$BUNDLE" -pid-file "$T/pid" -no-new-keyring=true "$ID"
    get_pid
    expect_equal "pid file" "$(<"$T/pid")" "$PID"
    must delete -force -- "$ID"
    must create -b="$BUNDLE" "$ID"
    must delete -f "$ID"
}

test_flags_may_follow_the_id() {
    bundle . sleep 1000
    must create "$ID" --bundle "$BUNDLE" --pid-file "$T/pid"
    get_pid
    expect_equal "pid file" "$(<"$T/pid")" "$PID"
    must delete "$ID" --force
}

test_a_shell_wrapper_in_front_changes_nothing() {
    # As docker writes it for a runtime with arguments.
    printf '#!/bin/sh\n%s --log-format text $@\n' "$RUNTIME" >"$T/wrapper"
    chmod 755 "$T/wrapper"
    RUNTIME=$T/wrapper
    bundle . sh -c 'exit 42'
    run_container
    expect_equal "exit status" "$RC" 42
    bundle_again sleep 1000
    create --pid-file "$T/pid"
    start
    expect_status running
    end_container
}

# mutant: Check.RootIsNotSlash
test_the_file_systems_top_is_refused_as_root() {
    refused 'root' --root / state nobody
}

test_unknown_command_and_flag_are_refused() {
    refused 'bogus' bogus
    refused 'bogus' state --bogus x
    refused 'bogus' --bogus state x
}

test_wrong_number_of_arguments_is_refused() {
    local verb
    for verb in create start state kill delete run; do refused . "$verb"; done
    for verb in start state delete; do refused . "$verb" one two; done
}

test_help_makes_nothing() {
    local verb
    must --help
    expect_match "help" "$OUT" 'create'
    for verb in create start state kill delete run list spec exec ps pause resume events features; do
        must "$verb" --help
        expect_match "help of $verb" "$OUT" "$verb"
    done
    [[ ! -e $ROOT ]] || fail "help made the state root"
}

test_version_has_the_lines_that_docker_reads() {
    must --version
    expect_match "version" "$OUT" $'^[a-z]+ version [0-9][^\n]*\ncommit: [^\n]+\n(.*\n)?spec: [0-9.]+'
    expect_equal "stderr" "$ERR" ''
}

test_spec_does_not_overwrite() {
    mkdir "$T/new"
    must spec --bundle "$T/new"
    echo mine >"$T/new/config.json"
    refused 'config.json' spec --bundle "$T/new"
    expect_equal "the file" "$(<"$T/new/config.json")" mine
}
