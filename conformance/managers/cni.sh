#!/usr/bin/env bash
# cni.sh [PROGRAM|DIRECTORY] [RUNTIME] - do a real containerd (through the CRI, pods.sh) and a real podman (network_backend = "cni") get their
# networks from sharprun-net, called as bridge, host-local, portmap and loopback, or from the CNI plugins in DIRECTORY? RUNTIME is sharprun.
#
# Everything lives in namespaces of its own (machine.sh). What podman asks of plugins that we do not have (firewall, tuning) Debian's do.
# Prints ok, not ok or skip for each case, and last "N passed, N failed, N skipped".
# shellcheck disable=SC2016,SC2034,SC2154 # the $ are for the containers' shells; machine.sh, libpod.sh and pods.sh set and use scratch and others
set -uo pipefail
# shellcheck source=libpod.sh
. "$(dirname "${BASH_SOURCE[0]}")/libpod.sh"
# shellcheck source=pods.sh
. "$here/managers/pods.sh"
if [[ -z ${MACHINE_TAG:-} ]]; then
    pods_packages && need nft nftables "shows the rules" && need jq jq "reads podman's answers" || exit 1
    tool=$(realpath -m -- "${1:-$here/../out/sharprun-net}")
    [[ -x $tool ]] || { echo "no such program: $tool" >&2; exit 2; }
    export NETWORK_TOOL=$tool CNI_PLUGINS=$tool
    if [[ ! -d $tool ]]; then CNI_PLUGINS=/run/test/plugins; fi
fi
libpod "${BASH_SOURCE[0]}" "${2:-${RUNTIME:-$here/../out/sharprun}}"
# Our records and containerd's cached results are below it; covered, for they are not of this machine.
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/cni
if [[ ! -d $NETWORK_TOOL ]]; then
    mkdir -p "$CNI_PLUGINS"
    for plugin in bridge host-local portmap loopback; do ln -s "$NETWORK_TOOL" "$CNI_PLUGINS/$plugin"; done
fi

# network_state: what networks may leave, one a line; the bridges themselves stay, as with every CNI plugin, and so does an empty table.
network_state() {
    ip -o link | grep -o 'veth[^@]*'
    find /run/netns -type f 2>/dev/null
    find /var/lib/cni/networks /run/test/addresses -type f ! -name lock ! -name 'last_reserved_ip*' 2>/dev/null
    find /var/lib/sharprun/networks /var/lib/cni/results -type f 2>/dev/null
    nft -s list ruleset 2>/dev/null | grep -E 'dnat|10\.8[589]\.[0-9]+\.[0-9]+([^/0-9]|$)|fd8[589]:'
}

# answer_of ADDRESS PORT: what is answered there, within some seconds.
answer_of() {
    local answer
    for _ in $(seq 30); do
        answer=$(timeout 3 bash -c "cat </dev/tcp/$1/$2" 2>/dev/null) && [[ $answer ]] && break
        sleep 0.1
    done
    echo "$answer"
}

serves='while :; do nc -l -p 80 -e echo answered; done'
# asks ADDRESS PORT: a command for a container's shell. Between two connections nobody listens for a moment.
asks() { echo "for _ in 1 2 3 4 5 6 7 8 9; do echo | nc -w 5 $1 $2 && break; sleep 0.2; done"; }

# -------------------------------------------------------------------------------------------------------- containerd

# status_of_pod: sets address and address6.
status_of_pod() {
    cri PodSandboxStatus PodSandboxStatusResponse <<<"pod_sandbox_id: \"$pod\""
    address=$(field ip | sed -n 1p) address6=$(field ip | sed -n 2p)
}

