# shellcheck shell=bash
# Sourced by chain.sh: Debian's tools in the place of ours that are not there yet. Each function is one verb of
# sharprun-image, sharprun-layers or sharprun-net, takes the same arguments and prints the same answer, so a verb is
# deleted here on the day ours can do it. Files lie where ours will put them ($store: oci/, layers/, unions/, networks/).
# From chain.sh: store, id, work, runtime, here, say, say_always.
# shellcheck disable=SC2154

cni_plugins=/usr/lib/cni
bridge=sharprun0
subnet=10.83.0.0/24

stand_ins_needed() {
    need jq jq "it edits JSON"
    if ! type -P sharprun-image >/dev/null; then
        say "sharprun-image is not there yet: Debian's skopeo and umoci stand in"
        need skopeo skopeo "it fetches images"
        need umoci umoci "it unpacks them"
    fi
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

# ---------------------------------------------------------------------------------------------------- sharprun-image

# DIR:REF of an image in an OCI layout: the one that was named, or the store's.
image_source() {
    case $1 in
        oci:*:*) echo "${1#oci:}" ;;
        oci:*) echo "${1#oci:}:latest" ;;
        *-archive:*) echo "$store/oci:archive-$(sha256sum <<<"$1" | cut -c1-16)" ;;
        *) echo "$store/oci:$(image_full_name "${1#docker://}")" ;;
    esac
}

# ubuntu -> docker.io/library/ubuntu:latest, me/x -> docker.io/me/x:latest
image_full_name() {
    local name=$1 first=${1%%/*}
    if [[ $first == "$name" ]]; then
        name=docker.io/library/$name
    elif [[ $first != *[.:]* && $first != localhost ]]; then
        name=docker.io/$name
    fi
    [[ ${name##*/} == *[:@]* ]] || name=$name:latest
    echo "$name"
}

image_pull() {
    local source layout reference from
    source=$(image_source "$1") layout=${source%%:*} reference=${source#*:}
    if ! image_digest "$layout" "$reference"; then
        case $1 in
            oci:*) say_always "no image $reference in $layout"; return 1 ;;
            *-archive:*) from=$1 ;;
            *) from=docker://$reference ;;
        esac
        mkdir -p "$layout"
        skopeo --insecure-policy copy -q "$from" "oci:$source" >&2
        image_digest "$layout" "$reference"
    fi
}

image_digest() {
    [[ -e $1/index.json ]] && jq -re --arg name "$2" \
        '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name).digest' "$1/index.json"
}

# umoci unpacks all layers into one tree, so the store gets one entry, under the chain id of the topmost layer.
image_unpack() {
    local source chain entry
    [[ $1 == --layers ]] || { say_always "unpack without --layers is not part of the chain"; return 2; }
    source=$(image_source "$2")
    chain=$(image_chain "$source")
    entry=$store/layers/sha256/$chain
    if [[ ! -e $entry/done ]]; then
        rm -rf "$entry.$id"
        mkdir -p "$entry.$id"
        quietly umoci raw unpack --image "$source" "$entry.$id/fs"
        touch "$entry.$id/done"
        # -T: should another chain have been quicker, its entry stays and ours goes
        mv -T "$entry.$id" "$entry" 2>/dev/null || rm -rf "$entry.$id"
    fi
    echo "sha256:$chain"
}

# The image specification's ChainID: chain(1) = diff(1), chain(n) = sha256("chain(n-1) diff(n)").
image_chain() {
    local diff chain=
    while read -r diff; do
        [[ -z $chain ]] && chain=$diff || chain=sha256:$(printf '%s %s' "$chain" "$diff" | sha256sum | cut -d' ' -f1)
    done < <(image_config "$1" | jq -r '.rootfs.diff_ids[]')
    [[ $chain ]] || { say_always "the image $1 has no layers"; return 1; }
    echo "${chain#sha256:}"
}

# What the command says is shown only when it fails.
quietly() {
    local words
    words=$("$@" 2>&1) || { echo "$words" >&2; return 1; }
}

image_config() { skopeo --insecure-policy inspect --config "oci:$1"; }

# config.json from what the runtime thinks a container needs (`spec`) and what the image wants (user, environment, working
# directory, command). Capabilities are docker's fourteen: with fewer, apt-get or su fail in everyday images.
image_bundle() {
    local source bundle=$2 rootfs=$4 netns=$6 terminal=false
    source=$(image_source "$1")
    shift 6
    if [[ $1 == -t ]]; then terminal=true; shift; fi
    shift
    mkdir -p "$bundle"
    "$runtime" spec --bundle "$bundle"
    mv "$bundle/config.json" "$bundle/spec.json"
    quietly umoci raw runtime-config --image "$source" --rootfs "$rootfs" "$bundle/image.json"
    image_config "$source" | jq --arg id "$id" --arg rootfs "$rootfs" --arg netns "$netns" --argjson terminal "$terminal" --slurpfile spec "$bundle/spec.json" \
        --slurpfile wants "$bundle/image.json" '
        (.config.Entrypoint // []) as $entrypoint
        | ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
           "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"] as $names
        | ($names | map("CAP_" + .)) as $all
        | (if $wants[0].process.user.uid == 0 then $all else [] end) as $held
        | $spec[0]
        | .process += ($wants[0].process | {user, env, cwd, args})
        | if $ARGS.positional != [] then .process.args = $entrypoint + $ARGS.positional else . end
        | .process.terminal = $terminal
        | .process.noNewPrivileges = false
        | .process.capabilities = {bounding: $all, effective: $held, permitted: $held}
        | .root = {path: $rootfs, readonly: false}
        | .hostname = $id
        | .linux.namespaces |= map(if .type == "network" then .path = $netns else . end)
        | .linux.cgroupsPath = "/sharprun-test/" + $id' --args -- "$@" >"$bundle/config.json"
    echo "$bundle/config.json"
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
    rm -rf "$store"/layers/sha256/*."$1" # an unpack that was cut short
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
