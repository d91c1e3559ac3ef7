# shellcheck shell=bash
# Terminals: one that a manager holds by its console socket, and one that is shown here by a foreground run.

# manager: waits at the console socket $T/console. What stands in the pipe $T/keys is typed; what the terminal prints is in $T/screen.
manager() {
    mkfifo "$T/keys"
    exec {KEYS}<>"$T/keys"
    "$here/receiver" "$T/console" "$T/report" <&"$KEYS" >"$T/screen" 2>"$T/receiver.err" &
    MANAGER=$!
    soon "the manager listens" test -S "$T/console"
}

# manager_ends: its terminal has hung up.
manager_ends() {
    wait "$MANAGER" || fail "the manager ended with $?: $(<"$T/receiver.err")"
    exec {KEYS}<&-
    read_file SCREEN "$T/screen"
    SCREEN=${SCREEN//$'\r'/}
}

# in_terminal FILTER ARGS...: a container whose terminal a manager holds, to its end. SCREEN is what it printed.
in_terminal() {
    bundle ".process.terminal = true | $1" "${@:2}"
    manager
    create --console-socket "$T/console"
    start
    manager_ends
    soon "the container stops" has_status stopped
    end_container
}

# shown COMMAND: the command has a terminal of its own, as from a person, who types nothing. SCREEN is what stands on it.
shown() {
    RC=0
    SCREEN=$(script -qefc "stty rows 33 columns 99; $1" /dev/null 2>&1 <>"$BASE/never") || RC=$?
    SCREEN=${SCREEN//$'\r'/}
}

# mutant: Step.OpenTerminal Step.SendTerminal
test_standard_streams_are_a_terminal() {
    in_terminal . sh -c 'for i in 0 1 2; do readlink /proc/self/fd/$i; done'
    expect_equal "streams" "$SCREEN" $'/dev/pts/0\n/dev/pts/0\n/dev/pts/0'
}

test_console_socket_gets_one_message_with_one_descriptor() {
    in_terminal . true
    expect_match "message" "$(<"$T/report")" '^name [^ ]+, descriptors 1, then 0$'
}

test_what_is_typed_at_the_console_socket_is_read() {
    bundle '.process.terminal = true' sh -c 'read line; echo "got $line"'
    manager
    create --console-socket "$T/console"
    start
    echo typed >&"$KEYS"
    manager_ends
    expect_equal "screen" "$SCREEN" $'typed\ngot typed'
    end_container
}

test_terminal_is_the_sessions_own() {
    # Fields 6 and 7: session and terminal (major 136, minor 0). /dev/tty opens only for who has one.
    in_terminal . sh -c 'cut -d" " -f6,7 /proc/self/stat; echo through the session >/dev/tty'
    expect_equal "session and terminal" "$SCREEN" $'1 34816\nthrough the session'
}

# mutant: Step.BindConsole
test_console_is_the_terminal() {
    in_terminal . sh -c 'stat -c "%F %t:%T" /dev/console; echo by the console >/dev/console'
    expect_equal "console" "$SCREEN" $'character special file 88:0\nby the console'
}

test_terminal_belongs_to_the_user() {
    in_terminal '.process.user = {uid: 1000, gid: 1000}' sh -c 'stat -c "%u %g %a" /dev/pts/0; id -u >/dev/pts/0'
    expect_equal "owner, group, mode" "$SCREEN" $'1000 5 620\n1000'
}

test_console_size_is_the_configured_one() {
    in_terminal '.process.consoleSize = {height: 10, width: 110}' busybox stty size
    expect_equal "rows and columns" "$SCREEN" '10 110'
}

test_console_size_means_nothing_without_a_terminal() {
    output_of '.process.consoleSize = {height: 10, width: 110}' echo fine
    expect_equal "output" "$OUT" fine
}

test_terminal_works_with_a_read_only_root() {
    # No file system of its own at /dev: the file for the console is made in the rootfs, before it is read-only.
    in_terminal '.root.readonly = true | .mounts |= map(select(.destination != "/dev" and .destination != "/dev/shm"
        and .destination != "/dev/mqueue"))' sh -c 'touch /x 2>/dev/null || echo read-only; stat -c %t /dev/console'
    expect_equal "screen" "$SCREEN" $'read-only\n88'
}

