# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: podman of an ordinary user.

# An ordinary user, known only in this world, with 65536 ids of his own.
as_user() {
    setpriv --reuid 4242 --regid 4242 --clear-groups env -i PATH="$PATH" HOME="$scratch/home" USER=sharpuser XDG_RUNTIME_DIR=/run/user/4242 \
        TMPDIR="$scratch/home/tmp" CONTAINERS_CONF="$scratch/home/containers.conf" CONTAINERS_STORAGE_CONF="$scratch/home/storage.conf" \
        timeout 120 "$@"
}

prepare_user() {
    local file
    mkdir -p "$scratch"/home/{tmp,storage,cni} /run/user/4242
    # A device node that everybody may open, as on ordinary machines.
    if [[ -c /dev/net/tun ]]; then mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200; fi
    for file in passwd group subuid subgid; do
        case $file in
        passwd) { cat /etc/passwd; echo "sharpuser:x:4242:4242::$scratch/home:/bin/sh"; } >"$scratch/$file" ;;
        group) { cat /etc/group; echo "sharpuser:x:4242:"; } >"$scratch/$file" ;;
        *) echo sharpuser:200000:65536 >"$scratch/$file" ;;
        esac
        mount --bind "$scratch/$file" "/etc/$file"
    done
    # The user need not be able to read the folder in which the runtime was built.
    install -m 755 "$runtime" "$scratch/home/$name"
    configure "$scratch/home" "$scratch/home/$name" /run/user/4242
    chown -R 4242:4242 "$scratch/home" /run/user/4242
    chmod -R a+rX "$scratch/image"
    as_user podman pull -q "oci:$scratch/image:test" >"$scratch/id" && as_user podman tag "$(<"$scratch/id")" "$image"
}

# user_run ARG...: podman run --rm ARG... of the ordinary user; sets output, words and status.
user_run() {
    output=$(as_user podman run --rm "$@" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}

nothing_of_user() { ! pgrep -u 4242 >/dev/null; }

# checklist: 26
rootless() {
    if ! prepare_user 2>"$scratch/words"; then not_ok "an ordinary user can pull: $(<"$scratch/words")"; return; fi
    user_run --network none "$image" sh -c 'id -u; cat /proc/self/uid_map; stat -c %u /bin/busybox'
    is "an ordinary user's container: root inside" "0 0 4242 1 1 200000 65536 0" "$(xargs <<<"$output")"
    is "nothing on standard error" "" "$words"
    user_run --network none -u guest "$image" sh -c 'id -u; exit 7'
    is "-u, status" "7 1000" "$status $output"
    user_run --network none --userns keep-id -v "$scratch/home/tmp:/mnt" "$image" sh -c 'id -u; touch /mnt/mine'
    is "--userns keep-id: his own id inside, and his files" "4242 4242" "$output $(stat -c %u "$scratch/home/tmp/mine")"
    user_run --network host "$image" readlink /proc/self/ns/net
    is "--network host" "$(readlink /proc/self/ns/net)" "$output"
    user_run --network none "$image" no-such-program
    is "a missing program: 127" 127 "$status"
    user_run --network none --read-only "$image" sh -c 'touch /srv/x 2>/dev/null || echo refused; touch /tmp/x && echo allowed'
    is "--read-only" "refused allowed" "$(xargs <<<"$output")"
    user_run --network none "$image" sh -c 'grep Seccomp: /proc/self/status; touch /dev/null; ls /dev/pts; mkdir /sys/fs/cgroup/x 2>/dev/null || echo refused'
    has "seccomp, and cgroups that cannot be written" $'Seccomp:\t2' "$output"
    user_run --network none --privileged "$image" sh -c 'grep Seccomp: /proc/self/status'
    is "--privileged" $'0 Seccomp:\t0' "$status $output"
    as_user podman run -d --network none --name mine "$image" sh -c "$waits" >/dev/null 2>"$scratch/words"
    is "run -d" "" "$(<"$scratch/words")"
    is "exec" "inside 0" "$(as_user podman exec mine sh -c 'echo inside $(id -u)' 2>&1)"
    is "exec -u" 1000 "$(as_user podman exec -u guest mine id -u 2>&1)"
    as_user podman stop -t 5 mine >/dev/null
    is "stop" 5 "$(as_user podman inspect --format '{{.State.ExitCode}}' mine)"
    as_user podman start mine >/dev/null
    as_user podman rm -f -t 0 mine >/dev/null
    is "start, rm -f" 0 $?
    as_user podman pod create --name his --network none --infra-image "$image" --infra-command "sleep 600" >/dev/null 2>&1
    is "a pod" "in the pod" "$(as_user podman run --rm --pod his "$image" echo in the pod 2>&1)"
    as_user podman pod rm -f -t 0 his >/dev/null
    printf 'FROM %s\nRUN id -u >/srv/made\nCMD cat /srv/made\n' "$image" >"$scratch/home/Containerfile"
    output=$(as_user podman build -q --isolation oci --network none -t his "$scratch/home" 2>&1)
    is "build with a RUN step" "0 0" "$? $(as_user podman run --rm --network none localhost/his 2>&1)"
    if as_user bash -c 'exec 3<>/dev/net/tun' 2>/dev/null; then
        user_run "$image" ip -4 addr show tap0
        has "the default network (slirp4netns)" "inet 10.0.2." "$output"
    else skip "the default network (slirp4netns)" "/dev/net/tun cannot be opened"; fi
    as_user podman system migrate # ends the process that keeps his user namespace
    until_true nothing_of_user >/dev/null
    is "nothing is left of him" "" "$(pgrep -u 4242 -l; ls /run/user/4242/"$name" 2>/dev/null)"
}

rootless