containerd_pods() {
    local first first_config first_logs one one6
    published='port_mappings { container_port: 80 host_port: 8085 } port_mappings { protocol: UDP container_port: 53 host_port: 5385 }' run_pod one || return
    status_of_pod
    one=$address one6=$address6
    has "containerd: a pod has an address of each family" "10.85.0.,fd85::" "${one%[0-9]*},${one6%[0-9a-f]*}"
    start server '' sh -c "$serves" || return
    first=$pod first_config=$pod_config first_logs=$logs
    is "containerd: the pod, from the host" answered "$(answer_of "$one" 80)"
    is "containerd: a published port, from 127.0.0.1" answered "$(answer_of 127.0.0.1 8085)"
    is "containerd: and by another address of the host" answered "$(answer_of 10.85.0.1 8085)"
    run_pod two || return
    status_of_pod
    if [[ $address != "$one" ]]; then ok "containerd: two pods have two addresses"; else not_ok "containerd: two pods have two addresses"; fi
    output client '' sh -c "ping -c 1 -W 5 $one; ping -6 -c 1 -W 5 $one6; ping -c 1 -W 5 10.85.0.1; $(asks "$one" 80); $(asks 10.85.0.1 8085); true"
    is "containerd: pod to pod, IPv4 and IPv6, to the gateway, to the pod's port and the published one" "3 2" \
        "$(grep -c ' 0% packet loss' <<<"$output") $(grep -c answered <<<"$output")"
    output client '' sh -c 'ip -4 route; ip -6 route; ip link show lo'
    has "containerd: the default route" "default via 10.85.0.1 dev eth0" "$output"
    has "containerd: the default route of IPv6" "default via fd85::1 dev eth0" "$output"
    has "containerd: lo is up" "LOOPBACK,UP" "$output"
    if end_pod; then ok "containerd: a pod ends"; else not_ok "containerd: a pod ends"; echo "  $words"; fi
    is "containerd: the port of the other is still there" answered "$(answer_of 127.0.0.1 8085)"
    pod=$first pod_config=$first_config logs=$first_logs
    if [[ -d $NETWORK_TOOL ]]; then skip "containerd: a pod ends after a flush of the firewall" "with Debian's plugins it does not, and stays for ever"; else nft flush ruleset; fi
    if end_pod; then ok "containerd: a pod ends after a flush of the firewall"; else not_ok "containerd: a pod ends after a flush of the firewall"; echo "  $words"; fi
    is "containerd: nothing is left of the pods" "" "$(network_state)"
    published='port_mappings { container_port: 80 host_port: 8085 }' run_pod three || return
    cri StopPodSandbox <<<"pod_sandbox_id: \"$pod\""
    cri StopPodSandbox <<<"pod_sandbox_id: \"$pod\""
    is "containerd: stopped twice" "" "$words"
    is "containerd: a pod that was stopped has no network" "" "$(network_state | grep -v /results/)"
    cri RemovePodSandbox <<<"pod_sandbox_id: \"$pod\""
    is "containerd: and removed nothing at all" "" "$(network_state)"
    cri RunPodSandbox RunPodSandboxResponse <<<"config { metadata { name: \"four\" uid: \"four\" namespace: \"test\" } log_directory: \"$scratch/logs/four\"
        port_mappings { container_port: 80 host_port: 8085 host_ip: \"fe80::zz\" } linux { cgroup_parent: \"/sharprun-test/$tag/four\" } }"
    has "containerd: a pod whose network fails: the reason" "fe80::zz" "$words"
    is "containerd: and nothing is left of it" "" "$(network_state)"
}

containerd_part() {
    local image=sharprun.test/busybox:test socket=$scratch/containerd.sock
    if ! start_containerd "$CNI_PLUGINS" '{"cniVersion":"1.0.0","name":"pods","plugins":[
        {"type":"bridge","bridge":"pods0","isGateway":true,"ipMasq":true,"hairpinMode":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]],
         "routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}},
        {"type":"portmap","snat":true,"capabilities":{"portMappings":true}}]}'; then
        not_ok "containerd starts"
        tail "$scratch/log"
        return
    fi
    daemon=$!
    if ! import_image; then not_ok "containerd: the test image can be imported"; return; fi
    containerd_pods
    if [[ $failed -gt 0 ]]; then grep -E 'level=(error|fatal)' "$scratch/log" | tail -n 10 | cut -c1-400; fi
    kill "$daemon"
    wait "$daemon"
}

# ------------------------------------------------------------------------------------------------------------ podman

