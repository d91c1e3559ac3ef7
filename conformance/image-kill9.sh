#!/usr/bin/env bash
# image-kill9.sh [PROGRAM] [MOMENTS] - kill -9 of `pull` at many moments (default 40), a disk that is full, several processes at once: what has a
# final name is whole, every name leads to whole images, the next call goes on, and gc leaves nothing of what was begun.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tally.sh
. "$here/tally.sh"
program=$(realpath -- "${1:-$here/../out/sharprun-image}")
moments=${2:-40}
[[ -x $program ]] || { echo "no such program: $program" >&2; exit 2; }
if [[ -z ${KILL9_INSIDE:-} ]]; then
    KILL9_INSIDE=$(mktemp -d) exec unshare --mount --propagation private "$here/image-kill9.sh" "$program" "$moments"
fi
scratch=$KILL9_INSIDE
mount -t tmpfs tmpfs "$scratch"
trap 'cd /; umount -l "$scratch"; rmdir "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$scratch" || exit

ours() { "$program" --root "$scratch/store" -q "$@"; }

# layout DIRECTORY NAME SIZE...: an image layout by hand; a layer of random bytes for each size.
layout() {
    local directory=$1 name=$2 layers='' ids='' size hex config manifest
    shift 2
    mkdir -p "$directory/blobs/sha256"
    echo '{"imageLayoutVersion":"1.0.0"}' >"$directory/oci-layout"
    for size; do
        head -c "$size" /dev/urandom >blob
        hex=$(blob "$directory")
        layers+=",{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:$hex\",\"size\":$size}"
        ids+=",\"sha256:$hex\""
    done
    echo "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[${ids#,}]}}" >blob
    size=$(stat -c %s blob)
    config=$(blob "$directory")
    echo "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:$config\",\"size\":$size},\"layers\":[${layers#,}]}" >blob
    size=$(stat -c %s blob)
    manifest=$(blob "$directory")
    echo "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:$manifest\",\"size\":$size,\"annotations\":{\"org.opencontainers.image.ref.name\":\"$name\"}}]}" >"$directory/index.json"
    digest=sha256:$manifest
}

blob() {
    local hex
    hex=$(sha256sum <blob)
    hex=${hex%% *}
    mv blob "$1/blobs/sha256/$hex"
    echo "$hex"
}

# broken: what is wrong in the store; nothing when every final name is whole and index.json can be read.
broken() {
    local file
    for file in store/oci/blobs/sha256/*; do
        [[ -e $file ]] || continue
        [[ $(sha256sum <"$file") == "${file##*/} "* ]] || echo "corrupt $file"
    done
    { ours list >/dev/null; } 2>&1
}

begun() { find store/oci -name '.*' | sort; }

layout image test 3000000 5000000 200 7000000 4000000
start=${EPOCHREALTIME/[.,]/}
ours pull "oci:$scratch/image:test" x >/dev/null || exit 1
took=$((${EPOCHREALTIME/[.,]/} - start))
rm -rf store

wrong='' interrupted=0 unfinished=''
for ((moment = 1; moment <= moments; moment++)); do
    # Each second time from nothing, else on top of what the kill before has left.
    if ((moment % 2)); then rm -rf store; fi
    ours pull "oci:$scratch/image:test" x >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '%d.%06d' $((took * moment / moments / 1000000)) $((took * moment / moments % 1000000)))"
    if kill -9 "$pid" 2>/dev/null; then interrupted=$((interrupted + 1)); fi
    wait "$pid" 2>/dev/null
    if [[ -d store/oci ]]; then wrong+=$(broken); fi
    if ((moment % 5 == 0)); then
        [[ $(ours pull "oci:$scratch/image:test" x) == "$digest" ]] || unfinished+=" $moment"
        wrong+=$(broken)
    fi
done
is "kill -9 at $moments moments ($interrupted of them before the end): nothing corrupt has a final name" "" "$wrong"
is "the next pull goes on and ends well" "" "$unfinished"
ours gc >/dev/null
is "gc leaves nothing of what was begun" "" "$(begun)"
ours remove x >/dev/null
is "gc frees all bytes of the image and says how many" 19 "$(($(ours gc) / 1000000))"
is "nothing is left" "" "$(find store/oci/blobs -type f)"

# Nobody collects garbage in an oci:DIR: the next who writes there cleans up.
for ((moment = 1; moment <= 5; moment++)); do
    ours copy "oci:$scratch/image:test" "oci:$scratch/layout:test" >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '%d.%06d' $((took * moment / 6 / 1000000)) $((took * moment / 6 % 1000000)))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
done
is "a copy into an oci:DIR goes on after kill -9" "$digest" "$(ours copy "oci:$scratch/image:test" "oci:$scratch/layout:test")"
is "and leaves nothing of the killed ones" "" "$(find layout -name '.*')"

# A download that was cut off is continued: its beginning is not written again.
rm -rf store
ours pull "oci:$scratch/image:test" x >/dev/null
big=$(find store/oci/blobs -size +6000k)
head -c 6000000 "$big" >"store/oci/.partial-sha256-${big##*/}"
rm "$big"
inode=$(stat -c %i "store/oci/.partial-sha256-${big##*/}")
ours pull "oci:$scratch/image:test" x >/dev/null
is "a download is continued in its file" "$inode" "$(stat -c %i "$big")"

# Several at once: the same image and others, into one store.
rm -rf store
for i in 1 2 3 4; do layout "image$i" test 1000000 "$((i * 1000))"; digests[i]=$digest; done
for i in 1 2 3 4; do
    for j in 1 2 3; do ours pull "oci:$scratch/image$i:test" "x$i:$j" >"printed-$i-$j" 2>&1 & done
done
wait
for i in 1 2 3 4; do for j in 1 2 3; do [[ $(<"printed-$i-$j") == "${digests[i]}" ]] || echo "  x$i:$j: $(<"printed-$i-$j")"; done; done
is "twelve pulls at once: every name is there" 12 "$(ours list | wc -l)"
is "twelve pulls at once: every blob is whole" "" "$(broken)"
is "twelve pulls at once: nothing is left of them" "" "$(begun)"

# A full disk.
mkdir small
mount -t tmpfs -o size=8m tmpfs small
if words=$("$program" --root "$scratch/small" -q pull "oci:$scratch/image:test" x 2>&1); then
    not_ok "a full disk is an error"
else
    has "a full disk is an error that says so" "no space left on device" "$words"
fi
mount -o remount,size=64m small
is "with more room the next call goes on" "sha256:$(sed -E 's/.*"digest":"sha256:([0-9a-f]*)".*/\1/' image/index.json)" "$("$program" --root "$scratch/small" -q pull "oci:$scratch/image:test" x)"
umount small

tally
