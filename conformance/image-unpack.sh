#!/usr/bin/env bash
# image-unpack.sh [IMAGE-TOOL] - does `sharprun-image unpack` keep its promises as a whole program (spec/image-unpack.md)? Against GNU tar and umoci, killed
# at any moment, on a full disk, for an ordinary user, in little memory and with few system calls a file.
# STOPS=N: at how many moments it is killed (default 20). Needs root; everything happens on a tmpfs in a mount namespace of its own.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"
# shellcheck source=tally.sh
. "$here/tally.sh"
tool=$(realpath -- "$(type -P "${1:-$here/../out/sharprun-image}")") || { echo 'no such program: conformance/publish.sh makes it' >&2; exit 2; }

if [[ -z ${IMAGE_UNPACK_INSIDE:-} ]]; then
    need umoci umoci "it makes the image, and another root file system to compare with"
    need getfattr attr "it shows extended attributes"
    need strace strace "it counts system calls"
    need jq jq "it reads the descriptors of the image"
    IMAGE_UNPACK_INSIDE=$(mktemp -d) exec unshare --mount --propagation private "$here/image-unpack.sh" "$tool"
fi
scratch=$IMAGE_UNPACK_INSIDE
mount -t tmpfs tmpfs "$scratch"
chmod 755 "$scratch"
trap 'cd / && umount -R "$scratch" && rmdir "$scratch"' EXIT
cd "$scratch" || exit
image=oci:$scratch/image:x

# What two trees must have in common: all but the times of access and of change.
facts() {
    (cd "$1" && find . -printf '%P|%y|%m|%U:%G|%T@|%l|%n|' \( -type f -printf '%s|%S' -o -true \) -printf '\n' | sed 's/|\([0-9.]*\)$/|\1/' | LC_ALL=C sort) |
        awk -F'|' -v OFS='|' '{ if ($2 == "f") $9 = ($9 < 1 ? "holes" : "") ; print }'
    (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum)
    (cd "$1" && find . -print0 | LC_ALL=C sort -z | xargs -0r getfattr -hd -m - -e hex 2>/dev/null)
}

differences() { diff <(facts "$1") <(facts "$2") | head -n 10; }

# The same but for the line of the root itself, whose time umoci leaves at that of the whiteout in it.
differences_below() { diff <(facts "$1" | grep -v '^|') <(facts "$2" | grep -v '^|') | head -n 10; }

make_image() {
    mkdir one two
    cp -a /usr/include/linux one/include
    for i in $(seq 300); do echo "$i" >"one/file-$i"; done
    cp one/file-1 one/old-name
    ln one/file-2 one/link-to-2
    ln -s ../../../etc/passwd one/out
    truncate -s 4M one/holes && printf x | dd of=one/holes bs=1 seek=2M conv=notrunc status=none
    mkfifo one/fifo && mknod one/null c 1 3
    chmod 4755 one/file-3 && chown 5:6 one/file-4 one/include && chmod 1777 one/include
    touch -d '1969-12-31 23:00:00.123456789 UTC' one/file-5 && touch -h -d @12345 one/out one/include
    setfattr -n user.text -v 'some text' one/file-6
    setfattr -n security.capability -v 0x0100000280000000000000000000000000000000 one/file-7
    (cd one && tar --xattrs --xattrs-include='*' --format=posix -Scf ../one.tar .)
    mkdir two/include && chmod 750 two/include && touch two/include/.wh.types.h two/.wh.old-name two/include/new && touch -d @777 two/include
    (cd two && tar --no-recursion --format=posix -cf ../two.tar ./include ./include/new ./include/.wh.types.h .wh.old-name)
    umoci init --layout image && umoci new --image image:x
    umoci raw add-layer --image image:x one.tar && umoci raw add-layer --image image:x two.tar
    # umoci 0.4.7 refuses the sparse file.
    umoci init --layout plain && umoci new --image plain:x
    (cd one && tar --xattrs --xattrs-include='*' --format=posix --exclude=./holes -cf ../plain.tar .)
    umoci raw add-layer --image plain:x plain.tar && umoci raw add-layer --image plain:x two.tar
} >/dev/null 2>&1

unpack() { "$tool" -q unpack --rootfs-only "$image" "$@" 2>words; }

test_against_tar() {
    mkdir by-tar
    tar -C by-tar --xattrs --xattrs-include='*' --delay-directory-restore -xpf one.tar
    rm by-tar/include/types.h by-tar/old-name && touch by-tar/include/new && chmod 750 by-tar/include && chown 0:0 by-tar/include
    touch -r two/include/new by-tar/include/new && touch -d @777 by-tar/include && touch -r one by-tar
    output=$(unpack bundle)
    is 'unpack prints the bundle' "$scratch/bundle" "$output"
    is 'the root is what GNU tar and the whiteouts make' '' "$(differences by-tar bundle/rootfs)"
}