p() { timeout 120 podman "$@"; }
# container NAME FLAG... -- ARG...: detached.
container() {
    local name=$1 flags=()
    shift
    while [[ $1 != -- ]]; do flags+=("$1"); shift; done
    shift
    p run -d --cgroup-parent "$parent" --name "$name" "${flags[@]}" "$image" "$@" >"$scratch/out" 2>"$scratch/words" && return
    not_ok "podman: container $name runs"
    sed 's/^/  /' "$scratch/words"
    return 1
}
once() {
    local flags=()
    while [[ $1 != -- ]]; do flags+=("$1"); shift; done
    shift
    p run --rm --cgroup-parent "$parent" "${flags[@]}" "$image" "$@" 2>"$scratch/words" </dev/null || sed 's/^/  /' "$scratch/words"
}
address_in() { p inspect "$1" | jq -r ".[0].NetworkSettings.Networks[\"$2\"] | .IPAddress + \" \" + .GlobalIPv6Address"; }

podman_containers() {
    local address
    container server --network podman -p 8088:80 -- sh -c "$serves" || return
    address=$(address_in server podman)
    address=${address% }
    has "podman: an address of the default network" 10.88. "$address"
    is "podman: the container, from the host" answered "$(answer_of "$address" 80)"
    is "podman: a published port" answered "$(answer_of 127.0.0.1 8088)"
    has "podman: two containers reach each other" answered "$(once --network podman -- sh -c "echo | nc -w 5 $address 80")"
    has "podman: by the published port" answered "$(once --network podman -- sh -c "echo | nc -w 5 10.88.0.1 8088")"
    nft flush ruleset
    is "podman: network reload after a flush of the firewall" "0 answered" "$(p network reload server >/dev/null 2>"$scratch/words"; echo $?) $(answer_of 127.0.0.1 8088)"
    sed 's/^/  /' "$scratch/words"
    p restart -t 0 server >/dev/null 2>&1
    is "podman: the port after a restart" answered "$(answer_of 127.0.0.1 8088)"
    p stop -t 0 server >/dev/null 2>&1
    is "podman: a container that is stopped has no network" "" "$(network_state)"
    p start server >/dev/null 2>&1
    is "podman: started again" answered "$(answer_of 127.0.0.1 8088)"
    p rm -f -t 0 server >/dev/null 2>&1
    is "podman: nothing is left of it" "" "$(network_state)"
}

podman_networks() {
    local addresses
    p network create --subnet 10.89.7.0/24 --ipv6 --subnet fd89::/64 own >/dev/null || { not_ok "podman network create"; return; }
    container one --network own --ip 10.89.7.77 --mac-address 02:00:0a:59:07:4d -- sh -c "$serves" || return
    addresses=$(address_in one own)
    has "podman: a network of one's own, with an address, and IPv6" "10.89.7.77 fd89::" "$addresses"
    has "podman: the MAC address" 02:00:0a:59:07:4d "$(p exec one cat /sys/class/net/eth0/address)"
    has "podman: two containers in it reach each other" " 0% packet loss" "$(once --network own -- ping -c 1 -W 5 10.89.7.77)"
    has "podman: over IPv6" " 0% packet loss" "$(once --network own -- ping -6 -c 1 -W 5 "${addresses#* }")"
    p network connect podman one 2>"$scratch/words"
    has "podman: network connect" 10.88. "$(p exec one ip -4 addr show eth1)"
    p network disconnect podman one
    is "podman: network disconnect" "" "$(p exec one ip -o link | grep -o eth1)"
    p run --rm --cgroup-parent "$parent" --network own --ip 10.89.7.77 "$image" true >/dev/null 2>"$scratch/words"
    has "podman: an address that is taken is refused, and named" 10.89.7.77 "$(<"$scratch/words")"
    p rm -f -t 0 one >/dev/null
    p network rm own >/dev/null
    is "podman: network rm: the bridge is gone, too" "" "$(ip -o link | grep -oE 'cni-podman[1-9]')"
    is "podman: nothing is left of the network" "" "$(network_state)"
}

podman_part() {
    if ! p pull -q "oci:$scratch/image:test" >"$scratch/id" 2>"$scratch/words" || ! p tag "$(<"$scratch/id")" "$image"; then
        not_ok "podman: the test image can be imported"
        cat "$scratch/words"
        return
    fi
    podman_containers
    podman_networks
    p rm -fa -t 0 >/dev/null
    until_true nothing_left >/dev/null
    is "podman: no process, cgroup, mount or interface is left" "" "$(left_behind)"
}

containerd_part
podman_part
tally
