#!/usr/bin/env bash
# net-links.sh [PROGRAM|DIRECTORY] [REFERENCE] - what the plugin bridge makes of links, addresses and routes: the same as the reference (default
# /usr/lib/cni) makes of the same configuration, and what it alone knows: VLANs, isolation, ends that are found again, refusals that leave nothing.
# shellcheck disable=SC2034,SC2154 # under, status and answer are of net-world.sh
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tally.sh
. "$here/tally.sh"
# shellcheck source=net-world.sh
. "$here/net-world.sh"
ours=$(realpath -- "${1:-$here/../out/sharprun-net}")
theirs=${2:-/usr/lib/cni}
net_world "$here/net-links.sh" "$ours" "$theirs"

plugins_of "$ours" ours
our_plugins=$plugins

# A host and a container of their own for each case, so that indices are the same too.
begin() {
    host=h$1 container=n$1
    ip netns add "$host"
    ip -n "$host" link set lo up
    ip netns add "$container"
    under=(ip netns exec "$host")
}

end() {
    ip netns delete "$host"
    ip netns delete "$container"
    rm -rf /var/lib/cni
}

on() { ip netns exec "$host" "$@"; }
within() { ip netns exec "$container" "$@"; }
add() { cni ADD bridge "${id:-c1}" "/run/netns/$container" "$1"; }
remove() { cni DEL bridge "${id:-c1}" "/run/netns/$container" "$1"; }
check() { cni CHECK bridge "${id:-c1}" "/run/netns/$container" "$(with_result "$1" "$2")"; }
added() { add "$2"; is "$1: added" 0 "$status"; if [[ $status != 0 ]]; then error_of; fi; }
refused() { is "$1" 1 "$status"; has "$1: says why" "$2" "$answer"; }

# reaches NAME on|within ADDRESS; misses NAME on|within ADDRESS
reaches() { if "$2" timeout 5 busybox ping -c 1 "$3" >/dev/null; then ok "$1"; else not_ok "$1"; fi; }
misses() { if "$2" timeout 2 busybox ping -c 1 "$3" >/dev/null; then not_ok "$1"; else ok "$1"; fi; }
ports() { ip -n "$host" -o link show type veth; }

# Everything about both sides but what is random, what counts time, and two differences that are meant: the reference gives its links a queue of no
# packets (which starves traffic shapers) and leaves the detection of duplicate addresses to a setting instead of the address.
state() {
    local facts='walk(if type == "object" then del(.ifalias, .txqlen, .nodad, .valid_life_time, .preferred_life_time, .group_addr, .bridge_id, .root_id,
        .hello_timer, .gc_timer, .topology_change_timer, .tcn_timer, .hold_timer, .message_age_timer, .forward_delay_timer) else . end)'
    {
        for where in "$host" "$container"; do
            ip -n "$where" -d -j link
            ip -n "$where" -j address
            ip -n "$where" -j route | jq -c 'sort_by(.dst, .dev)'
            ip -n "$where" -6 -j route | jq -c 'map(select(.dst != "fe80::/64"))'
        done
        for setting in ipv4/ip_forward ipv6/conf/all/forwarding ipv6/conf/b0/accept_ra; do on cat "/proc/sys/net/$setting"; done
        for setting in ipv6/conf/eth0/accept_dad ipv4/conf/eth0/arp_notify; do within cat "/proc/sys/net/$setting"; done
    } | jq -S "$facts" | sed -E 's/veth[0-9a-f]{8}/VETH/; s/([0-9a-f]{2}:){5}[0-9a-f]{2}/MAC/; s/fe80::[0-9a-f:]+/LOCAL/; s/8000\.[0-9a-f:]+/BRIDGE/; s/"h[0-9]+"|"n[0-9]+"/"NETNS"/'
}

number=0

# same NAME CONFIG: both make the same of it.
same() {
    if [[ ! -x $theirs/bridge ]]; then skip "$1: as the reference" "no plugins in $theirs"; return; fi
    local expected
    plugins=$theirs
    begin $((number += 1))
    add "$2"
    if [[ $status != 0 ]]; then skip "$1: as the reference" "it says $(error_of)"; end; plugins=$our_plugins; return; fi
    sleep 2.5 # the link's own address is looked for first
    expected=$(state)
    end
    plugins=$our_plugins
    begin $((number += 1))
    added "$1" "$2"
    sleep 2.5
    if diff <(echo "$expected") <(state); then ok "$1: as the reference"; else not_ok "$1: as the reference"; fi
    end
}

