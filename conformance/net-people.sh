#!/usr/bin/env bash
# net-people.sh [SHARPRUN-NET] - tests the verbs of sharprun-net for people: up, down, list, inspect, check, gc, reload, hook, the names of containers, and what
# kill -9 leaves. It runs in a network and a mount namespace of its own, with /run, /var/lib/cni and /etc/cni of its own.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tally.sh
. "$here/tally.sh"
net=$(realpath -- "${1:-$here/../out/sharprun-net}") || { echo "no such program" >&2; exit 2; }
image=$here/../out/sharprun-image

if [[ -z ${NET_PEOPLE_INSIDE:-} ]]; then
    mkdir -p /var/lib/cni /etc/cni
    NET_PEOPLE_INSIDE=$(mktemp -d) exec unshare --net --mount --propagation private "$here/net-people.sh" "$net"
fi
scratch=$NET_PEOPLE_INSIDE
for directory in "$scratch" /run /var/lib/cni /etc/cni; do mount -t tmpfs tmpfs "$directory"; done
mount -t sysfs sysfs /sys 2>/dev/null # shows the interfaces of this namespace
ip link set lo up
processes=()
clean_up() {
    local job
    for job in "${processes[@]}"; do kill "$job" 2>/dev/null; done
    wait
    cd /
    umount -l "$scratch"
    rmdir "$scratch"
}
trap clean_up EXIT

root=$scratch/store
hosts=$root/networks/sharprun/hosts
sharprun_net() { "$net" --root "$root" "$@" 2>"$scratch/words"; }
words() { cat "$scratch/words"; }
# status NAME STATUS COMMAND...: its exit status; what it prints is in $output.
status() {
    local name=$1 expected=$2
    shift 2
    output=$("$@")
    is "$name" "$expected" $?
}

# All that could be left behind, a line each.
left_behind() {
    ip -o link | grep -v ' lo: '
    find /run/netns -mindepth 1 2>/dev/null
    find /var/lib/cni -name '[0-9]*'
    find "$root/networks" -name '*.json' 2>/dev/null
    nft list tables 2>/dev/null | grep sharprun
    grep -cv ' /run/netns ' /proc/self/mountinfo | grep -vx "$mounts" # that one mount stays, as it does with ip netns
}
mounts=$(grep -cv ' /run/netns ' /proc/self/mountinfo)

up_and_down() {
    status "up prints the address" 0 sharprun_net up sharprun c1 --name one
    is "the first address of the built-in network" 10.83.0.2 "$output"
    has "the interface has it" "inet 10.83.0.2/24" "$(ip -n c1 -4 -o addr show eth0)"
    has "lo is up" "LOOPBACK,UP" "$(ip -n c1 -o link show lo)"
    has "the default route is the bridge" "default via 10.83.0.1 dev eth0" "$(ip -n c1 route)"
    status "a second container" 0 sharprun_net up sharprun c2 --name two --json
    is "as JSON" '10.83.0.3/24 two /run/netns/c2' "$(jq -r '"\(.addresses[0]) \(.name) \(.netns)"' <<<"$output")"
    reaches "they reach each other" 10.83.0.3
    reaches "and the host" 10.83.0.1
    status "twice is refused" 1 sharprun_net up sharprun c1
    is "with a sentence" "sharprun-net: attach /run/netns/c1 to network sharprun: it is attached already" "$(words)"
    status "a name that is taken is refused" 1 sharprun_net up sharprun c3 --name two
    has "and whose it is" "the name two is that of /run/netns/c2" "$(words)"
    if [[ -e /run/netns/c3 ]]; then not_ok "nothing was made for it"; else ok "nothing was made for it"; fi
    status "check" 0 sharprun_net check sharprun c1
    is "check prints nothing" "" "$output$(words)"
    ip -n c1 addr flush dev eth0
    status "check sees what is missing" 1 sharprun_net check sharprun c1
    status "down" 0 sharprun_net down sharprun c1
    is "down prints nothing" "" "$output$(words)"
    status "down again" 0 sharprun_net down sharprun c1
    status "down of what never was" 0 sharprun_net down sharprun c9
    status "down in a network that never was" 0 sharprun_net down nothing c9
    status "the other one stays" 0 sharprun_net check sharprun c2
    status "down of the last" 0 sharprun_net down sharprun c2
    is "nothing is left" "" "$(left_behind)"
}

