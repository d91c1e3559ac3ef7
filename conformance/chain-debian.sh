# shellcheck shell=bash
# Sourced by chain.sh: Debian's tools in the place of ours that are not there yet. Each function is one verb of
# sharprun-layers or sharprun-net, takes the same arguments and prints the same answer, so a verb is
# deleted here on the day ours can do it. Files lie where ours will put them ($store: oci/, layers/, unions/, networks/).
# From chain.sh: store, id, work, runtime, here, say, say_always.
# shellcheck disable=SC2154

cni_plugins=/usr/lib/cni
bridge=sharprun0
subnet=10.83.0.0/24

stand_ins_needed() {
    need jq jq "it edits JSON"
    if ! type -P sharprun-layers >/dev/null; then
        say "sharprun-layers is not there yet: mount -t overlay stands in"
    fi
    if ! type -P sharprun-net >/dev/null; then
        say "sharprun-net is not there yet: Debian's CNI plugins stand in"
        need "$cni_plugins/bridge" containernetworking-plugins "they make the bridge and choose the address"
        need ip iproute2 "it removes the bridge when the last container has gone"
        need iptables iptables "the CNI plugins call it for address translation"
    fi
}

# --------------------------------------------------------------------------------------------------- sharprun-layers

layers_create() {
    local name=$1 chain=$3 union=$store/unions/$1
    mkdir -p "$store/unions"
    mkdir "$union" "$union"/{upper,work,merged}
    jq -n --arg chain "$chain" --arg target "$union/merged" --arg boot "$(</proc/sys/kernel/random/boot_id)" \
        '{driver: "overlay", chain: $chain, target: $target, created: (now | todate), bootId: $boot}' \
        >"$union/record.json"
    echo "$name"
}

layers_mount() {
    local union=$store/unions/$1 layer lower=
    layer=$(jq -r .chain "$union/record.json")
    while [[ $layer ]]; do # from the top layer down, as overlay wants them
        local entry=$store/layers/sha256/${layer#sha256:}
        lower+=${lower:+:}$entry/fs
        layer=$(cat "$entry/parent" 2>/dev/null) || layer=
    done
    if ! mount -t overlay -o "lowerdir=$lower,upperdir=$union/upper,workdir=$union/work" overlay "$union/merged"; then
        say_always "no overlay in $store: its file system cannot be the writable layer (ext4, xfs, btrfs and tmpfs can)"
        return 1
    fi
    echo "$union/merged"
}

layers_remove() {
    local union=$store/unions/$1
    [[ -e $union ]] || return 0
    ! pinned "$union/merged" || umount "$union/merged" || return 1
    rm -rf "$union"
}

# ------------------------------------------------------------------------------------------------------ sharprun-net

# Under a lock, since the last to leave removes the bridge. The namespace stays until `down`: the bridge plugin takes its
# address translation rules back only when it can still enter it.
net_up() {
    local network=$1 netns=/run/netns/$2 name=$4 record=$store/networks/$1/$4
    shift 4
    mkdir -p "$record"
    net_configuration "$network" "$name" "$@" >"$record/network.json"
    echo "$netns" >"$record/netns"
    (
        flock 9
        ip netns add "${netns##*/}"
        cni loopback ADD lo <"$record/network.json" >/dev/null
        cni bridge ADD eth0 <"$record/network.json" >"$record/result.json"
        if [[ $# -gt 0 ]]; then
            jq --slurpfile result "$record/result.json" '.prevResult = $result[0]' "$record/network.json" \
                >"$record/ports.json"
            cni portmap ADD eth0 <"$record/ports.json" >/dev/null
        fi
    ) 9>"$store/networks/.lock"
    jq -r '.ips[0].address | split("/")[0]' "$record/result.json"
}

net_down() {
    local network=$1 name=$2 record=$store/networks/$1/$2 failed=
    [[ -e $record ]] || return 0
    local netns
    netns=$(cat "$record/netns" 2>/dev/null)
    (
        flock 9
        [[ ! -s $record/ports.json ]] || cni portmap DEL eth0 <"$record/ports.json" || failed=yes
        [[ ! -s $record/network.json ]] || cni bridge DEL eth0 <"$record/network.json" || failed=yes
        # Stopped in the middle of `add`, there is a file and no namespace.
        [[ ! -e $netns ]] || ip netns delete "${netns##*/}" 2>/dev/null || rm -f "$netns" || failed=yes
        if ip link show "$bridge" >/dev/null 2>&1 && [[ -z $(ip -o link show master "$bridge") ]]; then
            ip link delete "$bridge" || failed=yes
        fi
        rm -rf "$record" && [[ -z $failed ]]
    ) 9>"$store/networks/.lock"
}

pinned() { grep -qF " $1 " /proc/self/mountinfo; }

# cni PLUGIN COMMAND INTERFACE <CONFIGURATION: the result on stdout; a failure's reason, which is JSON, goes to stderr.
cni() {
    local answer path=$netns
    pinned "$path" || path= # stopped before it was
    if answer=$(CNI_COMMAND=$2 CNI_CONTAINERID=$name CNI_NETNS=$path CNI_IFNAME=$3 CNI_PATH=$cni_plugins \
        "$cni_plugins/$1"); then
        echo "$answer"
    else
        say_always "CNI plugin $1, $2: $(jq -r '.msg + " " + (.details // "")' <<<"$answer")"
        return 1
    fi
}

# One document for all plugins (each takes what it knows). Without a nat table there is a bridge, but no way out.
net_configuration() {
    local network=$1 name=$2 masquerade=true
    shift 2
    if ! iptables -t nat -S >/dev/null 2>&1; then
        masquerade=false
        say "this kernel has no nat table for iptables: the container reaches this machine and no further"
        [[ $# == 0 ]] || { say_always "-p needs the nat table"; return 1; }
    fi
    jq -n --arg name "$network" --arg id "$name" --arg bridge "$bridge" --arg subnet "$subnet" \
        --argjson masquerade "$masquerade" '
        {cniVersion: "1.0.0", name: $name, type: "bridge", bridge: $bridge, isGateway: true, hairpinMode: true,
         ipMasq: $masquerade,
         ipam: {type: "host-local", ranges: [[{subnet: $subnet}]], routes: [{dst: "0.0.0.0/0"}]},
         snat: true,
         runtimeConfig: {portMappings: [$ARGS.positional[] | select(. != "-p")
             | capture("^((?<ip>[0-9.]+):)?(?<host>[0-9]+):(?<container>[0-9]+)(/(?<protocol>tcp|udp))?$")
             | {hostPort: (.host | tonumber), containerPort: (.container | tonumber), protocol: (.protocol // "tcp")}
               + if .ip then {hostIP: .ip} else {} end]}}' --args -- "$@"
}
