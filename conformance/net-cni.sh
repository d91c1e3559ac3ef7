#!/usr/bin/env bash
# net-cni.sh [PROGRAM] [PEER-DIRECTORY] - sharprun-net through the protocol, beside the CNI plugins in PEER-DIRECTORY (/usr/lib/cni): the same calls
# with the same configurations must give the same results and the same links, addresses and routes; where ours does otherwise on purpose, a case of its own
# says so. ONLY=PATTERN runs the configurations whose name matches.
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
peer=${2:-/usr/lib/cni}
[[ -x $program ]] || { echo "no such program: $program" >&2; exit 2; }
if [[ ! ${NET_WORLD:-} ]]; then
    need ip iproute2 "network namespaces" && need bridge iproute2 "shows VLANs" && need nft nftables "shows the rules" && need jq jq "reads answers" || exit 1
    need iptables iptables "the plugins beside ours call it" || exit 1
    [[ -x $peer/bridge ]] || { echo "no CNI plugins in $peer (Debian: containernetworking-plugins)" >&2; exit 2; }
fi
net_world "$0" "$program" "$peer"
plugins_of "$program" ours
ours=$plugins
# Another IPAM plugin than ours is looked for in CNI_PATH.
ln -s "$peer/static" "$ours/static"

# ------------------------------------------------------------------------------------------------------ what is compared

# plain: a result without what chance decides: the names of veths, addresses of links that nobody asked for.
plain() {
    jq -S --arg mac "${mac:-}" '
        del(.cniVersion) | .version = $ENV.version
        | (.interfaces // [])[] |= (.name |= sub("^veth[0-9a-f]+$"; "veth") | del(.mtu) | if (.mac // "") != $mac or $mac == "" then del(.mac) else . end)
        | del(..|nulls)' <<<"$answer"
}

# An older kernel (5.10) leaves a bridge that went up before its first port UNKNOWN.
# state BRIDGE: links of the host and of the container, addresses, routes, VLANs, as they are, without what chance decides.
state() {
    local where
    for where in '' '-n one'; do
        # shellcheck disable=SC2086 # two words or none
        ip $where -d -j link | jq -S --arg mac "${mac:-}" '[.[] | select(.ifname != "lo") | {
            name: (.ifname | sub("^veth[0-9a-f]+$"; "veth")), mtu, up: (.flags | index("UP") != null), promiscuity: (.flags | index("PROMISC") != null),
            mac: (if $mac != "" and .address == $mac then $mac else null end), operstate: (.operstate | sub("UNKNOWN"; "UP")), master,
            kind: .linkinfo.info_kind, filtering: .linkinfo.info_data.vlan_filtering,
            hairpin: .linkinfo.info_slave_data.hairpin, isolated: .linkinfo.info_slave_data.isolated}] | sort_by(.name)'
        # shellcheck disable=SC2086
        ip $where -j address | jq -S '[.[] | select(.ifname != "lo") | {name: (.ifname | sub("^veth[0-9a-f]+$"; "veth")),
            addresses: [.addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen) \(.broadcast)"]}] | sort_by(.name)'
        for family in -4 -6; do
            # shellcheck disable=SC2086
            ip $where $family route | grep -v 'fe80::/64' | sed -E 's/ (linkdown|proto [a-z]+|pref medium|metric 1024|metric 256)//g; s/ +$//' | sort
        done
    done
    bridge -j vlan | jq -S '[.[] | {name: (.ifname | sub("^veth[0-9a-f]+$"; "veth")), vlans}] | sort_by(.name)'
    cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
}

clean() {
    local link
    ip netns delete one 2>/dev/null
    for link in $(ip -o link | sed -nE 's/^[0-9]+: ([^:@]+).*/\1/p' | grep -v '^lo$'); do ip link delete "$link" 2>/dev/null; done
    nft flush ruleset
    rm -rf /var/lib/cni
    echo 0 >/proc/sys/net/ipv4/ip_forward
    echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
    ip netns add one
}