# mutant: Check.TerminalHasReceiver
test_create_with_a_terminal_needs_a_console_socket() {
    bundle '.process.terminal = true' true
    refused_create 'cannot allocate tty if [a-z]+ will detach without setting console socket'
    refused 'cannot allocate tty if [a-z]+ will detach without setting console socket' run --detach --bundle "$BUNDLE" "$ID"
}

# mutant: Check.ConsoleSocketHasTerminal
test_console_socket_without_a_terminal_is_refused() {
    bundle . true
    refused_create 'cannot use console socket if [a-z]+ will not detach or allocate tty' --console-socket "$T/console"
    bundle '.process.terminal = true' true
    refused 'cannot use console socket if [a-z]+ will not detach or allocate tty' run --console-socket "$T/console" --bundle "$BUNDLE" "$ID"
}

test_a_console_socket_at_which_nobody_listens_is_refused() {
    bundle '.process.terminal = true' true
    refused_create "$T/nobody" --console-socket "$T/nobody"
}

test_a_console_socket_may_have_a_long_path() {
    local deep
    deep=$T/$(printf 'd%.0s' {1..120})
    mkdir "$deep"
    (cd "$deep" && exec "$here/receiver" console "$T/report" </dev/null >"$T/screen") &
    soon "the manager listens" test -S "$deep/console"
    bundle '.process.terminal = true' echo far
    create --console-socket "$deep/console"
    start
    wait
    expect_equal "screen" "$(tr -d '\r' <"$T/screen")" far
    end_container
}

# mutant: Check.TerminalIsOnDevpts
test_a_terminal_needs_a_devpts_of_the_container() {
    # The image has a real ptmx of its own, with a devpts beside it, so that the kernel would open it.
    bundle '.process.terminal = true | .mounts |= map(select(.destination | startswith("/dev") | not))
        | add_mount("devpts"; "devpts"; "/dev/pts/pts"; ["newinstance", "ptmxmode=0666"])' echo no
    mkdir -p "$BUNDLE/rootfs/dev/pts/pts"
    mknod -m 666 "$BUNDLE/rootfs/dev/pts/ptmx" c 5 2
    manager
    refused_create 'no devpts|super magic|[Nn]o such file' --console-socket "$T/console"
    kill "$MANAGER" 2>/dev/null || true
    wait "$MANAGER" || true
}

# mutant: Check.PtmxIsOfDevpts
test_a_covered_ptmx_is_refused() {
    bundle '.process.terminal = true | bind("/dev/null"; "/dev/pts/ptmx"; [])' echo no
    manager
    refused_create ptmx --console-socket "$T/console"
    kill "$MANAGER" 2>/dev/null || true
    wait "$MANAGER" || true
}

# mutant: Check.ConsoleIsNoLink
test_a_linked_console_of_the_image_is_refused() {
    bundle '.process.terminal = true | .mounts |= map(select(.destination | . == "/dev" or . == "/dev/shm" or . == "/dev/mqueue" | not))' echo no
    ln -s /target "$BUNDLE/rootfs/dev/console"
    manager
    refused_create 'console' --console-socket "$T/console"
    [[ ! -e $BUNDLE/rootfs/target ]] || fail "something was made where the link leads"
    kill "$MANAGER" 2>/dev/null || true
    wait "$MANAGER" || true
}

# ---------------------------------------------------------------------------------------------- foreground
# run_here: the words of a foreground run of $ID.
run_here() { printf '%q ' "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"; }

test_foreground_terminal_prints_and_ends_as_the_program() {
    bundle '.process.terminal = true' sh -c 'readlink /proc/self/fd/0; exit 7'
    shown "$(run_here)"
    expect_equal "status and screen" "$RC $SCREEN" '7 /dev/pts/0'
}

test_foreground_terminal_has_the_size_of_ours() {
    bundle '.process.terminal = true' busybox stty size
    shown "$(run_here)"
    expect_equal "rows and columns" "$SCREEN" '33 99'
}

test_a_new_size_of_our_terminal_is_one_inside() {
    bundle '.process.terminal = true' sh -c 'trap "busybox stty size; exit" WINCH; echo ready; while :; do sleep 0.05; done'
    # The one beside the runtime shares its terminal, changes its size when the container is ready, and ends.
    shown "(until grep -q ready '$T/typescript' 2>/dev/null; do sleep 0.05; done; stty rows 44 columns 88 </dev/tty) &
        $(run_here) | tee '$T/typescript'"
    expect_match "screen" "$SCREEN" '(^|[^0-9])44 88'
}

