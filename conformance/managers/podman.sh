#!/usr/bin/env bash
# podman.sh [RUNTIME] - does a real podman (Debian's, with conmon and CNI) run containers with RUNTIME?
#
# Everything it makes lives in namespaces of its own (machine.sh) and in cgroups below /sharprun-test.
# Prints ok, not ok or skip for each case, and last "N passed, N failed, N skipped".
# "# checklist: N" above a case names the points of manager-calls.md that it shows. The cases are in podman/; PODMAN_FLOWS names some.
set -uo pipefail
# shellcheck source=libpod.sh
. "$(dirname "${BASH_SOURCE[0]}")/libpod.sh"
libpod "${BASH_SOURCE[0]}" "$@"

p() { timeout 120 podman "$@"; }

# shellcheck disable=SC2034 # output and waits: for podman/
# podman run --name NAME FLAG... -- ARG...: in the foreground; sets output, words (stderr) and status.
run() {
    output=$(as_is "$@" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}

# Most containers' flags. No network where none is tried: it would be most of the time.
# shellcheck disable=SC2034,SC2154 # for podman/; of libpod.sh
bare=(--network none --cgroup-parent "$parent")

as_is() {
    local id=$1 flags=() network=(--network none) group=(--cgroup-parent "$parent")
    shift
    while [[ $1 != -- ]]; do
        case $1 in --network* | --pod*) network=() ;; esac
        case $1 in --cgroups=disabled) group=() ;; esac
        flags+=("$1")
        shift
    done
    shift
    timeout 120 podman run "${network[@]}" "${group[@]}" --name "$id" "${flags[@]}" "$image" "$@"
}

# The same, and removed when it ends.
once() {
    local id=$1
    shift
    run "$id" --rm "$@"
}

# detached NAME FLAG... -- ARG...
detached() {
    local id=$1
    shift
    run "$id" -d "$@"
    [[ $status == 0 ]] || echo "  podman run -d: $words"
}

inspect() { p inspect --format "{{.$2}}" "$1"; }
is_state() { [[ $(p inspect --format '{{.State.Status}}' "$1" 2>/dev/null) == "$2" ]]; }
says() { p logs "$1" 2>&1 | grep -q "$2"; }
isnt_zero() { if [[ $2 != 0 ]]; then ok "$1"; else not_ok "$1"; echo "  it ended with 0: ${3:-}"; fi; }
remove() { p rm -f -t 0 "$@" >/dev/null; }
# The shell's trap makes a process that ends at once when asked to.
# shellcheck disable=SC2016,SC2034
waits='trap "echo asked to end; exit 5" TERM; echo ready; sleep 600 & wait'
networks_work() { ip link add probe0 type bridge 2>/dev/null && ip link delete probe0 && iptables -t nat -S >/dev/null 2>&1; }
v2() { [[ ! -e /sys/fs/cgroup/memory ]]; }

# ------------------------------------------------------------------------------------------------------------- all

if ! p pull -q "oci:$scratch/image:test" >"$scratch/id" 2>"$scratch/words" || ! p tag "$(<"$scratch/id")" "$image"; then
    not_ok "the test image can be imported"
    cat "$scratch/words"
    tally
    exit 1
fi
for flow in ${PODMAN_FLOWS:-basics lifecycle resources volumes confinement networks calls images rootless}; do
    # shellcheck disable=SC1090 # one of podman/*.sh
    . "$here/managers/podman/$flow.sh"
done
p rm -fa -t 0 >/dev/null
until_true nothing_left >/dev/null
is "nothing is left behind" "" "$(left_behind)"
tally
