# shellcheck shell=bash
# Bad input: documents, files of the wrong kind, ids, a state directory that is damaged, full or read-only. Each call ends within
# seconds, says one sentence that names the matter, and leaves nothing.

# refused_input TEXT: create has to fail with this text on one line of stderr, soon, with nothing left.
refused_input() {
    local started=$SECONDS
    refused_create "$1" --pid-file "$T/pid"
    expect_equal "lines of the error" "$(wc -l <"$T/$ID.err")" 1
    ((SECONDS - started <= 5 * SLOW)) || fail "create took $((SECONDS - started)) s to refuse"
    expect_equal "stdout" "$OUT" ''
    left_cgroups "$CASE_NUMBER-"
    expect_equal "cgroups" "$LEFT" ''
    left_state "$ROOT"
    expect_equal "entries of the state root" "$LEFT" ''
    [[ ! -e $T/pid ]] || fail "the pid file is left"
}

# with_text FILTER: config.json as text, changed by sed.
with_text() {
    bundle . true
    sed -i "$1" "$BUNDLE/config.json"
}

# code_of COMMAND...: the code of the one error line in JSON. Sets CODE and LINE.
code_of() {
    rm -f "$T/code.log"
    rt --log "$T/code.log" --log-format json "$@"
    ((RC)) || fail "$1 succeeded, wanted an error"
    expect_equal "lines of the log" "$(wc -l <"$T/code.log")" 1
    expect_match "keys" "$(jq -r 'keys_unsorted | join(" ")' "$T/code.log")" '^level msg time'
    LINE=$(<"$T/code.log")
    CODE=$(jq -r .code <<<"$LINE")
}

# ------------------------------------------------------------------------------------------------------- documents
test_truncated_documents_are_refused() {
    bundle . true
    local size part
    size=$(stat -c %s "$BUNDLE/config.json")
    cp "$BUNDLE/config.json" "$T/whole"
    for part in 0 1 10 100 $((size / 2)) $((size - 3)); do
        head -c "$part" "$T/whole" >"$BUNDLE/config.json"
        refused_input .
    done
}

test_documents_that_are_not_utf_8_are_refused() {
    with_text 's/"hostname": "[^"]*"/"hostname": "a\xff\xfeb"/'
    refused_input .
    bundle . true
    head -c 4000 /dev/urandom >"$BUNDLE/config.json"
    refused_input .
    head -c 4000 /dev/zero >"$BUNDLE/config.json"
    refused_input .
}

test_a_nul_in_a_text_is_refused() {
    with_text 's/"cwd": "[^"]*"/"cwd": "\/\\u0000"/'
    refused_input .
}

test_wrong_types_are_refused() {
    local filter
    for filter in '.process.args = "sh"' '.process = []' '.root = "rootfs"' '.mounts = {}' '.linux = 7' '.linux.namespaces = ["pid"]' \
        '.process.user.uid = "0"' '.process.env = [1]' '.linux.maskedPaths = "/proc/kcore"' '.process.noNewPrivileges = 1'; do
        bundle "$filter" ignored
        jq "$filter" "$BUNDLE/config.json" >"$T/new" && mv "$T/new" "$BUNDLE/config.json"
        refused_input .
    done
}

test_numbers_out_of_range_are_refused() {
    local edit
    for edit in '"uid": -1' '"uid": 4294967296' '"uid": 1e99' '"uid": 0.5' '"uid": 99999999999999999999'; do
        with_text "s/\"uid\": 0/$edit/"
        refused_input .
    done
}

test_properties_given_twice_are_refused() {
    with_text '0,/"cwd":/s//"cwd": "\/proc", "cwd":/'
    refused_input 'twice'
}

test_deep_nesting_is_refused() {
    bundle . true
    local depth
    for depth in 1000 1000000; do
        { printf '{"ociVersion":"1.0.2","x":'; head -c "$depth" /dev/zero | tr '\0' '['; } >"$BUNDLE/config.json"
        refused_input .
    done
}

