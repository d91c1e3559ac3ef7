# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# Volumes, propagation, tmpfs, read-only.

# checklist: 25
volumes_binds() {
    local source=$scratch/source
    mkdir -p "$source/below" && echo inside >"$source/file"
    mount -t tmpfs tmpfs "$source/below" && echo below >"$source/below/file"
    run -v "$source:/mnt" test sh -c 'cat /mnt/file /mnt/below/file; echo out >/mnt/out'
    is "-v" $'inside\nbelow' "$output"
    is "-v: written outside" out "$(<"$source/out")"
    run -v "$source:/mnt:ro" test sh -c 'cat /mnt/file; touch /mnt/x 2>&1'
    is "-v :ro" $'inside\ntouch: /mnt/x: Read-only file system' "$output"
    run --mount "type=bind,source=$source,target=/mnt,bind-nonrecursive" test sh -c 'ls -A /mnt/below | wc -l'
    is "bind-nonrecursive" 0 "$output"
    run -v "$source/file:/etc/one" test cat /etc/one
    is "a file" inside "$output"
    run -v "$source/made:/mnt" test true
    if [[ -d $source/made ]]; then ok "a source that is not there is made"; else not_ok "a source that is not there is made"; fi
    run --mount "type=bind,source=$source/missing,target=/mnt" test true
    has "but not with --mount" "bind source path does not exist" "$words"
    umount "$source/below"
}

volumes_propagation() {
    local kind expected source=$scratch/shared
    mkdir -p "$source/in" "$source/out"
    mount --bind "$source" "$source" && mount --make-shared "$source"
    for kind in rprivate rslave rshared; do
        start -v "$source:/mnt:$kind" test sleep 600
        mount -t tmpfs tmpfs "$source/in"
        echo seen >"$source/in/file"
        call exec "$id" cat /mnt/in/file
        expected=$([[ $kind == rprivate ]] || echo seen)
        is "$kind: a mount made here is seen inside: ${expected:-no}" "$expected" "$output"
        is "$kind: in mountinfo" "$([[ $kind == rprivate ]] || echo "${kind/rslave/master}")" \
            "$(docker exec "$id" sed -En 's/.* \/mnt .* (shared|master):.*/\1/p' /proc/self/mountinfo | sed 's/shared/rshared/')"
        umount "$source/in"
        remove "$id"
    done
    umount "$source"
}

volumes_named() {
    call volume create kept
    run -v kept:/srv test sh -c 'cat /srv/added; echo kept >/srv/file'
    is "a new volume begins with the image's files" "of layer two" "$output"
    run -v kept:/mnt test cat /mnt/file
    is "a volume keeps what was written" kept "$output"
    start -v kept:/mnt --name holder test sleep 600
    run --volumes-from holder:ro test sh -c 'cat /mnt/file; touch /mnt/x 2>/dev/null || echo readonly'
    is "--volumes-from" $'kept\nreadonly' "$output"
    remove holder
    call volume rm kept
    is "and can be removed" 0 "$status"
}

volumes_tmpfs() {
    run --tmpfs /mnt:size=1m,mode=1700 test sh -c 'stat -c %a /mnt; grep " /mnt " /proc/mounts | cut -d" " -f3,4
        dd if=/dev/zero of=/mnt/x bs=1M count=2 2>&1 | grep -o "No space.*"'
    has "--tmpfs: its mode" 1700 "$output"
    has "--tmpfs: its size" "size=1024k" "$output"
    has "--tmpfs: its end" "No space left on device" "$output"
    has "--tmpfs: nosuid, nodev, noexec" "nosuid,nodev,noexec" "$output"
    run --shm-size 8m test df -k /dev/shm
    has "--shm-size" " 8192 " "$output"
    run --read-only --tmpfs /tmp test sh -c 'touch /x 2>&1; touch /etc/hosts 2>&1; touch /tmp/x && echo tmp; touch /dev/shm/x && echo shm'
    is "--read-only" $'touch: /x: Read-only file system\ntouch: /etc/hosts: Read-only file system\ntmp\nshm' "$output"
}

volumes_binds
volumes_propagation
volumes_named
volumes_tmpfs
