#!/usr/bin/env bash
# Measures how fast out/sharprun-image unpacks an image of several layers, beside GNU tar, umoci, podman and containerd, in one interleaved run on a tmpfs.
#
#   conformance/bench/unpack.sh [--rounds N] [--size MB] [--peers WORD...]
#
#   --rounds N   times each one unpacks (5); the table has the medians
#   --size MB    of the image's four layers together (300): files of this machine's /usr. It is made once, in out/bench
#   --peers ...  only these (words of the table's first column), and always `tar -xzf`, which everything is compared with
# The table on stdout is the one that README shows; everything else goes to stderr. Needs root. IMAGE_TOOL: another binary.
# tar verifies nothing; sharprun-image, umoci, podman and containerd verify the digests of the layers and of what they unpack to.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
tool=$(realpath "${IMAGE_TOOL:-$project/out/sharprun-image}")
rounds=5 size=300 only=

say() { printf 'unpack-bench: %s\n' "$*" >&2; }

while (($#)); do
    case $1 in
        --rounds) rounds=$2; shift 2 ;;
        --size) size=$2; shift 2 ;;
        --peers) shift; only="$*"; break ;;
        *) sed -n '2,11s/^# \?//p' "$0" >&2; exit 2 ;;
    esac
done
if [[ $(id -u) != 0 ]]; then say 'must be root: other users cannot give files away'; exit 2; fi
if [[ ! -x $tool ]]; then say "$tool is missing (conformance/publish.sh makes it)"; exit 2; fi

# ------------------------------------------------------------------------------------------------------------ the image
# One layer: files below these directories, in their order, up to a number of MB.
layer() { # layer FILE MB DIRECTORY...
    local file=$1 bytes=$(($2 << 20))
    shift 2
    (cd / && find "$@" -xdev -printf '%p\t%s\n' 2>/dev/null) | LC_ALL=C sort -u |
        awk -F'\t' -v most="$bytes" '$2 < 40e6 && sum + $2 + 512 <= most { sum += $2 + 512; print $1 }' >"$file.list" || true # find misses directories
    tar --no-recursion --xattrs --format=posix --pax-option=delete=atime,delete=ctime -C / -T "$file.list" -cf "$file" 2>/dev/null || [[ -s $file ]]
}

blob() { # blob FILE LAYOUT: prints the digest
    local digest
    digest=$(sha256sum <"$1" | cut -d' ' -f1)
    ln -f "$1" "$2/blobs/sha256/$digest"
    printf 'sha256:%s' "$digest"
}

layout() { # layout gzip|zstd SUFFIX
    local kind=$1 suffix=$2 where=$image/$1 layers='' diffs='' i type=application/vnd.oci.image.layer.v1.tar+$1 config manifest
    mkdir -p "$where/blobs/sha256"
    for i in 1 2 3 4; do
        diffs+="${diffs:+,}\"sha256:$(sha256sum <"$image/$i.tar" | cut -d' ' -f1)\""
        layers+="${layers:+,}{\"mediaType\":\"$type\",\"digest\":\"$(blob "$image/$i.tar.$suffix" "$where")\",\"size\":$(stat -c %s "$image/$i.tar.$suffix")}"
    done
    printf '{"architecture":"%s","os":"linux","config":{"Cmd":["true"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' "$(architecture)" "$diffs" >"$where/config"
    config=$(blob "$where/config" "$where")
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%s},"layers":[%s]}' \
        "$config" "$(stat -c %s "$where/config")" "$layers" >"$where/manifest"
    manifest=$(blob "$where/manifest" "$where")
    printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"bench"}}]}' \
        "$manifest" "$(stat -c %s "$where/manifest")" >"$where/index.json"
    printf '{"imageLayoutVersion":"1.0.0"}' >"$where/oci-layout"
    rm "$where/config" "$where/manifest"
    tar -C "$where" -cf "$image/$kind.archive" .
}

