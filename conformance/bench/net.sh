#!/usr/bin/env bash
# Measures how quick out/sharprun-net is as a CNI plugin, beside Debian's plugins, newer ones and a C floor, in one interleaved run.
#
#   conformance/bench/net.sh [--rounds N] [--only WORD...]
#
#   --rounds N   times each one adds and deletes (40); the table has the medians
#   --only ...   only these (ours, debian, newer), and always the floor, which everything is compared with
# The table on stdout is the one that README shows; everything else goes to stderr. Needs root. NET_TOOL: another program, or a directory of plugins.
# A plugin is called as containerd calls it: an own process, the configuration on stdin, the result on stdout; a chain of two plugins is two calls.
# What a call finds is the same for all: a bridge with one address and one container, whose rules, ports and lease are there, and a namespace.
# shellcheck disable=SC2154 # net-world.sh sets scratch and others
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
project=$(cd "$here/.." && pwd)
# shellcheck source=../net-world.sh
. "$here/net-world.sh"
rounds=40 only=

say() { printf 'net-bench: %s\n' "$*" >&2; }

arguments=("$@")
while (($#)); do
    case $1 in
        --rounds) rounds=$2; shift 2 ;;
        --only) shift; only="$*"; break ;;
        *) sed -n '2,10s/^# \?//p' "$0" >&2; exit 2 ;;
    esac
done
if [[ ! ${NET_WORLD:-} ]]; then
    need gcc gcc "compiles the floor" && need ip iproute2 "network namespaces" &&
        need /usr/lib/cni/bridge containernetworking-plugins "to compare with" && need iptables iptables "those plugins call it"
    if [[ -x $project/../shared/vm/peers ]]; then "$project/../shared/vm/peers" containernetworking-plugins >/dev/null 2>&1 || true; fi
    mkdir -p "$project/out/bench"
    gcc -O2 -static -Wall -Wextra -o "$project/out/bench/net-floor" "$here/bench/net-floor.c"
    gcc -O2 -static -Wall -Wextra -o "$project/out/bench/lap" "$here/bench/lap.c"
fi
net_world "$0" "${arguments[@]}"

# ------------------------------------------------------------------------------------------------------------ the peers
lap=$project/out/bench/lap floor=$project/out/bench/net-floor
names=() # KIND_WHAT, in the table's order
declare -A places=() titles=() configs=() ports=() results=() finals=()

