# shellcheck shell=bash
# The process that the config describes: arguments, environment, user, capabilities, limits, signals, descriptors.

test_arguments_arrive_unchanged() {
    output_of . sh -c 'for a; do printf "[%s]" "$a"; done' name 'a b' '' $'two\nlines' 'ü "quoted" \n' '-x'
    expect_equal "arguments" "$OUT" $'[a b][][two\nlines][ü "quoted" \\n][-x]'
}

test_environment_is_exactly_the_configured_one() {
    SHARED_BY_MISTAKE=1 output_of '.process.env = ["PATH=/bin", "LINES=two\nlines", "EMPTY=", "HOME=/tmp", "A=1=2"]' env
    expect_equal "environment" "$OUT" $'PATH=/bin\nLINES=two\nlines\nEMPTY=\nHOME=/tmp\nA=1=2'
}

# mutant: Step.FindHome
test_home_comes_from_passwd_when_not_given() {
    output_of '.process.user = {uid: 1000, gid: 1000}' sh -c 'echo $HOME'
    expect_equal "HOME of alice" "$OUT" /home/alice
    output_of . sh -c 'echo $HOME'
    expect_equal "HOME of root" "$OUT" /root
    output_of '.process.user = {uid: 4321, gid: 4321}' sh -c 'echo $HOME'
    expect_equal "HOME of an unknown user" "$OUT" /
}

test_the_last_of_two_variables_wins() {
    output_of '.process.env += ["TWICE=first", "TWICE=last"]' env
    expect_match "environment" "$OUT" $'(^|\n)TWICE=last($|\n)'
    expect_no_match "environment" "$OUT" TWICE=first
}

# mutant: Step.FindExecutable
test_program_is_found_by_the_path_of_the_config() {
    bundle '.process.env = ["PATH=/nowhere:/opt/tools:/bin"]' tool
    mkdir -p "$BUNDLE/rootfs/opt/tools"
    printf '#!/bin/sh\necho "$0"\n' >"$BUNDLE/rootfs/opt/tools/tool"
    chmod 755 "$BUNDLE/rootfs/opt/tools/tool"
    run_container
    expect_equal "status and output" "$RC $OUT" '0 /opt/tools/tool'
}

test_standard_input_and_output_are_the_callers() {
    bundle . sh -c 'cat; echo error >&2'
    local status=0 text
    text=$(echo through | "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" 2>"$T/errors") || status=$?
    expect_equal "status and output" "$status $text" '0 through'
    expect_equal "errors" "$(<"$T/errors")" error
}

# mutant: Step.ChangeDirectory
test_working_directory_is_the_configured_one() {
    output_of '.process.cwd = "/home/alice"' pwd
    expect_equal "cwd" "$OUT" /home/alice
}

# An image may let its user work in a directory of root's.
test_working_directory_may_be_out_of_the_users_reach() {
    bundle 'writable | .process.cwd = "/root" | .process.user = {uid: 1000, gid: 1000} | capable([])' sh -c 'pwd; ! ls /root 2>/dev/null && echo hidden'
    chmod 700 "$BUNDLE/rootfs/root"
    run_container
    expect_equal "directory" "$RC $OUT" $'0 /root\nhidden'
    rm -r "$BUNDLE"
}

# mutant: Step.MakeWorkingDirectory
test_working_directory_is_made_when_absent() {
    output_of '.process.cwd = "/new/folder"' pwd
    expect_equal "cwd" "$OUT" /new/folder
    [[ -d $BUNDLE/rootfs/new/folder ]] || fail "the folder was not made in the rootfs"
}

# mutant: Step.SetUser
test_user_and_groups_are_the_configured_ones() {
    output_of '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 7]}' grep -E '^(Uid|Gid|Groups):' /proc/self/status
    expect_equal "ids" "$(tr -s '\t ' ' ' <<<"$OUT")" $'Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\nGroups: 5 7 '
}

