# shellcheck shell=bash
# Each kind of namespace: new when the config lists it, the caller's when it does not; compared by inode.

# new_namespace NAME-IN-PROC FILTER: the container's differs from ours. shared_namespace: it is ours.
new_namespace() {
    sleeper "$2"
    local theirs ours
    theirs=$(readlink "/proc/$PID/ns/$1")
    ours=$(readlink "/proc/$$/ns/$1")
    expect_match "namespace of the container" "$theirs" "^$1:\[[0-9]+\]$"
    expect_not_equal "namespace of the container" "$theirs" "$ours"
    end_container
}

shared_namespace() {
    sleeper "$2"
    expect_equal "namespace of the container" "$(readlink "/proc/$PID/ns/$1")" "$(readlink "/proc/$$/ns/$1")"
    # And yet it is a container: its mounts are its own.
    expect_not_equal "mount namespace" "$(readlink "/proc/$PID/ns/mnt")" "$(readlink "/proc/$$/ns/mnt")"
    end_container
}

test_pid_namespace_is_new_when_listed() { new_namespace pid .; }
test_network_namespace_is_new_when_listed() { new_namespace net .; }
test_ipc_namespace_is_new_when_listed() { new_namespace ipc .; }
test_uts_namespace_is_new_when_listed() { new_namespace uts .; }
test_mount_namespace_is_new_when_listed() { new_namespace mnt .; }
test_cgroup_namespace_is_new_when_listed() {
    new_namespace cgroup 'without("cgroup") | .linux.namespaces += [{type: "cgroup"}]'
}

test_pid_namespace_is_the_callers_when_not_listed() { shared_namespace pid 'without("pid")'; }
test_network_namespace_is_the_callers_when_not_listed() { shared_namespace net 'without("network")'; }
test_ipc_namespace_is_the_callers_when_not_listed() { shared_namespace ipc 'without("ipc")'; }
test_uts_namespace_is_the_callers_when_not_listed() { shared_namespace uts 'without("uts") | del(.hostname)'; }
test_cgroup_namespace_is_the_callers_when_not_listed() { shared_namespace cgroup 'without("cgroup")'; }
test_user_namespace_is_the_callers_when_not_listed() { shared_namespace user .; }

# mutant: Step.UnshareCgroups
test_cgroup_namespace_begins_at_the_containers_cgroup() {
    output_of 'without("cgroup") | .linux.namespaces += [{type: "cgroup"}]' grep -E '^[0-9]+:(pids)?:' /proc/self/cgroup
    # Of every hierarchy that the container was put into, it sees the top alone.
    expect_match "a line of /proc/self/cgroup" "$OUT" $'(^|\n)[0-9]+:(pids)?:/($|\n)'
    expect_no_match "/proc/self/cgroup" "$OUT" conf-
}

test_program_is_process_1_and_has_no_parent() {
    output_of . sh -c 'echo $$ $PPID; ls -d /proc/[0-9]*'
    expect_equal "pid and parent, and the processes seen" "$OUT" $'1 0\n/proc/1'
}

# mutant: Step.SetHostname
test_hostname_is_set_inside_and_not_outside() {
    local before
    before=$(</proc/sys/kernel/hostname)
    output_of '.hostname = "harbour"' hostname
    expect_equal "hostname inside" "$OUT" harbour
    expect_equal "hostname outside" "$(</proc/sys/kernel/hostname)" "$before"
}

# mutant: Step.SetDomainname
test_domainname_is_set_inside_and_not_outside() {
    local before
    before=$(</proc/sys/kernel/domainname)
    output_of '.domainname = "harbour.example"' cat /proc/sys/kernel/domainname
    expect_equal "domainname inside" "$OUT" harbour.example
    expect_equal "domainname outside" "$(</proc/sys/kernel/domainname)" "$before"
}