# one_side DIRECTORY CONFIG: ADD in a fresh world; sets answer, its result and the state, and takes it down again.
one_side() {
    plugins=$1
    clean
    cni ADD bridge c1 /run/netns/one "$2"
    added=$status
    if [[ $status != 0 ]]; then
        result="error" there="" after=""
        return
    fi
    result=$(plain)
    there=$(state)
    given=$answer
    if [[ $version != 0.3* ]]; then
        cni CHECK bridge c1 /run/netns/one "$(with_result "$2" "$given")"
        # The plugin beside ours looks for an IPAM plugin without a name when there is no ipam.
        if [[ $answer == *'no plugin name provided'* ]]; then status=0 answer='' words=''; fi
        result+=" check $status $(error_of)"
    fi
    cni DEL bridge c1 /run/netns/one "$(with_result "$2" "$given")"
    result+=" del $status $answer"
    # The bridge without a port tells that it is down whenever the kernel comes to it.
    after=$(state | grep -v -e '^[01]$' -e operstate)
    result+=" leases $(find /var/lib/cni -type f ! -name lock ! -name 'last_reserved_ip*' 2>/dev/null)"
}

# A kernel without nf_tables' family inet (Debian's user-mode 6.12), or without nat in it (5.10), has neither masquerade nor ports to compare.
has_rules() {
    if nft 'add table inet probe; add chain inet probe nat { type nat hook postrouting priority 100; }' 2>/dev/null; then nft delete table inet probe; return; fi
    skip "$1" "this kernel has no nat in nf_tables' family inet"
    return 1
}

# chosen NAME: whether ONLY lets it run.
# shellcheck disable=SC2053 # ONLY is a pattern
chosen() { [[ $1 == ${ONLY:-*} ]]; }

# same NAME MEMBERS [may [result]]: a bridge br0 with these members of the configuration, JSON. may: which a kernel may be unable to do; result: the
# same result by other links, on purpose (spec/net.md).
same() {
    chosen "$1" || return
    local config ours_result ours_there ours_after ours_answer
    config="{\"cniVersion\":\"$version\",\"name\":\"net\",\"type\":\"bridge\",\"bridge\":\"br0\"${2:+,}$2}"
    one_side "$ours" "$config"
    ours_result=$result ours_there=$there ours_after=$after ours_answer=$answer$words
    one_side "$peer" "$config"
    if [[ $result == error && $ours_result == error ]]; then
        # The lack of the kernel is not ours to compare.
        if [[ ${3:-} ]]; then skip "$1" "both refuse it: $(jq -r .msg <<<"$ours_answer")"; else ok "$1: both refuse it"; fi
        return
    fi
    if [[ $result == error || $ours_result == error ]]; then not_ok "$1: one of them refuses it"; echo "  ours: $ours_answer, peer: $answer$words"; return; fi
    compare "$1: result" "$ours_result" "$result"
    if [[ ${4:-} == result ]]; then return; fi
    compare "$1: links, addresses, routes" "$ours_there" "$there"
    compare "$1: what is left" "$ours_after" "$after"
}

compare() {
    if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1"; diff <(echo "$2") <(echo "$3") | sed 's/^</  ours:/; s/^>/  peer:/' | head -n 12; fi
}

# --------------------------------------------------------------------------------------------------------- the table

v4='"ipam":{"type":"host-local","subnet":"10.1.2.0/24"}'
v6='"ipam":{"type":"host-local","ranges":[[{"subnet":"fd00:1::/64"}]]}'
dual='"ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.2.0/24","rangeStart":"10.1.2.20","rangeEnd":"10.1.2.30","gateway":"10.1.2.254"}],[{"subnet":"fd00:1::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"},{"dst":"10.9.0.0/16","gw":"10.1.2.77"}]}'

for version in 0.3.0 0.3.1 0.4.0 1.0.0; do
    export version
    same "version $version" "\"isGateway\":true,$dual"
