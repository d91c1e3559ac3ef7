#!/usr/bin/env bash
# net-errors.sh [PROGRAM|DIRECTORY] - what sharprun-net, or the CNI plugins in DIRECTORY, answer to hostile or senseless input: CNI's code and one
# sentence on stdout, nothing else anywhere, and nothing is left; DEL of what is not there is done; 50 at once; an address range that is full.
#
# Prints ok, not ok or skip for each case, and last "N passed, N failed, N skipped".
# shellcheck disable=SC2034,SC2154 # net-world.sh sets scratch and others
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tally.sh
. "$here/tally.sh"
# shellcheck source=net-world.sh
. "$here/net-world.sh"
program=$(realpath -m -- "${1:-$here/../out/sharprun-net}")
[[ -x $program ]] || { echo "no such program: $program" >&2; exit 2; }
if [[ ! ${NET_WORLD:-} ]]; then
    need ip iproute2 "network namespaces" && need nft nftables "shows the rules" && need jq jq "reads answers" || exit 1
    if [[ -d $program ]]; then need iptables iptables "these plugins call it" || exit 1; fi
fi
net_world "$0" "$program"
plugins_of "$program" ours
version=1.0.0
if supports 1.1.0; then version=1.1.0; fi
good=$(bridge_config hard 10.92.0.0/24 '"ipMasq":true')
good_ports=$(portmap_config hard 8092 80)
result='{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/run/netns/one"}],"ips":[{"address":"10.92.0.2/24","interface":0}]}'

# ------------------------------------------------------------------------------------------------------------- the judge

# call VERB PLUGIN FILE: as cni does, with what would be too much for an argument in FILE, within bounds of time and memory.
call() {
    status=0
    answer=$(ulimit -v 4000000 2>/dev/null; CNI_COMMAND=${verb-$1} CNI_CONTAINERID=${container-one} CNI_NETNS=${netns-/run/netns/one} CNI_IFNAME=${interface-eth0} CNI_PATH=${path-$plugins} \
        timeout 20 "$plugins/$2" <"$3" 2>"$scratch/words") || status=$?
    words=$(<"$scratch/words")
}

