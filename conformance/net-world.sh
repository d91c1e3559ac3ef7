# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # here comes from the script, which uses what is set
# Sourced by net-kill9.sh, net-errors.sh and bench/net.sh: a world of their own for CNI plugins, and calls of them as libcni makes them.
#
# The world has mount and network namespaces of its own in which /run and /var/lib are empty and only lo is there: bridges, rules, leases and
# records are made in there, and nothing is seen of the real machine's. `scratch` is for the script's own files.
# shellcheck source=needs.sh
. "$here/needs.sh"

# net_world SCRIPT ARGS...: executes the script again inside; returns at once when it is inside already.
net_world() {
    if [[ ! ${NET_WORLD:-} ]]; then
        [[ $(id -u) == 0 ]] || { echo "${0##*/}: needs root" >&2; exit 2; }
        NET_WORLD=$(mktemp -d "${TMPDIR:-/tmp}/net-world.XXXXXX")
        trap 'rm -rf --one-file-system "$NET_WORLD"' EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        NET_WORLD=$NET_WORLD unshare --mount --net --propagation private "$@"
        exit
    fi
    scratch=$NET_WORLD
    unset NET_WORLD
    mount -t tmpfs -o mode=755 tmpfs "$scratch"
    mount -t tmpfs -o mode=755 tmpfs /run
    mount -t tmpfs -o mode=755 tmpfs /var/lib
    mkdir -p /run/netns /run/lock
    # `ip netns add` wants it so; done beforehand it is not a difference between before and after.
    mount --bind /run/netns /run/netns
    mount --make-shared /run/netns
    ip link set lo up
}

# plugins_of DIRECTORY|PROGRAM NAME: sets `plugins`, a directory with bridge, host-local, portmap and loopback; those of a program are links to it.
plugins_of() {
    local name
    if [[ -d $1 ]]; then
        plugins=$(realpath "$1")
        return
    fi
    plugins=$scratch/plugins-$2
    mkdir -p "$plugins"
    for name in bridge host-local portmap loopback; do ln -sfn "$(realpath "$1")" "$plugins/$name"; done
}

# supports VERSION: whether the plugins in `plugins` do.
supports() {
    [[ $(CNI_COMMAND=VERSION "$plugins/bridge" <<<'{"cniVersion":"1.0.0"}' 2>/dev/null) == *"\"$1\""* ]]
}

# bridge_config NAME SUBNETS [MEMBERS [BRIDGE]]: a bridge (NAME0) as gateway. SUBNETS: "10.1.0.0/24 fd00:1::/64"; MEMBERS: more of the plugin's, JSON.
bridge_config() {
    local ranges='' subnet routes='{"dst":"0.0.0.0/0"}'
    for subnet in $2; do
        ranges+="${ranges:+,}[{\"subnet\":\"$subnet\"}]"
        if [[ $subnet == *:* ]]; then routes+=',{"dst":"::/0"}'; fi
    done
    printf '{"cniVersion":"%s","name":"%s","type":"bridge","bridge":"%s","isGateway":true,%s"ipam":{"type":"host-local","ranges":[%s],"routes":[%s]}}' \
        "${version:-1.0.0}" "$1" "${4:-${1}0}" "${3:+$3,}" "$ranges" "$routes"
}

# portmap_config NAME HOST-PORT CONTAINER-PORT
portmap_config() {
    printf '{"cniVersion":"%s","name":"%s","type":"portmap","snat":true,"capabilities":{"portMappings":true},"runtimeConfig":{"portMappings":[{"hostPort":%s,"containerPort":%s,"protocol":"tcp"}]}}' \
        "${version:-1.0.0}" "$1" "$2" "$3"
}

# with_result CONFIG RESULT: the next plugin's configuration, or DEL's.
with_result() { if [[ $2 ]]; then printf '%s' "${1%\}},\"prevResult\":$2}"; else printf '%s' "$1"; fi; }

# cni VERB PLUGIN ID NETNS CONFIG: a call. Sets answer (stdout), words (stderr) and status. The array `under` may hold a program that runs it.
under=()
cni() {
    status=0
    answer=$(CNI_COMMAND=$1 CNI_CONTAINERID=$3 CNI_NETNS=$4 CNI_IFNAME=${interface:-eth0} CNI_PATH=$plugins \
        "${under[@]}" "$plugins/$2" <<<"$5" 2>"$scratch/words") || status=$?
    words=$(<"$scratch/words")
}

# error_of: of the last answer, "CODE: SENTENCE"; what is no CNI error, as it is.
error_of() {
    jq -er 'select(.code and .msg) | "\(.code): \(.msg)\(if .details then "; " + .details else "" end)"' 2>/dev/null <<<"$answer" || printf '%s' "$answer$words"
}

address_of() { jq -r '.ips[0].address | split("/")[0]' <<<"$answer"; }

# snapshot: all that may be left in the world, one a line: links here and in the namespaces, rules, files, mounts.
snapshot() {
    local netns
    ip -o link | sed -E 's/^[0-9]+: ([^:@]*).*/link \1/' | sort
    for netns in /run/netns/*; do
        if [[ -e $netns ]]; then ip -n "${netns##*/}" -o link 2>/dev/null | sed -E "s/^[0-9]+: ([^:@]*).*/link of ${netns##*/}: \1/"; fi
    done
    nft -s list ruleset 2>/dev/null
    find /run /var/lib -mindepth 1 | sort
    cut -d' ' -f4- /proc/self/mountinfo | sort
}