test_without_a_hostname_the_callers_stays() {
    output_of 'del(.hostname)' hostname
    expect_equal "hostname inside" "$OUT" "$(</proc/sys/kernel/hostname)"
}

test_hostname_without_its_namespace_is_refused() {
    bundle 'without("uts") | .hostname = "harbour"' true
    refused_create '(hostname|UTS)'
    expect_not_equal "hostname outside" "$(</proc/sys/kernel/hostname)" harbour
}

# mutant: Step.LoopbackUp
test_loopback_is_up_in_a_new_network_namespace() {
    output_of . sh -c 'ls /sys/class/net; cat /sys/class/net/lo/flags; grep -c . /proc/net/route'
    # 0x9: IFF_UP and IFF_LOOPBACK.
    expect_match "interfaces, flags of lo, lines of the routing table" "$OUT" $'(^|\n)lo\n(.*\n)?0x9\n[01]$'
}

test_the_callers_mount_table_stays_as_it_is() {
    local before
    before=$(</proc/self/mountinfo)
    bundle 'bind("/etc"; "/mnt"; ["ro"])' sleep 1000
    create
    expect_equal "mount table after create" "$(</proc/self/mountinfo)" "$before"
    start
    soon "sleep runs" _executed sleep
    # The container has mounts; they are only not ours.
    grep -q ' /mnt ' "/proc/$PID/mountinfo" || fail "the bind mount is not in the container"
    expect_equal "mount table after start" "$(</proc/self/mountinfo)" "$before"
    end_container
    expect_equal "mount table after delete" "$(</proc/self/mountinfo)" "$before"
}

# mutant: Step.SetSysctl
test_sysctls_are_set_inside_and_not_outside() {
    local before
    before=$(</proc/sys/kernel/msgmax)
    output_of '.linux.sysctl = {"net.ipv4.ip_default_ttl": "77", "net/ipv4/conf/lo/forwarding": "1", "kernel.msgmax": "12345", "fs.mqueue.msg_max": "9"}' \
        sh -c 'cd /proc/sys; cat net/ipv4/ip_default_ttl net/ipv4/conf/lo/forwarding kernel/msgmax fs/mqueue/msg_max'
    expect_equal "values" "$OUT" $'77\n1\n12345\n9'
    expect_equal "value outside" "$(</proc/sys/kernel/msgmax)" "$before"
}

test_sysctls_of_the_host_are_refused() {
    bundle '.linux.sysctl = {"vm.swappiness": "1"}' true
    refused_create 'sysctl .*vm.swappiness.* is not in a separate kernel namespace'
    bundle 'without("network") | .linux.sysctl = {"net.ipv4.ip_forward": "1"} | .mounts |= map(select(.type != "sysfs"))' true
    refused_create 'sysctl .*net.ipv4.ip_forward.* not allowed in host network namespace'
    bundle 'without("ipc") | .linux.sysctl = {"kernel.msgmax": "1"} | .mounts |= map(select(.type != "mqueue"))' true
    refused_create 'sysctl .*kernel.msgmax.* is not allowed in the hosts ipc namespace'
    bundle '.linux.sysctl = {"kernel.hostname": "x"}' true
    refused_create 'sysctl .*kernel.hostname.* is not allowed as it conflicts with the OCI .*hostname.* field'
}

# mutant: Check.SysctlIsInProc
test_a_file_of_the_image_is_no_sysctl() {
    bundle '.linux.sysctl = {"net.ipv4.ip_default_ttl": "77"} | .mounts |= map(select(.destination != "/proc"))
        | .linux.maskedPaths = [] | .linux.readonlyPaths = []' true
    mkdir -p "$BUNDLE/rootfs/proc/sys/net/ipv4"
    echo 1 >"$BUNDLE/rootfs/proc/sys/net/ipv4/ip_default_ttl"
    refused_create .
    expect_equal "file of the image" "$(<"$BUNDLE/rootfs/proc/sys/net/ipv4/ip_default_ttl")" 1
}
