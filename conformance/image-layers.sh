#!/usr/bin/env bash
# image-layers.sh - unpack --layers as a user calls it: printed chains, once a layer, merged by the kernel, killed at many moments, two at once, gc.
#
#   SHARPRUN_IMAGE=path conformance/image-layers.sh [MOMENTS]
#
# Needs root, umoci (it makes the image) and overlay. Prints one line a check, last "N passed, N failed, N skipped".
set -uo pipefail

image_tool=${SHARPRUN_IMAGE:-$PWD/out/sharprun-image}
moments=${1:-20}
passed=0 failed=0 skipped=0
ok() { echo "ok image-layers/$1" && passed=$((passed + 1)); }
not_ok() { echo "not ok image-layers/$1: $2" && failed=$((failed + 1)); }

# verdict NAME STATUS REASON
verdict() {
    if [ "$2" = 0 ]; then ok "$1"; else not_ok "$1" "$3"; fi
}

summary() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}

if [ "$(id -u)" != 0 ] || ! command -v umoci >/dev/null; then
    echo "skip image-layers/all: root and umoci are needed"
    skipped=1
    summary
fi
room=$(mktemp -d)
trap 'umount "$room/merged" 2>/dev/null; rm -rf "$room"' EXIT

# SHARPRUN_IMAGE may be several words.
# shellcheck disable=SC2086
tool() { $image_tool --root "$room/store" "$@"; }

# Three layers: files and links; a directory that is deleted and back, a whiteout, a link to a lower file; a change below a closed directory.
make_image() {
    local rootfs=$room/bundle/rootfs
    {
        umoci init --layout "$room/oci" && umoci new --image "$room/oci:t" && umoci unpack --image "$room/oci:t" "$room/bundle" &&
            mkdir -p "$rootfs/d/old" "$rootfs/closed/e" && seq 200000 >"$rootfs/d/big" && echo 1 >"$rootfs/d/old/f" && echo 2 >"$rootfs/gone" &&
            for file in $(seq 500); do echo "$file" >"$rootfs/closed/e/$file"; done && chmod 700 "$rootfs/closed" &&
            umoci repack --image "$room/oci:t" --refresh-bundle "$room/bundle" &&
            rm -r "$rootfs/d/old" "$rootfs/gone" && mkdir "$rootfs/d/old" && echo 3 >"$rootfs/d/old/g" && ln "$rootfs/d/big" "$rootfs/linked" &&
            umoci repack --image "$room/oci:t" --refresh-bundle "$room/bundle" &&
            rm "$rootfs/closed/e/7" && echo 4 >"$rootfs/closed/e/new" &&
            umoci repack --image "$room/oci:t" --refresh-bundle "$room/bundle"
    } >"$room/made" 2>&1 || { cat "$room/made" >&2 && not_ok image "umoci could not make it" && summary; }
}

# complete: the names of layers that are there without their mark.
incomplete() {
    for layer in "$room"/store/layers/sha256/*; do
        [ ! -e "$layer" ] || [ "$(cat "$layer/done" 2>/dev/null)" = "sha256:${layer##*/}" ] || echo "$layer"
    done
}

check_kills() {
    local begun ended took bad=""
    begun=$(date +%s%N)
    tool unpack --layers "oci:$room/oci:t" >/dev/null || not_ok first_unpack "exit status $?"
    ended=$(date +%s%N)
    took=$((ended - begun))
    rm -rf "$room/store"
    for ((moment = 1; moment <= moments; moment++)); do
        tool unpack --layers "oci:$room/oci:t" >/dev/null 2>&1 &
        local pid=$!
        sleep "$(awk -v took="$took" -v at="$moment" -v of="$moments" 'BEGIN { printf "%.3f", took / 1e9 * at / of }')"
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        bad+=$(incomplete)
    done
    [ -z "$bad" ]
    verdict killed_at_any_moment_nothing_looks_whole_that_is_not $? "$bad"
}