# refused TITLE CODES PART VERB PLUGIN [CONFIG]: it must answer with one of the codes ("6 7"; "any") and a sentence that has PART; CONFIG or $scratch/in.
refused() {
    local title=$1 codes=$2 part=$3 wrong='' code message
    if [[ $# -gt 5 ]]; then printf '%s' "$6" >"$scratch/in"; fi
    call "$4" "$5" "$scratch/in"
    code=$(jq -r 'select(.msg | type == "string" and length > 0) | .code' 2>/dev/null <<<"$answer")
    message=$(jq -r '.msg + (if .details then " " + .details else "" end)' 2>/dev/null <<<"$answer")
    if [[ $status == 0 ]]; then wrong="it succeeds: $answer"
    elif ((status >= 124)); then wrong="it ends with $status"
    elif [[ ! $code =~ ^[0-9]+$ || $code == 0 ]]; then wrong="no error of CNI: ${answer:0:300}"
    # Debian's plugins have this one number for nearly everything; for us it would be a bug.
    elif [[ $code == 999 && $codes != *999* ]] && [[ ! -d $program ]]; then wrong="code 999: $message"
    elif [[ $code != 999 && $codes != any* && " $codes " != *" $code "* ]]; then wrong="code $code: $message"
    elif [[ $message == *$'\n'* || ${#message} -gt 600 ]]; then wrong="not one sentence: ${message:0:300}"
    elif [[ $message$words == *'   at '* || $message == *Exception* || $message == *'(a bug)'* ]]; then wrong="words of a program: $message"
    elif [[ $message != *"$part"* ]]; then wrong="\"$part\" is not in it: $message"; fi
    differs=$(diff <(echo "$before") <(snapshot) | grep '^[<>]' | head -n 4)
    if [[ $differs ]]; then
        wrong+=" LEFT: $differs"
        ip -n one link delete eth0 2>/dev/null
        before=$(snapshot)
    fi
    if [[ ! $wrong ]]; then ok "$title"; else not_ok "$title"; echo "  $wrong"; fi
}

# done_anyway TITLE VERB PLUGIN CONFIG: it must succeed, and change nothing.
done_anyway() {
    printf '%s' "$4" >"$scratch/in"
    call "$2" "$3" "$scratch/in"
    is "$1" "0 " "$status $(diff <(echo "$before") <(snapshot) | grep '^[<>]' | head -n 4)$([[ $status == 0 ]] || echo "$answer $words")"
    before=$(snapshot)
}

# changed MEMBER VALUE [CONFIG]: the good configuration with one member otherwise: ".ipam.ranges" "5".
changed() { jq -c "$1 = $2" <<<"${3:-$good}"; }

# ------------------------------------------------------------------------------------------------------------- JSON

documents() {
    local verb_of
    for verb_of in ADD DEL CHECK; do
        refused "$verb_of: no configuration" "6 7 999" "" "$verb_of" bridge ''
        refused "$verb_of: cut off" 6 "" "$verb_of" bridge "${good:0:100}"
        refused "$verb_of: an array" "6 7" "" "$verb_of" bridge '[]'
        refused "$verb_of: a number" "6 7" "" "$verb_of" bridge '5'
    done
    refused "words" 6 "" ADD bridge 'hello'
    refused "two documents" 6 "" ADD bridge "$good$good"
    refused "a comment" 6 "" ADD bridge "/* x */$good"
    printf '\0\1\2\377\376' >"$scratch/in"
    refused "bytes that are no text" 6 "" ADD bridge
    printf '{"cniVersion":"1.0.0","name":"a\377","type":"bridge"}' >"$scratch/in"
    refused "a name that is no UTF-8" "6 7" "" ADD bridge
    { printf '{"x":'; head -c 2000000 /dev/zero | tr '\0' '['; } >"$scratch/in"
    refused "two million brackets" 6 "" ADD bridge
    { printf '%s,"x":' "${good%\}}"; head -c 5000 /dev/zero | tr '\0' '['; head -c 5000 /dev/zero | tr '\0' ']'; echo '}'; } >"$scratch/in"
    if [[ -d $program ]]; then skip "5,000 brackets, closed" "unlimited here"; else refused "5,000 brackets, closed" 6 "" ADD bridge; fi
    { printf '{"cniVersion":"%s","name":"' "$version"; head -c 100000000 /dev/zero | tr '\0' a; printf '","type":"bridge"}'; } >"$scratch/in"
    refused "a name of 100 MB" "4 5 6 7" "" ADD bridge
    { printf '%s,"x":[' "${good%\}}"; yes '{"a":1},' | head -n 4000000; printf '1]'; } >"$scratch/in"
    refused "four million objects, cut off" "5 6 7" "" ADD bridge
    rm -f "$scratch/in"
}

# MEMBER VALUE CODES, one a line.
types() {
    local member value codes
    while read -r member value codes; do
        [[ $member ]] || continue
        refused "$member: $value" "${codes:-6 7}" "" ADD bridge "$(changed "$member" "$value")"
    done <<'END'
.cniVersion 5
.cniVersion "9.9.9" 1
.cniVersion "x" 1 6 7
.name 5
.name "" 7
.name "../up" 7
.name "a/b" 7
.name null
.bridge 5
.bridge "a-name-longer-than-15"
.bridge "a/b"
.bridge ".."
.bridge {}
.isGateway "yes"
.ipMasq 1
.mtu "x"
.mtu -5
.mtu 1e99
.mtu 99999999999999999999
.mtu 1.5
.vlan 5000
.vlan -1
.hairpinMode []
.ipam 5
.ipam []
.ipam.type 5
.ipam.type "../host-local" any
.ipam.type "no-such-plugin" any
.ipam.ranges 5
.ipam.ranges "x"
.ipam.ranges [] any
.ipam.ranges [[]] any
.ipam.ranges [5]
.ipam.ranges [[5]]
.ipam.ranges [[{"subnet":"10.0.0.0/33"}]] 6 7
.ipam.ranges [[{"subnet":"10.0.0.0/32"}]] 7
.ipam.ranges [[{"subnet":"10.0.0.0/31"}]] 7
.ipam.ranges [[{"subnet":"x"}]]
.ipam.ranges [[{"subnet":5}]]
.ipam.ranges [[{"subnet":"10.92.0.0/24","gateway":"x"}]]
.ipam.ranges [[{"subnet":"10.92.0.0/24","rangeStart":"10.92.0.9","rangeEnd":"10.92.0.5"}]] 7
.ipam.ranges [[{"subnet":"10.92.0.0/24","rangeStart":"10.93.0.9"}]] 7
.ipam.ranges [[{"subnet":"10.92.0.0/24"},{"subnet":"10.92.0.0/25"}]] 7
.ipam.ranges [[{"subnet":"10.92.0.0/24"}],[{"subnet":"10.92.0.0/25"}]] 7
.ipam.routes 5
.ipam.routes [5]
.ipam.routes [{"dst":"x"}]
.ipam.routes [{"dst":"10.0.0.0/8","gw":"x"}]
.ipam.dataDir 5
.runtimeConfig 5
.prevResult 5 any
END
    while read -r member value codes; do
        [[ $member ]] || continue
        refused "portmap: $member: $value" "${codes:-6 7}" "" ADD portmap "$(changed "$member" "$value" "$(with_result "$good_ports" "$result")")"
    done <<'END'
.runtimeConfig.portMappings 5
.runtimeConfig.portMappings [5]
.runtimeConfig.portMappings[0].hostPort 0
.runtimeConfig.portMappings[0].hostPort 70000 any
.runtimeConfig.portMappings[0].hostPort -1
.runtimeConfig.portMappings[0].hostPort "80"
.runtimeConfig.portMappings[0].containerPort 0
.runtimeConfig.portMappings[0].protocol "icmp" any
.runtimeConfig.portMappings[0].protocol 5
.runtimeConfig.portMappings[0].hostIP "x" any
.prevResult 5
.prevResult []
.prevResult.ips 5
.prevResult.ips [5]
.prevResult.ips [{"address":"x"}]
END
    refused "portmap: no result before it" "6 7" "" ADD portmap "$good_ports"
}

# ------------------------------------------------------------------------------------------------------- environment

environment() {
    local name
    verb=BREAK refused "CNI_COMMAND: BREAK" 4 CNI_COMMAND - bridge "$good"
    container='' refused "no CNI_CONTAINERID" 4 CNI_CONTAINERID ADD bridge "$good"
    for name in ../one -one a/b 'a b' $'a\nb'; do container=$name refused "CNI_CONTAINERID: ${name@Q}" "4 3 100" "" ADD bridge "$good"; done
    interface='' refused "no CNI_IFNAME" 4 CNI_IFNAME ADD bridge "$good"
    for name in . .. a/b a:b 'a b' a234567890123456; do interface=$name refused "CNI_IFNAME: ${name@Q}" "4" "" ADD bridge "$good"; done
    netns='' refused "ADD without CNI_NETNS" 4 CNI_NETNS ADD bridge "$good"
    path='' refused "no CNI_PATH" 4 CNI_PATH ADD bridge "$good"
    # The specification has 3 (unknown container, nothing to clean up) and 4; its library 8.
    netns=/run/netns/none refused "ADD: a namespace that is not there" "3 4 8" /run/netns/none ADD bridge "$good"
    netns=/etc/passwd refused "ADD: a file that is no namespace" "3 4 8" /etc/passwd ADD bridge "$good"
    netns=/proc/self/ns/mnt refused "ADD: a namespace of another kind" "3 4 8" "" ADD bridge "$good"
    interface=lo refused "ADD: the name is taken" any "lo" ADD bridge "$good"
}

nothing_to_do() {
    netns=/run/netns/none done_anyway "DEL: the namespace is gone" DEL bridge "$good"
    netns='' done_anyway "DEL: no namespace is named" DEL bridge "$good"
    done_anyway "DEL: nothing was added" DEL bridge "$good"
    done_anyway "DEL: nothing was published" DEL portmap "$good_ports"
    netns=/run/netns/none done_anyway "DEL: nothing was published, the namespace is gone" DEL portmap "$(with_result "$good_ports" "$result")"
    done_anyway "VERSION" VERSION bridge '{"cniVersion":"1.0.0"}'
    refused "CHECK: nothing was added" any "" CHECK bridge "$(with_result "$good" "$result")"
    # After a flush of the firewall, and after the interface was taken away.
    cni ADD bridge one /run/netns/one "$good"
    local added=$answer
    cni ADD portmap one /run/netns/one "$(with_result "$good_ports" "$added")"
    is "ADD" 0 "$status"
    nft flush ruleset
    ip -n one link delete eth0
    cni CHECK bridge one /run/netns/one "$(with_result "$good" "$added")"
    if [[ $status != 0 ]]; then ok "CHECK: the interface was taken away"; else not_ok "CHECK: the interface was taken away"; fi
    cni DEL portmap one /run/netns/one "$(with_result "$good_ports" "$added")"
    is "DEL of portmap after a flush of the firewall" "0 " "$status $(error_of)"
    cni DEL bridge one /run/netns/one "$(with_result "$good" "$added")"
    is "DEL of bridge after a flush of the firewall, the interface gone" "0 " "$status $(error_of)"
    is "and the lease is gone" "" "$(leases hard)"
    before=$(snapshot)
}

leases() { find "/var/lib/cni/networks/$1" -name '[0-9a-f]*[.:]*' ! -name 'last_*' -printf '%f\n' 2>/dev/null | sort; }

# ------------------------------------------------------------------------------------------------------------ many

# each COUNT COMMAND...: COUNT calls of it at once, with 1 ... COUNT as its last argument.
each() {
    local count=$1 i
    shift
    for ((i = 1; i <= count; i++)); do "$@" "$i" & done
    wait
}

one_of_many() { # one_of_many VERB I
    CNI_COMMAND=$1 CNI_CONTAINERID=many$2 CNI_NETNS=/run/netns/many$2 CNI_IFNAME=eth0 CNI_PATH=$plugins "$plugins/bridge" <<<"$many" >"$scratch/many$2.$1" 2>&1 ||
        echo "$2: $(<"$scratch/many$2.$1")" >>"$scratch/failed.$1"
}

fifty() {
    local i start took
    many=$(bridge_config many "10.94.0.0/24 fd94::/64" '"ipMasq":true')
    for ((i = 1; i <= 50; i++)); do ip netns add "many$i"; done
    cni ADD bridge many1 /run/netns/many1 "$many" # the bridge is there, as on any machine but a new one
    cni DEL bridge many1 /run/netns/many1 "$many"
    before=$(snapshot)
    start=${EPOCHREALTIME/[.,]/}
    each 50 one_of_many ADD
    took=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
    is "50 ADDs at once ($took ms)" "" "$(cat "$scratch/failed.ADD" 2>/dev/null | head -n 3)"
    is "50 ADDs: 100 distinct addresses in the results" 100 "$(cat "$scratch"/many*.ADD | jq -r '.ips[].address' | sort -u | wc -l)"
    is "50 ADDs: each namespace has the address of its result" "" "$(for ((i = 1; i <= 50; i++)); do
        [[ $(ip -n "many$i" -4 -o addr show eth0) == *" $(jq -r '.ips[0].address' "$scratch/many$i.ADD") "* ]] || echo "many$i"; done)"
    start=${EPOCHREALTIME/[.,]/}
    each 50 one_of_many DEL
    took=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
    is "50 DELs at once ($took ms)" "" "$(cat "$scratch/failed.DEL" 2>/dev/null | head -n 3)"
    is "50 DELs: nothing is left" "" "$(diff <(echo "$before") <(snapshot) | grep '^[<>]' | head -n 4)"
    for ((i = 1; i <= 50; i++)); do ip netns delete "many$i"; done
}

# Five addresses, for five who live, then for five whose namespaces are gone.
exhaustion() {
    local i full
    full=$(bridge_config full 10.95.0.0/29)
    for i in 1 2 3 4 5 6; do ip netns add "full$i"; done
    for i in 1 2 3 4 5; do
        cni ADD bridge "full$i" "/run/netns/full$i" "$full"
        [[ $status == 0 ]] || { not_ok "address $i of 5"; echo "  $(error_of)"; }
    done
    before=$(snapshot)
    container=full6 netns=/run/netns/full6 refused "the range is full" any 10.95.0. ADD bridge "$full"
    is "the range is full: nobody's address was taken" 5 "$(leases full | wc -l)"
    ip netns delete full2
    ip netns delete full4
    sleep 0.2 # until the kernel has taken the interfaces, too
    cni ADD bridge full6 /run/netns/full6 "$full"
    if [[ -d $program && $status != 0 ]]; then skip "the lease of a dead namespace is free again" "not with these plugins"; else
        is "the lease of a dead namespace is free again" "0 2" "$status $(jq -r '.ips[0].address' <<<"$answer" | sed -E 's/.*\.(3|5)\/29/2/')"
    fi
    for i in 1 2 3 4 5 6; do
        cni DEL bridge "full$i" "/run/netns/full$i" "$full"
        is "DEL $i" "0" "$status"
    done
    is "no lease is left" "" "$(leases full)"
    for i in 1 3 5 6; do ip netns delete "full$i"; done
}

ip netns add one
cni ADD bridge one /run/netns/one "$good"
cni DEL bridge one /run/netns/one "$good"
is "ADD and DEL of what is good" 0 "$status"
before=$(snapshot)
documents
types
environment
nothing_to_do
fifty
exhaustion
tally