ipam4='"ipam":{"type":"host-local","ranges":[[{"subnet":"10.9.0.0/24"}]]}'
b='"cniVersion":"1.0.0","name":"b","type":"bridge","bridge":"b0"'
same "IPv4" "{$b,\"isDefaultGateway\":true,$ipam4}"
same "both families" "$(bridge_config b "10.9.0.0/24 fd00:9::/64")"
same "IPv6" "{$b,\"isDefaultGateway\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"fd00:9::/64\"}]]}}"
same "no addresses" "{$b}"
same "an MTU" "{$b,\"isGateway\":true,\"mtu\":1400,$ipam4}"
same "a large MTU" "{$b,\"isGateway\":true,\"mtu\":9000,$ipam4}"
same "a hairpin" "{$b,\"isGateway\":true,\"hairpinMode\":true,$ipam4}"
same "promiscuous" "{$b,\"isGateway\":true,\"promiscMode\":true,$ipam4}"
same "routes" "{$b,\"isGateway\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.9.0.0/24\"}]],\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"192.168.7.0/24\",\"gw\":\"10.9.0.77\"}]}}"
same "a route without a gateway" "{$b,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.9.0.0/24\"}]],\"routes\":[{\"dst\":\"192.168.7.0/24\"}]}}"

config="{$b,\"isDefaultGateway\":true,$ipam4}"
veth=veth$(printf %s c1/eth0 | sha256sum | head -c 8)

# What was made is in the result, is found by CHECK, and goes with DEL.
begin $((number += 1))
on sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/arp_accept; echo 1 > /proc/sys/net/ipv4/conf/default/arp_accept'
added "an attachment" "$(jq -c '.runtimeConfig.mac = "02:00:00:00:0a:0b" | .capabilities.mac = true' <<<"$config")"
result=$answer
is "the interface has the hardware address that was asked for" 02:00:00:00:0a:0b "$(ip -n "$container" -j link show eth0 | jq -r '.[].address')"
is "the result's are those of the links" \
    "$(ip -n "$host" -j link show b0 | jq -r '.[].address') $(ip -n "$host" -j link show "$veth" | jq -r '.[].address') 02:00:00:00:0a:0b" \
    "$(jq -r '[.interfaces[].mac] | join(" ")' <<<"$result")"
is "the host's end says whose it is" sharprun:b/c1/eth0 "$(ip -n "$host" -j link show "$veth" | jq -r '.[].ifalias')"
is "the port forwards when ADD comes back" forwarding "$(ip -n "$host" -d -j link show "$veth" | jq -r '.[].linkinfo.info_slave_data.state')"
has "neighbours were told the address" 02:00:00:00:0a:0b "$(ip -n "$host" neighbour show 10.9.0.2)"
reaches "the host reaches it" on 10.9.0.2
check "$config" "$result"; is "CHECK" 0 "$status"
for change in "ip -n $container address flush dev eth0 scope global|does not have the address" "ip -n $container route delete default|the route to 0.0.0.0/0" \
    "ip -n $container link set eth0 down|is down" "ip -n $host link set $veth nomaster|is not a port of b0" "ip -n $host link set b0 down|b0 is down" \
    "ip -n $host link set $veth type bridge_slave hairpin on|hairpin" "ip -n $container link set eth0 address 02:00:00:00:00:99|hardware address" \
    "ip -n $host address delete 10.9.0.1/24 dev b0|does not have the address"; do
    remove "$config"
    add "$(jq -c '.runtimeConfig.mac = "02:00:00:00:0a:0b" | .capabilities.mac = true' <<<"$config")"
    result=$answer
    ${change%%|*}
    check "$config" "$result"
    refused "CHECK after ${change%%|*}" "${change#*|}"
done
remove "$config"; is "DEL" 0 "$status"
is "both ends are gone" "" "$(ports)$(ip -n "$container" -o link show type veth)"
remove "$config"; is "DEL again" 0 "$status"
end

