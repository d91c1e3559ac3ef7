# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# Users, capabilities, seccomp, devices, sysctls, and privileged.

confinement_users() {
    run -u 1000:1000 test sh -c 'id -u; id -g; grep CapEff /proc/self/status'
    is "-u number: no capabilities in force" $'1000\n1000\nCapEff:\t0000000000000000' "$output"
    run -u guest test sh -c 'id -un; echo $HOME; touch /etc/x 2>/dev/null || echo refused'
    is "-u name" $'guest\n/srv\nrefused' "$output"
    run -u 4242 test id -u
    is "-u of nobody known" 4242 "$output"
    run -u nosuchuser test id
    has "-u of a name that is not there" "unable to find user nosuchuser" "$words"
    run --group-add 77 --group-add guest test id -G
    is "--group-add" "0 77 1000" "$(tr ' ' '\n' <<<"$output" | sort -n | uniq | paste -sd' ')"
}

confinement_capabilities() {
    run test grep -E '^Cap(Eff|Bnd|Inh|Amb)' /proc/self/status
    is "docker's 14 capabilities" \
        $'CapInh:\t0000000000000000\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000' "$output"
    run --cap-drop ALL test sh -c 'grep -E "^Cap(Eff|Bnd)" /proc/self/status; chown 1 /srv 2>/dev/null || echo refused'
    is "--cap-drop ALL" $'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nrefused' "$output"
    run --cap-drop ALL --cap-add CHOWN test sh -c 'grep CapEff /proc/self/status; chown 1 /srv && echo allowed'
    is "--cap-add" $'CapEff:\t0000000000000001\nallowed' "$output"
    run --security-opt no-new-privileges test grep NoNewPrivs /proc/self/status
    is "--security-opt no-new-privileges" $'NoNewPrivs:\t1' "$output"
    run test grep NoNewPrivs /proc/self/status
    is "else not" $'NoNewPrivs:\t0' "$output"
}

# checklist: 28
confinement_seccomp() {
    run test sh -c 'grep ^Seccomp: /proc/self/status | tr -d "\t"; unshare -m true 2>&1'
    is "the default profile" $'Seccomp:2\nunshare: unshare(0x20000): Operation not permitted' "$output"
    run --cap-add SYS_ADMIN test sh -c 'mount -t tmpfs x /tmp && umount /tmp && echo mounted'
    if [[ $output == mounted ]]; then ok "the default profile follows the capabilities"; else skip "the default profile follows the capabilities" "$words"; fi
    run --security-opt seccomp=unconfined test grep ^Seccomp: /proc/self/status
    is "seccomp=unconfined" $'Seccomp:\t0' "$output"
    cat >"$scratch/profile.json" <<'JSON'
{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": [
  {"names": ["mkdir", "mkdirat", "a_call_that_nobody_knows"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
  {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95, "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]},
  {"names": ["rmdir"], "action": "SCMP_ACT_KILL"}]}
JSON
    run --security-opt "seccomp=$scratch/profile.json" test sh -c 'mkdir /x; kill -USR1 $$; kill -0 $$ && echo sent; rmdir /srv; echo $?'
    is "a profile of one's own: errnoRet, an argument, kill" "sent 159" "$(paste -sd' ' <<<"$output")"
    has "errnoRet 28" "mkdir: can't create directory '/x': No space left on device" "$words"
    has "errnoRet 95 for one argument" "Operation not supported" "$words"
}

confinement_devices() {
    run test sh -c 'cd /dev && for n in null zero full random urandom tty ptmx; do test -c $n || echo no $n; done; echo x >null; head -c 1 zero | wc -c'
    is "the default devices" 1 "$output"
    run test sh -c 'mknod /dev/x b 7 0 && cat /dev/x 2>&1'
    has "other devices are closed" "Operation not permitted" "$output"
    run --device /dev/zero:/dev/mine:r test sh -c 'head -c 2 /dev/mine | wc -c; stat -c "%a %t:%T" /dev/mine'
    is "--device" 2 "$(head -n 1 <<<"$output")"
    has "--device: the node" "1:5" "$output"
    if [[ ! -e /dev/fuse ]]; then skip "--device /dev/fuse" "no such device here"; return; fi
    # docker's own list closes it, and what is asked for comes after that.
    run --device /dev/fuse test sh -c 'exec 3<>/dev/fuse && echo opened'
    is "--device /dev/fuse" opened "$output"
}

# checklist: 22
confinement_privileged() {
    run --privileged test sh -c 'grep -E "^CapEff" /proc/self/status; grep ^Seccomp: /proc/self/status
        mount -t tmpfs x /tmp && echo mounted; touch /sys/fs/cgroup 2>/dev/null; mknod /dev/x b 7 0; test -c /dev/full && echo devices'
    if [[ $status != 0 ]] && lacks_capability 24; then skip "--privileged" "this machine lacks CAP_SYS_RESOURCE, and runc takes all or nothing"
    else is "--privileged" $'CapEff:\t'"$all_capabilities"$'\nSeccomp:\t0\nmounted\ndevices' "$output"; fi
}

confinement_sysctls() {
    run test cat /proc/sys/net/ipv4/ip_unprivileged_port_start
    is "docker's own sysctls" 0 "$output"
    run --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=9000 test cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
    is "--sysctl" $'1\n9000' "$output"
    run --sysctl kernel.pid_max=99 test true
    if [[ $status != 0 ]]; then ok "a sysctl of the machine is refused"; else not_ok "a sysctl of the machine is refused"; fi
}

confinement_proc() {
    run test sh -c 'cat /proc/kcore | head -c 1 | wc -c; echo x 2>/dev/null >/proc/sys/kernel/domainname || echo readonly; ls /sys/firmware | wc -l'
    is "masked and read-only paths" $'0\nreadonly\n0' "$output"
    run test sh -c 'touch /sys/x 2>&1'
    has "a read-only /sys" "Read-only file system" "$output"
    run test sh -c 'ls /sys/fs/cgroup | wc -l; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x 2>/dev/null || echo readonly'
    has "a read-only /sys/fs/cgroup" readonly "$output"
}

# checklist: 13
confinement_namespaces() {
    run --pid host test readlink /proc/self/ns/pid
    is "--pid host" "$(readlink /proc/self/ns/pid)" "$output"
    start --pid host test sh -c 'sleep 4321 & sleep 0.3'
    call wait "$id"
    if until_true nothing_left; then ok "--pid host: what it has left behind is killed"; else not_ok "--pid host: what it has left behind is killed"; fi
    remove "$id"
    run --ipc host --uts host test sh -c "$show_namespaces" sh ipc uts
    is "--ipc host --uts host" "$(readlink /proc/self/ns/ipc /proc/self/ns/uts)" "$output"
    start --ipc shareable --name first test sleep 600
    run --pid container:first --ipc container:first test sh -c "pidof sleep; $show_namespaces" sh ipc pid
    is "--pid and --ipc container:NAME" "$(echo 1; docker exec first sh -c "$show_namespaces" sh ipc pid)" "$output"
    start --pid container:first test sh -c 'sleep 4321 & sleep 0.3'
    call wait "$id"
    if until_true eval '[[ $(docker exec first ps) != *"sleep 4321"* ]]'; then ok "--pid container:NAME: what it has left behind is killed"
    else not_ok "--pid container:NAME: what it has left behind is killed"; fi
    remove "$id" first
}

confinement_users
confinement_capabilities
confinement_seccomp
confinement_devices
confinement_privileged
confinement_sysctls
confinement_proc
confinement_namespaces
