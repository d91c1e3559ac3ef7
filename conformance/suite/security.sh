# shellcheck shell=bash
# What a hostile image or a careless caller must not reach. Each case also shows that the trap would have been seen.

# watch_mounts: counts, exactly, the events of our mount table: the kernel wakes whoever polls mountinfo (proc(5)).
# The surroundings are shared mounts, so a runtime that does not make "/" a slave sends its own mounts here.
watch_mounts() {
    perl -e 'open(F, "<", "/proc/self/mountinfo") or die; my ($want, $seen, $end) = ("", 0, 0); vec($want, fileno(F), 1) = 1;
        $SIG{TERM} = sub { $end = 1 }; select(undef, undef, my $first = $want, 0); open(R, ">", "$ARGV[0].ready"); close R;
        while (!$end) { $seen++ if select(undef, undef, my $ready = $want, 0.05) > 0 }
        open(R, ">", $ARGV[0]); print R $seen; close R' "$1" &
    WATCHER=$!
    soon "the watcher watches" test -e "$1.ready"
}

stop_watching() {
    pause 0.1
    kill "$WATCHER"
    wait "$WATCHER"
}

# mutant: Step.SetRootPropagation
test_a_life_causes_no_mount_event_on_the_host() {
    bundle 'bind("/etc"; "/mnt"; ["ro"]) | add_mount("tmpfs"; "tmpfs"; "/scratch"; [])' sleep 1000
    watch_mounts "$T/events"
    create
    start
    stop_container
    must delete "$ID"
    stop_watching
    expect_equal "mount events" "$(<"$T/events")" 0
    # The same watch sees a mount when there is one.
    mkdir "$T/point"
    watch_mounts "$T/control"
    mount -t tmpfs control "$T/point"
    umount "$T/point"
    stop_watching
    expect_match "mount events of a mount" "$(<"$T/control")" '^[12]$'
}

# own_copy: a copy of the runtime to attack, so that a success would not damage the real one.
own_copy() {
    cp "$RUNTIME" "$T/runtime"
    RUNTIME=$T/runtime
    SUM=$(sha256sum <"$RUNTIME")
}

test_the_runtimes_file_cannot_be_written_through_the_inits_exe() {
    own_copy
    bundle . sleep 1000
    create
    get_pid
    if { printf x >>"/proc/$PID/exe"; } 2>/dev/null; then fail "the exe of the waiting init can be written"; fi
    # CVE-2019-5736: hold a descriptor, and write when nobody executes the file any more.
    exec {held}<"/proc/$PID/exe"
    start
    soon "sleep runs" _executed sleep
    { printf x >>"/proc/self/fd/$held"; } 2>/dev/null || true
    exec {held}<&-
    expect_equal "checksum of the runtime" "$(sha256sum <"$RUNTIME")" "$SUM"
    end_container
    # The same way does write a file that nothing protects.
    exec {held}<"$RUNTIME"
    printf x >>"/proc/self/fd/$held"
    exec {held}<&-
    expect_not_equal "checksum after an attack without a container" "$(sha256sum <"$RUNTIME")" "$SUM"
}

test_an_image_that_executes_the_runtime_itself_cannot_write_it() {
    own_copy
    bundle 'without("pid")' /exploit
    printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/exploit"
    chmod 755 "$BUNDLE/rootfs/exploit"
    create
    get_pid
    # The interpreter of the script is whatever the init is executing: the runtime. This attacker shares its pids.
    (
        while [[ -e /proc/$PID/exe ]]; do
            { exec {held}<"/proc/$PID/exe"; } 2>/dev/null || continue
            { printf x >>"/proc/self/fd/$held"; } 2>/dev/null || true
            exec {held}<&-
            echo >>"$T/attempts"
        done
    ) 2>/dev/null &
    local attacker=$!
    soon "the attacker attacks" test -s "$T/attempts"
    rt start "$ID"
    soon "the container ends" has_status stopped
    must delete --force "$ID"
    wait "$attacker" || true
    expect_equal "checksum of the runtime" "$(sha256sum <"$RUNTIME")" "$SUM"
}

# outside: a folder of the host that an image points to. untouched: it is as it was.
outside() {
    mkdir "$T/outside"
    local name
    for name in ptmx null console fd; do echo canary >"$T/outside/$name"; done
    OUTSIDE=$(_picture)
}

