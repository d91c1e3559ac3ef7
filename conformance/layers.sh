#!/usr/bin/env bash
# layers.sh - sharprun-layers as a user calls it: unions made, mounted, written to, killed at every system call, collected; on tmpfs and ext4, with 500
# layers, with separators in paths, by an ordinary user in a user namespace.
#
#   [SHARPRUN_LAYERS=path] [SHARPRUN_IMAGE=path] conformance/layers.sh [--quick]
#
# --quick leaves the kills out. Needs root; all mounts are made in a mount namespace of its own.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tally.sh
. "$here/tally.sh"
program=$(realpath -- "${SHARPRUN_LAYERS:-$here/../out/sharprun-layers}")
image_tool=$(realpath -- "${SHARPRUN_IMAGE:-$here/../out/sharprun-image}")
[[ -x $program ]] || { echo "no such program: $program" >&2; exit 2; }
if [[ -z ${LAYERS_INSIDE:-} ]]; then
    LAYERS_INSIDE=$(mktemp -d) exec unshare --mount --propagation private "$here/layers.sh" "$@"
fi
quick=${1:-}
room=$LAYERS_INSIDE
mount -t tmpfs tmpfs "$room"
chmod 755 "$room"
trap 'cd /; umount -l "$room"; rmdir "$room"' EXIT
trap 'exit 130' INT TERM
cd "$room" || exit

store=$room/store
ours() { "$program" --root "$store" -q "$@"; }
# words ARGS...: what it says when it fails; empty when it succeeds.
words() { ours "$@" 2>&1 >/dev/null; }
status() { ours "$@" >/dev/null 2>&1; echo $?; }
mounts() { grep -c ' - overlay sharprun:' /proc/self/mountinfo; }
release() { local IFS=.-; read -r major minor _ <<<"$(uname -r)"; echo "$((major * 100 + minor))"; }

# layer NUMBER [PARENT]: a layer of the store by hand; prints its chain id.
layer() {
    local id directory
    printf -v id '%064x' "$1"
    directory=$store/layers/sha256/$id
    mkdir -p "$directory/fs"
    echo "${2:-}" >"$directory/parent"
    echo "$1" >"$directory/fs/file-$1"
    echo "sha256:$id" >"$directory/done"
    echo "sha256:$id"
}