test_what_the_error_quotes_cannot_write_on_the_terminal() {
    bundle '.linux.namespaces += [{type: "a\u001b[31m\nlevel=fatal"}]' true
    refused_input .
    expect_no_match "error" "$ERR" $'\x1b'
}

# A manager's log gets the reason, not the document.
test_a_huge_value_is_not_repeated_in_the_error() {
    bundle . true
    jq --rawfile text <(head -c 3000000 /dev/zero | tr '\0' x) '.linux.namespaces += [{type: $text}]' "$BUNDLE/config.json" >"$T/new"
    mv "$T/new" "$BUNDLE/config.json"
    refused_input .
    ((${#ERR} < 3000)) || fail "the error has ${#ERR} letters"
}

test_a_document_of_50_megabytes_is_read_within_bounds() {
    bundle . true
    local text peak
    head -c 50000000 /dev/zero | tr '\0' ' ' >>"$BUNDLE/config.json"
    text=$({ /usr/bin/env time -f %M "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null; } 2>&1) || true
    peak=${text##*$'\n'}
    if [[ $peak =~ ^[0-9]+$ ]]; then
        expect_equal "output" "$text" "$peak"
        ((peak < 400000)) || fail "took $peak KiB of memory"
    else
        # No time(1) here: at least it is read.
        run_container
        expect_equal "exit status ($ERR)" "$RC" 0
    fi
}

test_a_document_of_many_megabytes_of_mounts_is_refused_or_read_in_time() {
    bundle . true
    jq -c '.mounts += [range(200000) | {destination: "/x\(.)", type: "nosuchfs", source: "none"}]' "$BUNDLE/config.json" >"$T/new"
    mv "$T/new" "$BUNDLE/config.json"
    refused_input .
    jq -c '.mounts = [] | .linux.resources.devices = [range(300000) | {allow: true, type: "c", major: (. % 4000), minor: ., access: "r"}] | .process.args = ["nowhere"]' \
        "$BUNDLE/config.json" >"$T/new"
    mv "$T/new" "$BUNDLE/config.json"
    refused_input .
}

test_a_document_above_the_limit_is_refused() {
    bundle . true
    truncate -s 5G "$BUNDLE/config.json"
    refused_input .
    rm "$BUNDLE/config.json"
}

# ------------------------------------------------------------------------------------------------------- kinds of files
test_fifos_devices_and_directories_as_config_do_not_hang() {
    bundle . true
    local config=$BUNDLE/config.json
    rm "$config" && mkfifo "$config"
    refused_input 'config.json'
    rm "$config" && mkdir "$config"
    refused_input 'config.json'
    rmdir "$config" && mknod "$config" c 1 5
    refused_input 'config.json'
    rm "$config" && ln -s /dev/zero "$config"
    refused_input 'config.json'
    rm "$config" && ln -s config.json "$config"
    refused_input 'config.json'
    rm "$config"
    perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => shift, Listen => 1) or die' "$config"
    refused_input 'config.json'
}

test_a_bundle_that_is_no_directory_is_refused() {
    bundle . true
    BUNDLE=$T/file
    echo >"$BUNDLE"
    refused_input 'not a directory|Not a directory'
    BUNDLE=$T/fifo
    mkfifo "$BUNDLE"
    refused_input 'not a directory|Not a directory'
}

test_a_fifo_or_device_as_rootfs_is_refused() {
    bundle . true
    rm -r "$BUNDLE/rootfs"
    mkfifo "$BUNDLE/rootfs"
    refused_input .
    rm "$BUNDLE/rootfs"
    mknod "$BUNDLE/rootfs" c 1 3
    refused_input .
}

test_a_fifo_as_pid_file_does_not_hang() {
    bundle . sleep 1000
    mkfifo "$T/fifo"
    rt create --bundle "$BUNDLE" --pid-file "$T/fifo" "$ID"
    if ((RC == 0)); then
        [[ -f $T/fifo ]] || fail "the fifo is still there, so the pid went into it"
        end_container
    fi
    mkdir "$T/directory"
    bundle . sleep 1000
    refused . create --bundle "$BUNDLE" --pid-file "$T/directory" "$ID"
    expect_equal "files" "$(ls -A "$T/directory")" ''
    left_state "$ROOT"
    expect_equal "entries of the state root" "$LEFT" ''
}

test_a_fifo_as_log_does_not_hang() {
    mkfifo "$T/fifo"
    local started=$SECONDS
    refused . --log "$T/fifo" state nobody
    ((SECONDS - started <= 5 * SLOW)) || fail "took $((SECONDS - started)) s"
    refused . --log "$T" state nobody
}

test_a_full_device_as_log_does_not_hide_the_error() {
    refused 'does not exist' --log /dev/full state nobody
}

test_a_link_in_place_of_the_log_is_followed() {
    ln -s "$T/real" "$T/link"
    refused . --log "$T/link" state nobody
    [[ -s $T/real ]] || fail "nothing in the log"
}

# ------------------------------------------------------------------------------------------------------- ids
test_long_and_odd_ids_are_refused() {
    bundle . true
    local id verb
    for id in "$(printf '%0256d' 0)" 'a/../b' ./a a/ $'a\x01' 'a:b' 'é' $'\xff\xfe' 'a b' "$(printf '%05000d' 0)"; do
        for verb in state start kill delete 'delete --force' "create --bundle $BUNDLE" "run --bundle $BUNDLE"; do
            # shellcheck disable=SC2086 # several words
            refused . $verb "$id"
            expect_equal "lines" "$(wc -l <"$T/call.err")" 1
            ((${#ERR} < 1500)) || fail "the error has ${#ERR} letters"
        done
    done
    left_state "$ROOT"
    expect_equal "entries of the state root" "$LEFT" ''
}

# An argument ends at a NUL, so what comes behind one can never be seen: nothing to refuse. What remains is a short id.
test_the_longest_id_is_taken() {
    bundle . sleep 1000
    # The cgroup has the name of the case, so that only the id is long.
    local id
    id=$(printf 'x%0254d' 0)
    must create --bundle "$BUNDLE" "$id"
    must state "$id"
    must delete --force "$id"
}

# ------------------------------------------------------------------------------------------------------- the state directory
test_a_read_only_state_root_is_refused() {
    bundle . true
    mkdir "$ROOT"
    mount -t tmpfs -o ro none "$ROOT"
    rt create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    umount "$ROOT"
    ((RC)) || fail "create succeeded"
    expect_match "error" "$ERR" '[Rr]ead-only file system'
    left_cgroups "$CASE_NUMBER-"
    expect_equal "cgroups" "$LEFT" ''
    [[ ! -e $T/pid ]] || fail "the pid file is left"
}

# The runtime must not write into a mapped page that the file system cannot give: that is SIGBUS.
test_a_full_state_root_is_refused() {
    bundle . sleep 1000
    mkdir "$ROOT"
    mount -t tmpfs -o size=64k none "$ROOT"
    local free
    for free in 0 4 8; do
        # 16 pages; the rest is filled.
        head -c $((65536 - free * 1024)) /dev/zero >"$ROOT/filler" 2>/dev/null || true
        rt create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
        if ((RC == 0)); then
            rt delete --force "$ID"
            ((RC == 0)) || fail "delete: $ERR"
        else
            expect_match "error" "$ERR" '[Nn]o space left on device'
            expect_equal "entries" "$(ls "$ROOT")" filler
            [[ ! -e $T/pid ]] || fail "the pid file is left"
        fi
        rm -f "$ROOT/filler" "$T/pid"
    done
    umount "$ROOT"
}

test_a_state_root_that_is_no_directory_is_refused() {
    bundle . true
    echo >"$ROOT"
    local verb
    for verb in "create --bundle $BUNDLE $ID" "state $ID" "kill $ID" "delete $ID" "delete --force $ID" list; do
        # shellcheck disable=SC2086 # several words
        refused . $verb
    done
    rm "$ROOT"
    mkfifo "$ROOT"
    for verb in "create --bundle $BUNDLE $ID" "state $ID" list; do
        # shellcheck disable=SC2086
        refused . $verb
    done
    rm "$ROOT"
}

test_an_entry_that_is_no_container_is_not_found() {
    mkdir "$ROOT" "$ROOT/empty"
    echo >"$ROOT/file"
    mkfifo "$ROOT/fifo"
    ln -s /etc "$ROOT/link"
    local id
    for id in empty file fifo link; do
        refused . state "$id"
        refused . start "$id"
        refused . kill "$id"
    done
    must list
    rm -r "$ROOT"
    [[ -d /etc ]] || fail "/etc is gone"
}

# state_file: the file in which the runtime keeps what it knows of $ID; all have one.
state_file() {
    FILE=$(find "$ROOT/$ID" -maxdepth 1 \( -name 'state.json' -o -name status \) | head -n 1)
    [[ -n $FILE ]] || skip "no state file known"
}

test_a_damaged_state_is_said_and_can_be_removed() {
    bundle . sleep 1000
    local damage
    for damage in empty cut noise fifo directory; do
        create
        get_pid
        state_file
        case $damage in
            empty) : >"$FILE" ;;
            cut) truncate -s 100 "$FILE" ;;
            noise) head -c 1000 /dev/urandom >"$FILE" ;;
            fifo) rm "$FILE" && mkfifo "$FILE" ;;
            directory) rm "$FILE" && mkdir "$FILE" ;;
        esac
        local verb
        for verb in state start kill delete; do
            refused . "$verb" "$ID"
            expect_equal "lines of $verb" "$(wc -l <"$T/call.err")" 1
        done
        rt list
        # Nobody knows the process any more but us.
        kill -KILL "$PID"
        soon "init is gone" dead "$PID"
        must delete --force "$ID"
        left_state "$ROOT"
        expect_equal "entries of the state root" "$LEFT" ''
        _remove_cgroups "$CASE_NUMBER-"
    done
}

# ------------------------------------------------------------------------------------------------------- codes
test_codes_tell_a_program_what_is_wrong() {
    bundle . no-such-program
    code_of state nobody
    expect_equal code "$CODE" container-not-found
    code_of create --bundle "$T/nowhere" x
    expect_equal code "$CODE" bundle-missing
    expect_equal errno "$(jq -r .errno <<<"$LINE")" ENOENT
    code_of create --bundle "$BUNDLE" 'a b'
    expect_equal code "$CODE" usage-invalid
    code_of create --bundle "$BUNDLE" "$ID"
    expect_equal code "$CODE" program-not-found
    expect_match step "$(jq -r .step <<<"$LINE")" 'no-such-program'
    bundle . /etc/passwd
    code_of create --bundle "$BUNDLE" "$ID"
    expect_equal code "$CODE" program-not-executable
    expect_equal errno "$(jq -r .errno <<<"$LINE")" EACCES
    bundle '.process.cwd = 7' true
    code_of create --bundle "$BUNDLE" "$ID"
    expect_equal code "$CODE" config-invalid
    expect_equal path "$(jq -r .path <<<"$LINE")" process.cwd
    bundle 'add_mount("nosuchfs"; "none"; "/mnt"; [])' true
    code_of create --bundle "$BUNDLE" "$ID"
    expect_equal code "$CODE" step-failed
    expect_equal errno "$(jq -r .errno <<<"$LINE")" ENODEV
    sleeper
    code_of create --bundle "$BUNDLE" "$ID"
    expect_equal code "$CODE" container-exists
    code_of start "$ID"
    expect_equal code "$CODE" container-not-created
    code_of delete "$ID"
    expect_equal code "$CODE" container-not-stopped
    stop_container
    code_of kill "$ID" TERM
    expect_equal code "$CODE" container-not-running
    must delete "$ID"
}