_picture() { (cd "$T/outside" && stat -c '%n %F %a %u %s %Y' . * && cat ptmx null console fd); }
untouched() { expect_equal "folder of the host" "$(_picture)" "$OUTSIDE"; }

# linked NAME TARGET FILTER: the image has a link of this name; it is refused, or it leads to a place inside.
linked() {
    bundle "writable | $3" sh -c 'echo ran >/dev/null; echo ran'
    rm -rf "$BUNDLE/rootfs/${1:?}"
    ln -s "$2" "$BUNDLE/rootfs/$1"
    run_container
    if [[ $RC == 0 ]]; then expect_equal "output" "$OUT" ran; else expect_match "error" "$ERR" .; fi
    untouched
}

WITHOUT_DEV='.mounts |= map(select(.destination | startswith("/dev") | not))'

test_a_linked_dev_makes_nothing_outside() {
    outside
    linked dev "$T/outside" .
    linked dev "../../../../../../../..$T/outside" .
}

test_a_linked_dev_that_no_mount_covers_makes_nothing_outside() {
    outside
    linked dev "$T/outside" "$WITHOUT_DEV"
    linked dev "../../../../../../../..$T/outside" "$WITHOUT_DEV"
}

test_linked_nodes_in_dev_are_not_followed() {
    outside
    bundle "writable | $WITHOUT_DEV" true
    ln -s "../../../../../../../..$T/outside/null" "$BUNDLE/rootfs/dev/null"
    ln -s "../../../../../../../..$T/outside/new" "$BUNDLE/rootfs/dev/zero"
    run_container
    if [[ $RC != 0 ]]; then expect_match "error" "$ERR" .; fi
    untouched
}

# mutant: Check.DeviceIsTheOneAskedFor
test_a_file_of_the_image_is_not_taken_for_a_device() {
    bundle "writable | $WITHOUT_DEV" stat -c '%F %t:%T' /dev/zero
    echo false >"$BUNDLE/rootfs/dev/zero"
    run_container
    if [[ $RC == 0 ]]; then expect_equal "/dev/zero" "$OUT" 'character special file 1:5'; else expect_match "error" "$ERR" .; fi
}

test_a_linked_proc_makes_nothing_outside() {
    outside
    linked proc "$T/outside" .
    linked proc "../../../../../../../..$T/outside" .
}

# mutant: Check.ProcIsPlainDirectory
test_a_linked_proc_or_sys_is_refused() {
    local name
    for name in proc sys; do
        bundle . true
        rmdir "$BUNDLE/rootfs/$name"
        mkdir "$BUNDLE/rootfs/elsewhere"
        ln -s elsewhere "$BUNDLE/rootfs/$name"
        refused_create "/?$name"
    done
}

# mutant: Check.MountStaysOutOfProc
test_a_file_system_inside_proc_is_refused() {
    bundle 'add_mount("tmpfs"; "tmpfs"; "/proc/sys"; [])' true
    refused_create '/proc'
}

test_a_bind_mount_inside_proc_is_refused() {
    bundle 'bind("/etc"; "/proc/self/attr"; [])' true
    refused_create '/proc'
}

# mutant: Check.MountStaysOutOfProc
test_a_link_does_not_lead_a_mount_into_proc() {
    bundle 'add_mount("tmpfs"; "tmpfs"; "/way"; [])' true
    ln -s proc/sys "$BUNDLE/rootfs/way"
    refused_create 'way.*/proc|/proc.*way'
}

# The hierarchies of v1 are mounted on a tmpfs of ours.
test_a_link_does_not_lead_the_cgroups_into_proc() {
    bundle '.mounts |= map(select(.destination != "/sys")) | add_mount("cgroup"; "cgroup"; "/sys/fs/cgroup"; ["ro"])' true
    mkdir -p "$BUNDLE/rootfs/sys/fs"
    ln -s ../../proc/sys "$BUNDLE/rootfs/sys/fs/cgroup"
    refused_create 'cgroup.*/proc|/proc.*cgroup'
}

# mutant: Check.MountIsBelowTheRoot
test_a_link_does_not_lead_a_mount_to_the_root() {
    bundle 'add_mount("tmpfs"; "tmpfs"; "/way"; [])' true
    ln -s / "$BUNDLE/rootfs/way"
    refused_create way
    bundle 'bind($folder; "/way"; [])' true
    ln -s proc/.. "$BUNDLE/rootfs/way"
    refused_create way
}