test_against_umoci() {
    umoci unpack --image plain:x by-umoci >/dev/null 2>words || { skip 'the root is what umoci makes' "umoci fails: $(tail -n 1 words)"; return; }
    "$tool" -q unpack --rootfs-only "oci:$scratch/plain:x" plain-bundle >/dev/null
    is 'the root is what umoci makes' '' "$(differences_below by-umoci/rootfs plain-bundle/rootfs)"
    "$tool" -q unpack --rootfs-only --uid-map 0:100000:65536 --gid-map 0:200000:65536 "oci:$scratch/plain:x" mapped >/dev/null
    umoci unpack --uid-map 0:100000:65536 --gid-map 0:200000:65536 --image plain:x mapped-by-umoci >/dev/null 2>&1
    # umoci writes the capabilities for the map's root.
    is 'so is that with maps' '' "$(differences_below mapped-by-umoci/rootfs mapped/rootfs | grep -v capability)"
    rm -rf mapped mapped-by-umoci by-umoci by-tar plain-bundle
}

test_refusals() {
    unpack bundle >/dev/null
    is 'a root that is there is refused' 1 $?
    has 'in a sentence' 'bundle/rootfs is there already' "$(<words)"
    "$tool" unpack --rootfs-only "oci:$scratch/image:none" nothing >/dev/null 2>words
    is 'a name that is not there leaves nothing' 'no' "$([[ -e nothing ]] && echo yes || echo no)"
    "$tool" unpack --rootfs-only --uid-map 0:1000:1 "$image" narrow >/dev/null 2>words
    is 'an id outside of the map is an error' 1 $?
    has 'it names file, id and map' 'uid 5 is outside of --uid-map 0:1000:1' "$(<words)"
    is 'and leaves nothing' 'no' "$([[ -e narrow ]] && echo yes || echo no)"
    output=$(unpack --json json)
    is '--json says the same' "$scratch/json/rootfs" "$(jq -r .rootfs <<<"$output")"
    rm -rf json
}

