# shellcheck shell=bash
# run: create, start, wait and delete in one call; and the pid file that it and create write.

test_run_ends_with_the_status_of_the_program() {
    output_of . true
    bundle_again sh -c 'exit 42'
    run_container
    expect_equal "exit status" "$RC" 42
}

test_run_ends_with_128_and_the_signal() {
    # Without a pid namespace, because the first process of one ignores its own signals.
    bundle 'without("pid")' sh -c 'kill -TERM $$; sleep 1000'
    run_container
    expect_equal "exit status after TERM" "$RC" 143
    bundle_again sh -c 'kill -KILL $$; sleep 1000'
    run_container
    expect_equal "exit status after KILL" "$RC" 137
}

test_run_forwards_signals() {
    bundle . sh -c 'trap "echo hup" HUP; trap "echo term; exit 7" TERM; echo ready; while :; do sleep 0.02; done'
    background run --bundle "$BUNDLE" "$ID"
    soon "the traps are set" grep -q ready "$T/bg.out"
    kill -HUP "$BG"
    soon "HUP arrives" grep -qx hup "$T/bg.out"
    kill -TERM "$BG"
    ended_with 7
    expect_match "output" "$(<"$T/bg.out")" term
}

test_run_deletes_the_container_at_its_end() {
    output_of . echo hello
    expect_equal "output" "$OUT" hello
    refused . state "$ID"
}

test_run_ends_when_the_container_is_killed_by_another() {
    bundle . sleep 1000
    background run --bundle "$BUNDLE" "$ID"
    soon "the container runs" has_status running
    must kill "$ID" KILL
    ended_with 137
}

test_run_keep_leaves_a_stopped_container() {
    bundle . true
    run_container --keep
    expect_equal "exit status" "$RC" 0
    expect_status stopped
    must delete "$ID"
}

test_run_detached_returns_while_the_container_runs() {
    bundle . sleep 1000
    _call "$T/$ID" run --detach --pid-file "$T/pid" --bundle "$BUNDLE" "$ID"
    expect_equal "exit status" "$RC" 0
    expect_status running
    get_pid
    expect_equal "pid file" "$(<"$T/pid")" "$PID"
    end_container
}

test_pid_file_holds_the_digits_and_no_newline() {
    bundle . sleep 1000
    create --pid-file "$T/pid"
    get_pid
    expect_equal "bytes of the pid file" "$(od -An -c "$T/pid" | tr -d ' \n')" "$PID"
    end_container
}

test_pid_file_is_never_seen_empty() {
    bundle . sleep 1000
    local round text
    for round in 1 2 3 4 5; do
        background create --pid-file "$T/pid$round" --bundle "$BUNDLE" "$ID"
        while alive "$BG"; do
            if [[ ! -e $T/pid$round ]]; then continue; fi
            # A file without a newline makes read fail, but it has set the text.
            read -r text <"$T/pid$round" || true
            [[ $text =~ ^[0-9]+$ ]] || fail "the pid file was seen with '$text'"
        done
        ended_with 0
        get_pid
        expect_equal "pid file" "$(<"$T/pid$round")" "$PID"
        end_container
    done
}

test_pid_file_takes_the_place_of_an_old_one_at_once() {
    bundle . sleep 1000
    echo 1234567 >"$T/pid"
    # Written over in place it would be empty for a moment, and would be the same inode.
    local before
    before=$(stat -c %i "$T/pid")
    create --pid-file "$T/pid"
    get_pid
    expect_equal "pid file" "$(<"$T/pid")" "$PID"
    expect_not_equal "inode of the pid file" "$(stat -c %i "$T/pid")" "$before"
    end_container
}

test_pid_file_is_relative_to_the_caller_not_to_the_bundle() {
    bundle . sleep 1000
    mkdir "$T/elsewhere"
    (cd "$T/elsewhere" && create --pid-file pid)
    [[ -s $T/elsewhere/pid ]] || fail "no pid file in the caller's folder"
    end_container
}
