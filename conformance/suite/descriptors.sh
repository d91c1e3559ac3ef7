# shellcheck shell=bash
# What the caller hands in beside the bundle: descriptors, sockets, its service manager; and that nothing else comes along.

# open_in_container: the numbers of the descriptors of the container's init.
open_in_container() {
    soon "sleep runs" _executed sleep
    OPEN=$(ls "/proc/$PID/fd" | sort -n | tr '\n' ' ')
}

# listening COMMAND...: the command with the variables of a socket activation that is meant for itself, as LISTEN_PID says.
listening() { env LISTEN_FDS="$1" LISTEN_FDNAMES="${2:-}" sh -c 'LISTEN_PID=$$ exec "$@"' sh "${@:3}"; }

test_preserved_descriptors_keep_their_numbers_and_no_other_comes_along() {
    echo three >"$T/three"
    echo four >"$T/four"
    bundle . sleep 1000
    create --preserve-fds 2 3<"$T/three" 4<"$T/four" 5</ 6<"$T/three"
    start
    open_in_container
    expect_equal "descriptors" "$OPEN" '0 1 2 3 4 '
    expect_equal "files" "$(cat "/proc/$PID/fd/3" "/proc/$PID/fd/4")" $'three\nfour'
    end_container
    bundle . sh -c 'cat <&3 <&4'
    run_container --preserve-fds 2 3<"$T/three" 4<"$T/four"
    expect_equal "status and output" "$RC $OUT" '0 four'
}

test_preserved_descriptors_survive_until_start() {
    mkfifo "$T/pipe"
    exec {pipe}<>"$T/pipe"
    bundle . sh -c 'echo "by the pipe" >&3'
    create --preserve-fds 1 3>&"$pipe"
    start
    local line
    read -r -t 5 -u "$pipe" line || true
    expect_equal "line" "$line" 'by the pipe'
    exec {pipe}<&-
    soon "the container stops" has_status stopped
    end_container
}

# mutant: Check.PreservedDescriptorsAreOpen
test_a_descriptor_to_preserve_that_is_not_open_is_refused() {
    bundle . true
    refused_create '4|preserve' --preserve-fds 2 3</dev/null 4<&-
    refused_create '3|preserve' --preserve-fds 1 3<&-
}