test_damage() {
    cp -a image damaged
    local blob layer
    layer=$(jq -r '.layers[0].digest' "damaged/blobs/$(jq -r '.manifests[0].digest' damaged/index.json | tr : /)")
    blob=damaged/blobs/${layer/://}
    printf '\xff' | dd of="$blob" bs=1 seek=$(($(stat -c %s "$blob") / 2)) conv=notrunc status=none
    "$tool" unpack --rootfs-only "oci:$scratch/damaged:x" broken >/dev/null 2>words
    is 'a damaged layer is an error' 1 $?
    has 'which names the layer' "$layer" "$(<words)"
    is 'nothing is left of it' 'no' "$([[ -e broken ]] && echo yes || echo no)"
    rm -rf damaged
}

test_kills() {
    local i complete=0 wrong=0 began duration
    began=$(date +%s%N)
    unpack timed >/dev/null
    duration=$((($(date +%s%N) - began) / 1000))
    for i in $(seq "${STOPS:-20}"); do
        "$tool" -q unpack --rootfs-only "$image" killed >/dev/null 2>&1 &
        sleep "$(awk "BEGIN { print $duration * $i / ${STOPS:-20} / 1e6 }")"
        kill -9 $! 2>/dev/null
        wait $! 2>/dev/null
        if [[ -e killed/rootfs ]]; then
            complete=$((complete + 1))
            [[ -z $(differences timed/rootfs killed/rootfs) ]] || wrong=$((wrong + 1))
            rm -rf killed/rootfs
        fi
    done
    is 'killed at any moment, no root is there that is not complete' 0 "$wrong"
    unpack killed >/dev/null
    is 'the next call goes on' '' "$(differences timed/rootfs killed/rootfs)"
    is 'nothing else is left' $'.sharprun-image.json\nrootfs' "$(ls -A killed)"
    echo "  ($complete of ${STOPS:-20} were complete)"
    rm -rf killed timed
}

test_full_disk() {
    mkdir full && mount -t tmpfs -o size=2m tmpfs full
    unpack full/bundle >/dev/null
    is 'a full disk is an error' 1 $?
    has 'which says so' 'no space left on device (ENOSPC)' "$(<words)"
    is 'and is empty again' '' "$(ls -A full)"
    umount full
    mount -t tmpfs -o nr_inodes=50 tmpfs full
    unpack full/bundle >/dev/null
    is 'so is one without inodes' 1 $?
    is 'which is empty again' '' "$(ls -A full)"
    umount full
}

test_ordinary_user() {
    local as=(setpriv --reuid 4321 --regid 4321 --clear-groups)
    mkdir -m 700 user && chown 4321:4321 user && chmod -R a+rX plain
    (cd one && mkdir locked && touch locked/file && chmod 0 locked && touch -d @1 closed && chown 7:8 closed && chmod 0444 closed &&
        tar --format=posix -cf ../three.tar locked closed) && cp -a plain image3
    umoci raw add-layer --image image3:x three.tar >/dev/null 2>&1 && chmod -R a+rX image3
    "${as[@]}" "$tool" unpack --rootfs-only "oci:$scratch/image3:x" user/bundle >/dev/null 2>words
    is 'an ordinary user cannot give files away' 2 $?
    has 'and is told what to do' '--rootless' "$(<words)"
    "${as[@]}" "$tool" unpack --rootless --rootfs-only "oci:$scratch/image3:x" user/bundle >output 2>words
    is 'with --rootless he can unpack' "$scratch/user/bundle" "$(<output)"
    has 'and is told what is missing' 'devices are empty files' "$(<words)"
    is 'everything is his' 4321:4321 "$(find user/bundle -printf '%U:%G\n' | sort -u)"
    is 'also what not even he may enter' 0 "$(stat -c %a user/bundle/rootfs/locked)"
    is 'the ids are written down' '0x08051006' "$(getfattr -n user.rootlesscontainers -e hex --only-values user/bundle/rootfs/file-4 2>/dev/null | od -An -tx1 | tr -d ' \n' | sed 's/^/0x/')"
    is 'also of what he may not write to' '0x08071008' "$(getfattr -n user.rootlesscontainers -e hex --only-values user/bundle/rootfs/closed 2>/dev/null | od -An -tx1 | tr -d ' \n' | sed 's/^/0x/')"
    mkdir -p user/again/.rootfs.unpacking/rootfs/locked && chown -R 4321:4321 user/again && chmod 0 user/again/.rootfs.unpacking/rootfs/locked
    "${as[@]}" "$tool" -q unpack --rootless --rootfs-only "oci:$scratch/image3:x" user/again >/dev/null 2>words
    is 'what he may not enter of a killed call is removed, too' 0 $?
    "${as[@]}" umoci unpack --rootless --image image3:x user/by-umoci >/dev/null 2>&1
    if [[ -d user/by-umoci/rootfs ]]; then
        # umoci loses those of what he may not write to.
        setfattr -n user.rootlesscontainers -v 0x08071008 user/by-umoci/rootfs/closed
        is 'and umoci makes the same' '' "$(differences_below user/by-umoci/rootfs user/bundle/rootfs)"
    else
        skip 'and umoci makes the same' 'umoci does not unpack this here'
    fi
    rm -rf user image3
}

# The program itself needs some hundred calls; each plain file of root four more.
test_system_calls() {
    mkdir many && for i in $(seq 2000); do echo "$i" >"many/$i"; done
    tar --format=posix -cf many.tar many && umoci init --layout many-image && umoci new --image many-image:x && umoci raw add-layer --image many-image:x many.tar
    strace -f -c -o calls "$tool" -q unpack --rootfs-only "oci:$scratch/many-image:x" counted >/dev/null
    local calls
    calls=$(awk '$NF == "total" { print $(NF - 1) ~ /^[0-9]+$/ ? $4 : $4 }' calls)
    if ((calls < 2000 * 5)); then ok "2000 files take fewer than 5 calls each ($calls)"; else not_ok "2000 files take $calls calls"; sort -k4 -nr calls | head; fi
} 2>/dev/null

test_memory() {
    type -P python3 >/dev/null || { skip 'it needs less than 64 MiB' 'no python3 to measure with'; return; }
    head -c 100M /dev/urandom >big && (mkdir big-root && mv big big-root && tar -cf big.tar big-root && rm -r big-root)
    umoci init --layout big-image >/dev/null && umoci new --image big-image:x >/dev/null && umoci raw add-layer --image big-image:x big.tar >/dev/null 2>&1
    local peak
    peak=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$tool" -q unpack --rootfs-only "oci:$scratch/big-image:x" big)
    if ((peak < 64)); then ok "it needs less than 64 MiB ($peak)"; else not_ok "it needs $peak MiB"; fi
}

make_image || { echo 'cannot make the image' >&2; exit 1; }
test_against_tar
test_against_umoci
test_refusals
test_damage
test_kills
test_full_disk
test_ordinary_user
test_system_calls
test_memory
tally
