#!/usr/bin/env bash
# image-formats.sh [PROGRAM] - images made by skopeo, umoci, buildah and podman, each read by sharprun-image (PROGRAM, default
# out/sharprun-image), and ours read by each of them: the same bytes and digests every way round. "ok x", "not ok x: reason", "skip x: reason".
# It runs in a mount namespace of its own with its own storage: nothing of the machine's images is touched.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"
# shellcheck source=tally.sh
. "$here/tally.sh"
program=$(realpath -- "${1:-$here/../out/sharprun-image}")
[[ -x $program ]] || { echo "no such program: $program" >&2; exit 2; }

if [[ -z ${FORMATS_INSIDE:-} ]]; then
    need skopeo skopeo "it writes and reads images"
    need umoci umoci "it writes and reads images"
    need buildah buildah "it writes and reads images"
    need podman podman "it writes and reads images"
    need jq jq "it looks into manifests"
    FORMATS_INSIDE=$(mktemp -d) exec unshare --mount --propagation private "$here/image-formats.sh" "$program"
fi
scratch=$FORMATS_INSIDE
mount -t tmpfs tmpfs "$scratch"
mount -t tmpfs -o mode=1777 tmpfs /dev/shm # libpod's locks
mkdir "$scratch/tmp"
export TMPDIR=$scratch/tmp
trap 'cd /; umount -l "$scratch"; rmdir "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$scratch" || exit

echo '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
ours() { "$program" --root "$scratch/store" -q "$@"; }
skopeo() { command skopeo --policy "$scratch/policy.json" "$@"; }
libpod=(--root "$scratch/storage" --runroot "$scratch/storage-run" --storage-driver vfs)
podman() { command podman "${libpod[@]}" --cgroup-manager cgroupfs --events-backend file "$@"; }
buildah() { command buildah "${libpod[@]}" "$@"; }
quiet() { "$@" >"$scratch/log" 2>&1 || { echo "  $1 $2: $(tail -n 1 "$scratch/log")"; return 1; }; }
digest_of() { skopeo inspect --raw "$1" | sha256sum | sed 's/^/sha256:/; s/ .*//'; }
config_of() { skopeo inspect --raw "$1" | jq -r .config.digest; }

# A root with a file of its own kind each, so that layers are not all alike.
mkdir -p tree/bin
head -c 300000 /dev/urandom >tree/bin/one
ln -s one tree/bin/two
echo text >tree/three

# made NAME SOURCE: ours takes it; the digest is skopeo's, and the blobs are whole.
made() {
    local name=$1 source=$2 expected printed
    expected=$(digest_of "$source")
    if ! printed=$(ours copy "$source" "oci:$scratch/from-$name:test" 2>"$scratch/log"); then
        not_ok "read $name: $(<"$scratch/log")"
        return
    fi
    is "read $name: the digest" "$expected" "$printed"
    is "read $name: skopeo finds the same in our copy" "$expected" "$(digest_of "oci:$scratch/from-$name:test")"
    whole "$name" "$scratch/from-$name"
}

# whole NAME LAYOUT: every blob has the digest that it is named by.
whole() {
    local blob wrong=
    for blob in "$2"/blobs/sha256/*; do
        [[ $(sha256sum <"$blob") == "${blob##*/} "* ]] || wrong+=" $blob"
    done
    is "read $1: every blob is whole" "" "$wrong"
}

# saved NAME SOURCE CONFIG: a docker archive, which has no manifest: the config and the layers are the same.
saved() {
    local name=$1 source=$2 config=$3
    if ! ours copy "$source" "oci:$scratch/from-$name:test" >"$scratch/log" 2>&1; then
        not_ok "read $name: $(<"$scratch/log")"
        return
    fi
    is "read $name: the config's digest" "$config" "$(config_of "oci:$scratch/from-$name:test")"
    whole "$name" "$scratch/from-$name"
    if quiet umoci raw unpack --image "$scratch/from-$name:test" "$scratch/rootfs-$name" && cmp -s tree/bin/one "rootfs-$name/bin/one"; then
        ok "read $name: umoci unpacks our copy"
    else
        not_ok "read $name: umoci unpacks our copy"
    fi
}

# reads WHO COMMAND...: another program reads what is ours.
reads() {
    local name=$1
    shift
    if quiet "$@"; then ok "$name"; else not_ok "$name: $(tail -n 1 "$scratch/log")"; fi
}

# --- images of others -----------------------------------------------------------------------------------------------------------
quiet umoci init --layout umoci && quiet umoci new --image umoci:test && quiet umoci insert --image umoci:test tree / &&
    quiet umoci config --image umoci:test --config.cmd /bin/one --architecture amd64 --os linux || exit 1
made umoci "oci:$scratch/umoci:test"
quiet skopeo copy "oci:$scratch/umoci:test" "oci:$scratch/skopeo:docker.io/library/tree:1"
made skopeo-oci "oci:$scratch/skopeo:docker.io/library/tree:1"
quiet skopeo copy "oci:$scratch/umoci:test" "oci-archive:$scratch/skopeo.tar:test"
made skopeo-oci-archive "oci-archive:$scratch/skopeo.tar:test"
gzip -k skopeo.tar
is "read skopeo-oci-archive, compressed" "$(digest_of "oci:$scratch/umoci:test")" "$(ours copy "oci-archive:$scratch/skopeo.tar.gz:test" "oci:$scratch/from-gz:test")"
quiet skopeo copy "oci:$scratch/umoci:test" "docker-archive:$scratch/skopeo-docker.tar:tree:1"
saved skopeo-docker-archive "docker-archive:$scratch/skopeo-docker.tar:tree:1" "$(config_of "docker-archive:$scratch/skopeo-docker.tar:tree:1")"

