#!/usr/bin/env bash
# layers-trees.sh - do overlay, vfs and btrfs show the same tree of the same layers as a plain unpack, do diff and commit say what was changed, is a
# committed layer the one that `sharprun-image pack --upper` makes, and does a kill at any system call of commit leave anything?
#
#   [SHARPRUN_LAYERS=path] [SHARPRUN_IMAGE=path] conformance/layers-trees.sh [--quick]
#
# --quick leaves the kills out; KILLS: at how many calls of one kind (default 12). Needs root and umoci, strace for the kills.
# All mounts are made in a mount namespace of its own.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"
# shellcheck source=tally.sh
. "$here/tally.sh"
layers=$(realpath -- "${SHARPRUN_LAYERS:-$here/../out/sharprun-layers}")
image_tool=$(realpath -- "${SHARPRUN_IMAGE:-$here/../out/sharprun-image}")
for program in "$layers" "$image_tool"; do
    [[ -x $program ]] || { echo "no such program: $program: conformance/publish.sh makes it" >&2; exit 2; }
done
if [[ -z ${LAYERS_TREES_INSIDE:-} ]]; then
    need umoci umoci "it makes the image"
    need getfattr attr "it shows extended attributes"
    if grep -qw btrfs /proc/filesystems && [[ -z ${RUN_IN_VM:-} ]]; then need mkfs.btrfs btrfs-progs "it makes a btrfs on a loop device"; fi
    LAYERS_TREES_INSIDE=$(mktemp -d) exec unshare --mount --propagation private "$here/layers-trees.sh" "$@"
fi
quick=${1:-}
kills_of_a_call=${KILLS:-12}
room=$LAYERS_TREES_INSIDE
mount -t tmpfs tmpfs "$room"
trap 'cd /; umount -R -l "$room"; rmdir "$room"' EXIT
trap 'exit 130' INT TERM
cd "$room" || exit
image=oci:$room/image:x
store=$room/store

ours() { "$layers" --root "$store" -q "$@"; }
images() { "$image_tool" --root "$store" -q "$@"; }

# What two trees must have in common: all but the times of access and change, the sizes of directories, and the numbers of links: overlay counts those
# that a lower file has below.
facts() {
    (cd "$1" && find . -printf '%P|%y|%m|%U:%G|%T@|%l|' \( -type d -printf '\n' -o -printf '%s\n' \) | LC_ALL=C sort)
    (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum)
    (cd "$1" && find . -print0 | LC_ALL=C sort -z | xargs -0r getfattr -hd -m - -e hex 2>/dev/null)
    (cd "$1" && find . \( -type c -o -type b \) -exec stat -c '%n %t:%T' {} + | LC_ALL=C sort)
}

differences() { diff <(facts "$1") <(facts "$2") | head -n 10; }

# The root's own line is left out: a layer says nothing of it, so that a commit does not keep what was done to the root itself.
differences_below() { diff <(facts "$1" | grep -av '^|d|') <(facts "$2" | grep -av '^|d|') | head -n 10; }

# The hard cases of tests/Image.Tests/Nasty run there, in every form; here a stack with some of each kind goes through the programs.
make_image() {
    mkdir -p one/d/old/deep one/closed one/gone one/replaced two/d/old two/closed three/d
    for i in $(seq 100); do echo "$i" >"one/closed/$i"; done
    seq 50000 >one/d/big && echo 1 >one/d/old/deep/f && echo 2 >one/gone/f && echo 3 >one/replaced/f && chmod 700 one/closed
    ln one/d/big one/linked && ln -s ../../etc/passwd one/out && mkfifo one/fifo && mknod one/null c 1 3 && mknod one/loop b 7 9
    truncate -s 1M one/holes && printf x | dd of=one/holes bs=1 seek=500000 conv=notrunc status=none
    echo setuid >one/setuid && chown 5:6 one/setuid && chmod 4755 one/setuid && printf 'bytes' >"one/$(printf 'b\377\nx')"
    setfattr -n user.text -v 'some text' one/d && setfattr -n security.capability -v 0x0100000280000000000000000000000000000000 one/d/big
    setfattr -n user.only-below -v 1 one/closed
    find one -exec touch -hd '2001-02-03 04:05:06.123456789' {} +
    # Deleted and back in one layer; a whiteout; a directory that becomes a file; a lower file's second name.
    touch two/d/.wh.old two/.wh.gone two/.wh.replaced && echo 4 >two/d/old/g && echo 5 >two/replaced && echo 6 >two/closed/new && chmod 750 two/closed
    find two -exec touch -hd '2002-02-03 04:05:06.5' {} +
    echo opaque >three/d/only && touch three/d/.wh..wh..opq && find three -exec touch -hd '2003-02-03 04:05:06' {} +
    umoci init --layout image && umoci new --image image:x || return
    (cd one && tar --xattrs --xattrs-include='*' --format=posix -cf ../one.tar .)
    (cd two && tar --no-recursion --format=posix -cf ../two.tar . .wh.gone .wh.replaced replaced d d/.wh.old d/old d/old/g closed closed/new)
    (cd three && tar --no-recursion --format=posix -cf ../three.tar d d/.wh..wh..opq d/only)
    for layer in one two three; do umoci raw add-layer --image image:x "$layer.tar" || return; done
} >made 2>&1