# From c1: a refused connection has come there and back.
reaches() { has "$1" "Connection refused" "$(ip netns exec c1 timeout 3 bash -c "</dev/tcp/$2/9" 2>&1)"; }

given_namespaces() {
    ip netns add mine
    status "a namespace that was there" 0 sharprun_net up sharprun mine --ip 10.83.0.99 --mac 02:11:22:33:44:55 --ifname net7
    is "the address that was asked for" 10.83.0.99 "$output"
    has "the hardware address and name that were asked for" "02:11:22:33:44:55" "$(ip -n mine -o link show net7)"
    status "down" 0 sharprun_net down sharprun /var/run/netns/mine
    if ip netns exec mine true; then ok "stays"; else not_ok "stays"; fi
    ip netns delete mine
    unshare --net sleep 600 &
    local pid=$!
    processes+=("$pid")
    until [[ $(readlink "/proc/$pid/ns/net") != "$(readlink /proc/self/ns/net)" ]]; do sleep 0.01; done
    status "a namespace by its path" 0 sharprun_net up sharprun "/proc/$pid/ns/net"
    has "has the address" "inet $output/24" "$(nsenter -t "$pid" -n ip -4 -o addr show eth0)"
    kill "$pid"
    wait "$pid" 2>/dev/null
    status "gc of a dead namespace" 0 sharprun_net gc
    is "is told" "sharprun /proc/$pid/ns/net" "$output"
    status "a path where nothing is" 1 sharprun_net up sharprun "$scratch/none"
    has "is named" "$scratch/none: there is no network namespace" "$(words)"
    is "nothing is left" "" "$(left_behind)"
}

names() {
    local address
    sharprun_net up sharprun c1 --name one >/dev/null
    # As it is bound over /etc/hosts of a running container.
    touch "$scratch/bound"
    mount --bind "$hosts" "$scratch/bound"
    address=$(sharprun_net up sharprun c2 --name two)
    is "a later name is seen in a file that is bound already" "$address" "$(awk '$2 == "two" { print $1 }' "$scratch/bound")"
    mount --bind "$scratch/bound" /etc/hosts
    has "it is found by name" "$address" "$(ip netns exec c1 getent hosts two)"
    reaches "and reached by name" two
    umount /etc/hosts
    sharprun_net down sharprun c1
    is "a name goes" "" "$(awk '$2 == "one"' "$scratch/bound")"
    has "localhost stays" $'127.0.0.1\tlocalhost' "$(cat "$scratch/bound")"
    umount "$scratch/bound"
    if [[ -x $image ]]; then
        mkdir -p "$scratch/bundle/rootfs" "$scratch/oci"
        if "$here/test-image.sh" "$scratch/oci/image" >/dev/null 2>&1; then
            "$image" --root "$root" bundle "oci:$scratch/oci/image:test" "$scratch/bundle" --netns /run/netns/c2 >/dev/null 2>"$scratch/words"
            is "the bundle binds the network's names" "$hosts" "$(jq -r '.mounts[] | select(.destination == "/etc/hosts") | .source' "$scratch/bundle/config.json")"
            "$image" --root "$root" bundle "oci:$scratch/oci/image:test" "$scratch/bundle" --netns /run/netns/other >/dev/null 2>"$scratch/words"
            has "and of another namespace the bundle's own" "$scratch/bundle/hosts" "$(jq -r --arg bundle "$scratch/bundle" \
                '.mounts[] | select(.destination == "/etc/hosts") | .source | if startswith("/") then . else "\($bundle)/\(.)" end' "$scratch/bundle/config.json")"
        fi
    else
        skip "the bundle binds the network's names" "no sharprun-image in out/"
    fi
    sharprun_net down sharprun c2
    is "nothing is left" "" "$(left_behind)"
}