test_our_terminal_is_what_it_was_afterwards() {
    bundle '.process.terminal = true' true
    shown "stty -a >'$T/before'; $(run_here); stty -a >'$T/after'"
    expect_equal "modes" "$(<"$T/after")" "$(<"$T/before")"
}

test_our_terminal_is_what_it_was_after_a_failed_start() {
    bundle '.process.terminal = true' /bin/broken
    printf '#!/no/interpreter\n' >"$BUNDLE/rootfs/bin/broken"
    chmod 755 "$BUNDLE/rootfs/bin/broken"
    shown "stty -a >'$T/before'; $(run_here); stty -a >'$T/after'"
    expect_equal "modes" "$(<"$T/after")" "$(<"$T/before")"
}

test_our_terminal_is_what_it_was_after_a_signal() {
    bundle '.process.terminal = true' sh -c 'trap "exit 5" TERM; touch /ready; while :; do sleep 0.05; done'
    jq '.root.readonly = false' "$BUNDLE/config.json" >"$T/new" && mv "$T/new" "$BUNDLE/config.json"
    shown "stty -a >'$T/before'; $(run_here) & until [ -e '$BUNDLE/rootfs/ready' ]; do sleep 0.05; done
        kill -TERM \$!; wait \$!; echo status \$?; stty -a >'$T/after'"
    expect_match "screen" "$SCREEN" 'status 5'
    expect_equal "modes" "$(<"$T/after")" "$(<"$T/before")"
}

test_keys_go_in_one_by_one_and_are_no_signals_here() {
    # ^C is a byte for the container's terminal, which makes a signal of it there.
    bundle '.process.terminal = true' sh -c 'trap "echo interrupted; exit 3" INT; echo ready; while :; do sleep 0.05; done'
    RC=0
    SCREEN=$( (until grep -q ready "$T/out" 2>/dev/null; do pause 0.05; done; printf '\003'; pause 1) |
        script -qefc "$(run_here)" /dev/null | tee "$T/out") || RC=$?
    expect_match "screen" "$SCREEN" interrupted
}

test_much_output_of_a_terminal_is_not_lost() {
    bundle '.process.terminal = true' sh -c 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i + 1)); done'
    shown "$(run_here) >'$T/out'"
    expect_equal "lines" "$(wc -l <"$T/out")" 20000
    expect_equal "last line" "$(tail -n 1 "$T/out")" 'line 19999'
}

test_output_of_a_terminal_has_no_carriage_returns() {
    bundle '.process.terminal = true' sh -c 'echo one; echo two'
    shown "$(run_here) >'$T/out'"
    expect_equal "output" "$(od -An -c "$T/out" | tr -d ' \n')" 'one\ntwo\n'
}

test_a_terminal_inside_needs_none_outside() {
    bundle '.process.terminal = true' sh -c 'readlink /proc/self/fd/0'
    run_container
    expect_equal "status and output" "$RC $OUT" '0 /dev/pts/0'
}

test_a_pipe_is_typed_with_its_end() {
    bundle '.process.terminal = true' sh -c 'busybox stty -echo; echo ready; cat; echo over'
    local status=0 text
    text=$(printf 'one\ntwo\n' | "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID") || status=$?
    expect_match "status and output" "$status $text" $'^0 .*one\ntwo\nover$'
}

test_a_reader_that_goes_away_does_not_stop_the_container() {
    bundle 'writable | .process.terminal = true' sh -c 'i=0; while [ $i -lt 5000 ]; do echo "line $i"; i=$((i + 1)); done; touch /done'
    shown "$(run_here) | head -n 1"
    [[ -e $BUNDLE/rootfs/done ]] || fail "the program did not come to its end"
}

test_a_terminal_in_a_user_namespace_belongs_to_its_user() {
    chmod 711 "$BASE" "$T"
    in_terminal '.linux.namespaces += [{type: "user"}] | .process.user = {uid: 5, gid: 5}
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
        sh -c 'readlink /proc/self/fd/0; stat -c "%u %g" /dev/console; echo by the console >/dev/console'
    expect_equal "screen" "$SCREEN" $'/dev/pts/0\n5 5\nby the console'
}

test_a_read_only_dev_has_the_console() {
    in_terminal '(.mounts[] | select(.destination == "/dev") | .options) += ["ro"]' \
        sh -c 'echo x >/dev/console; ! touch /dev/x 2>/dev/null && echo read-only'
    expect_equal "screen" "$SCREEN" $'x\nread-only'
}
