# shellcheck shell=bash
# shellcheck disable=SC2154,SC2120 # number, here and the rest come from run and world.sh; flags are given in suite/
# What the cases in suite/ are written with. A case is a function test_NAME; it runs in a shell of its own with errexit,
# T as its folder, ROOT as its state root. The harness is `run`, the surroundings are in world.sh.

# case_main SUITE/CASE: the process of one case.
case_main() {
    set -eE
    # Tells `run` that the case is over.
    trap 'echo >"$BASE/done"' EXIT
    trap '_unexpected $LINENO "$BASH_COMMAND"' ERR
    ROOT=$T/root
    CASE_NUMBER=$number
    # shellcheck disable=SC1090 # one of suite/*.sh
    . "$here/suite/${1%%/*}.sh"
    "test_${1#*/}"
}

_unexpected() {
    if [[ ! -e $T/reason ]]; then echo "line $1: ${2:0:200} ${ERR:+(last error text: $ERR)}" >"$T/reason"; fi
}

fail() {
    echo "$*" >"$T/reason"
    trap - ERR
    exit 1
}

skip() {
    echo "$*" >"$T/reason"
    trap - ERR
    exit 77
}

# ------------------------------------------------------------------------------------------------------- assertions
expect_equal() { # expect_equal WHAT ACTUAL WANTED
    if [[ $2 != "$3" ]]; then fail "$1 is '$2', wanted '$3'"; fi
}

expect_not_equal() {
    if [[ $2 == "$3" ]]; then fail "$1 is '$2', wanted anything else"; fi
}

expect_match() { # expect_match WHAT ACTUAL REGEX
    if [[ ! $2 =~ $3 ]]; then fail "$1 is '$2', wanted a match of '$3'"; fi
}

expect_no_match() {
    if [[ $2 =~ $3 ]]; then fail "$1 is '$2', wanted no match of '$3'"; fi
}

# soon WHAT COMMAND...: tries the command again and again for some seconds.
soon() {
    local what=$1 end=$((SECONDS + 5 * SLOW))
    shift
    until "$@"; do
        if ((SECONDS > end)); then fail "not in time: $what"; fi
        pause 0.02
    done
}

# ------------------------------------------------------------------------------------------------------- bundles
# Words for the filters that the cases hand to `bundle`.
# shellcheck disable=SC2016 # jq's variables, not the shell's
FILTER_WORDS='
    def writable: .root.readonly = false;
    def without($type): .linux.namespaces |= map(select(.type != $type));
    def capabilities($bounding; $permitted; $effective; $inheritable; $ambient):
        .process.capabilities = {$bounding, $permitted, $effective, $inheritable, $ambient};
    def capable($list): capabilities($list; $list; $list; []; []);
    def add_mount($type; $source; $destination; $options): .mounts += [{$destination, $type, $source, $options}];
    def bind($source; $destination; $options): add_mount("bind"; $source; $destination; ["bind"] + $options);
'

# bundle FILTER [ARGS...]: makes a bundle from what the runtime's `spec` writes, edited by the jq filter; ARGS are the
# program and its arguments. In the filter, $folder is the folder of the case. Sets BUNDLE, ID and CGROUP. NAME=x makes a
# second one beside the first; without it, the second takes the place of the first.
bundle() {
    local filter=${1:-.} name=${NAME:-c}
    shift || true
    BUNDLE=$T/$name
    ID=$CASE_NUMBER-$name
    CGROUP=$CGROUP_PARENT/$ID
    if [[ -e $BUNDLE ]]; then rm -r --one-file-system "$BUNDLE"; fi
    # Hard links: a case that changes a file of the rootfs has to remove it first.
    cp -al "$BASE/proto" "$BUNDLE"
    jq --arg cgroup "$CGROUP" --arg folder "$T" "$FILTER_WORDS
        .linux.cgroupsPath = \$cgroup
        | if \$ARGS.positional == [] then . else .process.args = \$ARGS.positional end
        | $filter" \
        "$BASE/spec.json" --args -- "$@" >"$BUNDLE/config.json"
}

# bundle_again ARGS...: another program in the same bundle.
bundle_again() {
    jq '.process.args = $ARGS.positional' "$BUNDLE/config.json" --args -- "$@" >"$T/new.json"
    mv "$T/new.json" "$BUNDLE/config.json"
}

# ------------------------------------------------------------------------------------------------------- the runtime
# rt ARGS...: calls the runtime with this case's root. Sets RC, OUT and ERR; never ends the case.
rt() { _call "$T/call" "$@"; }

_call() { # _call FILES ARGS...
    local files=$1
    shift
    RC=0
    "$RUNTIME" --root "$ROOT" "$@" >"$files.out" 2>"$files.err" </dev/null || RC=$?
    read_file OUT "$files.out"
    read_file ERR "$files.err"
}

# plain COMMAND...: calls the runtime with an end after 20 s; what it prints stays in COMMAND.out and COMMAND.err. Sets RC and ERR.
plain() {
    RC=0
    timeout 20 "$RUNTIME" --root "$ROOT" "$@" >"$T/$1.out" 2>"$T/$1.err" </dev/null || RC=$?
    read_file ERR "$T/$1.err"
}