test_a_mask_does_not_come_from_the_image() {
    # CVE-2025-31133: a mask that is the image's own /dev/null shows what the image wants.
    bundle "writable | $WITHOUT_DEV | .linux.maskedPaths += [\"/secret\"]" sh -c 'head -c 100 /secret; echo x >/secret; head -c 100 /target'
    echo secret >"$BUNDLE/rootfs/secret"
    echo target >"$BUNDLE/rootfs/target"
    ln -s ../target "$BUNDLE/rootfs/dev/null"
    run_container
    if [[ $RC == 0 ]]; then expect_equal "secret and target" "$OUT" target; else expect_match "error" "$ERR" .; fi
    expect_equal "content of the target" "$(<"$BUNDLE/rootfs/target")" target
}

# run_where COMMANDS: runs the container in a mount namespace that shell commands have changed. Sets STATUS.
run_where() {
    STATUS=0
    : >"$T/empty"
    unshare -m --propagation private sh -ec "$1"'; shift; exec "$@"' sh "$T" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" \
        >"$T/out" 2>"$T/err" <"$T/empty" || STATUS=$?
}

# mutant: Check.HostNullIsNull
test_a_mask_does_not_come_from_a_false_null_device_of_the_host() {
    bundle '.linux.maskedPaths += ["/etc/secret"]' sh -c 'head -c 100 /etc/secret; echo end'
    echo secret >"$BUNDLE/rootfs/etc/secret"
    echo false >"$T/false"
    run_where 'mount --bind "$1/false" /dev/null'
    if [[ $STATUS == 0 ]]; then expect_equal "output" "$(<"$T/out")" end; else expect_match "error" "$(<"$T/err")" .; fi
    expect_no_match "output" "$(<"$T/out")" 'secret|false'
}

# mutant: Check.HostProcIsProc
test_a_host_without_a_real_proc_is_refused() {
    bundle . echo ran
    run_where 'mount -t tmpfs false /proc'
    expect_not_equal "exit status" "$STATUS" 0
    expect_match "error" "$(<"$T/err")" .
    expect_equal "output" "$(<"$T/out")" ''
}

# mutant: Check.WorkingDirectoryIsInside
test_working_directory_through_another_process_is_refused() {
    # CVE-2024-21626 by another way: a process of the host, seen because the pid namespace is shared.
    bundle "without(\"pid\") | .process.cwd = \"/proc/$BASHPID/cwd\"" ls -a . ..
    run_container
    [[ $RC != 0 ]] || fail "the working directory of a process of the host was taken; it shows: $OUT"
}

test_working_directory_through_a_descriptor_is_refused() {
    # CVE-2024-21626: a descriptor of the host that is still open would be a way out.
    local number
    mkdir "$T/outside"
    echo canary >"$T/outside/canary"
    exec {leak}<"$T/outside"
    for number in 3 4 5 6 7 8 9 "$leak"; do
        bundle ".process.cwd = \"/proc/self/fd/$number\"" ls -a . ..
        run_container
        expect_no_match "output with descriptor $number" "$OUT" canary
        [[ $RC != 0 ]] || fail "cwd /proc/self/fd/$number was taken; it shows: $OUT"
        expect_match "error" "$ERR" .
    done
    exec {leak}<&-
    output_of '.process.cwd = "/proc/self"' pwd
    expect_match "another cwd in /proc" "$OUT" '^/proc/(self|1)$'
}

test_the_waiting_init_holds_no_folder_of_the_host() {
    bundle . sleep 1000
    create
    get_pid
    local entry seen=0
    for entry in "/proc/$PID/fd"/*; do
        seen=$((seen + 1))
        if [[ -d $entry ]]; then fail "descriptor ${entry##*/} of the init is the folder $(readlink "$entry")"; fi
    done
    expect_match "descriptors seen" "$seen" '^([3-9]|[1-9][0-9])$'
    end_container
}

test_the_state_root_is_for_root_alone() {
    bundle . sleep 1000
    create
    expect_equal "mode and owner of the state root" "$(stat -c '%a %u' "$ROOT")" '700 0'
    end_container
}

