#!/usr/bin/env bash
# image-pack.sh [PROGRAM] [MOMENTS] - a directory becomes an image, is unpacked, changed and packed; kill -9 of `pack` at many moments (default 20), a
# disk that is full: no name leads to anything half done, the next call makes the same image, and gc leaves nothing of what was begun.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tally.sh
. "$here/tally.sh"
program=$(realpath -- "${1:-$here/../out/sharprun-image}")
moments=${2:-20}
[[ -x $program ]] || { echo "no such program: $program" >&2; exit 2; }
if [[ -z ${PACK_INSIDE:-} ]]; then
    PACK_INSIDE=$(mktemp -d) exec unshare --mount --propagation private "$here/image-pack.sh" "$program" "$moments"
fi
scratch=$PACK_INSIDE
mount -t tmpfs tmpfs "$scratch"
trap 'cd /; umount -l "$scratch"; rmdir "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$scratch" || exit
mkdir store
mount -t tmpfs tmpfs store
export SOURCE_DATE_EPOCH=1700000000

ours() { "$program" --root "$scratch/store" -q "$@"; }

# broken: what is wrong in the store; nothing when every final name is whole and index.json can be read.
broken() {
    local file
    for file in store/oci/blobs/sha256/*; do
        [[ $(sha256sum <"$file") == "${file##*/} "* ]] || echo "corrupt $file"
    done
    { ours list >/dev/null; } 2>&1
}

leftovers() { find store/oci -name '.*' -type f | wc -l; }

tree() { find "$1" -mindepth 1 -printf '%P %y %m %U:%G %T@ %l\n' | LC_ALL=C sort; (cd "$1" && find . -type f -exec sha256sum {} + | LC_ALL=C sort); }

make_tree() {
    mkdir -p "$1/etc" "$1/data"
    echo one >"$1/etc/one"
    ln "$1/etc/one" "$1/etc/two"
    ln -s one "$1/etc/three"
    mknod "$1/null" c 1 3
    mkfifo "$1/fifo"
    : >"$1/$(printf 'bytes\377')"
    head -c 1000000 /dev/urandom >"$1/data/random"
    find "$1" -exec touch -hd @1600000000.123456789 {} +
}

change_tree() {
    local number
    rm "$1/etc/three" "$1/fifo"
    for number in {1..20}; do head -c 500000 /dev/urandom >"$1/data/$number"; done
    printf two >"$1/etc/one"
    find "$1" -exec touch -hd @1650000000 {} +
}

# kill_at MICROSECONDS
kill_at() {
    local pid
    ours pack bundle changed >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000)))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

check() { # check WHAT REASON: ok when there is no reason
    if [[ -z $2 ]]; then ok "$1"; else not_ok "$1: ${2//$'\n'/; }"; fi
}

make_tree tree
if ours copy dir:tree base >/dev/null && ours unpack --rootfs-only base bundle >/dev/null; then
    check 'a directory becomes an image and comes back as it was' "$(diff <(tree tree) <(tree bundle/rootfs))"
else
    not_ok 'a directory becomes an image and comes back as it was: copy or unpack failed'
fi
check 'nothing changed is the same image' "$(diff <(ours pack bundle same) <(ours inspect --raw base | sha256sum | sed 's/^\([0-9a-f]*\).*/sha256:\1/'))"
change_tree bundle/rootfs

start=$EPOCHREALTIME
expected=$(ours pack bundle whole)
took=$((${EPOCHREALTIME/[.,]/} - ${start/[.,]/}))
ours remove whole >/dev/null
ours gc >/dev/null
wrong=''
for ((moment = 1; moment <= moments; moment++)); do
    kill_at $((took * moment / moments))
    wrong+=$(broken)
    if ours list | grep -q changed; then ours remove changed >/dev/null; fi
done
check "kill -9 at $moments moments leaves nothing half done" "$wrong"
check 'the next call makes the same image' "$(diff <(ours pack bundle changed) <(echo "$expected"))"
ours gc >/dev/null
check 'gc leaves nothing of what was begun' "$(leftovers | grep -v '^0$')"
ours unpack --rootfs-only changed again >/dev/null
check 'the packed image unpacks to the changed tree' "$(diff <(tree bundle/rootfs) <(tree again/rootfs))"

ours remove changed >/dev/null
ours gc >/dev/null
mount -o "remount,size=$(($(du -s --block-size=1 store | cut -f 1) + 3000000))" store
message=$(ours pack bundle changed 2>&1)
check 'a full disk is named' "$([[ $message == *'no space left on device (ENOSPC)'* ]] || echo "$message")"
check 'a full disk leaves nothing' "$(broken)$(leftovers | grep -v '^0$')$(ours list | grep changed)"
mount -o remount,size=1G store
check 'with room again it goes on' "$(diff <(ours pack bundle changed) <(echo "$expected"))"
tally
