#!/usr/bin/env bash
# test-image.sh DIR - makes a small OCI image without a registry, so that the chain can be shown offline.
#
# DIR becomes an OCI image layout with one image, tagged "test": layer 1 is Debian's static busybox, layer 2 adds a file,
# replaces one and removes one (a whiteout), so that a wrong order of the layers shows. Prints the image's name.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"

if [[ $# != 1 || $1 == -* ]]; then
    echo "usage: test-image.sh DIR" >&2
    exit 2
fi
need umoci umoci "it writes the OCI image layout"
need busybox busybox-static "it is the whole content of the test image"

layout=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A layer is a tar file. Fixed times, owners and order give the same digests on every machine with the same busybox.
layer() {
    tar -C "$1" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf "$1.tar" .
    umoci raw add-layer --image "$layout:test" "$1.tar"
}

busybox_layer() {
    local root=$scratch/one applet
    mkdir -p "$root"/{bin,dev,etc,proc,root,srv,sys} && mkdir -m 1777 "$root/tmp"
    cp "$(command -v busybox)" "$root/bin/busybox"
    for applet in $("$root/bin/busybox" --list); do
        [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000::/srv:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nguest:x:1000:\n' >"$root/etc/group"
    echo 'of layer one' >"$root/srv/replaced"
    echo 'of layer one' >"$root/srv/removed"
    layer "$root"
}

second_layer() {
    local root=$scratch/two
    mkdir -p "$root/srv"
    echo 'of layer two' >"$root/srv/replaced"
    echo 'of layer two' >"$root/srv/added"
    : >"$root/srv/.wh.removed"
    layer "$root"
}

umoci init --layout "$layout"
umoci new --image "$layout:test"
busybox_layer
second_layer
# shellcheck disable=SC2016 # the $ are for the container's shell
umoci config --image "$layout:test" --architecture "$(dpkg --print-architecture)" --os linux \
    --config.env PATH=/bin --config.env GREETING=hello --config.workingdir /srv \
    --config.cmd sh --config.cmd -c --config.cmd 'echo "$GREETING from $PWD"; ip -4 addr show eth0'
umoci gc --layout "$layout"
echo "oci:$layout:test"
