#!/usr/bin/env bash
# image-bundle.sh [RUNTIME [SHARPRUN_IMAGE]] - an image of Debian's busybox, made by umoci, becomes bundles with every flag of
# `sharprun-image bundle`, which RUNTIME starts. Cgroups are below /sharprun-test.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"
# shellcheck source=tally.sh
. "$here/tally.sh"
runtime=$(realpath -- "$(type -P "${1:-${RUNTIME:-$here/../out/sharprun}}")") || { echo "no such runtime" >&2; exit 2; }
tool=$(realpath -- "$(type -P "${2:-$here/../out/sharprun-image}")") || { echo "no sharprun-image: make it" >&2; exit 2; }
need umoci umoci "it writes the OCI image layout"
need busybox busybox-static "it is the whole content of the test image"
need ip iproute2 "it makes a network namespace"

scratch=$(mktemp -d)
netns=bundle-test-$$
number=0
clean_up() {
    ip netns del "$netns" 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT

# make_image: a shell, users and groups, and files in a volume.
make_image() {
    local root=$scratch/rootfs applet
    mkdir -p "$root/bin" "$root/etc" "$root/data/sub"
    cp "$(type -P busybox)" "$root/bin/busybox" || return
    for applet in sh cat grep hostname id ip ls mount stat touch unshare; do ln -s busybox "$root/bin/$applet"; done
    printf 'root:x:0:0:r:/root:/bin/sh\nwww:x:33:34:w:/var/www:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nweb:x:34:\nextra:x:77:www,bob\n' >"$root/etc/group"
    echo there >"$root/data/sub/file"
    chown -R 33:34 "$root/data" && chmod 2750 "$root/data/sub" || return
    umoci init --layout "$scratch/image" && umoci new --image "$scratch/image:v1" || return
    umoci config --image "$scratch/image:v1" --config.user www --config.entrypoint /bin/sh --config.cmd -c --config.cmd 'echo plain' \
        --config.volume /data --config.volume /proc/x --config.label org.systemd.property.X=1 --config.label a=b --config.workingdir /data
}

# runs WHAT WANTED SCRIPT FLAG...: a bundle with these flags, started with the script, whose output has every line that is wanted.
runs() {
    local what=$1 wanted=$2 script=$3 bundle output line
    shift 3
    number=$((number + 1))
    bundle=$scratch/box-$number
    mkdir "$bundle" && cp -a "$scratch/rootfs" "$bundle/rootfs"
    if ! output=$("$tool" -q bundle --cgroup "/sharprun-test/$netns-$number" "oci:$scratch/image:v1" "$bundle" "$@" -- -c "$script" 2>&1); then
        not_ok "$what: $output"
        return
    fi
    output=$(timeout 60 "$runtime" --root "$scratch/state" run -b "$bundle" "$netns-$number" </dev/null 2>&1)
    while IFS= read -r line; do
        if ! grep -qxF -- "$line" <<<"$output"; then
            not_ok "$what: no line \"$line\" in: ${output//$'\n'/ | }"
            return
        fi
    done <<<"$wanted"
    ok "$what"
}

mkdir "$scratch/box-out"
make_image >/dev/null || { not_ok "an image of busybox: it cannot be made"; tally; exit 1; }

runs "the image's user, its groups, home and directory" $'uid=33(www) gid=34(web) groups=34(web),77(extra)\n/data /var/www' "id; echo \$PWD \$HOME"
runs "-u -w -e" $'uid=0(root) gid=34(web) groups=34(web)\n/ 1 /h' "id; echo \$PWD \$A \$HOME" -u 0:web -w / -e A=1 -e HOME=/h
runs "a volume begins with the image's files" $'there\n33 34 2750' 'cat /data/sub/file; stat -c "%u %g %a" /data/sub; touch /data/new || echo not writable'
runs "--hostname, hosts and hostname" $'web\nweb\n127.0.0.1\tlocalhost' 'hostname; cat /etc/hostname /etc/hosts' --hostname web
runs "--read-only, but a volume is not" $'root kept\nvolume written' 'touch /x 2>/dev/null || echo root kept; touch /data/x && echo volume written' --read-only
runs "-v, read-only and not" $'there\nkept\nwritten' 'cat /in/sub/file; touch /in/x 2>/dev/null || echo kept; touch /out/x && echo written' \
    -v "$scratch/rootfs/data:/in:ro" -v "$scratch/box-out:/out" -u 0
runs "docker's capabilities, and only in the bounding set of a user" $'CapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb' 'grep Cap /proc/self/status'
runs "--cap-drop, --cap-add" $'CapEff:\t0000000000000021' 'grep Cap /proc/self/status' -u 0 --cap-drop ALL --cap-add chown --cap-add CAP_KILL
runs "docker's seccomp profile" $'Seccomp:\t2\nrefused' 'grep Seccomp: /proc/self/status; unshare -U true 2>/dev/null || echo refused' -u 0
runs "--seccomp unconfined" $'Seccomp:\t0\nallowed' 'grep Seccomp: /proc/self/status; unshare -U true && echo allowed' -u 0 --seccomp unconfined
runs "--privileged" $'Seccomp:\t0\nmounted' 'grep Seccomp: /proc/self/status; mount -t tmpfs x /data && echo mounted' -u 0 --privileged
runs "a network of its own with lo alone" '1' 'ls /sys/class/net | grep -c .'
ip netns add "$netns"
runs "--netns" "$(ip netns exec "$netns" readlink /proc/self/ns/net)" 'busybox readlink /proc/self/ns/net' --netns "/run/netns/$netns"
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    limits=$'67108864\n20\n50000 100000' files='/sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max'
else
    limits=$'67108864\n20\n50000'
    files='/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us'
fi
runs "-m --pids --cpus" "$limits" "cat $files" -m 64m --pids 20 --cpus 0.5

tally