done
same layer2 ''
same empty-ipam '"ipam":{}'
same v4 "$v4"
same v6 "$v6"
same dual "$dual"
same gateway "\"isGateway\":true,$v4"
same gateway-v6 "\"isGateway\":true,$v6"
same default-gateway "\"isDefaultGateway\":true,$v4"
same default-gateway-dual '"isDefaultGateway":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.2.0/24"}],[{"subnet":"fd00:1::/64"}]]}'
same mtu "\"mtu\":1400,\"isGateway\":true,$v4"
same hairpin "\"hairpinMode\":true,$v4"
same promisc "\"promiscMode\":true,$v4"
same both-modes "\"promiscMode\":true,\"hairpinMode\":true,$v4"
same vlan "\"vlan\":7,$v4" may
same vlan-gateway "\"vlan\":7,\"isGateway\":true,$v4" may result
same vlan-4095 "\"vlan\":4095,$v4"
if has_rules masquerade; then same masquerade "\"isGateway\":true,\"ipMasq\":true,$dual"; fi
same dns "\"dns\":{\"nameservers\":[\"9.9.9.9\"],\"search\":[\"a\"],\"domain\":\"b\",\"options\":[\"ndots:1\"]},$v4"
same static '"isGateway":true,"ipam":{"type":"static","addresses":[{"address":"10.1.2.9/24","gateway":"10.1.2.1"},{"address":"fd00:1::9/64"}],"routes":[{"dst":"0.0.0.0/0"}]}'
same requested-address "\"args\":{\"cni\":{\"ips\":[\"10.1.2.99\"]}},$v4"
same capability-address "\"runtimeConfig\":{\"ips\":[\"10.1.2.98/24\"]},$v4"
same address-outside "\"runtimeConfig\":{\"ips\":[\"10.1.3.98\"]},$v4"
same full '"ipam":{"type":"host-local","subnet":"10.1.2.0/24","rangeStart":"10.1.2.1","rangeEnd":"10.1.2.1"}'
same overlap '"ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.2.0/24"}],[{"subnet":"10.1.0.0/16"}]]}'
same host-bits '"ipam":{"type":"host-local","subnet":"10.1.2.3/24"}'
same gateway-outside '"ipam":{"type":"host-local","subnet":"10.1.2.0/24","gateway":"10.1.3.1"}'
same no-such-ipam '"ipam":{"type":"no-such-plugin"}'
mac=02:00:00:00:12:34
same mac "\"runtimeConfig\":{\"mac\":\"$mac\"},$v4"
same mac-args "\"args\":{\"cni\":{\"mac\":\"$mac\"}},$v4"
mac=
same bad-mac "\"runtimeConfig\":{\"mac\":\"zz\"},$v4"

# ---------------------------------------------------------------------------------------------------- plugins in a chain

bridge_net="{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"bridge\",\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,$dual}"
ports_net='{"cniVersion":"1.0.0","name":"net","type":"portmap","snat":true,"runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"},{"hostPort":8053,"containerPort":53,"protocol":"udp","hostIP":"10.1.2.254"}]}}'

chain() {
    plugins=$1
    clean
    cni ADD loopback c1 /run/netns/one '{"cniVersion":"1.0.0","name":"lo","type":"loopback"}'
    result="lo $status $(plain)"
    cni ADD bridge c1 /run/netns/one "$bridge_net"
    given=$answer
    cni ADD portmap c1 /run/netns/one "$(with_result "$ports_net" "$given")"
    result+=" portmap $status $(plain)"
    [[ $(jq -S . <<<"$answer") == "$(jq -S . <<<"$given")" ]] && result+=" passed on"
    cni CHECK loopback c1 /run/netns/one '{"cniVersion":"1.0.0","name":"lo","type":"loopback"}'
    result+=" lo $status $answer lo is $(ip -n one -j link show lo | jq -r '.[0].flags | index("UP") != null')"
}
if chosen chain && has_rules chain; then
    export version=1.0.0
    chain "$peer"
    peer_result=$result
    chain "$ours"
    compare "loopback, bridge, portmap: results" "$result" "$peer_result"
    cni CHECK portmap c1 /run/netns/one "$(with_result "$ports_net" "$given")"
    is "portmap CHECK" "0 " "$status $answer"
    cni DEL portmap c1 /run/netns/one "$(with_result "$ports_net" "$given")"
    has "portmap DEL leaves bridge's rules" masquerade "$(nft list ruleset)"
    is "portmap DEL takes the ports" "0 " "$status $(nft list ruleset | grep -E '8080|8053')"
    cni ADD portmap c1 /run/netns/one "$(with_result "$ports_net" "$given")"
    cni DEL bridge c1 /run/netns/one "$(with_result "$bridge_net" "$given")"
    is "bridge DEL before portmap's leaves the ports to it" "0 yes" "$status $([[ $(nft list ruleset) == *8080*net/c1/eth0/portmap* ]] && echo yes)"
    cni DEL portmap c1 "" "$ports_net"
    is "portmap DEL without a result or a namespace" "0 " "$status $(nft list ruleset | grep c1)"
