#!/usr/bin/env bash
# debian-root.sh [RUNTIME] - a whole Debian as a root file system: its shell, its package manager, a process as another user, a session on
# a terminal that is held by a console socket, and one on a terminal here. Debian's debootstrap makes it once, in out/debian-root, from
# the mirror that apt uses here. Needs root, and the network the first time. Last line: "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
# shellcheck source=needs.sh
. conformance/needs.sh
# shellcheck source=tally.sh
. conformance/tally.sh

runtime=$(realpath "$(type -P "${1:-${RUNTIME:-out/sharprun}}")") || { echo "debian-root.sh: no runtime; \`make build\` makes one" >&2; exit 2; }
[[ $(id -u) == 0 ]] || { echo "debian-root.sh: must be root" >&2; exit 2; }
need jq jq "it edits config.json"
root=$PWD/out/debian-root
receiver=$PWD/conformance/receiver

folder=$(mktemp -d)
id=debian-$$
remove() {
    "$runtime" --root "$folder/state" delete --force "$id" >/dev/null 2>&1
    rm -rf --one-file-system "$folder"
    find /sys/fs/cgroup -maxdepth 2 -type d -name sharprun-test -exec rmdir {} \; 2>/dev/null
}
trap remove EXIT
trap 'exit 130' INT TERM

# Whole or not there: a second run does not find half of one.
make_root() {
    if [[ -e $root/etc/debian_version ]]; then return 0; fi
    need debootstrap debootstrap "it makes the Debian root" || return 1
    local suite mirror
    # shellcheck disable=SC1091 # the machine's own
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
    # shellcheck disable=SC2016 # apt's variable
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | head -n 1)
    echo "Making a Debian root ($suite) in out/debian-root ..."
    rm -rf "$root.new"
    if ! debootstrap --variant=minbase "$suite" "$root.new" ${mirror:+"$mirror"} >"$folder/debootstrap.log" 2>&1; then
        tail -n 3 "$folder/debootstrap.log"
        rm -rf "$root.new"
        return 1
    fi
    mv "$root.new" "$root"
}

# bundle FILTER ARGS...: what `spec` writes, read-only, with the Debian root.
bundle() {
    rm -rf "$folder/bundle" && mkdir "$folder/bundle"
    (cd "$folder/bundle" && "$runtime" spec) || return
    jq --arg root "$root" --arg cgroup "/sharprun-test/$id" \
        '.process.terminal = false | .root = {path: $root, readonly: true} | .linux.cgroupsPath = $cgroup | .process.args = $ARGS.positional
        | .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=1777"]}]
        | '"$1" "$folder/bundle/config.json" --args -- "${@:2}" >"$folder/new" && mv "$folder/new" "$folder/bundle/config.json"
}

rt() { "$runtime" --root "$folder/state" "$@"; }

run() { rt run --bundle "$folder/bundle" "$id" 2>&1 </dev/null; }

a_shell_and_a_package_manager() {
    bundle . sh -c 'echo "this is Debian $(cat /etc/debian_version)"; exit 4'
    local text status=0
    text=$(run) || status=$?
    has "a shell of Debian runs, and its status is ours" "this is Debian $(<"$root/etc/debian_version") 4" "$text $status"
    bundle . bash -c 'for i in 1 2 3; do (echo "$i" & wait); done | sort | tr -d "\n"; test -w /etc || echo " read-only"'
    is "bash starts processes, and the root is read-only" '123 read-only' "$(run)"
    bundle . apt-get --version
    has "apt-get --version" 'apt ' "$(run)"
    bundle . dpkg --status bash
    has "dpkg knows its packages" 'Status: install ok installed' "$(run)"
}

another_user() {
    bundle '.process.user = {uid: 33, gid: 33, additionalGids: [4]}' sh -c 'id; echo "$HOME"; touch /tmp/mine && stat -c %U /tmp/mine; cat /etc/shadow'
    local text
    text=$(run)
    has "a process as another user" $'uid=33(www-data) gid=33(www-data) groups=33(www-data),4(adm)\n/var/www\nwww-data' "$text"
    has "and with no more power than that" '/etc/shadow: Permission denied' "$text"
}

a_session_over_a_console_socket() {
    bundle '.process.terminal = true | .process.consoleSize = {height: 30, width: 100}' bash -i
    mkfifo "$folder/keys"
    exec {keys}<>"$folder/keys"
    "$receiver" "$folder/console" "$folder/report" <&"$keys" >"$folder/screen" &
    local manager=$! tries=0 screen
    until [[ -S $folder/console ]] || ((++tries > 100)); do sleep 0.05; done
    rt create --bundle "$folder/bundle" --console-socket "$folder/console" "$id"
    is "the container's terminal arrives at the console socket" 0 $?
    rt start "$id"
    # shellcheck disable=SC2016 # the container's
    printf '%s\n' 'tty; stty size' 'echo "sum $((40 + 2))"' 'ls /dev/console; exit' >&"$keys"
    wait "$manager"
    exec {keys}<&-
    screen=$(tr -d '\r' <"$folder/screen")
    has "the session is on a terminal" /dev/pts/0 "$screen"
    has "of the configured size" '30 100' "$screen"
    has "and bash answers what is typed there" 'sum 42' "$screen"
    tries=0
    until [[ $(rt state "$id" | jq -r .status) == stopped ]] || ((++tries > 100)); do sleep 0.05; done
    rt delete "$id"
    is "the container ends with its shell, and is deleted" 0 $?
}

a_session_here() {
    bundle '.process.terminal = true' bash -c 'tty; stty size; exit 5'
    local screen status=0
    screen=$(script -qefc "stty rows 40 columns 120; '$runtime' --root '$folder/state' run --bundle '$folder/bundle' '$id'" /dev/null </dev/null) || status=$?
    has "a terminal of ours is one inside, with its size" $'/dev/pts/0\n40 120' "$(tr -d '\r' <<<"$screen")"
    is "and the status is the shell's" 5 "$status"
}

if make_root; then
    a_shell_and_a_package_manager
    another_user
    a_session_over_a_console_socket
    a_session_here
    is "no container is left" 0 "$(rt list --quiet 2>/dev/null | wc -l)"
else
    skip "everything" "debootstrap could not make a root here"
fi
tally || [[ $failed == 0 && $skipped -gt 0 ]]
