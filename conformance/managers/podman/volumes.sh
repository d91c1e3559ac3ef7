# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: volumes, propagation, tmpfs, read-only roots.

# checklist: 25
volumes() {
    mkdir -p "$scratch/source" && echo inside >"$scratch/source/file"
    once ro -v "$scratch/source:/mnt:ro" -- sh -c 'cat /mnt/file; touch /mnt/x 2>/dev/null || echo refused'
    is "-v :ro" $'inside\nrefused' "$output"
    once rw -v "$scratch/source:/mnt" -v "$scratch/source/file:/etc/one" -- sh -c 'echo written >/mnt/new; cat /etc/one'
    is "-v, a folder and a file" "inside written" "$output $(<"$scratch/source/new")"
    once flags -v "$scratch/source:/mnt:noexec,nosuid,nodev,ro" -- sh -c 'grep " /mnt " /proc/self/mountinfo | cut -d" " -f6'
    is "-v with mount options" "ro,nosuid,nodev,noexec,relatime" "$output"
    once overlay -v "$scratch/source:/mnt:O" -- sh -c 'cat /mnt/file; echo lost >/mnt/file; cat /mnt/file'
    is "-v :O: written, and not kept" $'inside\nlost inside' "$output $(<"$scratch/source/file")"
    once named -v data:/data -- sh -c 'echo kept >/data/file'
    once named -v data:/data -- cat /data/file
    is "a named volume is kept" kept "$output"
    p volume rm data >/dev/null
    once anonymous -v /srv -- cat /srv/replaced
    is "an anonymous volume over the image's files has them" "of layer two" "$output"
    once mount --mount type=bind,src="$scratch/source",dst=/mnt,ro=true,bind-propagation=rslave -- grep -o ' /mnt ro.* master:' /proc/self/mountinfo
    propagation
    once tmpfs --tmpfs /mnt:size=1m,mode=1700,noexec -- sh -c 'grep " /mnt " /proc/self/mountinfo | grep -o "noexec.*size.*"; stat -c %a /mnt'
    has "--tmpfs with options" "size=1024k" "$output"
    has "its mode" "1700" "$output"
    once shm --shm-size 1m -- sh -c 'df -k /dev/shm | tail -n 1 | { read a b c; echo $b; }'
    is "--shm-size" 1024 "$output"
    once tree -v "$scratch/source:/mnt/a/b/c" -- cat /mnt/a/b/c/file
    is "a volume where the image has nothing" inside "$output"
    once read_only --read-only -- sh -c 'touch /srv/x 2>/dev/null || echo refused; touch /tmp/x /run/x /var/tmp/x && echo allowed'
    is "--read-only: the root is, /tmp, /run and /var/tmp are not" $'refused\nallowed' "$output"
    is "nothing on standard error" "" "$words"
    once systemd --systemd=always -- sh -c 'for d in /run /run/lock /tmp /var/log/journal; do touch $d/x && stat -f -c %T $d; done; echo $container'
    is "--systemd=always: the folders that systemd wants" "tmpfs tmpfs tmpfs tmpfs podman" "$(xargs <<<"$output")"
    id_mapped
    once copied --tmpfs /srv -- cat /srv/added
    is "--tmpfs has the image's files (tmpcopyup)" "of layer two" "$output"
    once read_only_bare --read-only --read-only-tmpfs=false -- sh -c 'touch /tmp/x 2>/dev/null || echo refused'
    is "--read-only --read-only-tmpfs=false" refused "$output"
}

# The words "idmap" in a mount's options are crun's invention; runc 1.1 knows no such mounts.
id_mapped() {
    mkdir -p "$scratch/mapped" && echo inside >"$scratch/mapped/file"
    once idmap --uidmap 0:100000:2000 --gidmap 0:100000:2000 -v "$scratch/mapped:/mnt:idmap" -- stat -c %u:%g /mnt/file
    if [[ $name == runc ]]; then skip "-v :idmap" "runc 1.1 cannot"
    elif [[ $words == *"mount_setattr"* ]]; then skip "-v :idmap" "$words"
    else is "-v :idmap: the files have the ids that they have outside" 0:0 "$output"; fi
}

propagation() {
    local mode
    mkdir -p "$scratch/tree/sub"
    mount -t tmpfs tmpfs "$scratch/tree"
    mount --make-shared "$scratch/tree"
    mkdir -p "$scratch/tree/sub"
    for mode in rshared rslave rprivate; do
        detached "$mode" -v "$scratch/tree:/mnt:$mode" -- sh -c "$waits"
        mount -t tmpfs "from-$mode" "$scratch/tree/sub"
        output=$(p exec "$mode" grep -c "from-$mode" /proc/self/mountinfo)
        umount "$scratch/tree/sub"
        is "-v :$mode: a mount of the host $([[ $mode == rprivate ]] && echo does not appear || echo appears)" \
            "$([[ $mode == rprivate ]] && echo 0 || echo 1)" "$output"
        remove "$mode"
    done
    once out --cap-add SYS_ADMIN --security-opt seccomp=unconfined -v "$scratch/tree:/mnt:rshared" -- sh -c 'mount -t tmpfs from-inside /mnt/sub && echo mounted'
    is "-v :rshared: a mount of the container appears on the host" "mounted 1" "$output $(grep -c from-inside /proc/self/mountinfo)"
    umount "$scratch/tree/sub"
    umount "$scratch/tree"
}

volumes