# What a container might do.
change() {
    echo added >"$1/added" && mkdir -p "$1/new/deep" && echo x >"$1/new/deep/x" && ln "$1/new/deep/x" "$1/new/link"
    rm "$1/fifo" && echo changed >>"$1/linked" && chmod 600 "$1/setuid" && rm -r "$1/d" && mkdir "$1/d" && echo again >"$1/d/again"
    rm -r "$1/replaced" && mkdir "$1/replaced" && echo 7 >"$1/replaced/y" && mknod "$1/device" c 5 6 && ln -s nowhere "$1/dangling"
    truncate -s 3M "$1/sparse" && printf y | dd of="$1/sparse" bs=1 seek=2000000 conv=notrunc status=none
    setfattr -n user.new -v 1 "$1/closed/1" && rm "$1/closed/2"
    setfattr -n security.capability -v 0x0100000280000000000000000000000000000000 "$1/added"
    find "$1/new" "$1/added" "$1/device" "$1/dangling" -exec touch -hd '2011-02-03 04:05:06.987654321' {} +
}

expected_diff='A /added
C /closed
C /closed/1
D /closed/2
C /d
A /d/again
D /d/only
A /dangling
A /device
D /fifo
C /linked
A /new
A /new/deep
A /new/deep/x
A /new/link
C /replaced
A /replaced/y
C /setuid
A /sparse'