test_a_fifo_as_passwd_does_not_stop_the_runtime() {
    bundle '.process.user = {uid: 1000, gid: 1000}' sh -c 'echo "$HOME"'
    rm "$BUNDLE/rootfs/etc/passwd"
    mkfifo "$BUNDLE/rootfs/etc/passwd"
    local status=0
    timeout -k 1 $((3 * SLOW)) "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" || status=$?
    expect_no_match "exit status (124 and 137: it hangs)" "$status" '^(124|137)$'
    if [[ $status == 0 ]]; then expect_equal "HOME" "$(<"$T/out")" /; else expect_match "error" "$(<"$T/err")" .; fi
}

# traced_run STRACE-OPTIONS: runs the container under strace, which tampers with its system calls.
traced_run() {
    need strace strace "it tampers with a system call"
    RC=0
    strace -f -qq -o /dev/null "$@" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$T/$ID.out" 2>"$T/$ID.err" </dev/null || RC=$?
    read_file ERR "$T/$ID.err"
    return $RC
}

# mutant: Check.NoCapabilityTooMany
test_capabilities_that_the_kernel_leaves_are_seen() {
    # A capset that does nothing and says that all is well.
    bundle 'capable(["CAP_CHOWN"])' true
    traced_run -e trace=capset -e inject=capset:retval=0 || true
    _must_refuse capabilit run
}

# mutant: Check.DeviceIsTheOneMade
test_a_device_that_is_replaced_after_it_was_made_is_refused() {
    bundle "writable | $WITHOUT_DEV"' | .linux.devices += [{"path": "/dev/extra", "type": "c", "major": 1, "minor": 3, "uid": 4321, "gid": 0}]' true
    # Whoever can write the root has a moment between mknod and chown; here it is a long one.
    traced_run -e trace=mknod,mknodat -e inject=mknod,mknodat:delay_exit=200000 &
    local run=$! device=$BUNDLE/rootfs/dev/extra
    soon "the device is made" test -e "$device"
    rm "$device"
    # A file of the case's own: the programs of all bundles are one file.
    echo x >"$BUNDLE/rootfs/victim"
    ln "$BUNDLE/rootfs/victim" "$device"
    wait "$run" || true
    expect_equal "owner of the file in the device's place" "$(stat -c %u "$device")" 0
}

# mutant: Check.WorkingDirectoryIsInside
test_a_working_directory_that_turns_into_a_way_out_is_refused() {
    bundle 'writable | without("pid") | .process.cwd = "/work"' ls -a . ..
    traced_run -e trace=chdir -e inject=chdir:delay_enter=400000 &
    local run=$! way=$BUNDLE/rootfs/work weak
    soon "the working directory is made" test -d "$way"
    # Whoever has more capabilities than the container's process is out of its reach anyway.
    setpriv --inh-caps=-all --bounding-set=-all sleep 1000 &
    weak=$!
    rmdir "$way"
    ln -s "/proc/$weak/cwd" "$way"
    local status=0
    wait "$run" || status=$?
    kill "$weak"
    if ((status == 0)); then fail "a directory of the host was taken; it shows: $(<"$T/$ID.out")"; fi
}

# A mount with long data goes by mount(2) to self/fd/N of the host's /proc. A tmpfs full of links in its place could lead it anywhere.
# mutant: Check.HostProcIsProc
test_a_host_proc_that_is_none_is_not_trusted() {
    local name lower=
    for name in a b c d; do
        name=$T/$name$(printf '%0100d' 0)
        mkdir "$name"
        lower+=${lower:+:}$name
    done
    bundle "add_mount(\"overlay\"; \"overlay\"; \"/mnt\"; [\"lowerdir=$lower\"])" true
    mkdir "$T/real"
    # The links are for every process that may come: the runtime has the number of the shell, its children the next ones.
    # shellcheck disable=SC2016 # the inner shell expands these
    rt_below unshare -m --propagation private bash -ec 'mount -t proc proc "$1"; mount -t tmpfs none /proc
        perl -e "symlink(\"$1/\$_\", \"/proc/\$_\") for qw(self thread-self sys cgroups filesystems mounts), 1 .. 64, getppid .. \$\$ + 4096" -- "$1"
        shift; exec "$@"' - "$T/real" "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
    ((RC)) || fail "create trusted it"
    expect_match "error" "$ERR" 'not a proc file system'
}

rt_below() { # rt_below COMMAND...: as rt, with the runtime called by another program
    RC=0
    "$@" >"$T/call.out" 2>"$T/call.err" </dev/null || RC=$?
    read_file ERR "$T/call.err"
}