container=$(buildah from scratch) && quiet buildah copy "$container" tree / && {
    quiet buildah commit "$container" "oci:$scratch/buildah:test" && made buildah-oci "oci:$scratch/buildah:test"
    quiet buildah commit --format docker "$container" "oci-archive:$scratch/buildah.tar:test" && made buildah-oci-archive "oci-archive:$scratch/buildah.tar:test"
    quiet buildah commit "$container" "docker-archive:$scratch/buildah-docker.tar:tree:1" &&
        saved buildah-docker-archive "docker-archive:$scratch/buildah-docker.tar:tree:1" "$(config_of "docker-archive:$scratch/buildah-docker.tar:tree:1")"
    quiet buildah commit "$container" tree:1
}
if quiet podman save --format docker-archive -o podman-docker.tar localhost/tree:1; then
    saved podman-docker-archive "docker-archive:$scratch/podman-docker.tar:localhost/tree:1" "$(config_of "docker-archive:$scratch/podman-docker.tar:localhost/tree:1")"
else
    skip podman-docker-archive "podman save failed: $(tail -n 1 log)"
fi
if quiet podman save --format oci-archive -o podman.tar localhost/tree:1; then
    made podman-oci-archive "oci-archive:$scratch/podman.tar"
else
    skip podman-oci-archive "podman save failed: $(tail -n 1 log)"
fi

# --- ours, read by others -------------------------------------------------------------------------------------------------------
name=docker.io/library/tree:1
digest=$(digest_of "oci:$scratch/umoci:test")
is "pull into the store prints the digest" "$digest" "$(ours pull "oci:$scratch/umoci:test" tree:1)"
store=oci:$scratch/store/oci:$name
is "list shows the whole name" "$name" "$(ours list)"
is "skopeo reads the store" "$digest" "$(digest_of "$store")"
reads "umoci reads the store" umoci stat --image "$scratch/store/oci:$name"
reads "umoci unpacks from the store" umoci unpack --image "$scratch/store/oci:$name" "$scratch/bundle"
is "umoci lists the store's names" "$name" "$(umoci list --layout "$scratch/store/oci")"
reads "podman pulls from the store" podman pull "$store"
reads "buildah starts from the store" buildah from --name from-store "$store"
reads "skopeo writes into the store" skopeo copy "oci:$scratch/buildah:test" "oci:$scratch/store/oci:docker.io/library/other:1"
is "what skopeo has written is there" "$(digest_of "oci:$scratch/buildah:test")" "$(ours tag other:1 again:1)"
touch "store/oci/blobs/sha256/.partial-$(printf 'a%.0s' {1..64})"
reads "umoci collects garbage in the store beside a download that was cut off" umoci gc --layout "$scratch/store/oci"
is "the images are there after it" "docker.io/library/again:1 docker.io/library/other:1 $name" "$(ours list | tr '\n' ' ' | sed 's/ $//')"
is "ours collects nothing more" 0 "$(ours gc)"

ours copy tree:1 "oci:$scratch/out:test" >/dev/null
is "oci: written: the digest" "$digest" "$(digest_of "oci:$scratch/out:test")"
reads "oci: written: umoci unpacks it" umoci unpack --image "$scratch/out:test" "$scratch/bundle-out"
reads "oci: written: podman pulls it" podman pull "oci:$scratch/out:test"
ours copy tree:1 "oci-archive:$scratch/out.tar:test" >/dev/null
is "oci-archive: written: the digest" "$digest" "$(digest_of "oci-archive:$scratch/out.tar:test")"
reads "oci-archive: written: podman pulls it" podman pull "oci-archive:$scratch/out.tar"
reads "oci-archive: written: buildah starts from it" buildah from --name from-archive "oci-archive:$scratch/out.tar:test"
ours copy tree:1 "docker-archive:$scratch/out-docker.tar:tree:1" >/dev/null
is "docker-archive: written: skopeo finds the config" "$(config_of "$store")" "$(config_of "docker-archive:$scratch/out-docker.tar:tree:1")"
reads "docker-archive: written: podman loads it" podman load -i "$scratch/out-docker.tar"
is "docker-archive: written: ours finds the same digest" "$digest" "$(ours copy "docker-archive:$scratch/out-docker.tar:tree:1" "oci:$scratch/again:test")"

inspected=$(ours inspect tree:1)
is "inspect: the digest and layers are skopeo's" "$(skopeo inspect "$store" | jq -c '[.Digest, .Layers, .Architecture, .Os, .Env]')" "$(jq -c '[.Digest, .Layers, .Architecture, .Os, if .Env == [] then null else .Env end]' <<<"$inspected")"
is "inspect --raw: the manifest's bytes" "$(skopeo inspect --raw "$store" | sha256sum)" "$(ours inspect --raw tree:1 | sha256sum)"
is "inspect --config --raw: the config's bytes" "$(skopeo inspect --config --raw "$store" | sha256sum)" "$(ours inspect --config --raw tree:1 | sha256sum)"

tally