# is_one_sentence TEXT: what a command that failed has to say, and no stack trace.
is_one_sentence() {
    [[ $1 == *'level=error msg='* && $1 != *$'\n'* && $1 != *'a bug'* && $1 != *'   at '* && $1 != *nhandled* ]]
}

# read_file NAME FILE: the text of the file, without newlines at its end, as $(<FILE) gives it, but without a fork.
read_file() {
    local -n text=$1
    IFS= read -r -d '' text <"$2" || true
    while [[ $text == *$'\n' ]]; do text=${text%$'\n'}; done
}

# must ARGS...: as rt, but has to succeed. refused TEXT ARGS...: has to fail, with this text (a regex) on stderr and
# nothing on stdout.
must() {
    rt "$@"
    if ((RC)); then fail "$1 ended with $RC: $ERR"; fi
}

refused() {
    local text=$1
    shift
    rt "$@"
    _must_refuse "$text" "$1"
}

_must_refuse() {
    if ((RC == 0)); then fail "$2 succeeded, wanted an error like '$1'"; fi
    if [[ ! $ERR =~ $1 ]]; then fail "$2 failed with '$ERR', wanted '$1'"; fi
}

# create [FLAGS]: creates $ID from $BUNDLE. What the container prints is in the files $T/$ID.out and .err.
create() {
    _call "$T/$ID" create --bundle "$BUNDLE" "$@" "$ID"
    if ((RC)); then fail "create ended with $RC: $ERR"; fi
}

refused_create() { # refused_create TEXT [FLAGS]
    local text=$1
    shift
    _call "$T/$ID" create --bundle "$BUNDLE" "$@" "$ID"
    _must_refuse "$text" create
}

start() { must start "$ID"; }

# run_container [FLAGS]: runs it to its end; RC, OUT and ERR are the container's.
run_container() { rt run --bundle "$BUNDLE" "$@" "$ID"; }

# output_of FILTER ARGS...: a container with this program; it has to succeed. OUT is what it printed.
output_of() {
    bundle "$@"
    run_container
    if ((RC)); then fail "run ended with $RC: $ERR $OUT"; fi
}

# sleeper [FILTER]: a running container that does nothing.
sleeper() {
    bundle "${1:-.}" sleep 1000
    create
    start
    soon "sleep runs" _executed sleep
}

_executed() {
    local name
    get_pid
    read -r name <"/proc/$PID/comm" && [[ $name == "$1" ]]
}

# background ARGS...: the runtime in the background; BG is its pid, its output is in $T/bg.out and .err.
background() {
    "$RUNTIME" --root "$ROOT" "$@" >"$T/bg.out" 2>"$T/bg.err" </dev/null &
    BG=$!
}

ended_with() { # ended_with STATUS: waits for the one in the background
    local status=0
    wait "$BG" || status=$?
    expect_equal "exit status" "$status" "$1"
}

# get_status, get_pid: read `state` without a jq for each call.
get_status() {
    rt state "$ID"
    STATUS=
    if [[ $RC == 0 && $OUT =~ \"status\":\ *\"([a-z]+)\" ]]; then STATUS=${BASH_REMATCH[1]}; fi
}

get_pid() {
    must state "$ID"
    if [[ ! $OUT =~ \"pid\":\ *([0-9]+) ]]; then fail "state shows no pid: $OUT"; fi
    PID=${BASH_REMATCH[1]}
}

has_status() {
    get_status
    [[ $STATUS == "$1" ]]
}

expect_status() {
    get_status
    expect_equal "status of $ID" "$STATUS" "$1"
}

# end_container: stopped and deleted, the plain way.
end_container() {
    must delete --force "$ID"
}

# stop_container: killed, and waited for.
stop_container() {
    must kill "$ID" KILL
    soon "the container stops" has_status stopped
}

# A zombie is dead: it only waits for its parent.
alive() {
    local line
    { read -r line <"/proc/$1/stat"; } 2>/dev/null && [[ ${line##*) } != [ZX]* ]]
}

dead() { ! alive "$1"; }

# Whether the file system of the case's folder can map ids (ext4 from 5.12, tmpfs from 6.3).
has_id_mapped_mounts() {
    local major minor
    IFS=.- read -r major minor _ <<<"$(uname -r)"
    case $(stat -f -c %T "$T") in
        ext2/ext3) ((major * 100 + minor >= 512)) ;;
        tmpfs) ((major * 100 + minor >= 603)) ;;
        *) false ;;
    esac
}

# Files of the cgroup of $ID: cgroup_file CONTROLLER FILE prints the path.
cgroup_file() {
    if [[ $CGROUPS == v2 ]]; then echo "/sys/fs/cgroup$CGROUP/$2"; else echo "/sys/fs/cgroup/$1$CGROUP/$2"; fi
}

# knob V1-CONTROLLER V1-FILE V2-FILE: what the kernel shows for the container.
knob() {
    if [[ $CGROUPS == v2 ]]; then cat "$(cgroup_file - "$3")"; else cat "$(cgroup_file "$1" "$2")"; fi
}

# block_device: sets MAJOR and MINOR to those of a whole disk with a queue that can be limited.
block_device() {
    local disk
    for disk in /sys/block/*; do
        if [[ $disk != */@(loop|ram|zram|sr|fd)* && -e $disk/dev ]]; then
            IFS=: read -r MAJOR MINOR <"$disk/dev"
            return
        fi
    done
    skip "no block device"
}
