# shellcheck shell=bash
# Sourced by podman.sh and buildah.sh: a small world with its own /run, storage, network, processes and configuration.
#
# The world is one set of mount, network and pid namespaces. /run is empty in it, so podman, conmon, CNI and the runtime find
# nothing of this machine, and what they leave is seen; when the script ends the kernel ends every process of it. What is left
# to remove outside are the cgroups: all are below /sharprun-test/podman-PID.
#
# CGROUP_MANAGER=systemd: systemd makes the cgroups, in the slice sharprun.slice. It must see our pids as we do, so there is no pid namespace
# then, and what a failed test leaves stays: for machines to throw away (run-in-vm --systemd).
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../needs.sh
. "$here/needs.sh"
# shellcheck source=../tally.sh
. "$here/tally.sh"

# enter_world SCRIPT [RUNTIME]: runs the script again inside; returns at once when it is inside already.
enter_world() {
    runtime=$(realpath -- "$(type -P "${2:-${RUNTIME:-$here/../out/sharprun}}")") || { echo "no such runtime: ${2:-}" >&2; exit 2; }
    if [[ ${LIBPOD_WORLD:-} ]]; then make_world; return; fi
    packages || exit 1
    local made inner status
    made=$([[ -e /var/lib/cni ]] || echo yes)
    mkdir -p /var/lib/cni # host-local's place for leases; covered by a tmpfs inside
    export LIBPOD_WORLD=podman-$$
    local pids=(--pid --kill-child --mount-proc) # nothing outlives the world
    if [[ ${CGROUP_MANAGER:-} == systemd ]]; then pids=(); fi
    env --default-signal unshare --mount --net "${pids[@]}" --fork --propagation private "$(realpath "$1")" "$runtime" &
    inner=$!
    trap 'kill -KILL "$inner"' HUP INT TERM
    wait "$inner"
    status=$?
    until_true no_cgroups
    [[ -z $made ]] || rmdir /var/lib/cni
    exit "$status"
}

packages() {
    need podman podman "it is the manager to test with" &&
        need buildah buildah "it is the manager to test with" &&
        need conmon conmon "it stands between podman and the runtime" &&
        need /usr/lib/cni/bridge containernetworking-plugins "podman's networks" &&
        need iptables iptables "the plugins publish ports with it" &&
        need catatonit catatonit "podman's --init, and the first process of pods" &&
        need docker-registry docker-registry "push and pull" &&
        need newuidmap uidmap "podman of an ordinary user" &&
        need slirp4netns slirp4netns "an ordinary user's network" &&
        need umoci umoci "it writes the OCI image layout" &&
        need busybox busybox-static "it is the whole content of the test image"
}

make_world() {
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm # libpod's locks
    empty_run
    mount -t tmpfs tmpfs /var/lib/cni
    ip link set lo up
    # In user-mode Linux there is no nf_tables.
    if ! iptables -t nat -S >/dev/null 2>&1; then
        mkdir -p /run/bin
        ln -s "$(type -P iptables-legacy)" /run/bin/iptables
        export PATH=/run/bin:$PATH
    fi
    scratch=/run/test
    parent=/sharprun-test/$LIBPOD_WORLD
    if [[ ${CGROUP_MANAGER:-} == systemd ]]; then parent=sharprun.slice; fi
    name=$(basename "$runtime")
    mkdir -p "$scratch"/{tmp,cni,hooks,registry,bin}
    export TMPDIR=$scratch/tmp CONTAINERS_CONF=$scratch/containers.conf CONTAINERS_STORAGE_CONF=$scratch/storage.conf
    configure "$scratch" "$runtime"
    "$here/test-image.sh" "$scratch/image" >/dev/null || exit 1
    # shellcheck disable=SC2034 # for the scripts
    image=localhost/busybox:test
    cd "$scratch" || exit # where conmon says that the kernel has killed something: an empty file "oom"
}

empty_run() {
    local directory
    mkdir /dev/shm/run
    mount --rbind /run /dev/shm/run
    mount -t tmpfs tmpfs /run
    if [[ ${CGROUP_MANAGER:-} == systemd ]]; then
        for directory in systemd dbus; do
            mkdir "/run/$directory"
            mount --bind "/dev/shm/run/$directory" "/run/$directory"
        done
    fi
    umount -l /dev/shm/run
}

# configure DIR RUNTIME [RUNROOT]: podman's and buildah's configuration, with the snippet of spec/managers.md in it.
configure() {
    local dir=$1 processes
    # Limits may not be raised on every machine, and podman's own wish is 1048576.
    processes=$(ulimit -Hu)
    if [[ $processes == unlimited ]] || ((processes > 4096)); then processes=4096; fi
    cat >"$dir/containers.conf" <<TOML
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=$processes:$processes"]
seccomp_profile = "/usr/share/containers/seccomp.json"
[network]
network_backend = "cni"
cni_plugin_dirs = ["/usr/lib/cni"]
network_config_dir = "$dir/cni"
TOML
    # Another runtime is written down the same way, in place of sharprun.
    sed -n '/<!-- snippet podman -->/,/<!-- end/p' "$here/../spec/managers.md" | grep -v '^<!--\|^```' |
        sed -e "s|/usr/local/bin/sharprun|$2|" -e "s|sharprun = \[|$name = [|" -e "s|^runtime = .*|runtime = \"$name\"|" \
            -e "s|^\[engine\]|&\nevents_logger = \"file\"\ncgroup_manager = \"${CGROUP_MANAGER:-cgroupfs}\"|" >>"$dir/containers.conf"
    cat >"$dir/storage.conf" <<TOML
[storage]
driver = "overlay"
runroot = "${3:-/run/containers}/storage"
graphroot = "$dir/storage"
TOML
    echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$dir/policy.json"
}

# until_true COMMAND...: for at most a minute.
until_true() {
    local end=$((SECONDS + 60))
    while ((SECONDS < end)); do
        if "$@"; then return; fi
        sleep 0.1
    done
    echo "  not true after a minute: $*"
    return 1
}

# Deepest first. Ours are the only ones with this name.
no_cgroups() {
    find /sys/fs/cgroup -maxdepth 8 -depth -type d -path "*/sharprun-test/$LIBPOD_WORLD*" -exec rmdir {} \; 2>/dev/null
    [[ -z $(find /sys/fs/cgroup -maxdepth 4 -type d -path "*/sharprun-test/$LIBPOD_WORLD" 2>/dev/null) ]]
}

# The processes of this world that are not this script's own: they have another session, or were left to process 1.
processes() {
    local directory command
    for directory in /proc/[0-9]*; do
        command=$(tr '\0' ' ' <"$directory/cmdline")
        case $command in
        *conmon* | *catatonit* | *podman* | *buildah* | *"$runtime"*) [[ $command == *managers/* ]] || echo "process ${directory#/proc/}: $command" ;;
        esac
    done 2>/dev/null
}

# All that is still there of containers, one a line.
left_behind() {
    processes
    awk '$5 ~ "/overlay/.*/merged|/userdata/shm|/run/netns/" { print $5 }' /proc/self/mountinfo
    find /sys/fs/cgroup -maxdepth 6 -path "*$parent/*" -name cgroup.procs 2>/dev/null | grep '/libpod-[0-9a-f]'
    ls -d /run/"$name"/* /run/netns/* 2>/dev/null
    ip -o link | grep -o 'veth[^@]*'
}
nothing_left() { [[ -z $(left_behind) ]]; }