# peer WORD TITLE PLACE: one set of plugins, in the three ways that are measured.
peer() {
    local word=$1 title=$2 what
    if [[ $only && " $only " != *" $word "* ]]; then return; fi
    if [[ ! -e $3 ]]; then say "left out: $title ($3 is not there)"; return; fi
    plugins_of "$3" "$word"
    for what in plain masquerade ports; do
        names+=("${word}_$what")
        places[${word}_$what]=$plugins
        configs[${word}_$what]=$(bridge_config "$word-$what" "10.$((100 + ${#names[@]})).0.0/16" "$([[ $what == plain ]] || echo '"ipMasq":true')" "b${#names[@]}")
    done
    if [[ $word == ours && ! -d $3 ]]; then
        names+=(ours_up)
        titles[ours_up]='`sharprun-net up` and `down`: masquerade, a port'
    fi
    ports[${word}_ports]=$(portmap_config "$word-ports" $((8000 + ${#names[@]})) 80)
    titles[${word}_plain]="$title: bridge, host-local" titles[${word}_masquerade]="the same with ipMasq" titles[${word}_ports]="the same with ipMasq, and portmap with a port"
}

# called VERB ARGUMENTS...: a verb for people.
called() {
    answer=$("$lap" "$laps" "$tool" "$1" sharprun "/run/netns/$name$stays" "${@:2}" 2>"$scratch/words")
}

# timed FILE VERB PLUGIN CONFIG: sets answer.
timed() {
    answer=$(CNI_COMMAND=$2 CNI_CONTAINERID=bench-$name$stays CNI_NETNS=/run/netns/$name$stays CNI_IFNAME=eth0 CNI_PATH=${places[$name]} \
        "$lap" "$1" "${places[$name]}/$3" <<<"$4" 2>"$scratch/words")
}

add() {
    if [[ $name == floor ]]; then
        "$lap" "$laps" "$floor" add "/run/netns/floor$stays" floor0 "vfloor$stays" "10.99.0.$((2 + ${#stays}))" 10.99.0.1
        return
    fi
    if [[ $name == ours_up ]]; then
        called up --name "bench$stays" -p "${stays:+1}8099:80"
        return
    fi
    timed "$laps" ADD bridge "${configs[$name]}" || return
    results[$name]=$answer
    if [[ ${ports[$name]:-} ]]; then
        timed "$laps.second" ADD portmap "$(with_result "${ports[$name]/\"hostPort\":8/\"hostPort\":${stays:+1}8}" "${results[$name]}")" || return
        finals[$name]=$answer
    fi
}

# In the other order, each with the chain's result.
delete() {
    if [[ $name == floor ]]; then
        "$lap" "$laps" "$floor" del vfloor
        return
    fi
    if [[ $name == ours_up ]]; then
        called down
        return
    fi
    if [[ ${ports[$name]:-} ]]; then timed "$laps.second" DEL portmap "$(with_result "${ports[$name]}" "${finals[$name]}")" || return; fi
    timed "$laps" DEL bridge "$(with_result "${configs[$name]}" "${finals[$name]:-${results[$name]}}")"
}

measure() { # measure NAME: adds a figure to NAME.add and NAME.delete
    local verb
    for verb in add delete; do
        laps=$scratch/laps
        rm -f "$laps" "$laps.second"
        if ! "$verb"; then
            say "$name: $verb failed: $answer $(tail -n 2 "$scratch/words")"
            return 1
        fi
        touch "$laps.second"
        paste "$laps" "$laps.second" | awk '{ print $1 + $2 }' >>"$scratch/$name.$verb"
    done
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

row() { # row TITLE NAME
    local add delete
    add=$(median "$scratch/$2.add") delete=$(median "$scratch/$2.delete")
    echo "$add $(median "$scratch/floor.add") $delete $(median "$scratch/floor.delete")" |
        awk -v title="$1" '{ printf "| %s | %.1f | %.2f | %.1f | %.2f |\n", title, $1 / 1000, $1 / $2, $3 / 1000, $3 / $4 }'
}

answer='' stays=''
names=(floor)
titles[floor]='floor: five rtnetlink requests, and one'
tool=$(realpath -m "${NET_TOOL:-$project/out/sharprun-net}")
peer ours sharprun-net "$tool"
peer debian "Debian's plugins" /usr/lib/cni
peer newer 'newer plugins' "${XDG_CACHE_HOME:-$HOME/.cache}/peers/forky/lib/cni"
ip link add floor0 type bridge
ip addr add 10.99.0.1/16 dev floor0
ip link set floor0 up

usable=()
for name in "${names[@]}"; do
    for stays in -stays ''; do
        ip netns add "$name$stays"
        ip -n "$name$stays" link set lo up
    done
    # The first makes the bridge, and stays; neither is it a figure nor the next.
    laps=$scratch/laps
    if stays=-stays add && measure "$name"; then usable+=("$name"); fi
    rm -f "$scratch/$name".{add,delete}
done
[[ ${usable[0]:-} == floor ]] || { say 'the floor fails'; exit 1; }
for ((round = 0; round < rounds; round++)); do
    # Each round begins with another one, so that nobody is always after the same one.
    for ((i = 0; i < ${#usable[@]}; i++)); do
        name=${usable[(round + i) % ${#usable[@]}]}
        measure "$name" || exit 1
    done
done

printf '| | ADD, ms | × floor | DEL, ms | × floor |\n| --- | --- | --- | --- | --- |\n'
for name in "${usable[@]}"; do row "${titles[$name]}" "$name"; done
printf '\nMedians of %s interleaved rounds, whole processes; Linux %s, %s processors; leases on a tmpfs. Most of DEL is the kernel waiting for its readers (RCU).\n' "$rounds" "$(uname -r)" "$(nproc)"
for name in "${usable[@]}"; do
    if [[ $name == *_plain && -x ${places[$name]}/bridge ]]; then say "${name%_plain}: ${places[$name]}"; fi
done
