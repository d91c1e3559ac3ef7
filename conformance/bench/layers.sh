#!/usr/bin/env bash
# Measures how quick out/sharprun-layers mounts a union of 100 layers, beside `mount -t overlay`, in one interleaved run; and of 500, which that cannot.
#
#   conformance/bench/layers.sh [--rounds N]
#
#   --rounds N   times each one mounts (40); the table has the medians
# The table on stdout is the one that README shows; everything else goes to stderr. Needs root. LAYERS_TOOL: another program.
# For mount(8) the layers have names as short as can be (links, relative to the current directory, as docker makes them): a page has to hold them all.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
project=$(cd "$here/.." && pwd)
tool=$(realpath -m "${LAYERS_TOOL:-$project/out/sharprun-layers}")
lap=$project/out/bench/lap
rounds=40

say() { printf 'layers-bench: %s\n' "$*" >&2; }

while (($#)); do
    case $1 in
        --rounds) rounds=$2; shift 2 ;;
        *) sed -n '2,8s/^# \?//p' "$0" >&2; exit 2 ;;
    esac
done
[[ $(id -u) == 0 ]] || { say 'needs root'; exit 2; }
if [[ ! ${LAYERS_BENCH:-} ]]; then
    # shellcheck source=../needs.sh
    . "$here/needs.sh"
    need gcc gcc "compiles the stopwatch"
    mkdir -p "$project/out/bench"
    gcc -O2 -static -Wall -Wextra -o "$lap" "$here/bench/lap.c"
    LAYERS_BENCH=$(mktemp -d)
    trap 'rmdir "$LAYERS_BENCH"' EXIT
    LAYERS_BENCH=$LAYERS_BENCH unshare --mount --propagation private "$0" --rounds "$rounds"
    exit
fi
scratch=$LAYERS_BENCH
mount -t tmpfs -o mode=755 tmpfs "$scratch"
cd "$scratch"

# The store's layers, 500 in one chain; each has one file of its own and one that the next replaces. For mount(8) there are links 0, 1, ...
parent=
mkdir -p store/layers/sha256 short
for ((i = 0; i < 500; i++)); do
    id=$(printf '%064x' $((i + 1)))
    layer=store/layers/sha256/$id
    mkdir -p "$layer/fs"
    echo "$i" >"$layer/fs/file$i"
    echo "$i" >"$layer/fs/common"
    printf '%s' "${parent:+sha256:$parent}" >"$layer/parent"
    printf 'sha256:%s' "$id" >"$layer/done"
    ln -s "../$layer/fs" "short/$i"
    parent=$id
done
mkdir short/{u,w,m}

names=(mount)
declare -A titles=([mount]='mount -t overlay, 100 layers' [ours100]='sharprun-layers mount, 100 layers' [ours500]='sharprun-layers mount, 500 layers')

# proof DIRECTORY LAYERS: that it is the union that was meant.
proof() {
    [[ $(<"$1/common") == $(($2 - 1)) && -e $1/file0 && -e $1/file$(($2 - 1)) ]] && touch "$1/written"
}

measure() { # measure NAME: adds a figure to NAME.mount and NAME.unmount
    local name=$1 layers=100 merged i lower=
    case $name in
        mount)
            for ((i = layers - 1; i >= 0; i--)); do lower+="${lower:+:}$i"; done
            cd short
            "$lap" "$scratch/$name.mount" /usr/bin/mount -t overlay -o "lowerdir=$lower,upperdir=u,workdir=w" overlay m || return
            cd ..
            proof short/m $layers || return
            "$lap" "$scratch/$name.unmount" /usr/bin/umount short/m
            ;;
        ours*)
            layers=${name#ours}
            merged=$("$lap" "$scratch/$name.mount" "$tool" --root "$scratch/store" mount "$name") || return
            proof "$merged" "$layers" || return
            "$lap" "$scratch/$name.unmount" "$tool" --root "$scratch/store" unmount "$name"
            ;;
    esac
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

if [[ -x $tool ]]; then
    for layers in 100 500; do
        if "$tool" --root "$scratch/store" create "ours$layers" --chain "sha256:$(printf '%064x' $layers)" --driver overlay >/dev/null; then names+=("ours$layers"); fi
    done
else
    say "$tool is missing (conformance/publish.sh makes it)"
fi
usable=()
for name in "${names[@]}"; do
    if measure "$name"; then usable+=("$name"); else cd "$scratch"; say "left out: ${titles[$name]}"; fi
    rm -f "$name".{mount,unmount}
done
for ((round = 0; round < rounds; round++)); do
    for ((i = 0; i < ${#usable[@]}; i++)); do measure "${usable[(round + i) % ${#usable[@]}]}" || exit 1; done
done

# shellcheck disable=SC2016 # Markdown
printf '| | mount, ms | × `mount -t overlay` | unmount, ms |\n| --- | --- | --- | --- |\n'
for name in "${usable[@]}"; do
    echo "$(median "$name.mount") $(median mount.mount) $(median "$name.unmount")" |
        awk -v title="${titles[$name]}" '{ printf "| %s | %.2f | %.2f | %.2f |\n", title, $1 / 1000, $1 / $2, $3 / 1000 }'
done
printf '\nMedians of %s interleaved rounds, whole processes; Linux %s, %s processors; the layers on a tmpfs.\n' "$rounds" "$(uname -r)" "$(nproc)"
