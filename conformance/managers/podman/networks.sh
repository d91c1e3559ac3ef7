# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: networks, shared namespaces, pods.

networks() {
    once none --network none -- sh -c 'ip -o link | wc -l; ip -o link | grep -c LOOPBACK,UP'
    is "--network none: lo alone, and up" $'1\n1' "$output"
    once host --network host -- readlink /proc/self/ns/net
    is "--network host" "$(readlink /proc/self/ns/net)" "$output"
    mkdir -p /run/netns && ip netns add byhand && once path --network ns:/run/netns/byhand -- readlink /proc/self/ns/net
    is "--network ns:PATH" "$(ip netns exec byhand readlink /proc/self/ns/net)" "$output"
    ip netns delete byhand
    if ! networks_work; then skip "--network bridge" "no bridge or iptables here"; return; fi
    detached server --network podman -- sh -c "$waits"
    local address
    address=$(inspect server NetworkSettings.IPAddress)
    has "an address of the bridge" 10.88. "$address"
    once client --network podman -- ping -c 1 -W 3 "$address"
    has "two reach each other" " 0% packet loss" "$output"
    once joined --network container:server -- ip -4 addr show eth0
    has "--network container:NAME" "inet $address/" "$output"
    is "the network's files" "10.88.0.1 host.containers.internal" "$(p exec server grep host.containers /etc/hosts | tr '\t' ' ')"
    remove server
    detached port --network podman -p 8080:80 -- nc -l -p 80 -e echo answered
    local answer
    for _ in $(seq 40); do
        answer=$(timeout 3 bash -c 'cat </dev/tcp/127.0.0.1/8080' 2>/dev/null) && [[ $answer ]] && break
        sleep 0.1
    done
    is "-p 8080:80 leads into the container" answered "$answer"
    remove port
    p network create own >/dev/null
    once named --network own --ip 10.89.0.77 -- ip -4 addr show eth0
    has "a network of one's own, with an address" "inet 10.89.0.77/" "$output"
    p network rm own >/dev/null
}

# checklist: 13 24
namespaces() {
    local kind
    for kind in pid ipc uts; do
        once "$kind" "--$kind" host -- readlink "/proc/self/ns/$kind"
        is "--$kind host" "$(readlink "/proc/self/ns/$kind")" "$output"
    done
    once cgroupns --cgroupns host -- readlink /proc/self/ns/cgroup
    is "--cgroupns host" "$(readlink /proc/self/ns/cgroup)" "$output"
    once cgroupns --cgroupns private -- sh -c 'readlink /proc/self/ns/cgroup; cut -d: -f3 /proc/self/cgroup | sort -u | head -n 1'
    if [[ $output == cgroup:*$'\n/' && $output != "$(readlink /proc/self/ns/cgroup)"* ]]; then ok "--cgroupns private"
    else not_ok "--cgroupns private"; echo "$output $words"; fi
    detached first -- sh -c "$waits"
    until_true says first ready
    once second --pid container:first --ipc container:first -- sh -c '
        ps | grep -c "[s]leep 600"; [ "$(readlink /proc/self/ns/pid)" = "$(readlink /proc/1/ns/pid)" ] && echo same'
    has "--pid container:NAME" "same" "$output"
    remove first
    detached hostpid --pid host -- sh -c 'sleep 6001 & sleep 6002'
    until_true there 6001
    remove hostpid
    until_true gone 6001
    is "rm -f with --pid host: its other processes end too" "" "$(pgrep -f 'sleep 600[12]')"
}
there() { pgrep -f "sleep $1" >/dev/null; }
gone() { ! there "$1"; }

# checklist: 24
pods() {
    local group=(--cgroup-parent "$parent") member=()
    # On v2 podman 4.3 puts a device program that allows nothing on a pod's group, so its containers go elsewhere: the group libpod_parent.
    if v2; then group+=(--share-parent=false) member=(--cgroup-parent "$parent"); fi
    p pod create --name pod --network none "${group[@]}" --hostname poddy >/dev/null 2>"$scratch/words" ||
        cat "$scratch/words"
    p run -d "${member[@]}" --pod pod --name one "$image" sh -c "$waits" >/dev/null
    p run -d "${member[@]}" --pod pod --name two "$image" sh -c "$waits" >/dev/null
    is "members of a pod share network, ipc, uts" "net ipc uts" \
        "$(for kind in net ipc uts pid; do
            [[ $(p exec one readlink /proc/self/ns/$kind) == "$(p exec two readlink /proc/self/ns/$kind)" ]] && echo $kind
        done | paste -sd' ')"
    is "and the pod's hostname" poddy "$(p exec two hostname)"
    p pod pause pod >/dev/null
    is "pod pause" "paused paused" "$(inspect one State.Status) $(inspect two State.Status)"
    p pod unpause pod >/dev/null
    p pod stop -t 5 pod >/dev/null
    is "pod stop" "5 5" "$(inspect one State.ExitCode) $(inspect two State.ExitCode)"
    p pod start pod >/dev/null
    is "pod start" "running running" "$(inspect one State.Status) $(inspect two State.Status)"
    p pod kill pod >/dev/null
    p pod rm -f -t 0 pod >/dev/null
    is "pod rm" "" "$(p pod ps -q)$(p ps -aq)"
    p pod create --name shared --share pid,net --network none "${group[@]}" >/dev/null
    p run -d "${member[@]}" --pod shared --name one "$image" sleep 6003 >/dev/null
    has "--share pid: members see each other" 'sleep 6003' "$(p run --rm "${member[@]}" --pod shared "$image" ps)"
    p pod rm -f -t 0 shared >/dev/null
    is "a pod with one pid namespace: all end" "" "$(pgrep -f 'sleep 6003')"
    p pod create --name default --network none "${group[@]}" --infra-image "$image" --infra-command "sleep 600" >/dev/null 2>"$scratch/words" &&
        p run --rm "${member[@]}" --pod default "$image" echo in the pod >"$scratch/out" 2>"$scratch/words"
    is "a pod with an infra container of one's own" "in the pod" "$(<"$scratch/out")"
    p pod rm -f -t 0 default >/dev/null
    if v2; then find /sys/fs/cgroup/libpod_parent -depth -type d -exec rmdir {} \; 2>/dev/null; fi
}

networks
namespaces
pods
