#!/usr/bin/env bash
# image-docker.sh [PROGRAM] - a real docker (Debian's docker.io) loads what sharprun-image (PROGRAM, default out/sharprun-image) writes as docker-archive:,
# and ours reads what docker saves of it. dockerd runs in namespaces of its own (managers/machine.sh); no container is started.
# shellcheck disable=SC2154 # machine.sh sets scratch and tag
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=managers/machine.sh
. "$here/managers/machine.sh"
if [[ -z ${MACHINE_TAG:-} ]]; then need /usr/sbin/dockerd docker.io "it loads our archives" || exit 1; fi
# Not a runtime this time, but machine hands its path inside.
machine "$here/image-docker.sh" "${1:-$here/../out/sharprun-image}"
program=$runtime

export DOCKER_HOST=unix://$scratch/docker.sock DOCKER_CONFIG=$scratch/config
docker() { timeout 60 /usr/bin/docker "$@"; }
answers() { docker version >/dev/null 2>&1; }
ours() { "$program" --root "$scratch/store" -q "$@"; }
# The digests of the unpacked layers.
layers_of() { ours inspect --config "$1" | tr -d ' \n' | grep -o '"diff_ids":\[[^]]*\]'; }

cd "$scratch" || exit
mkdir config tree
echo '{}' >daemon.json
head -c 300000 /dev/urandom >tree/one
ln -s one tree/two
/usr/sbin/dockerd --host "$DOCKER_HOST" --data-root "$scratch/data" --exec-root "$scratch/exec" --pidfile "$scratch/pid" --config-file "$scratch/daemon.json" \
    --cgroup-parent "/sharprun-test/$tag" --bridge none --iptables=false >log 2>&1 &
daemon=$!
if ! until_true answers; then not_ok "dockerd starts"; tail log; tally; exit 1; fi

ours copy "dir:$scratch/tree" me/tree:1 >/dev/null
ours copy me/tree:1 "docker-archive:$scratch/ours.tar:me/tree:1" >/dev/null
is "docker loads our archive under its name" "Loaded image: me/tree:1" "$(docker load -q -i ours.tar 2>&1)"
is "docker's image id is our config's digest" "$(ours inspect --config --raw me/tree:1 | sha256sum | sed 's/^/sha256:/; s/ .*//')" \
    "$(docker inspect --format '{{.Id}}' me/tree:1 2>&1)"
docker save -o docker.tar me/tree:1
ours pull "docker-archive:$scratch/docker.tar:me/tree:1" back:1 >/dev/null
is "what docker saves of it has the same layers" "$(layers_of me/tree:1)" "$(layers_of back:1)"
ours copy back:1 "dir:$scratch/back" >/dev/null
if cmp -s tree/one back/one && [[ $(readlink back/two) == one ]]; then ok "and the same files"; else not_ok "and the same files"; fi
kill "$daemon"
wait "$daemon"
tally
