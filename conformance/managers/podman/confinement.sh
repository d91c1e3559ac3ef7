# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: users, capabilities, devices, seccomp, user namespaces.

users() {
    once user -u guest -- sh -c 'id -u; id -g; grep CapEff /proc/self/status'
    is "-u NAME: its ids, no capability" $'1000\n1000\nCapEff:\t0000000000000000' "$output"
    once numbers -u 1234:5678 --group-add 99 -- sh -c 'echo $(id -u) $(id -g) $(id -G)'
    is "-u UID:GID --group-add" "1234 5678 5678 99" "$output"
    once umask --umask 027 -- sh -c 'umask'
    is "--umask" 0027 "$output"
    once caps --cap-drop all --cap-add chown,net_admin -- grep -E 'Cap(Eff|Bnd|Prm)' /proc/self/status
    is "--cap-drop all --cap-add" $'CapPrm:\t0000000000001001\nCapEff:\t0000000000001001\nCapBnd:\t0000000000001001' "$output"
    once usercaps -u guest --cap-add chown -- grep -E 'Cap(Eff|Amb)' /proc/self/status
    is "-u --cap-add: it is ambient" $'CapEff:\t0000000000000001\nCapAmb:\t0000000000000001' "$output"
    once privs --security-opt no-new-privileges -- grep NoNewPrivs /proc/self/status
    is "--security-opt no-new-privileges" $'NoNewPrivs:\t1' "$output"
}

# checklist: 22
privileged() {
    once privileged --privileged -- sh -c 'grep Seccomp: /proc/self/status; ls /dev | grep -c .; grep " /sys " /proc/self/mountinfo | cut -d" " -f6 | cut -d, -f1'
    is "--privileged: no filter, /sys can be written" $'Seccomp:\t0 rw' "$(sed 2d <<<"$output" | paste -sd' ')"
    if [[ $(sed -n 2p <<<"$output") -gt 12 ]]; then ok "--privileged: the host's devices"; else not_ok "--privileged: the host's devices"; echo "$output $words"; fi
    is "nothing on standard error" "" "$words"
    once device --device /dev/zero:/dev/zwei:r -- sh -c 'stat -c "%F %t:%T" /dev/zwei; head -c 3 /dev/zwei | wc -c'
    is "--device under another name" $'character special file 1:5\n3' "$output"
    once nodevice --cap-add MKNOD -- sh -c 'mknod /tmp/kmsg c 1 11; head -c 1 /tmp/kmsg 2>&1 | grep -o "not permitted"'
    is "another device is refused" "not permitted" "$output"
    once rule --cap-add MKNOD --device-cgroup-rule 'c 240:* rwm' -- sh -c 'mknod /tmp/x c 240 7; cat /tmp/x'
    has "--device-cgroup-rule allows it (no driver has it)" "No such device" "$words"
    once defaults -- sh -c 'for d in null zero full random urandom tty; do [ -c /dev/$d ] || echo $d; done; echo x >/dev/null; ls -l /dev/ptmx | grep -o "pts/ptmx"'
    is "the default devices" pts/ptmx "$output"
    once sysctl --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=4242 -- cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
    is "--sysctl" $'1\n4242' "$output"
    once personality --personality LINUX32 -- uname -m
    if [[ $name == runc ]]; then skip "--personality" "runc 1.1 does as if it had not been asked for"
    elif [[ $status == 0 ]]; then is "--personality" i686 "$output"
    else has "--personality: refused by its name" "linux.personality: not supported yet" "$words"; fi
    once host --hostname box --domainname example 2>/dev/null -- true
    once named --hostname box -- hostname
    is "--hostname" box "$output"
    once masked -- sh -c 'cat /proc/keys 2>&1 | wc -c; ls /sys/firmware | wc -l; echo x 2>/dev/null >/proc/sys/kernel/panic || echo refused'
    is "masked and read-only paths" $'0\n0\nrefused' "$output"
    once unmasked --security-opt unmask=ALL -- sh -c 'grep -c " /proc/" /proc/self/mountinfo'
    is "--security-opt unmask=ALL" 0 "$output"
    once init --init -- sh -c 'cat /proc/1/comm; (sleep 0.1 &) ; exit 6'
    is "--init" "6 podman-init" "$status $output"
}

# checklist: 28
seccomp() {
    once filtered -- sh -c 'grep ^Seccomp: /proc/self/status | tr -d "\t"; unshare -m true 2>&1 | grep -o "not permitted"'
    is "podman's default profile" $'Seccomp:2\nnot permitted' "$output"
    once unfiltered --security-opt seccomp=unconfined -- grep ^Seccomp: /proc/self/status
    is "seccomp=unconfined" $'Seccomp:\t0' "$output"
    cat >"$scratch/profile.json" <<'JSON'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}
JSON
    once custom --security-opt "seccomp=$scratch/profile.json" -- sh -c 'mkdir /tmp/x 2>&1'
    has "a profile of one's own, with its errno" "No space left" "$output"
    echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NONSENSE"}]}' >"$scratch/profile.json"
    once nonsense --security-opt "seccomp=$scratch/profile.json" -- true
    isnt_zero "a profile that is none is refused" "$status"
}

# checklist: 10
user_namespaces() {
    once uidmap --uidmap 0:100000:1000 --gidmap 0:200000:1000 -- sh -c 'cat /proc/self/uid_map /proc/self/gid_map; stat -c %u /bin/busybox; touch /srv/x && echo ok' 
    is "--uidmap, --gidmap" "0 100000 1000 0 200000 1000 0 ok" "$(tr -s ' \n' ' ' <<<"$output" | sed 's/^ //; s/ $//')"
    mkdir -p "$scratch/other" && echo inside >"$scratch/other/file"
    once uiduser --uidmap 0:100000:2000 -u guest -v "$scratch/other:/mnt" -- sh -c 'id -u; cat /mnt/file'
    is "--uidmap, a user, a volume" $'1000\ninside' "$output"
    detached uidexec --uidmap 0:100000:2000 -- sh -c "$waits"
    is "exec in it" "0 100000 2000" "$(p exec uidexec cat /proc/self/uid_map | tr -s ' ' | sed 's/^ //')"
    is "exec -u in it" 1000 "$(p exec -u guest uidexec id -u)"
    p stop -t 1 uidexec >/dev/null # rm -f of a living one fails now and then with --uidmap (shm is busy), with any runtime
    remove uidexec
    if networks_work; then
        once uidnet --network podman --uidmap 0:100000:2000 -- ip -4 addr show eth0
        has "--uidmap with a bridge: the interface is there when the command starts" "inet 10.88." "$output"
        for file in /run/netns/netns-*; do ip netns delete "${file##*/}"; done # podman 4.3 forgets these, with any runtime
    else skip "--uidmap with a bridge" "no bridge or iptables here"; fi
}

users
privileged
seccomp
user_namespaces
