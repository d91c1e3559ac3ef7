# shellcheck shell=bash
# shellcheck disable=SC2154 # machine.sh sets scratch and others
# Sourced by podman.sh and buildah.sh: what podman, conmon, CNI and buildah need on a machine of their own (machine.sh), their configuration,
# and what they may leave behind.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=machine.sh
. "$here/managers/machine.sh"

# libpod SCRIPT [RUNTIME]: returns inside, as machine does.
libpod() {
    if [[ -z ${MACHINE_TAG:-} ]]; then
        packages || exit 1
        if [[ ! -e /var/lib/cni ]]; then
            mkdir -p /var/lib/cni # host-local's place for leases; covered by a tmpfs inside
            trap 'rmdir /var/lib/cni' EXIT
        fi
    fi
    machine "$(realpath "$1")" "${2:-${RUNTIME:-$here/../out/sharprun}}"
    mount -t tmpfs tmpfs /var/lib/cni
    parent=/sharprun-test/$tag
    if [[ $CGROUP_MANAGER == systemd ]]; then parent=sharprun.slice; fi
    name=$(basename "$runtime")
    mkdir -p "$scratch"/{cni,hooks,registry}
    export CONTAINERS_CONF=$scratch/containers.conf CONTAINERS_STORAGE_CONF=$scratch/storage.conf
    configure "$scratch" "$runtime"
    "$here/test-image.sh" "$scratch/image" >/dev/null || exit 1
    # shellcheck disable=SC2034 # for the scripts
    image=localhost/busybox:test
    cd "$scratch" || exit # where conmon says that the kernel has killed something: an empty file "oom"
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

# configure DIR RUNTIME [RUNROOT]: podman's and buildah's configuration, with the snippet of spec/managers.md in it. CNI_PLUGINS: a directory of
# plugins that are taken before Debian's.
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
cni_plugin_dirs = [${CNI_PLUGINS:+"\"$CNI_PLUGINS\", "}"/usr/lib/cni"]
network_config_dir = "$dir/cni"
TOML
    # Another runtime is written down the same way, in place of sharprun.
    sed -n '/<!-- snippet podman -->/,/<!-- end/p' "$here/../spec/managers.md" | grep -v '^<!--\|^```' |
        sed -e "s|/usr/local/bin/sharprun|$2|" -e "s|sharprun = \[|$name = [|" -e "s|^runtime = .*|runtime = \"$name\"|" \
            -e "s|^\[engine\]|&\nevents_logger = \"file\"\ncgroup_manager = \"$CGROUP_MANAGER\"|" >>"$dir/containers.conf"
    cat >"$dir/storage.conf" <<TOML
[storage]
driver = "overlay"
runroot = "${3:-/run/containers}/storage"
graphroot = "$dir/storage"
TOML
    echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$dir/policy.json"
}

# There is no daemon: between two commands nothing of these runs without a container.
libpod_processes() {
    local directory command
    for directory in /proc/[0-9]*; do
        command=$(tr '\0' ' ' <"$directory/cmdline")
        case $command in
        *conmon* | *catatonit* | *podman* | *buildah* | *"$runtime"*) [[ $command == *managers/* ]] || echo "process ${directory#/proc/}: $command" ;;
        esac
    done 2>/dev/null
}

# In place of machine.sh's: all that is still there of containers, one a line.
left_behind() {
    libpod_processes
    awk '$5 ~ "/overlay/.*/merged|/userdata/shm|/run/netns/" { print $5 }' /proc/self/mountinfo
    find /sys/fs/cgroup -maxdepth 6 -path "*$parent/*" -name cgroup.procs 2>/dev/null | grep '/libpod-[0-9a-f]'
    ls -d /run/"$name"/* /run/netns/* 2>/dev/null
    ip -o link | grep -o 'veth[^@]*'
}