ports() {
    status "bad words: 2" 2 sharprun_net up sharprun c1 -p 80
    status "twice the same port: 2" 2 sharprun_net up sharprun c1 -p 8080:80 -p 127.0.0.1:8080:81
    status "a bad address: 2" 2 sharprun_net up sharprun c1 --ip 10.83.0
    status "a bad hardware address: 2" 2 sharprun_net up sharprun c1 --mac 01:00:00:00:00:00
    status "an interface's bad name: 2" 2 sharprun_net up sharprun c1 --ifname a/b
    status "a network's bad name: 2" 2 sharprun_net up ../x c1
    status "an unknown network: 1" 1 sharprun_net up other c1
    status "no namespace: 2" 2 sharprun_net up sharprun
    status "an address of elsewhere: 1" 1 sharprun_net up sharprun c1 --ip 192.0.2.1
    is "nothing is left" "" "$(left_behind)"
    if ! nft list tables >/dev/null 2>&1; then skip "published ports" "no nft"; return; fi
    status "two ports" 0 sharprun_net up sharprun c1 -p 8080:80 -p 127.0.0.1:5353:53/udp
    status "a port that is taken is refused" 1 sharprun_net up sharprun c2 -p 8080:81
    has "and whose it is" "leads to /run/netns/c1 already" "$(words)"
    answers "a published port answers"
    nft flush ruleset
    status "after a flush, check misses the rules" 1 sharprun_net check sharprun c1
    status "reload" 0 sharprun_net reload
    is "tells whose rules are back" "sharprun /run/netns/c1" "$output"
    status "and check agrees" 0 sharprun_net check sharprun c1
    answers "and the port answers"
    status "reload when all is there" 0 sharprun_net reload
    status "and check still agrees" 0 sharprun_net check sharprun c1
    nft flush ruleset
    status "down after a flush" 0 sharprun_net down sharprun c1
    is "nothing is left" "" "$(left_behind)"
}

# Who sends datagrams from one port all the time reaches the container that has the port now, and not the one that had it.
datagrams_follow_the_port() {
    local first second
    sharprun_net up sharprun c1 -p 5300:53/udp >/dev/null
    first=$(datagram c1)
    sharprun_net down sharprun c1
    # Another address, for that of c1 is the last to be given again.
    sharprun_net up sharprun c2 -p 5300:53/udp >/dev/null
    second=$(datagram c2)
    sharprun_net down sharprun c2
    is "datagrams go to the container that has the port" "arrived arrived" "$first $second"
    is "nothing is left" "" "$(left_behind)"
}

# datagram NAMESPACE: "arrived" when it comes to port 53 there, sent from the host's port 40000 to the bridge's published one.
datagram() {
    # shellcheck disable=SC2016 # the $ are perl's
    ip netns exec "$1" timeout 5 perl -MIO::Socket::INET -e '
        $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 53, Proto => "udp") or die; $s->recv($text, 100); print $text' &
    for _ in $(seq 20); do
        perl -MIO::Socket::INET -e '
            $s = IO::Socket::INET->new(LocalPort => 40000, PeerAddr => "10.83.0.1", PeerPort => 5300, Proto => "udp") or die; $s->send("arrived")'
        sleep 0.1
        kill -0 $! 2>/dev/null || break
    done
    wait $!
}

answers() {
    # shellcheck disable=SC2016 # the $ is perl's
    ip netns exec c1 timeout 10 perl -MIO::Socket::INET -e '
        $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 80, Listen => 1, ReuseAddr => 1) or die; $c = $s->accept; print $c "answered\n"' &
    local server=$! answer
    for _ in $(seq 20); do
        if answer=$(timeout 3 bash -c 'cat </dev/tcp/127.0.0.1/8080' 2>/dev/null) && [[ $answer ]]; then break; fi
        sleep 0.1
    done
    wait "$server"
    is "$1" answered "$answer"
}