check_result() {
    local chain lower="" tree="$room/plain/rootfs"
    chain=$(tool unpack --layers "oci:$room/oci:t") || not_ok unpack_after_kills "exit status $?"
    [ "$(wc -l <<<"$chain")" = 3 ]
    verdict a_chain_id_is_printed_for_each_layer $? "$chain"
    [ -z "$(find "$room/store/layers/sha256" -maxdepth 1 -name '.?*')" ]
    verdict nothing_is_left_of_killed_calls $? "$(ls -A "$room/store/layers/sha256")"
    while read -r id; do lower="$room/store/layers/${id/://}/fs${lower:+:$lower}"; done <<<"$chain"
    mkdir -p "$room/merged"
    mount -t overlay overlay -o "lowerdir=$lower" "$room/merged" || not_ok mount "exit status $?"
    tool unpack --rootfs-only "oci:$room/oci:t" "$room/plain" >/dev/null || not_ok plain_unpack "exit status $?"
    describe() { (cd "$1" && find . -printf '%P %y %m %U %G %T@ %s %l\n' | sed -E '/ d /s/ [0-9]+ $//' | sort && find . -type f -exec sha256sum {} + | sort); }
    diff <(describe "$room/merged") <(describe "$tree") >"$room/difference"
    verdict merged_layers_are_the_plain_root $? "$(head -5 "$room/difference")"
    umount "$room/merged"
}

check_two() {
    rm -rf "$room/store"
    tool unpack --layers "oci:$room/oci:t" >"$room/one" 2>/dev/null &
    tool unpack --layers "oci:$room/oci:t" >"$room/two" 2>/dev/null
    wait
    cmp -s "$room/one" "$room/two" && [ -s "$room/one" ] && [ -z "$(incomplete)" ]
    verdict two_at_once_share_the_work $? "they differ"
}

check_gc() {
    local top
    top=$(tail -n 1 "$room/one")
    mkdir -p "$room/store/unions/u"
    echo "{\"chain\":\"$top\"}" >"$room/store/unions/u/record.json"
    tool gc >/dev/null
    [ "$(find "$room/store/layers/sha256" -mindepth 1 -maxdepth 1 | wc -l)" = 3 ]
    verdict gc_leaves_what_a_union_needs $? "layers are gone"
    rm -r "$room/store/unions"
    tool gc >/dev/null
    [ -z "$(ls -A "$room/store/layers/sha256")" ]
    verdict gc_takes_what_nobody_needs $? "$(ls -A "$room/store/layers/sha256")"
}

check_corrupt() {
    local layer
    layer=$(find "$room/oci/blobs/sha256" -type f -size +1k -printf '%s %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)
    printf x | dd of="$layer" bs=1 seek=500 conv=notrunc status=none
    if tool unpack --layers "oci:$room/oci:t" >/dev/null 2>&1 || [ -n "$(find "$room/store/layers/sha256" -mindepth 1 -maxdepth 1 -name '.?*')" ]; then
        not_ok a_wrong_digest_leaves_nothing_half_done "$(ls -A "$room/store/layers/sha256")"
    else
        ok a_wrong_digest_leaves_nothing_half_done
    fi
}

# A lower file and its directory, which their owner may not write to, get a link and a neighbour in the second layer.
check_ordinary_user() {
    local top
    if ! (mkdir "$room/files" && cd "$room/files" && mkdir closed && echo 1 >closed/f && chown 7:8 closed closed/f && chmod 444 closed/f && chmod 555 closed &&
        tar -cf ../one.tar closed && ln closed/f closed/link && tar -cf ../two.tar closed/f closed/link && tar --delete -f ../two.tar closed/f &&
        umoci init --layout "$room/closed" && umoci new --image "$room/closed:t" && umoci raw add-layer --image "$room/closed:t" ../one.tar &&
        umoci raw add-layer --image "$room/closed:t" ../two.tar && chmod a+x "$room" && chmod -R a+rX "$room/closed" &&
        mkdir "$room/user" && chown 4321:4321 "$room/user") >"$room/made" 2>&1; then
        cat "$room/made" >&2 && not_ok an_ordinary_users_layers "umoci could not make the image"
        return
    fi
    # shellcheck disable=SC2086
    top=$(cd "$room/user" && setpriv --reuid 4321 --regid 4321 --clear-groups $image_tool --root "$room/user/store" unpack --rootless --layers "oci:$room/closed:t" \
        2>"$room/words" | tail -n 1)
    top=$room/user/store/layers/${top/://}/fs
    [ "$(stat -c %a "$top/closed" "$top/closed/link" | tr '\n' ' ')" = "555 444 " ] && [ ! -s "$room/words" ] &&
        [ "$(getfattr -R -n user.rootlesscontainers --absolute-names "$top" 2>/dev/null | grep -c '^user')" = 3 ]
    verdict an_ordinary_users_layers_keep_ids_and_modes_of_what_he_may_not_write_to $? "$(cat "$room/words"; find "$top" -printf '%P %m\n' 2>&1)"
}

make_image
check_kills
check_result
check_two
check_gc
check_corrupt
check_ordinary_user
summary