# life DRIVER
life() {
    local driver=$1 union=$1 chain committed merged again target
    chain=$(images unpack --layers "$image" | tail -n 1)
    ours create "$union" --chain "$chain" --driver "$driver" >/dev/null 2>words || { not_ok "$driver: create: $(<words)"; return; }
    merged=$(ours mount "$union")
    is "$driver: the tree is that of a plain unpack" '' "$(differences "$merged" plain/rootfs)"
    is "$driver: nothing has been changed" '' "$(ours diff "$union")"
    is "$driver: commit of nothing is the layer below" "$chain" "$(ours commit "$union")"
    change "$merged"
    is "$driver: diff" "$expected_diff" "$(ours diff "$union")"
    facts "$merged" >before
    committed=$(ours commit "$union")
    has "$driver: commit prints a chain id" sha256: "$committed"
    is "$driver: the union stays as it was" '' "$(facts "$merged" | diff before - | head -n 5)"
    is "$driver: nothing is left of the commit" '' "$(find "$store/unions/$union" -maxdepth 1 -name commit; find "$store/layers/sha256" -maxdepth 1 -name '.?*')"
    is "$driver: the layer is whole" "$committed" "$(<"$store/layers/sha256/${committed#*:}/done")"
    is "$driver: and lies on the union's top" "$chain" "$(<"$store/layers/sha256/${committed#*:}/parent")"
    is "$driver: commit again is the same" "$committed" "$(ours commit "$union")"
    for again in overlay "$driver"; do
        ours create "again-$again" --chain "$committed" --driver "$again" >/dev/null
        target=$(ours mount "again-$again")
        is "$driver: the committed layer shows the same tree by $again" '' "$(differences_below "$merged" "$target")"
        is "$driver: ... with its hard links" "$(stat -c %i "$target/new/link")" "$(stat -c %i "$target/new/deep/x")"
        ours remove "again-$again" >/dev/null
    done
    if [[ $driver == overlay ]]; then
        packed "$union" "$committed"
    fi
    ours unmount "$union" >/dev/null
    is "$driver: diff of what is not mounted" "$expected_diff" "$(ours diff "$union")"
    ours remove "$union" >/dev/null
    is "$driver: remove leaves nothing" '' "$(ls -A "$store/unions")"
}

# packed UNION CHAINID: the image tool makes the same layer of the same upper directory.
packed() {
    images copy "$image" packed >/dev/null
    images pack --upper "$store/unions/$1/upper" packed >/dev/null
    is 'overlay: pack --upper and unpack --layers give the same chain id' "$2" "$(images unpack --layers packed | tail -n 1)"
    ours create packed --chain "$2" >/dev/null && facts "$(ours mount packed)" >by-commit && ours remove packed >/dev/null
    rm -rf "$store/layers/sha256/${2#*:}"
    is 'overlay: which unpack --layers makes' "$2" "$(images unpack --layers packed | tail -n 1)"
    ours create packed --chain "$2" >/dev/null
    is 'overlay: and its tree is the same' '' "$(facts "$(ours mount packed)" | diff by-commit - | head -n 10)"
    ours remove packed >/dev/null
}

special() {
    local merged
    mkdir below && echo 1 >below/f
    ours create dirs --lower "$room/below" >/dev/null
    has 'commit of a union of directories is a sentence' 'not of layers of the store' "$(ours commit dirs 2>&1)"
    merged=$(ours mount dirs) && echo 2 >"$merged/f"
    is 'its diff is there' 'C /f' "$(ours diff dirs)"
    is 'diff as JSON' '[{"kind":"C","path":"/f"}]' "$(ours --json diff dirs)"
    printf 'x' >"$merged/$(printf 'a\nb')"
    is 'a line stays a line' $'A /a\\x0ab\nC /f' "$(ours diff dirs)"
    ours remove dirs >/dev/null
    ours create v --lower "$room/below" --driver vfs >/dev/null
    is 'vfs is announced' 1 "$("$layers" --root "$store" create v2 --lower "$room/below" --driver vfs 2>&1 >/dev/null | grep -c 'vfs copies')"
    echo '2' >"$store/unions/v/upper/f" && touch -r below/f "$store/unions/v/upper/f"
    is 'a change that keeps size and time is found' 'C /f' "$(ours diff v)"
    ours remove v v2 >/dev/null
    for driver in aufs devicemapper; do
        has "$driver is answered with what to use" 'use overlay' "$(ours create no --lower "$room/below" --driver "$driver" 2>&1)"
    done
}

# kill -9 as each call of commit is entered; the n-th of its kind as long as there is one.
kills() {
    type -P strace >/dev/null || { skip layers-trees/kills 'no strace'; return; }
    local chain merged expected call number bad='' count=0
    chain=$(images unpack --layers "$image" | tail -n 1)
    ours create k --chain "$chain" >/dev/null && merged=$(ours mount k) && change "$merged"
    facts "$merged" >before
    expected=$(ours commit k)
    forget() { rm -rf "$store/layers/sha256/${expected#*:}"; }
    forget
    strace -f -o calls -e trace='%file,%desc' "$layers" --root "$store" -q commit k >/dev/null
    forget
    for call in $(sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' calls | sort | uniq -c | awk '$1 > 0 { print $2 }'); do
        [[ $call != execve ]] || continue
        local times step=1
        times=$(grep -cE "^[0-9]+ +$call\(" calls)
        ((times <= kills_of_a_call)) || step=$(((times + kills_of_a_call - 1) / kills_of_a_call))
        for ((number = 1; number <= times; number += step)); do
            # The shell says who was killed.
            { strace -f -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$number" "$layers" --root "$store" -q commit k; } >/dev/null 2>&1
            count=$((count + 1))
            local layer
            for layer in "$store"/layers/sha256/*; do
                [[ $(cat "$layer/done" 2>/dev/null) == "sha256:${layer##*/}" ]] || bad+="$call $number: ${layer##*/} is not whole; "
            done
            if ((count % 2)); then
                ours gc >/dev/null || bad+="$call $number: gc fails; "
                [[ -z $(find "$store/unions/k" -maxdepth 1 -name commit; find "$store/layers/sha256" -maxdepth 1 -name '.?*') ]] || bad+="$call $number: gc leaves something; "
            fi
            [[ $(ours commit k 2>&1) == "$expected" ]] || bad+="$call $number: the next commit fails; "
            [[ -z $(find "$store/unions/k" -maxdepth 1 -name commit; find "$store/layers/sha256" -maxdepth 1 -name '.?*') ]] || bad+="$call $number: something is left; "
            forget
        done
    done
    is "killed at $count system calls, commit leaves nothing that the next call or gc does not clear" '' "$bad"
    is 'the union is what it was' '' "$(facts "$merged" | diff before - | head -n 5)"
    ours remove k >/dev/null
}

# kills_of_create DRIVER: kill -9 as each call of create is entered, from the first one that names the store. By turns the union is made again,
# or removed and made, or gc is called first.
kills_of_create() {
    local driver=$1 chain call line begun='' bad='' count=0 killed=0
    local -A times=()
    chain=$(images unpack --layers "$image" | tail -n 1)
    local create=("$layers" --root "$store" -q create k --chain "$chain" --driver "$driver")
    strace -qq -o calls "${create[@]}" >/dev/null
    cleared() { ours remove k && ours gc; } &>/dev/null
    left() { ls -A "$store/unions" && { [[ $driver != btrfs ]] || ls -A "$store/btrfs/sha256"; }; }
    cleared
    while read -r line; do
        call=${line%%(*}
        times[$call]=$((${times[$call]:-0} + 1))
        if [[ $line == *"$store"* && $call != execve ]]; then begun=yes; fi
        if [[ ! $begun || $call == exit_group || $call == '+++'* ]] || ! one_of_many "$call" "${times[$call]}"; then continue; fi
        { strace -qq -o /dev/null -e inject="$call:signal=KILL:when=${times[$call]}" "${create[@]}" || killed=$((killed + 1)); } &>/dev/null
        count=$((count + 1))
        case $((count % 3)) in
            0) ours gc >/dev/null || bad+="$call ${times[$call]}: gc fails; " ;;
            1) ours remove k >/dev/null 2>&1 ;;
        esac
        [[ -e $store/unions/k/record.json ]] || "${create[@]}" >/dev/null 2>words || bad+="$call ${times[$call]}: the next create: $(<words); "
        [[ $(differences "$(ours mount k)" plain/rootfs) == '' ]] || bad+="$call ${times[$call]}: another tree; "
        cleared
        [[ $(left) == '' ]] || bad+="$call ${times[$call]}: left: $(left); "
    done <calls
    is "$driver: killed at $count system calls, create leaves nothing that the next call or gc does not clear" '' "$bad"
    if ((killed * 10 >= count * 9 && count > 20)); then ok "$driver: ... it was killed"; else not_ok "$driver: ... it was killed $killed times of $count"; fi
}

# one_of_many CALL NUMBER: is it among the about $kills_of_a_call of its kind that are tried?
one_of_many() {
    local all
    all=$(grep -c "^$1(" calls)
    ((all <= kills_of_a_call || $2 % ((all + kills_of_a_call - 1) / kills_of_a_call) == 0))
}

garbage_of_btrfs() {
    local chain
    chain=$(images unpack --layers "$image" | tail -n 1)
    ours gc >/dev/null
    ours create b --chain "$chain" --driver btrfs >/dev/null
    is 'btrfs: a snapshot for each layer is kept' 3 "$(ls "$store/btrfs/sha256" | wc -l)"
    ours gc >/dev/null
    is 'btrfs: gc leaves what a union has' 3 "$(ls "$store/btrfs/sha256" | wc -l)"
    mkdir "$store/btrfs/sha256/.$(printf %064d 7)" && btrfs -q subvolume create "$store/btrfs/sha256/.$(printf %064d 7)/tree" >/dev/null
    ours remove b >/dev/null
    ours gc >/dev/null
    is 'btrfs: gc takes what no union has, and what was begun' '' "$(ls -A "$store/btrfs/sha256")"
    is 'btrfs: no subvolume is left' 0 "$(btrfs subvolume list "$store" | wc -l)"
}

make_image || { echo "cannot make the image: $(<made)" >&2; exit 1; }
images unpack --rootfs-only "$image" "$room/plain" >/dev/null || exit
mkdir store
life overlay
life vfs
special
[[ $quick == --quick ]] || { kills; kills_of_create vfs; }
if grep -qw btrfs /proc/filesystems && type -P mkfs.btrfs >/dev/null; then
    truncate -s 400M disk && mkfs.btrfs -q disk >/dev/null 2>&1 && rm -rf store && mkdir store && mount -o loop disk store || { not_ok 'btrfs on a loop device'; tally; exit; }
    life overlay
    life btrfs
    life vfs
    garbage_of_btrfs
    [[ $quick == --quick ]] || kills_of_create btrfs
    umount store
else
    skip layers-trees/btrfs 'no btrfs in the kernel, or no mkfs.btrfs'
fi
tally