architecture() { case $(uname -m) in aarch64) echo arm64 ;; *) echo amd64 ;; esac; }

make_image() {
    image=$project/out/bench/image-$size
    [[ -e $image/done ]] && return
    say "making an image of $size MB (once) ..."
    rm -rf "$image"
    mkdir -p "$image"
    layer "$image/1.tar" $((size * 35 / 100)) usr/lib/x86_64-linux-gnu usr/lib/aarch64-linux-gnu
    layer "$image/2.tar" $((size * 25 / 100)) usr/share
    layer "$image/3.tar" $((size * 20 / 100)) usr/include usr/lib/python3.11 usr/lib/python3
    layer "$image/4.tar" $((size * 20 / 100)) usr/bin usr/sbin
    local i
    for i in 1 2 3 4; do
        gzip -nk "$image/$i.tar" && mv "$image/$i.tar.gz" "$image/$i.tar.gzip"
        zstd -q "$image/$i.tar" -o "$image/$i.tar.zst"
    done
    layout gzip gzip
    layout zstd zst
    touch "$image/done"
}

# ------------------------------------------------------------------------------------------------------------ the peers
# Each unpacks into the empty directory $target.
ours_gzip() { "$tool" -q unpack --rootfs-only "oci:$image/gzip:bench" "$target/b"; }
ours_zstd() { "$tool" -q unpack --rootfs-only "oci:$image/zstd:bench" "$target/b"; }
tar_gzip() { for i in 1 2 3 4; do tar --xattrs -C "$target" -xzf "$image/$i.tar.gzip"; done; }
tar_zstd() { for i in 1 2 3 4; do tar --xattrs -C "$target" --zstd -xf "$image/$i.tar.zst"; done; }
tar_plain() { for i in 1 2 3 4; do tar --xattrs -C "$target" -xf "$image/$i.tar"; done; }
floor_gzip() { for i in 1 2 3 4; do gzip -dc "$image/$i.tar.gzip"; done >/dev/null; }
floor_zstd() { for i in 1 2 3 4; do zstd -dqc "$image/$i.tar.zst"; done >/dev/null; }
umoci_gzip() { umoci unpack --image "$image/gzip:bench" "$target/b"; }
podman_pull() { podman --root "$target/root" --runroot "$target/run" --storage-driver overlay pull -q "oci:$image/$1:bench"; }
podman_gzip() { podman_pull gzip; }
podman_zstd() { podman_pull zstd; }
ctr_import() { ctr --address "$scratch/containerd.sock" --namespace "bench$RANDOM" images import --base-name "sharprun.test/$RANDOM" "$image/$1.archive"; }
ctr_gzip() { ctr_import gzip; }
ctr_zstd() { ctr_import zstd; }

# As managers/containerd.sh does it: our own configuration, root, state and socket, in a mount namespace where /run/containerd is empty.
start_containerd() {
    mkdir -p /run/containerd
    mount -t tmpfs tmpfs /run/containerd
    cat >"$scratch/config.toml" <<TOML
version = 2
root = "$target/containerd"
state = "$scratch/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$scratch/containerd.sock"
[debug]
  level = "error"
TOML
    containerd --config "$scratch/config.toml" >>"$scratch/log" 2>&1 &
    daemon=$!
    for _ in $(seq 100); do
        if ctr --address "$scratch/containerd.sock" version >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    return 1
}

stop_containerd() {
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    umount /run/containerd
}

names=(ours_gzip ours_zstd tar_gzip tar_zstd umoci_gzip podman_gzip podman_zstd ctr_gzip ctr_zstd tar_plain floor_gzip floor_zstd)
declare -A titles=(
    [ours_gzip]='sharprun-image unpack, gzip' [ours_zstd]='sharprun-image unpack, zstd'
    [tar_gzip]='tar -xzf' [tar_zstd]='tar --zstd -xf' [tar_plain]='floor: tar -xf, not compressed'
    [umoci_gzip]='umoci unpack, gzip' [podman_gzip]='podman pull oci:, gzip' [podman_zstd]='podman pull oci:, zstd'
    [ctr_gzip]='ctr images import, gzip' [ctr_zstd]='ctr images import, zstd'
    [floor_gzip]='floor: gzip -dc to nothing' [floor_zstd]='floor: zstd -dc to nothing')

