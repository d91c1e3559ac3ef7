#!/usr/bin/env bash
# docker.sh [RUNTIME] - does a real docker (Debian's docker.io) work with RUNTIME in runc's place? RUNTIME is `runc` on dockerd's PATH.
#
# dockerd, the containerd that it starts, and a registry run in namespaces of their own (machine.sh), with default settings but for their
# folders and the parent of the cgroups. The cases are in docker/; "# checklist: N" names the point of manager-calls.md that one shows.
# Prints ok, not ok or skip for each case, and last "N passed, N failed, N skipped". Flows (docker/FLOW.sh) may be named in DOCKER_FLOWS.
# CGROUP_MANAGER=systemd: dockerd lets systemd make the cgroups; only for a guest that is thrown away (see machine.sh).
# shellcheck disable=SC2034,SC2119,SC2120,SC2154 # machine.sh sets scratch and others, docker/ uses the rest
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=machine.sh
. "$here/managers/machine.sh"
if [[ -z ${MACHINE_TAG:-} ]]; then
    need /usr/sbin/dockerd docker.io "it is the manager to test with" || exit 1
    need docker-registry docker-registry "images are pushed to it" || exit 1
    need iptables iptables "dockerd calls it" || exit 1
    need skopeo skopeo "it turns the test image into an archive for docker load" || exit 1
    need umoci umoci "it writes the test image" || exit 1
fi
machine "$here/managers/docker.sh" "${1:-${RUNTIME:-$here/../out/sharprun}}"

export DOCKER_HOST=unix://$scratch/docker.sock DOCKER_CONFIG=$scratch/config
export DOCKER_BUILDKIT=0
tasks=$scratch/exec/containerd/daemon/io.containerd.runtime.v2.task/moby # of the bundles
states=$scratch/exec/runtime-runc/moby                                  # of the runtime

# Another docker may stand in /usr/local; the package's own belongs to its dockerd.
docker() { timeout 120 /usr/bin/docker "$@"; }

# call ARG...: docker ARG...; sets output, words (stderr) and status.
call() {
    output=$(docker "$@" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}
run() { call run --rm "$@"; }

# start ARG...: docker run -d ARG...; sets id.
start() {
    call run -d "$@"
    id=$output
    if [[ $status != 0 ]]; then not_ok "docker run -d $*"; echo "  $words"; fi
}

# terminal COMMAND: on a terminal, with what is typed on stdin. (script shows the end of its own stdin as ^@.)
terminal() { timeout 120 script -qec "$1" /dev/null | sed -e 's/\r//g' -e 's/^^@//'; }

# For a container's shell; its arguments are the names of the namespaces.
# shellcheck disable=SC2016 # the $ are for that shell
show_namespaces='for n in "$@"; do readlink /proc/self/ns/$n; done'

# All that docker of this version asks for with --privileged (up to CAP_AUDIT_READ), as far as this machine has it.
all_capabilities=$(printf '%016x' $((16#$(sed -n 's/^CapBnd:\t//p' /proc/self/status) & 0x3fffffffff)))

inspect() { docker inspect --format "$2" "$1"; }
remove() { docker rm -f "$@" >/dev/null; }
is_state() { [[ $(inspect "$1" '{{.State.Status}}') == "$2" ]]; }
logs_have() { docker logs "$1" 2>&1 | grep -q -- "$2"; }
answers() { docker version >/dev/null 2>&1; }

cgroup_flags=(--cgroup-parent "/sharprun-test/$tag")
if [[ $CGROUP_MANAGER == systemd ]]; then cgroup_flags=(--cgroup-parent sharprun-test.slice --exec-opt native.cgroupdriver=systemd); fi

# start_dockerd FLAG...
start_dockerd() {
    /usr/sbin/dockerd --host "$DOCKER_HOST" --data-root "$scratch/data" --exec-root "$scratch/exec" --pidfile "$scratch/pid" \
        "${cgroup_flags[@]}" --config-file "$scratch/daemon.json" "$@" >>"$scratch/log" 2>&1 &
    daemon=$!
    until_true answers
}

stop_dockerd() {
    kill "$daemon"
    wait "$daemon"
}

load_image() {
    "$here/test-image.sh" "$scratch/image" >/dev/null || return 1
    skopeo --insecure-policy copy -q "oci:$scratch/image:test" "docker-archive:$scratch/image.tar:test:latest" || return 1
    docker load -q -i "$scratch/image.tar" >/dev/null
}

# What docker itself knows after the last flow.
docker_leftovers() {
    docker ps -aq
    find "$tasks" "$states" -mindepth 1 -maxdepth 1 2>/dev/null
    grep -E " $scratch/(data/(overlay2|containers)|exec/containerd)/" /proc/self/mountinfo
}

# Its errors about the streams of containers that have ended are of every day.
ended() {
    local status=$?
    if [[ $failed -gt 0 ]]; then
        echo "dockerd's last errors:"
        grep -E 'level=(error|fatal)' "$scratch/log" | grep -vE 'copy shim log|stream copy error|failed to delete container' | tail -n 10
    fi
    exit "$status"
}

trap ended EXIT
mkdir -p "$scratch/config"
echo '{}' >"$scratch/daemon.json"
if ! start_dockerd; then not_ok "dockerd starts"; tail "$scratch/log"; tally; exit 1; fi
if ! load_image; then not_ok "the test image can be loaded"; tally; exit 1; fi
processes >"$scratch/standing"

flows="basics exec lifecycle resources confinement volumes networks images daemon"
if [[ $CGROUP_MANAGER == systemd ]]; then flows="systemd basics exec resources"; fi
for flow in ${DOCKER_FLOWS:-$flows}; do
    # shellcheck disable=SC1090 # one of docker/*.sh
    . "$here/managers/docker/$flow.sh"
done
tally