# The namespace's name is gone, the namespace lives: the host's end is found.
begin $((number += 1))
added "a namespace that loses its name" "$config"
ip netns exec "$container" sleep 60 & sleeper=$!
until [[ $(ip netns pids "$container") ]]; do sleep 0.1; done
ip netns delete "$container"
remove "$config"; is "DEL without the namespace" 0 "$status"
is "the pair is gone" "" "$(ports)"
kill "$sleeper"; wait "$sleeper" 2>/dev/null
ip netns add "$container"
end

# Made by the reference, removed by ours.
if [[ -x $theirs/bridge ]]; then
    begin $((number += 1))
    plugins=$theirs
    add "$config"
    plugins=$our_plugins
    remove "$config"; is "DEL of what the reference made" 0 "$status"
    is "its pair is gone" "" "$(ports)"
    end
fi

# Refusals, and that they leave nothing.
begin $((number += 1))
ip -n "$container" link add eth0 type dummy 2>/dev/null || ip -n "$container" link add eth0 type veth peer name other
before=$(ip -n "$container" -o link)
add "$config"; refused "an interface of that name is there" "there is an interface eth0 already in"
is "it is as it was" "$before" "$(ip -n "$container" -o link)"
is "no pair is left" "" "$(ports)"
end
begin $((number += 1))
ip -n "$host" link add "$veth" type veth peer name other
add "$config"; refused "the host's end would have another's name" "$veth is there already"
is "the other has no alias of ours" null "$(ip -n "$host" -j link show "$veth" | jq -r '.[].ifalias')"
remove "$config"; is "DEL leaves it alone: exit" 0 "$status"
has "DEL leaves it alone" "$veth" "$(ports)"
end
begin $((number += 1))
ip -n "$host" link add b0 type veth peer name other
add "$config"; refused "a link that is no bridge" "b0 is there already, but it is not a bridge"
end
begin $((number += 1))
ip -n "$host" link add b0 type bridge
ip -n "$host" address add 10.8.0.1/24 dev b0
add "$config"; refused "a bridge with another address" "b0 has the address 10.8.0.1/24 already"
is "nothing of it is left" "" "$(ports)$(ip -n "$container" -o link show type veth)"
added "with forceAddress" "$(jq -c '.forceAddress = true' <<<"$config")"
is "the bridge has the gateway's address alone" 10.9.0.1 "$(ip -n "$host" -4 -j address show b0 | jq -r '[.[].addr_info[].local] | join(" ")')"
mac=$(ip -n "$host" -j link show b0 | jq -r '.[].address')
id=c2 interface=eth1 added "a second one" "$config"
is "the bridge keeps its hardware address" "$mac" "$(ip -n "$host" -j link show b0 | jq -r '.[].address')"
end
begin $((number += 1))
add "{$b,\"isGateway\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.9.0.0/24\"}]],\"routes\":[{\"dst\":\"192.168.7.0/24\",\"gw\":\"224.0.0.1\"}]}}"
refused "a route by a group" "make the route to 192.168.7.0/24 by 224.0.0.1: invalid argument (EINVAL): "
is "nothing of it is left" "" "$(ports)$(ip -n "$container" -o link show type veth)"
end