test_groups_of_the_caller_do_not_come_along() {
    bundle '.process.user = {uid: 0, gid: 0}' grep '^Groups:' /proc/self/status
    local text
    text=$(setpriv --groups 4,24,4711 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID")
    expect_equal "groups" "$(tr -s '\t ' ' ' <<<"$text")" 'Groups: '
}

# masks: the five sets of the process as the kernel shows them, in the order of the status file.
masks() { awk '/^Cap/ { printf "%s%s", sep, $2; sep = " " } END { print "" }' <<<"$OUT" | sed 's/0000000000//g'; }

# Bits: CHOWN 0, KILL 5, NET_BIND_SERVICE 10, NET_RAW 13, AUDIT_WRITE 29.
test_capabilities_of_root_are_the_configured_ones() {
    output_of 'capable(["CAP_CHOWN", "CAP_KILL"])' cat /proc/self/status
    expect_equal "inheritable, permitted, effective, bounding, ambient" "$(masks)" "000000 000021 000021 000021 000000"
}

# mutant: Step.SetCapabilities Step.DropBoundingSet
test_capabilities_of_a_user_are_the_ambient_ones() {
    output_of '.process.user = {uid: 1000, gid: 1000} | capabilities(["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"];
        ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"]; ["CAP_CHOWN", "CAP_KILL"]; ["CAP_CHOWN", "CAP_KILL"]; ["CAP_KILL"])' \
        cat /proc/self/status
    expect_equal "inheritable, permitted, effective, bounding, ambient" "$(masks)" "000021 000020 000020 002021 000020"
}

test_a_user_without_ambient_capabilities_has_no_power() {
    output_of '.process.user = {uid: 1000, gid: 1000} | capable(["CAP_CHOWN", "CAP_KILL"])' cat /proc/self/status
    expect_equal "inheritable, permitted, effective, bounding, ambient" "$(masks)" "000000 000000 000000 000021 000000"
}

test_without_capabilities_in_the_config_there_are_none() {
    output_of 'del(.process.capabilities)' cat /proc/self/status
    expect_equal "inheritable, permitted, effective, bounding, ambient" "$(masks)" "000000 000000 000000 000000 000000"
}

test_a_capability_that_is_missing_is_missed() {
    bundle 'writable | capable(["CAP_KILL"])' chown_probe
    jq '.process.args = ["sh", "-c", "touch /x; busybox chown 1000 /x"]' "$BUNDLE/config.json" >"$T/new"
    mv "$T/new" "$BUNDLE/config.json"
    run_container
    expect_match "chown without CAP_CHOWN" "$RC $ERR" '^1 .*Operation not permitted'
    output_of 'writable | capable(["CAP_CHOWN"])' sh -c 'touch /x; busybox chown 1000 /x; stat -c %u /x'
    expect_equal "chown with CAP_CHOWN" "$OUT" 1000
}

# mutant: Step.NoNewPrivileges
test_no_new_privileges_is_as_configured() {
    output_of '.process.noNewPrivileges = true' grep NoNewPrivs /proc/self/status
    expect_match "with" "$OUT" '[[:space:]]1$'
    output_of '.process.noNewPrivileges = false' grep NoNewPrivs /proc/self/status
    expect_match "without" "$OUT" '[[:space:]]0$'
}

# mutant: Step.SetRlimits Step.SetMemoryRlimits
test_rlimits_are_the_configured_ones() {
    # Lower than the caller's, so that no privilege is needed.
    output_of '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_FSIZE", soft: 4096, hard: 8192},
        {type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_AS", soft: 536870912, hard: 1073741824}]' cat /proc/self/limits
    expect_match "limits" "$OUT" 'Max open files +100 +200 '
    expect_match "limits" "$OUT" 'Max file size +4096 +8192 '
    expect_match "limits" "$OUT" 'Max core file size +0 +0 '
    expect_match "limits" "$OUT" 'Max address space +536870912 +1073741824 '
}

test_a_program_may_have_no_descriptor_to_spare() {
    local limit
    for limit in 3 0; do
        sleeper ".process.rlimits = [{type: \"RLIMIT_NOFILE\", soft: $limit, hard: $limit}]"
        expect_status running
        must exec "$ID" sh -c 'ulimit -n; ulimit -Hn'
        expect_equal "limits" "$OUT" "$limit"$'\n'"$limit"
        end_container
    done
}

test_rlimits_not_configured_are_the_callers() {
    bundle '.process.rlimits = []' grep 'open files' /proc/self/limits
    local text
    text=$(ulimit -S -n 321 && ulimit -H -n 654 && "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID")
    expect_match "limits" "$text" 'Max open files +321 +654 '
}

# mutant: Parent.OomScoreAdj
test_oom_score_adj_is_the_configured_one() {
    local before
    before=$(</proc/self/oom_score_adj)
    output_of '.process.oomScoreAdj = 555' cat /proc/self/oom_score_adj
    expect_equal "oom_score_adj" "$OUT" 555
    output_of 'del(.process.oomScoreAdj)' cat /proc/self/oom_score_adj
    expect_equal "oom_score_adj when not configured" "$OUT" "$before"
}

test_umask_is_0022_whatever_the_callers_is() {
    bundle writable sh -c 'umask; touch /file; stat -c %a /file'
    local text
    text=$(umask 077 && "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID")
    expect_equal "umask, and the mode of a new file" "$text" $'0022\n644'
}

test_umask_is_the_configured_one() {
    output_of '.process.user.umask = 23' sh -c umask
    expect_equal "umask" "$OUT" 0027
}

# mutant: Step.ResetSignals
test_signals_are_reset_to_their_defaults() {
    bundle . grep -E '^Sig(Blk|Ign):' /proc/self/status
    local text
    text=$(env --ignore-signal=PIPE --ignore-signal=INT --block-signal=USR1 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID")
    expect_equal "blocked and ignored signals" "$(tr -d '\t' <<<"$text")" $'SigBlk:0000000000000000\nSigIgn:0000000000000000'
}

# Left so by execve(2), the kernel would reap the runtime's children before it can ask how they ended.
test_a_caller_may_ignore_the_end_of_its_children() {
    printf '#!/bin/sh\nexec env --ignore-signal=CHLD "%s" "$@"\n' "$RUNTIME" >"$T/caller"
    chmod 755 "$T/caller"
    RUNTIME=$T/caller
    bundle '.hooks.poststart = [{path: "/bin/sh", args: ["sh", "-c", "exit 0"]}]' sh -c 'exit 42'
    run_container
    expect_equal "exit status of run ($ERR)" "$RC" 42
    bundle_again sleep 1000
    create
    start
    rt exec "$ID" sh -c 'exit 7'
    expect_equal "exit status of exec ($ERR)" "$RC" 7
    if ps -ef >"$T/table" 2>&1; then must ps "$ID"; fi
    end_container
}

# mutant: Step.CloseDescriptors
test_only_descriptors_0_to_2_are_open() {
    bundle . sleep 1000
    exec {folder}</ {file}<"$BASE/spec.json"
    create
    start
    soon "sleep runs" _executed sleep
    expect_equal "descriptors" "$(ls "/proc/$PID/fd" | tr '\n' ' ')" '0 1 2 '
    exec {folder}<&- {file}<&-
    end_container
}

# mutant: Step.NewSession
test_program_leads_a_session_of_its_own() {
    # Fields 5 and 6: process group and session.
    output_of . cut -d' ' -f1,5,6 /proc/self/stat
    expect_equal "pid, group and session" "$OUT" '1 1 1'
    bundle 'without("pid")' sleep 1000
    create
    start
    soon "sleep runs" _executed sleep
    expect_equal "group and session" "$(cut -d' ' -f5,6 "/proc/$PID/stat")" "$PID $PID"
    end_container
}

# mutant: Step.NewKeyring
test_session_keyring_is_a_new_one() {
    output_of '.linux.maskedPaths = []' cat /proc/keys
    expect_match "keys" "$OUT" "keyring +(_ses\\.)?$ID: "
}

# mutant: Step.OwnStreams
test_standard_streams_can_be_opened_again_by_the_user() {
    # The file is root's until the runtime gives it to the user of the process.
    bundle '.process.user = {uid: 1000, gid: 1000}' sh -c 'echo again >>/proc/self/fd/1'
    run_container
    expect_equal "status and output" "$RC $OUT" '0 again'
}

# mutant: Check.NullDeviceIsNotOwned
test_a_null_device_as_stream_keeps_its_owner() {
    mknod -m 666 "$T/null" c 1 3
    bundle '.process.user = {uid: 1000, gid: 1000}' id -u
    local text
    text=$("$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" <"$T/null" 2>"$T/null")
    expect_equal "output" "$text" 1000
    expect_equal "owner of the null device" "$(stat -c '%u %g' "$T/null")" '0 0'
}