fi

# ------------------------------------------------------------------------------------------------ the verbs without peers

plugins=$ours
new_net="{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"bridge\",\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,$dual}"
new_ports=${ports_net/1.0.0/1.1.0}
if chosen verbs && has_rules verbs; then
    export version=1.1.0
    clean
    empty=$(snapshot | grep -v /var/lib/cni)
    cni VERSION bridge '' '' ''
    is "VERSION" '0 1.1.0 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0' "$status $(jq -r '[.cniVersion] + .supportedVersions | join(" ")' <<<"$answer")"
    for old in 0.1.0 0.2.0 7.0.0; do
        cni ADD bridge c1 /run/netns/one "${new_net/1.1.0/$old}"
        is "version $old is refused with code 1" "1 1" "$status $(jq .code <<<"$answer")"
    done
    cni ADD bridge c1 /run/netns/one "$new_net"
    given=$answer
    is "1.1.0 tells the MTU" 1500 "$(jq '.interfaces[2].mtu' <<<"$given")"
    cni ADD portmap c1 /run/netns/one "$(with_result "$new_ports" "$given")"
    cni ADD bridge c1 /run/netns/one "$new_net"
    is "a second ADD is refused" 1 "$status"
    cni CHECK bridge c1 /run/netns/one "$(with_result "$new_net" "$given")"
    is "and harms nothing of the first" "0 " "$status $answer"
    cni STATUS bridge '' '' "$new_net"
    is "STATUS" "0 " "$status $answer"
    cni STATUS bridge '' '' "${bridge_net}"
    is "STATUS is of 1.1.0" "1 1" "$status $(jq .code <<<"$answer")"
    ip -n one address delete "$(jq -r '.ips[0].address' <<<"$given")" dev eth0
    cni CHECK bridge c1 /run/netns/one "$(with_result "$new_net" "$given")"
    is "CHECK misses an address" 1 "$status"
    ip netns add two
    cni ADD bridge c2 /run/netns/two "$new_net"
    second=$answer
    cni ADD portmap c2 /run/netns/two "$(with_result "${new_ports//80[58][03]/8099}" "$second")"
    cni GC bridge '' '' "${new_net%\}},\"cni.dev/valid-attachments\":[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]}"
    is "GC" "0 " "$status $answer"
    cni GC portmap '' '' "${new_ports%\}},\"cni.dev/valid-attachments\":[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]}"
    is "GC of portmap" "0 " "$status $answer"
    is "GC leaves one pair" 1 "$(ip -o link | grep -c veth)"
    is "GC leaves the leases of one" 2 "$(find /var/lib/cni/networks/net -type f ! -name lock ! -name 'last_reserved_ip*' | wc -l)"
    is "GC leaves no rule of the other" "" "$(nft list ruleset | grep net/c1/)"
    has "GC leaves the rules of the valid one" net/c2/ "$(nft list ruleset)"
    cni CHECK bridge c2 /run/netns/two "$(with_result "$new_net" "$second")"
    is "and that one is whole" "0 " "$status $answer"
    nft flush ruleset
    cni CHECK bridge c2 /run/netns/two "$(with_result "$new_net" "$second")"
    is "CHECK misses flushed rules" 1 "$status"
    nft delete table inet sharprun 2>/dev/null
    cni DEL portmap c2 /run/netns/two "$(with_result "$new_ports" "$second")"
    is "DEL of portmap after a flush" "0 " "$status $answer"
    ip netns delete two
    cni DEL bridge c2 /run/netns/two "$(with_result "$new_net" "$second")"
    is "DEL after a flush, without the namespace" "0 " "$status $answer"
    for again in /run/netns/one /run/netns/none ''; do
        cni DEL bridge c1 "$again" "$new_net"
        is "DEL of nothing, namespace \"$again\"" "0 " "$status $answer"
    done
    ip link delete br0
    is "nothing is left" "" "$(diff <(echo "$empty") <(snapshot | grep -v /var/lib/cni))"
fi

# -------------------------------------------------------------------------------------------------------- delegation

if chosen delegation; then
    clean
    cat >"$ours/recorder" <<'END'
#!/bin/sh
echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME" >>"${0%/*}/calls"
cat >"${0%/*}/input"
case $CNI_COMMAND in
    ADD) cat "${0%/*}/answer"; grep -q '"code"' "${0%/*}/answer" && exit 1 ;;
esac
exit 0
END
    chmod +x "$ours/recorder"
    other='{"cniVersion":"1.1.0","name":"net","type":"bridge","bridge":"br0","ipam":{"type":"recorder","more":[1]}}'
    echo '{"cniVersion":"1.1.0","code":123,"msg":"none left","details":"sorry"}' >"$ours/answer"
    cni ADD bridge c1 /run/netns/one "$other"
    is "a delegate's error is passed on with its code" "1 123 plugin recorder: none left; sorry" "$status $(jq -r '"\(.code) \(.msg)"' <<<"$answer")"
    is "and the delegate is called again with DEL" "ADD DEL" "$(cut -d' ' -f1 "$ours/calls" | xargs)"
    is "the delegate gets the whole configuration" "$other" "$(<"$ours/input")"
    is "nothing is made" "" "$(ip -o link | grep -v ' lo:')"
    echo '{"cniVersion":"1.1.0","ips":[{"address":"10.1.2.3/24"}],"routes":[{"dst":"0.0.0.0/0","gw":"10.1.2.255"}]}' >"$ours/answer"
    rm "$ours/calls"
    cni ADD bridge c1 /run/netns/one "$other"
    is "a route that the kernel refuses fails ADD" 1 "$status"
    is "and the delegate's address is given back" "ADD DEL" "$(cut -d' ' -f1 "$ours/calls" | xargs)"
    is "and no pair is left" "" "$(ip -o link | grep veth)"
    # Providers of virtual machines give such networks: one address, and a gateway that only the link leads to. The plugin beside ours refuses it.
    echo '{"cniVersion":"1.1.0","ips":[{"address":"10.1.2.3/32","gateway":"10.99.0.1"}],"routes":[{"dst":"0.0.0.0/0"}]}' >"$ours/answer"
    cni ADD bridge c1 /run/netns/one "$other"
    is "a gateway outside of the network is on the link" "0 default via 10.99.0.1 dev eth0 onlink" "$status $(ip -n one route | sed 's/ *$//')"
    cni DEL bridge c1 /run/netns/one "$other"
    rm "$ours/calls"
    for verb in STATUS GC DEL; do cni "$verb" bridge c1 /run/netns/one "${other%\}},\"cni.dev/valid-attachments\":[]}"; done
    is "other verbs are delegated too" "STATUS GC DEL" "$(cut -d' ' -f1 "$ours/calls" | xargs)"
fi

# ------------------------------------------------------------------------------------------------- by the program's own name

if chosen name && has_rules name; then
    clean
    ln -s "$program" "$ours/sharprun-net"
    cni ADD sharprun-net c1 /run/netns/one "$new_net"
    is "called as sharprun-net, the configuration's type says which plugin" 0 "$status"
    cni DEL sharprun-net c1 /run/netns/one "${new_net/\"type\":\"bridge\"/\"type\":\"sharprun-net\"}"
    is "and type sharprun-net is a bridge" "0 " "$status $answer"
    cni ADD sharprun-net c1 /run/netns/one "${new_net/\"type\":\"bridge\"/\"type\":\"firewall\"}"
    is "another type is refused" 'network configuration: type: "firewall" is none of bridge, host-local, portmap, loopback' "$(jq -r .msg <<<"$answer")"
    is "without CNI_COMMAND a plugin tells what it is" 0 "$("$ours/bridge" </dev/null 2>/dev/null >"$scratch/out"; echo $?)"
fi
clean
tally