# Routes with everything.
begin $((number += 1))
added "special routes" "$(jq -c '.cniVersion = "1.1.0"' <<<"{$b,\"isGateway\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.9.0.0/24\"}]],\"routes\":[
    {\"dst\":\"0.0.0.0/0\",\"gw\":\"192.168.200.1\"},{\"dst\":\"10.1.0.0/16\",\"mtu\":1300,\"advmss\":1260,\"priority\":50},{\"dst\":\"10.2.0.0/16\",\"table\":1000}]}}")"
result=$answer
has "a gateway outside of the network" "default via 192.168.200.1 dev eth0 onlink" "$(ip -n "$container" route)"
has "a route's numbers" "10.1.0.0/16 via 10.9.0.1 dev eth0 metric 50 mtu 1300 advmss 1260" "$(ip -n "$container" route | tr -s ' ')"
has "a route's table" "10.2.0.0/16 via 10.9.0.1 dev eth0" "$(ip -n "$container" route show table 1000)"
check "$(jq -c '.cniVersion = "1.1.0"' <<<"{$b,\"isGateway\":true,$ipam4}")" "$result"; is "CHECK of them" 0 "$status"
ip -n "$container" route flush table 1000
check "$(jq -c '.cniVersion = "1.1.0"' <<<"{$b,\"isGateway\":true,$ipam4}")" "$result"; refused "CHECK of the one that is missing" "10.2.0.0/16"
end

# GC knows ours of this network from all others on the bridge.
begin $((number += 1))
gc=$(jq -c '.cniVersion = "1.1.0"' <<<"$config")
id=dead interface=eth0 added "a dead one" "$gc"
id=alive interface=eth1 added "a living one" "$gc"
id=other interface=eth2 added "one of another network" "$(jq -c '.name = "other"' <<<"$gc")"
ip -n "$host" link add foreign master b0 type veth peer name foreign2
cni GC bridge "" "" "$(jq -c '."cni.dev/valid-attachments" = [{containerID: "alive", ifname: "eth1"}]' <<<"$gc")"
is "GC" 0 "$status"
is "what is left" "alive/eth1 other/eth2" "$(ip -n "$host" -j link | jq -r '[.[].ifalias | strings | sub("^sharprun:[a-z]*/"; "")] | sort | join(" ")')"
has "a foreign one is left" foreign "$(ports)"
end

# Isolation: two containers reach the bridge, but not each other.
begin $((number += 1))
isolated=$(jq -c '.portIsolation = true' <<<"$config")
added "an isolated port" "$isolated"
ip netns add second
cni ADD bridge c2 /run/netns/second "$isolated"
is "both are isolated" "true true" "$(ip -n "$host" -d -j link | jq -r '[.[].linkinfo.info_slave_data.isolated | select(. != null)] | join(" ")')"
reaches "it reaches the gateway" within 10.9.0.1
misses "it does not reach the other" within 10.9.0.3
ip netns delete second
end

# VLANs.
begin $((number += 1))
vlan=$(jq -c '.vlan = 100 | .preserveDefaultVlan = false' <<<"$config")
if ! on ip link add probe type bridge vlan_filtering 1 2>/dev/null || ! on ip link add link probe name probe.1 type vlan id 1 2>/dev/null; then
    add "$vlan"
    refused "without VLANs in the kernel" "make the bridge b0: operation not supported (EOPNOTSUPP)"
    skip "VLANs" "this kernel has none"
else
    on ip link delete probe
    added "a VLAN" "$vlan"
    result=$answer
    is "the port's VLANs" '[{"vlan":100,"flags":["PVID","Egress Untagged"]}]' "$(on bridge -j vlan show dev "$veth" | jq -c '.[].vlans')"
    is "the gateway is on an interface of the VLAN" 10.9.0.1 "$(ip -n "$host" -4 -j address show b0.100 | jq -r '.[].addr_info[].local')"
    is "the result names it" "b0.100 $(ip -n "$host" -j link show b0.100 | jq -r '.[].address')" "$(jq -r '.interfaces[3] | .name + " " + .mac' <<<"$result")"
    reaches "the gateway is reached" within 10.9.0.1
    check "$vlan" "$result"; is "CHECK of a VLAN" 0 "$status"
    ip netns add second
    cni ADD bridge c2 /run/netns/second "$(jq -c '.vlan = 200 | .isGateway = false | .isDefaultGateway = false' <<<"$vlan")"
    is "another VLAN: added" 0 "$status"
    misses "another VLAN is not reached" within 10.9.0.3
    ip netns delete second
    remove "$vlan"
    added "trunks" "$(jq -c 'del(.vlan) | .isDefaultGateway = false | .preserveDefaultVlan = true | .vlanTrunk = [{minID: 10, maxID: 12}, {id: 20}]' <<<"$config")"
    is "the port's VLANs with trunks" "1 10 11 12 20" "$(on bridge -j vlan show dev "$veth" | jq -r '[.[].vlans[] | range(.vlan; (.vlanEnd // .vlan) + 1)] | join(" ")')"
fi
end
tally
