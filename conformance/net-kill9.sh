#!/usr/bin/env bash
# net-kill9.sh [PROGRAM|DIRECTORY] [STEP] - kill -9 at every system call (or each STEPth) of ADD, DEL, GC, `up`, `down` and `reload` of sharprun-net,
# or of the CNI plugins in DIRECTORY: the next DEL, GC or `down` ends well, and then nothing is there that was not there before: no interface, rule,
# lease, record, temporary file, namespace or mount; what belongs to others is untouched.
#
# faults/inject kills the command itself; a program that it has started (a delegated IPAM plugin, iptables) goes on to its own end.
# Prints ok or not ok for each case, and last "N passed, N failed, N skipped".
# shellcheck disable=SC2034,SC2154 # net-world.sh sets scratch and others
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tally.sh
. "$here/tally.sh"
# shellcheck source=net-world.sh
. "$here/net-world.sh"
program=$(realpath -m -- "${1:-$here/../out/sharprun-net}")
step=${2:-1}
[[ -x $program ]] || { echo "no such program: $program" >&2; exit 2; }
if [[ ! ${NET_WORLD:-} ]]; then
    need gcc gcc "compiles faults/inject.c" && need ip iproute2 "network namespaces" && need nft nftables "shows the rules" && need jq jq "reads answers" || exit 1
    if [[ -d $program ]]; then need iptables iptables "these plugins call it" || exit 1; fi
fi
net_world "$0" "$program" "$step"
gcc -O1 -Wall -Wextra -o "$scratch/inject" "$here/faults/inject.c" || exit 1
plugins_of "$program" ours
version=1.0.0
if supports 1.1.0; then version=1.1.0; fi
echo "CNI $version, $program"

network=$(bridge_config kill "10.91.0.0/24 fd91::/64" '"ipMasq":true,"hairpinMode":true')
ports=$(portmap_config kill 8091 80)
collect=${network%\}},'"cni.dev/valid-attachments":[{"containerID":"keep","ifname":"eth0"}]}'

# ------------------------------------------------------------------------------------------------------------ the calls
# Each sets status; those of a chain are one after the other, the result of the first goes to the second.

add() {
    result=
    cni ADD bridge "$1" "/run/netns/$1" "$network"
    if [[ $status == 0 ]]; then
        result=$answer
        under=()
        cni ADD portmap "$1" "/run/netns/$1" "$(with_result "$ports" "$result")"
        if [[ $status == 0 ]]; then result=$answer; fi
    fi
}

add_bridge() { # and keeps its result
    cni ADD bridge "$1" "/run/netns/$1" "$network"
    result=$answer
}

add_ports() {
    cni ADD portmap "$1" "/run/netns/$1" "$(with_result "$ports" "$result")"
}

# Without a result, as after an ADD that failed; libcni goes on to the next plugin only when one has ended well.
delete() {
    cni DEL portmap "$1" "/run/netns/$1" "$ports"
    if [[ $status == 0 ]]; then cni DEL bridge "$1" "/run/netns/$1" "$network"; fi
}

delete_bridge() { cni DEL bridge "$1" "/run/netns/$1" "$(with_result "$network" "$result")"; }
delete_ports() { cni DEL portmap "$1" "/run/netns/$1" "$(with_result "$ports" "$result")"; }

garbage() {
    cni GC portmap "" "" "${ports%\}},\"cni.dev/valid-attachments\":[{\"containerID\":\"keep\",\"ifname\":\"eth0\"}]}"
    if [[ $status == 0 ]]; then cni GC bridge "" "" "$collect"; fi
}
garbage_bridge() { cni GC bridge "" "" "$collect"; }

verb() { # verb VERB ARG...: one of those for people
    status=0
    answer=$("${under[@]}" "$program" "$@" 2>"$scratch/words") || status=$?
    words=$(<"$scratch/words")
}
up() { verb up sharprun "$1" --name "$1" -p "$published:80"; }
published=8092
down() { verb down sharprun "$1"; }
gc() { verb gc; }
reload() { verb reload; }

must() {
    "$@"
    [[ $status == 0 ]] || { not_ok "$* without a fault"; echo "  $(error_of)"; tally; exit 1; }
}

# ------------------------------------------------------------------------------------------------------------- the sweep

# sweep TITLE BEFORE VICTIM AFTER: AFTER may be two acts; "-": nothing before.
sweep() {
    local title=$1 before=$2 victim=$3 after=$4 count wrong='' amount=0 words_of
    before_all=$(snapshot)
    for ((count = 1; ; count += step)); do
        if [[ $before != - ]]; then must "$before" victim; fi
        under=("$scratch/inject" kill "$count")
        "$victim" victim
        under=()
        met=$status
        for words_of in $after; do
            "$words_of" victim
            if [[ $status != 0 ]]; then wrong+=$'\n'"before call $count: $words_of ends with $status: $(error_of)"; fi
        done
        differs=$(diff <(echo "$before_all") <(snapshot) | grep '^[<>]' | head -n 5)
        if [[ $differs ]]; then wrong+=$'\n'"before call $count: then different: $differs"; clean; fi
        if [[ $met != 137 ]]; then break; fi
        amount=$((amount + 1))
    done
    # 125: it ended by itself, before that call.
    if [[ $met != 125 ]]; then wrong+=$'\n'"call $count: the traced call ends with $met"; fi
    if ((amount < 10)); then wrong+=$'\n'"killed at $amount calls only"; fi
    if [[ ! $wrong ]]; then ok "$title, killed before each of $amount system calls"; else
        not_ok "$title, killed before each of $amount system calls"
        sed 's/^/  /' <<<"$wrong" | head -n 20
    fi
}

# clean: what one moment has left is not to be counted at the next as well.
clean() {
    ip -n victim link delete eth0 2>/dev/null
    grep -lr victim /var/lib/cni/networks | xargs -r rm
    before_all=$(snapshot)
}

ip netns add keep
ip netns add victim
# One who stays, one who has been here: what is made once for all is there afterwards.
cni ADD bridge keep /run/netns/keep "$network"
kept=$answer
cni ADD portmap keep /run/netns/keep "$(with_result "${ports//8091/8090}" "$kept")"
is "ADD" 0 "$status"
must add victim
must delete victim

sweep "ADD of bridge, then DEL" - add_bridge delete
sweep "ADD of portmap, then DEL" add_bridge add_ports delete
sweep "DEL of portmap, then DEL" add delete_ports delete
sweep "DEL of bridge, then DEL" add_bridge delete_bridge delete
if supports 1.1.0; then
    sweep "ADD of bridge, then GC" - add_bridge "garbage"
    sweep "ADD of portmap, then GC" add_bridge add_ports "garbage"
    sweep "DEL of bridge, then GC" add_bridge delete_bridge "garbage"
    sweep "GC, then GC" add_bridge garbage_bridge "garbage"
else
    skip "GC" "these plugins have none"
fi
cni CHECK bridge keep /run/netns/keep "$(with_result "$network" "$kept")"
is "the one who stays is as he was (CHECK)" "0 " "$status $answer"
must add victim
must delete victim

if [[ -d $program ]]; then
    skip "up, down, gc, reload" "these are plugins"
    tally
    exit
fi
published=8093 must up friend
must up victim
must down victim
sweep "up, then down" - up down
sweep "down, then down" up down down
sweep "up, then gc and down" - up "gc down"
sweep "reload, then reload" - reload reload
tally