described_networks() {
    mkdir -p /etc/cni/net.d
    cat >/etc/cni/net.d/10-lan.conflist <<'END'
{"cniVersion":"1.0.0","name":"lan","plugins":[{"type":"bridge","bridge":"lan0","isGateway":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.99.0.0/24"}],[{"subnet":"fd99::/64"}]]}},
 {"type":"tuning","sysctl":{"net.core.somaxconn":"500"}}]}
END
    echo '{"cniVersion":"1.0.0","name":"bare","type":"bridge","bridge":"bare0"}' >/etc/cni/net.d/20-bare.conf
    echo '{' >/etc/cni/net.d/30-bad.json
    status "list" 0 sharprun_net list
    is "names the networks" $'bare\nlan\nsharprun' "$output"
    has "and warns of a bad file" "30-bad.json" "$(words)"
    sharprun_net -q list >/dev/null
    is "unless it is to be quiet" "" "$(words)"
    status "--config-dir" 0 sharprun_net list --config-dir "$scratch/none"
    is "elsewhere is the built-in one alone" sharprun "$output"
    if [[ -x /usr/lib/cni/tuning ]]; then
        CNI_PATH=/usr/lib/cni status "a chain with another's plugin" 0 sharprun_net up lan c1 --ip 10.99.0.7
        is "an address of each family" $'10.99.0.7\nfd99::2' "$output"
        is "the other plugin was there" 500 "$(ip netns exec c1 cat /proc/sys/net/core/somaxconn)"
        status "check" 0 sharprun_net check lan c1
        status "inspect" 0 sharprun_net inspect lan
        is "tells what is in it" "lan bridge,tuning /run/netns/c1 true" "$(jq -r '"\(.name) \(.plugins | join(",")) \(.attachments[0].netns) \(.attachments[0].alive)"' <<<"$output")"
        rm /etc/cni/net.d/10-lan.conflist
        status "down when the description has gone" 0 sharprun_net down lan c1
        ip link delete lan0
    fi
    status "-p where no plugin can" 1 sharprun_net up bare c1 -p 80:80
    has "says what is missing" 'capability "portMappings"' "$(words)"
    cat >/etc/cni/net.d/40-fails.conflist <<'END'
{"cniVersion":"1.0.0","name":"fails","plugins":[{"type":"bridge","bridge":"fails0","ipam":{"type":"host-local","ranges":[[{"subnet":"10.98.0.0/24"}]]}},{"type":"there-is-no-such-plugin"}]}
END
    status "a plugin that is not there" 1 sharprun_net up fails c1
    has "is named" "there-is-no-such-plugin" "$(words)"
    is "and makes nothing" "" "$(left_behind)"
    if [[ -x /usr/lib/cni/tuning ]]; then
        sed -i 's/"type":"there-is-no-such-plugin"/"type":"tuning","sysctl":{"net.core.no_such_thing":"1"}/' /etc/cni/net.d/40-fails.conflist
        status "a plugin that fails" 1 sharprun_net up fails c1
        has "is told with its words" "no_such_thing" "$(words)"
        ip link delete fails0 # a described network's bridge stays
    fi
    rm -f /etc/cni/net.d/40-fails.conflist
    is "nothing is left" "" "$(left_behind)"
}

hooks() {
    unshare --net sleep 600 &
    local pid=$!
    processes+=("$pid")
    until [[ $(readlink "/proc/$pid/ns/net") != "$(readlink /proc/self/ns/net)" ]]; do sleep 0.01; done
    mkdir -p "$scratch/hooked"
    echo '127.0.0.1 localhost' >"$scratch/hooked/hosts"
    local state='{"ociVersion":"1.0.2","id":"hooked","status":"created","pid":'$pid',"bundle":"'$scratch/hooked'"}'
    status "hook up" 0 sharprun_net hook up sharprun <<<"$state"
    has "the container has an address" "inet $output/24" "$(nsenter -t "$pid" -n ip -4 -o addr show eth0)"
    is "the names are in the bundle's hosts" "$output" "$(awk '$2 == "hooked" { print $1 }' "$scratch/hooked/hosts")"
    kill "$pid"
    wait "$pid" 2>/dev/null
    status "hook down, when the process has gone" 0 sharprun_net hook down sharprun <<<'{"ociVersion":"1.0.2","id":"hooked","status":"stopped","bundle":"'"$scratch/hooked"'"}'
    status "hook down again" 0 sharprun_net hook down sharprun <<<'{"id":"hooked"}'
    status "hook up without a process" 1 sharprun_net hook up sharprun <<<'{"id":"hooked"}'
    status "hook up with bad JSON" 1 sharprun_net hook up sharprun <<<'{'
    has "has a sentence" "state on stdin: line " "$(words)"
    status "hook of neither" 2 sharprun_net hook across sharprun <<<'{}'
    is "nothing is left" "" "$(left_behind)"
}

host_route() {
    ip link add other type bridge
    ip addr add 10.83.0.200/28 dev other
    ip link set other up
    status "addresses that the host has elsewhere are refused" 1 sharprun_net up sharprun c1
    has "with the route" "route 10.83.0.192/28 by other" "$(words)"
    ip link delete other
    is "nothing is left" "" "$(left_behind)"
}

at_once() {
    local i jobs=()
    for i in $(seq 50); do "$net" --root "$root" up sharprun "many$i" --name "many$i" >"$scratch/many$i" & jobs+=("$!"); done
    wait "${jobs[@]}"
    is "50 at once have 50 addresses" 50 "$(cat "$scratch"/many* | sort -u | grep -c '^10\.83\.0\.')"
    is "and 50 names" 50 "$(grep -c $'\tmany' "$hosts")"
    jobs=()
    for i in $(seq 50); do "$net" --root "$root" down sharprun "many$i" & jobs+=("$!"); done
    wait "${jobs[@]}"
    is "nothing is left" "" "$(left_behind)"
}

# killed VERB CLEARING: kills the verb at each of its system calls of some kinds, one a turn; then `down` or `gc` clears.
killed() {
    local verb=$1 clearing=$2 call turn bad=0 turns=0 left code
    local calls=(mkdirat openat flock write pwrite64 renameat2 renameat unlinkat unlink mount umount2 unshare setns sendto recvfrom close symlinkat)
    for call in "${calls[@]}"; do
        for turn in $(seq 1 40); do
            [[ $verb == up ]] || "$net" --root "$root" up sharprun k1 --name k1 -p 8081:80 >/dev/null 2>&1
            # shellcheck disable=SC2086 # words
            { strace -qq -o /dev/null -e inject="$call:signal=KILL:when=$turn" "$net" --root "$root" $verb sharprun k1 ${ports_of_k1[$verb]}; } >/dev/null 2>&1
            code=$?
            turns=$((turns + 1))
            if [[ $clearing == gc && $verb == up && $code == 0 ]]; then "$net" --root "$root" down sharprun k1
            elif [[ $clearing == gc ]]; then "$net" --root "$root" gc >/dev/null 2>"$scratch/words" || echo "  gc: $(words)"; "$net" --root "$root" down sharprun k1
            else "$net" --root "$root" down sharprun k1 2>"$scratch/words" || echo "  down: $(words)"; fi
            left=$(left_behind)
            if [[ $left ]]; then bad=$((bad + 1)); printf '  %s killed at %s %d left: %s\n' "$verb" "$call" "$turn" "$left"; fi
            [[ $code == 137 ]] || break
        done
    done
    is "$verb killed at $turns moments, then $clearing: nothing left" 0 "$bad"
}
declare -A ports_of_k1=([up]="--name k1 -p 8081:80" [down]="")

up_and_down
given_namespaces
names
ports
datagrams_follow_the_port
described_networks
hooks
host_route
at_once
if type -P strace >/dev/null; then
    killed up down
    killed up gc
    killed down down
else
    skip "kill -9" "no strace"
fi
tally