is_wanted() {
    local word=${1%%_*}
    [[ $1 == tar_gzip ]] || { [[ -z $only || " $only " == *" $1 "* || " $only " == *" $word "* ]] && is_there "$word"; }
}

is_there() { case $1 in umoci | podman | ctr) type -P "$1" >/dev/null && { [[ $1 != ctr ]] || type -P containerd >/dev/null; } ;; *) true ;; esac; }

measure() { # measure NAME: adds a line "real user system" to its file
    mount -t tmpfs tmpfs "$target"
    if [[ $1 == ctr_* ]] && ! start_containerd; then
        say 'containerd does not start'
        umount -R "$target"
        return
    fi
    local TIMEFORMAT='%R %U %S' status=0
    { time "$1" >/dev/null 2>"$scratch/words" || status=$?; } 2>"$scratch/time"
    if ((status == 0)); then cat "$scratch/time" >>"$scratch/$1.times"; else say "$1 failed: $(tail -n 2 "$scratch/words")"; fi
    if [[ $1 == ctr_* ]]; then stop_containerd; fi
    umount -R "$target"
}

median() { sort -n "$1" | cut -d' ' -f"$2" | sort -n | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

table() {
    local base name real cpu
    base=$(median "$scratch/tar_gzip.times" 1)
    # shellcheck disable=SC2016 # Markdown
    printf '| | s | × `tar -xzf` | CPU s |\n| --- | --- | --- | --- |\n'
    for name in "${names[@]}"; do
        [[ -e $scratch/$name.times ]] || continue
        real=$(median "$scratch/$name.times" 1)
        cpu=$(awk "BEGIN { print $(median "$scratch/$name.times" 2) + $(median "$scratch/$name.times" 3) }")
        if [[ $name == ctr_* ]]; then cpu='in the daemon'; fi
        printf '| %s | %.2f | %.2f | %s |\n' "${titles[$name]}" "$real" "$(awk "BEGIN { print $real / $base }")" "$cpu"
    done
}

memory() { # the peak of our process, in MiB
    mount -t tmpfs tmpfs "$target"
    python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$tool" -q unpack --rootfs-only "oci:$image/$1:bench" "$target/b"
    umount "$target"
}

if [[ -z ${UNPACK_BENCH_INSIDE:-} ]]; then
    UNPACK_BENCH_INSIDE=1 exec unshare --mount --propagation private "$0" --rounds "$rounds" --size "$size" ${only:+--peers $only}
fi
make_image
scratch=$(mktemp -d)
target=$scratch/target
mkdir "$target"
daemon=
trap 'umount -R "$target" 2>/dev/null || true; [[ -z $daemon ]] || kill "$daemon" 2>/dev/null || true; rm -rf --one-file-system "$scratch"' EXIT
cat "$image"/?.tar.gzip "$image"/?.tar.zst "$image"/?.tar >/dev/null # into the page cache
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds"
    for name in "${names[@]}"; do
        if is_wanted "$name"; then measure "$name"; fi
    done
done
du() { command du -cm "$image"/?.tar"$1" | awk 'END { print $1 }'; }
echo "4 layers, $(cat "$image"/?.tar.list | wc -l) entries, $(du '') MB of tar, $(du .gzip) MB gzip, $(du .zst) MB zstd; tmpfs, $(nproc) processors, $rounds rounds"
echo
table
if type -P python3 >/dev/null; then
    echo
    echo "Memory of sharprun-image, MiB: gzip $(memory gzip), zstd $(memory zstd)"
fi