# ------------------------------------------------------------------------------------------------------------------- a life
life() { # life NAME: on whatever file system $store is
    local bottom top merged
    bottom=$(layer 1)
    top=$(layer 2 "$bottom")
    chmod 751 "$store/layers/sha256/${top#*:}/fs"
    chown 12:34 "$store/layers/sha256/${top#*:}/fs"
    touch -d '2001-02-03 04:05:06' "$store/layers/sha256/${top#*:}/fs"
    is "$1: create prints the name" u "$(ours create u --chain "$top")"
    merged=$store/unions/u/merged
    is "$1: mount prints the target" "$merged" "$(ours mount u)"
    is "$1: all layers are there" "file-1 file-2" "$(echo $(ls "$merged"))"
    is "$1: the root is that of the top layer" "751 12 34 981173106" "$(stat -c '%a %u %g %Y' "$merged")"
    is "$1: mount again is done already" "$merged" "$(ours mount u)"
    is "$1: ... and mounts nothing more" 1 "$(mounts)"
    echo new >"$merged/new" && rm "$merged/file-1"
    is "$1: unmount" 0 "$(status unmount u)"
    is "$1: unmount again is done already" 0 "$(status unmount u)"
    is "$1: nothing is mounted" 0 "$(mounts)"
    ours mount u >/dev/null
    is "$1: what was written is there after a remount" "file-2 new" "$(echo $(ls "$merged"))"
    is "$1: a layer is as it was" 1 "$(<"$store/layers/sha256/${bottom#*:}/fs/file-1")"
    is "$1: list" u "$(ours list)"
    is "$1: list --json has where it is mounted" "overlay $merged" "$(ours list --json | jq -r '.[0] | .driver + " " + .mounts[0]')"
    is "$1: remove" u "$(ours remove u)"
    is "$1: remove again is done already" 0 "$(status remove u)"
    is "$1: nothing is left" "" "$(ls -A "$store/unions")$(ours list)"
}

life tmpfs

mkdir ext4
if truncate -s 64M disk && mkfs.ext4 -q disk 2>/dev/null && mount -o loop disk ext4 2>/dev/null; then
    store=$room/ext4/store
    life ext4
    store=$room/store
    umount ext4
else
    skip ext4 "no loop device or no mkfs.ext4"
fi

# ---------------------------------------------------------------------------------------------------------------- arguments
mkdir one two && echo 1 >one/1 && echo 2 >two/2
for name in '' .x -- -x a/b 'a b' ../x "$(printf 'x%.0s' {1..201})"; do
    is "no name for a union: '${name:0:20}'" 2 "$(status create --lower one -- "$name")"
done
is "create of nothing" 2 "$(status create x)"
is "create of both" 2 "$(status create x --lower one --chain "$(layer 1)")"
is "a chain that is none" 2 "$(status create x --chain abc)"
has "a layer that is not there is named" "there is no layer sha256:ffff" "$(words create x --chain "sha256:$(printf 'f%.0s' {1..64})")"
has "a lower directory that is not there is named" "$room/nothing" "$(words create x --lower nothing)"
for driver in aufs devicemapper; do
    has "the driver $driver is answered with another one" "use overlay" "$(words create x --lower one --driver $driver)"
    has "drivers tells of $driver" "use overlay" "$(ours drivers | grep "^$driver ")"
done
has "an unknown driver is answered" "there is no driver \"zfs\"" "$(words create x --lower one --driver zfs)"
has "drivers says that overlay is usable" "usable" "$(ours drivers | grep '^overlay ')"
is "drivers --json" "aufs btrfs devicemapper overlay vfs" "$(ours drivers --json | jq -r '[.[].name] | sort | join(" ")')"
is "drivers leaves nothing" "" "$(ls -A "$store/unions")"
is "none of these made a union" "" "$(ours list)"
has "mount of no union" "there is no union x" "$(words mount x)"
is "unmount of no union is done already" 0 "$(status unmount x)"
ours create u --lower one --lower two >/dev/null
has "a second union of a name is refused" "there is a union of this name" "$(words create u --lower one)"
mkdir elsewhere
is "mount elsewhere" "$room/elsewhere" "$(ours mount u elsewhere)"
is "mount without a target tells where" "$room/elsewhere" "$(ours mount u)"
is "the same by another path of it" 0 "$(ln -s elsewhere link && status mount u link)"
is "... mounts nothing more" 1 "$(mounts)"
has "mount on another target is refused" "unmount it first" "$(words mount u two)"
has "unmount of one in use is a sentence" "is in use" "$(cd elsewhere && words unmount u)"
has "remove of one in use too" "is in use" "$(cd elsewhere && words remove u)"
is "... and it is as it was" "1 2" "$(echo $(ls elsewhere))"
mount -t tmpfs tmpfs elsewhere
has "unmount of one under another mount is a sentence" "mounted over it" "$(words unmount u)"
is "... and the other one stays" tmpfs "$(stat -f -c %T elsewhere)"
umount elsewhere
is "remove finds where it is mounted" "0 0" "$(status remove u) $(mounts)"
has "an unknown verb" "unknown command" "$(words turn u)"

# ------------------------------------------------------------------------------------------------------- paths and numbers
odd=$room/'a:b,c\d e'$'\n''f'
mkdir -p "$odd/low" "$odd/target" && echo here >"$odd/low/file"
store=$odd/store
ours create u --lower "$odd/low" >/dev/null
ours mount u "$odd/target" >/dev/null
is "colon, comma, backslash, blank and new line in every path" here "$(cat "$odd/target/file")"
echo new >"$odd/target/new"
is "... also in the writable one" new "$(cat "$store/unions/u/upper/new")"
is "... and unmount finds it" "0 0" "$(status unmount u) $(mounts)"
store=$room/store
long=$room/$(printf 'x%.0s' {1..200})/$(printf 'y%.0s' {1..200})
mkdir -p "$long" && echo long >"$long/file"
ours create u --lower "$long" >/dev/null
is "a path of more than 255 bytes" long "$(cat "$(ours mount u)/file")"
ours remove u >/dev/null

lowers=()
mkdir -p many/{1..501}
for i in {1..501}; do echo "$i" >"many/$i/$i" && echo "$i" >"many/$i/same" && lowers+=(--lower "many/$i"); done
ours create big "${lowers[@]:0:1000}" >/dev/null
merged=$(ours mount big)
is "500 layers" 501 "$(ls "$merged" | wc -l)"
is "... the last one is the uppermost" 500 "$(cat "$merged/same")"
ours remove big >/dev/null
has "501 layers are too many, in a sentence" "more than the 500" "$(words create big "${lowers[@]}")"
chain=
for i in {1..300}; do layer $((1000 + i)) "$chain" >chain && chain=$(<chain); done
ours create big --chain "$chain" >/dev/null
is "a chain of 300 layers of the store" 300 "$(ls "$(ours mount big)" | wc -l)"
remove_and_create() { ours remove big && ours create big --chain "$chain"; }
is "... with few descriptors" "big big" "$(ulimit -n 320; remove_and_create | xargs)"
ours remove big >/dev/null

# ------------------------------------------------------------------------------------------------------------ file systems
mkdir -p over/{low,up,work,merged}
mount -t overlay overlay -o "lowerdir=over/low,upperdir=over/up,workdir=over/work" over/merged
store=$room/over/merged/store
has "an upper directory on overlay: what to do" "put the store (--root) on ext4" "$(ours create u --lower one >/dev/null; words mount u)"
has "... drivers says it too" "another overlay" "$(ours drivers | grep '^overlay ')"
store=$room/store
umount over/merged

# ------------------------------------------------------------------------------------------------------------------ --print
if (($(release) >= 608)); then
    ours create u --lower one --lower two >/dev/null
    entry=$(ours mount u /data --print)
    is "--print: an entry of config.json" "/data overlay lowerdir+=$room/two lowerdir+=$room/one" "$(jq -r '[.destination, .type, .options[0], .options[1]] | join(" ")' <<<"$entry")"
    is "--print: its options are those of mount(8)" "1 2" "$(mkdir -p printed && mount -t overlay overlay -o "$(jq -r '.options | join(",")' <<<"$entry")" printed && echo $(ls printed); umount printed)"
    is "--print mounts nothing" 0 "$(mounts)"
    is "--print without a target" 2 "$(status mount u --print)"
    ours remove u >/dev/null
else
    skip print "lowerdir+ is of kernel 6.8"
fi
ours create u --lower 'a:b,c\d e'$'\n''f/low' >/dev/null
has "--print of a path with a comma is a sentence" "cannot hold the path" "$(words mount u /data --print)"
ours remove u >/dev/null

# ------------------------------------------------------------------------------------------------- damage, reboot, collection
top=$(layer 2 "$(layer 1)")
ours create u --chain "$top" >/dev/null
ours mount u elsewhere2 2>/dev/null >/dev/null
mkdir -p elsewhere2 && ours mount u elsewhere2 >/dev/null && echo kept >elsewhere2/kept && umount elsewhere2
sed -i 's/"bootId":"[^"]*"/"bootId":"another"/' "$store/unions/u/record.json"
is "after another boot it is mounted on its own directory" "$store/unions/u/merged" "$(ours mount u)"
is "... and has what was written" kept "$(cat "$store/unions/u/merged/kept")"
ours unmount u
cp "$store/unions/u/record.json" record && echo '{"driver":' >"$store/unions/u/record.json"
has "a damaged record is a sentence" "record.json" "$(words mount u)"
is "... list goes on" 0 "$(status list)"
is "... gc leaves it" "0 u" "$(ours gc) $(ls "$store/unions")"
is "... remove removes it" "u " "$(ours remove u) $(ls "$store/unions")"
mkdir -p "$store/unions/half/upper" && head -c 5000 /dev/zero >"$store/unions/half/upper/file"
has "a half-made union is not mounted" "never finished" "$(words mount half)"
is "... nor listed" "" "$(ours list)"
is "gc frees its bytes and says so" "5000 " "$(ours gc) $(ls "$store/unions")"
mkdir -p "$store/unions/half/work"
is "create finishes a half-made one" "half half" "$(ours create half --chain "$top") $(ours list)"
exec 9<"$store/unions/half" && flock 9
(sleep 0.3; flock -u 9) &
is "a call waits for the one before" 0 "$(status unmount half)"
wait
exec 9<&-
ours remove half >/dev/null
mkdir "$store/unions/working" && exec 9<"$store/unions/working" && flock 9
is "gc leaves what somebody works at" "working" "$(ours gc >/dev/null; ls "$store/unions")"
exec 9<&-
ours gc >/dev/null

# ------------------------------------------------------------------------------------------- layers and sharprun-image gc
if [[ -x $image_tool ]] && type -P strace >/dev/null; then
    rm -rf "$store/layers" && top=$(layer 2 "$(layer 1)")
    collect() { "$image_tool" --root "$store" -q gc; }
    ours create u --chain "$top" >/dev/null
    collect >/dev/null
    is "gc of images leaves the layers of a union" 2 "$(ls "$store/layers/sha256" | wc -l)"
    ours remove u >/dev/null
    # The record's rename waits for a second: until then the layer is only held.
    strace -qq -o /dev/null -e inject=renameat2:delay_enter=1000000 "$program" --root "$store" create u --chain "$top" >/dev/null &
    sleep 0.4
    collect >/dev/null
    wait
    is "... also while it is being made" "2 file-1 file-2" "$(ls "$store/layers/sha256" | wc -l) $(echo $(ls "$(ours mount u)"))"
    ours remove u >/dev/null
    collect >/dev/null
    is "... and takes them when it is gone" 0 "$(ls "$store/layers/sha256" | wc -l)"
else
    skip gc-of-images "no sharprun-image or no strace"
fi

# ----------------------------------------------------------------------------------------------------------------- rootless
mkdir home && chown 65534:65534 home
as_nobody() { (cd home && setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --mount "$@"); }
rootless() {
    local low=$PWD/low merged
    mkdir -p "$low/dir" && echo old >"$low/dir/old"
    "$1" --root "$PWD/store" create u --lower "$low" >/dev/null || exit
    merged=$("$1" --root "$PWD/store" mount u) || exit
    rm -r "$merged/dir" && mkdir "$merged/dir" && echo new >"$merged/dir/new"
    "$1" --root "$PWD/store" unmount u && merged=$("$1" --root "$PWD/store" mount u) || exit
    ls "$merged/dir"
    getfattr --absolute-names -n user.overlay.opaque --only-values "$PWD/store/unions/u/upper/dir"
    "$1" --root "$PWD/store" remove u && ls -A "$PWD/store/unions"
}
# What was written above a layer of the store becomes the next layer; whiteouts and opaque directories in it are the user's own.
rootless_commit() {
    local store=$PWD/committed merged top
    merged=$store/layers/sha256/$2
    mkdir -p "$merged/fs/dir" && echo old >"$merged/fs/dir/old" && echo gone >"$merged/fs/gone" && echo >"$merged/parent" && echo "sha256:$2" >"$merged/done"
    "$1" --root "$store" create u --chain "sha256:$2" >/dev/null || exit
    merged=$("$1" --root "$store" mount u) || exit
    rm -r "$merged/dir" "$merged/gone" && mkdir "$merged/dir" && echo new >"$merged/dir/new"
    "$1" --root "$store" unmount u && top=$("$1" --root "$store" commit u) && "$1" --root "$store" create v --chain "$top" >/dev/null || exit
    merged=$("$1" --root "$store" mount v) || exit
    echo "$(ls "$merged"):" "$(ls "$merged/dir")"
    "$1" --root "$store" unmount v
}
export -f rootless rootless_commit
if as_nobody bash -c 'touch x && setfattr -n user.x -v y x' 2>/dev/null && (($(release) >= 511)); then
    is "an ordinary user in a user namespace" "new yu" "$(echo $(as_nobody bash -c 'rootless "$1"' - "$program" 2>&1))"
    is "... and what it commits is a layer" "dir: new" "$(as_nobody bash -c 'rootless_commit "$@"' - "$program" "$(printf '%064x' 7)" 2>&1)"
else
    skip rootless "no user namespaces, no user.* attributes on tmpfs, or no overlay in them (kernel 5.11)"
fi
has "an ordinary user without one: what to do" "unshare -Urm" \
    "$(cd home && setpriv --reuid 65534 --regid 65534 --clear-groups bash -c 'mkdir -p l && "$1" --root "$PWD/s" create u --lower l && "$1" --root "$PWD/s" mount u' - "$program" 2>&1)"

# -------------------------------------------------------------------------------------------------------------------- kills
# kills VERB BEFORE WORDS...: kill -9 at every system call of a verb from the first one that names the store; after each, whatever is next must
# work, and nothing may be left.
kills() {
    local verb=$1 before=$2 call which number=0 wrong='' killed=0 line begun='' merged
    declare -A count=()
    shift 2
    "$before" >/dev/null
    strace -qq -o trace "$program" --root "$store" -q "$@" >/dev/null
    clean
    while read -r line; do
        call=${line%%(*}
        which=$((count[$call] = ${count[$call]:-0} + 1))
        if [[ $line == *"$store"* && $line != execve* ]]; then begun=yes; fi
        if [[ ! $begun || $call == exit_group || $call == "+++"* ]]; then continue; fi
        "$before" >/dev/null
        # strace counts each call by its name.
        strace -qq -o /dev/null -e inject="$call":signal=KILL:when="$which" "$program" --root "$store" -q "$@" >/dev/null 2>&1 || killed=$((killed + 1))
        number=$((number + 1))
        for next in remove mount unmount gc list; do
            if ((number % 2)) && [[ $next == remove ]]; then continue; fi # half of the time what was begun goes on instead
            after "$next" || wrong+=" $next-after-$call-$which"
        done
        if [[ -e $store/unions/u/record.json && $before != nothing && ! -e $store/unions/u/upper/written ]]; then wrong+=" lost-after-$call-$which"; fi
        clean || wrong+=" left-after-$call-$which"
    done <trace
    is "kill -9 at each of $number system calls of $verb: what follows works" "" "$wrong"
    # A run more or less asks for memory.
    if ((killed * 10 >= number * 9 && number > 20)); then ok "... it was killed"; else not_ok "... it was killed $killed times of $number"; fi
} 2>/dev/null # the shell's own words about killed processes

# after VERB: a call of it after a kill does what it should.
after() {
    case $1 in
        remove) [[ $(ours remove u) == u && ! -e $store/unions/u ]] ;;
        mount)
            # What is half made is made; what is whole stays.
            [[ -e $store/unions/u/record.json ]] || created >/dev/null || return
            [[ -e $(ours mount u)/1 && $(mounts) == 1 ]] ;;
        unmount) ours unmount u && [[ $(mounts) == 0 ]] ;;
        gc) ours gc >/dev/null && [[ -e $store/unions/u/record.json ]] ;;
        list) [[ $(ours list) == u ]] ;;
    esac
}

clean() {
    ours remove u >/dev/null || return
    [[ $(ls -A "$store/unions") == "" && $(mounts) == 0 ]]
}
nothing() { :; }
created() { ours create u --lower "$room/one" && echo 1 >"$store/unions/u/upper/written"; }
mounted() { created && ours mount u; }
if [[ $quick == --quick ]] || ! type -P strace >/dev/null; then
    skip kill9 "asked for, or no strace"
else
    rm -rf "$store"
    kills create nothing create u --lower one
    kills mount created mount u
    kills "mount elsewhere" created mount u "$room/elsewhere2"
    kills unmount mounted unmount u
    kills remove mounted remove u
fi

tally