test_a_socket_activation_passes_its_descriptors_and_says_so() {
    echo socket >"$T/socket"
    bundle '.process.env += ["LISTEN_FDS=9"]' sh -c 'env | grep LISTEN_ | sort; cat <&3'
    local text
    text=$(listening 1 web "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3<"$T/socket")
    expect_match "output" "$text" $'LISTEN_FDS=1\n.*LISTEN_PID=1\nsocket$'
    expect_no_match "output" "$text" LISTEN_FDS=9
}

test_names_of_a_socket_activation_pass() {
    bundle . sh -c 'echo "$LISTEN_FDNAMES"'
    local text
    text=$(listening 2 web:admin "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3</dev/null 4</dev/null)
    expect_equal "names" "$text" web:admin
}

test_preserved_descriptors_stand_behind_those_of_an_activation() {
    echo preserved >"$T/file"
    bundle . sh -c 'cat <&4; readlink /proc/self/fd/5 || echo no more'
    local text
    text=$(listening 1 '' "$RUNTIME" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3</dev/null 4<"$T/file" 5</dev/null)
    expect_equal "output" "$text" $'preserved\nno more'
}

test_a_socket_activation_of_somebody_else_is_left_alone() {
    bundle . sh -c 'env | grep LISTEN_ || echo none; readlink /proc/self/fd/3 || echo closed'
    local text
    text=$(LISTEN_FDS=1 LISTEN_PID=1 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 3</dev/null)
    expect_equal "output" "$text" $'none\nclosed'
}

# ---------------------------------------------------------------------------------------------- pidfd socket
test_pidfd_socket_gets_a_pidfd_of_init() {
    bundle . sleep 1000
    # It is told when to kill, or init might not yet have all that create waits for.
    mkfifo "$T/go"
    exec 8<>"$T/go"
    "$here/receiver" "$T/pidfd" "$T/report" 9 <"$T/go" >/dev/null 8>&- &
    local receiver=$!
    soon "the manager listens" test -S "$T/pidfd"
    create --pidfd-socket "$T/pidfd"
    exec 8>&-
    wait "$receiver" || fail "the receiver ended with $?"
    expect_match "message" "$(<"$T/report")" 'descriptors 1, then 0$'
    # SIGKILL by the descriptor has ended the waiting init.
    soon "init ends" has_status stopped
    end_container
}

test_a_pidfd_socket_at_which_nobody_listens_is_refused() {
    bundle . true
    refused_create "$T/nobody" --pidfd-socket "$T/nobody"
}

# mutant: Undo.RemovePidFile
test_a_pidfd_that_cannot_be_sent_fails_create_and_leaves_nothing() {
    need strace strace "it makes a system call fail"
    bundle . sleep 1000
    "$here/receiver" "$T/pidfd" "$T/report" </dev/null >/dev/null 2>&1 &
    local receiver=$!
    soon "the manager listens" test -S "$T/pidfd"
    RC=0
    ERR=$(timeout 10 strace -qq -o /dev/null -e trace=sendmsg -e inject=sendmsg:error=EPIPE \
        "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" --pidfd-socket "$T/pidfd" --pid-file "$T/pid" "$ID" 2>&1 </dev/null) || RC=$?
    kill "$receiver" 2>/dev/null || true
    wait "$receiver" || true
    _must_refuse '[Bb]roken pipe' create
    if [[ -e $T/pid ]]; then fail "the pid file is left"; fi
}

# ---------------------------------------------------------------------------------------------- keyring
test_no_new_keyring_keeps_the_callers() {
    bundle '.linux.maskedPaths = []' cat /proc/keys
    # A keyring of an earlier run may still have an ordinary name.
    ID+=-$$-$RANDOM
    run_container
    expect_match "keys" "$OUT" "$ID: "
    ID+=-$RANDOM
    run_container --no-new-keyring
    expect_equal "status" "$RC" 0
    expect_no_match "keys" "$OUT" "$ID: "
}

# ---------------------------------------------------------------------------------------------- notifications
# service_manager: hears at $T/notify, and writes what it hears to $T/heard.
service_manager() {
    "$here/receiver" --notify "$T/notify" "$T/heard" </dev/null >/dev/null 2>"$T/receiver.err" &
    SERVICE_MANAGER=$!
    soon "the service manager listens" test -S "$T/notify"
}

# heard LINE...: the service manager has heard these lines and no others; it ends.
heard() {
    soon "$1 is heard" grep -q "^$1" "$T/heard"
    soon "${*: -1} is heard" grep -q "^${*: -1}" "$T/heard"
    kill "$SERVICE_MANAGER" 2>/dev/null || true
    wait "$SERVICE_MANAGER" || true
    expect_equal "heard" "$(grep . "$T/heard" | grep -v '^BARRIER=1$')" "$(printf '%s\n' "$@")"
}

# notifier: puts a program into the rootfs that sends its arguments to $NOTIFY_SOCKET. perl of the host is not in there, so it is bound.
notifier='bind("/usr"; "/usr"; ["rbind", "ro"]) | bind("/lib"; "/lib"; ["rbind", "ro"]) | bind("/lib64"; "/lib64"; ["rbind", "ro"])'
# shellcheck disable=SC2016 # perl's variables
tell='use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); for (@ARGV) { send($s, $_, 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die "send: $!" }'

test_ready_is_passed_on_to_the_service_manager() {
    bundle "writable | $notifier" sh -c '/usr/bin/perl -e "$1" "MAINPID=1
STATUS=working" "READY=1" && exec sleep 1000' sh "$tell"
    service_manager
    export NOTIFY_SOCKET=$T/notify
    create
    expect_equal "heard before start" "$(<"$T/heard")" ''
    start
    get_pid
    heard READY=1 "MAINPID=$PID"
    unset NOTIFY_SOCKET
    end_container
}

test_start_ends_when_the_service_manager_has_read_it_all() {
    bundle "writable | $notifier" sh -c '/usr/bin/perl -e "$1" "READY=1" && exec sleep 1000' sh "$tell"
    service_manager
    export NOTIFY_SOCKET=$T/notify
    create
    start
    unset NOTIFY_SOCKET
    # It ends by itself at BARRIER=1 with a descriptor.
    wait "$SERVICE_MANAGER" || fail "the service manager ended with $?: $(<"$T/receiver.err")"
    end_container
}

test_start_waits_until_the_container_is_ready() {
    bundle "writable | $notifier" sh -c 'until [ -e /go ]; do sleep 0.05; done; /usr/bin/perl -e "$1" "READY=1"; exec sleep 1000' sh "$tell"
    service_manager
    export NOTIFY_SOCKET=$T/notify
    create
    background start "$ID"
    soon "the container runs" has_status running
    pause 0.3
    alive "$BG" || fail "start did not wait"
    touch "$BUNDLE/rootfs/go"
    ended_with 0
    get_pid
    heard READY=1 "MAINPID=$PID"
    unset NOTIFY_SOCKET
    end_container
}

test_start_does_not_wait_for_a_container_that_ends_without_a_word() {
    bundle "writable | $notifier" true
    service_manager
    export NOTIFY_SOCKET=$T/notify
    create
    start
    unset NOTIFY_SOCKET
    kill "$SERVICE_MANAGER"
    wait "$SERVICE_MANAGER" || true
    soon "the container stops" has_status stopped
    end_container
}

test_a_user_of_the_container_may_notify_but_not_change_the_socket() {
    bundle "writable | $notifier | .process.user = {uid: 1000, gid: 1000}" sh -c '/usr/bin/perl -e "$1" "READY=1"; rm "$NOTIFY_SOCKET" 2>/dev/null || echo kept' sh "$tell"
    service_manager
    local text runtime
    text=$(umask 077 && NOTIFY_SOCKET=$T/notify "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID")
    expect_equal "output" "$text" kept
    runtime=$(sed -n 's/^MAINPID=//p' "$T/heard")
    heard READY=1 "MAINPID=$runtime"
}

test_without_a_service_manager_there_is_no_socket() {
    output_of . sh -c 'echo "${NOTIFY_SOCKET:-none}"; ls -d /run/notify 2>/dev/null || echo none'
    expect_equal "output" "$OUT" $'none\nnone'
}

test_a_container_in_a_user_namespace_may_notify() {
    chmod 711 "$BASE" "$T"
    bundle "writable | $notifier"' | .linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
        sh -c '/usr/bin/perl -e "$1" "READY=1" && exec sleep 1000' sh "$tell"
    mkdir -p "$BUNDLE/rootfs"/{usr,lib,lib64,run/notify}
    service_manager
    export NOTIFY_SOCKET=$T/notify
    create
    start
    get_pid
    heard READY=1 "MAINPID=$PID"
    unset NOTIFY_SOCKET
    end_container
}
