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

# ------------------------------------------------------------------------------------------------------- joined by path
# other UNSHARE-FLAGS...: a process in namespaces of its own; OTHER is its pid.
other() {
    unshare "$@" sleep 1000 &
    OTHER=$!
    soon "unshare has executed sleep" _is_sleep "$OTHER"
}

_is_sleep() {
    local name
    read -r name <"/proc/$1/comm" && [[ $name == sleep ]]
}

end_other() {
    kill "$OTHER"
    wait "$OTHER" || true
}

# joins TYPE NAME-IN-PROC: the filter that puts the namespace of OTHER in the place of a new one.
joins() { echo "without(\"$1\") | .linux.namespaces += [{type: \"$1\", path: \"/proc/$OTHER/ns/$2\"}] | del(.hostname)"; }

joined_namespace() { # joined_namespace TYPE NAME-IN-PROC UNSHARE-FLAG
    local theirs
    other "$3"
    sleeper "$(joins "$1" "$2")"
    theirs=$(readlink "/proc/$OTHER/ns/$2")
    expect_not_equal "namespace of the other process" "$theirs" "$(readlink "/proc/$$/ns/$2")"
    expect_equal "namespace of the container" "$(readlink "/proc/$PID/ns/$2")" "$theirs"
    end_container
    end_other
}

# mutant: Step.JoinNamespace
test_network_namespace_is_joined_by_path() { joined_namespace network net --net; }
test_ipc_namespace_is_joined_by_path() { joined_namespace ipc ipc --ipc; }
test_uts_namespace_is_joined_by_path() { joined_namespace uts uts --uts; }
test_mount_namespace_is_joined_by_path() { joined_namespace mount mnt --mount; }
test_cgroup_namespace_is_joined_by_path() { joined_namespace cgroup cgroup --cgroup; }

# mutant: Step.CloneAgain
test_pid_namespace_is_joined_by_path() {
    local first theirs
    sleeper
    first=$ID OTHER=$PID theirs=$(readlink "/proc/$PID/ns/pid")
    NAME=second output_of "$(joins pid pid)" sh -c 'readlink /proc/self/ns/pid; echo $$; grep -c . /proc/1/comm'
    expect_match "namespace, pid, and lines of the name of process 1" "$OUT" "^pid:\[[0-9]+\]"$'\n([2-9]|[1-9][0-9]+)\n1$'
    expect_equal "pid namespace" "${OUT%%$'\n'*}" "$theirs"
    must delete --force "$first"
}

# The other container's end is not this one's, and this one's is not the other's.
test_containers_that_share_a_pid_namespace_end_each_for_itself() {
    local first
    sleeper
    first=$ID OTHER=$PID
    NAME=second sleeper "$(joins pid pid)"
    stop_container
    ID=$first expect_status running
    end_container
    ID=$first end_container
}

test_a_namespace_is_joined_by_a_file_that_it_is_bound_to() {
    other --net
    : >"$T/pod"
    mount --bind "/proc/$OTHER/ns/net" "$T/pod"
    output_of 'without("network") | .linux.namespaces += [{type: "network", path: ($folder + "/pod")}]' readlink /proc/self/ns/net
    expect_equal "namespace" "$OUT" "$(readlink "/proc/$OTHER/ns/net")"
    umount "$T/pod"
    end_other
}

# A pod's network belongs to whoever made it.
test_the_loopback_of_a_joined_network_namespace_stays_as_it_is() {
    other --net
    output_of "$(joins network net)" cat /sys/class/net/lo/flags
    expect_equal "flags of lo" "$OUT" 0x8
    end_other
}

test_hostname_is_set_in_a_joined_uts_namespace() {
    other --uts
    output_of "$(joins uts uts) | .hostname = \"harbour\"" hostname
    expect_equal "hostname inside" "$OUT" harbour
    expect_equal "hostname of the other process" "$(nsenter --uts="/proc/$OTHER/ns/uts" hostname)" harbour
    end_other
}

# As a pod's member: three by path, the others new.
test_namespaces_by_path_and_new_ones_come_together() {
    local kind
    other --net --ipc --uts
    sleeper "without(\"network\") | without(\"ipc\") | without(\"uts\") | del(.hostname) | .linux.namespaces += [
        {type: \"network\", path: \"/proc/$OTHER/ns/net\"}, {type: \"ipc\", path: \"/proc/$OTHER/ns/ipc\"},
        {type: \"uts\", path: \"/proc/$OTHER/ns/uts\"}]"
    for kind in net ipc uts; do
        expect_equal "$kind namespace" "$(readlink "/proc/$PID/ns/$kind")" "$(readlink "/proc/$OTHER/ns/$kind")"
    done
    for kind in pid mnt; do expect_not_equal "$kind namespace" "$(readlink "/proc/$PID/ns/$kind")" "$(readlink "/proc/$$/ns/$kind")"; done
    end_container
    end_other
}

# mutant: Check.NamespaceIsOfItsType
test_a_namespace_of_another_type_is_refused() {
    bundle 'without("network") | .linux.namespaces += [{type: "network", path: "/proc/self/ns/ipc"}]' true
    refused_create '(type ipc, not network|net namespace: Invalid argument|setns .*Invalid argument|sync socket)'
}

test_a_file_that_is_no_namespace_is_refused() {
    bundle 'without("network") | .linux.namespaces += [{type: "network", path: "/etc/passwd"}]' true
    refused_create '(network|namespace|setns|Invalid|invalid|sync socket)'
}

test_a_missing_namespace_is_refused() {
    bundle 'without("network") | .linux.namespaces += [{type: "network", path: ($folder + "/none")}]' true
    refused_create '[Nn]o such file or directory'
}

test_a_fifo_in_place_of_a_namespace_is_refused_and_not_waited_for() {
    mkfifo "$T/fifo"
    bundle 'without("network") | .linux.namespaces += [{type: "network", path: ($folder + "/fifo")}]' true
    refused_create .
}

test_a_relative_path_of_a_namespace_is_refused() {
    bundle 'without("network") | .linux.namespaces += [{type: "network", path: "proc/self/ns/net"}]' true
    refused_create '(absolute|namespace|No such file)'
}

# In a mount namespace of the runtime's own, so that nothing is lost where it goes on.
# mutant: Check.MountNamespaceIsAnother
test_the_callers_own_mount_namespace_is_refused_by_path() {
    bundle 'without("mount") | .linux.namespaces += [{type: "mount", path: "/proc/self/ns/mnt"}]' true
    printf '#!/bin/sh\nexec unshare --mount --propagation private %q "$@"\n' "$RUNTIME" >"$T/alone"
    chmod 755 "$T/alone"
    RUNTIME=$T/alone
    refused_create .
}

# ------------------------------------------------------------------------------------------------------- time
has_time() { if [[ ! -e /proc/self/ns/time ]]; then skip "no time namespaces in this kernel"; fi; }

# mutant: Step.NewTimeNamespace
test_time_namespace_is_new_with_its_offsets() {
    has_time
    output_of '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 7200, nanosecs: 5}, boottime: {secs: 864000}}' \
        sh -c 'readlink /proc/self/ns/time; cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime'
    local ours lines
    mapfile -t lines <<<"$OUT"
    expect_not_equal "time namespace" "${lines[0]}" "$(readlink /proc/$$/ns/time)"
    expect_match "offset of monotonic" "${lines[1]}" '^monotonic +7200 +5$'
    expect_match "offset of boottime" "${lines[2]}" '^boottime +864000 +0$'
    ours=$(cut -d. -f1 /proc/uptime)
    if ((lines[3] < ours + 863000)); then fail "uptime inside is ${lines[3]}, outside $ours"; fi
}

test_time_namespace_without_offsets_has_none() {
    has_time
    output_of '.linux.namespaces += [{type: "time"}]' sh -c 'cat /proc/self/timens_offsets'
    expect_match "offsets" "$OUT" $'^monotonic +0 +0\nboottime +0 +0$'
}

test_time_namespace_is_joined_by_path() {
    has_time
    joined_namespace time time --time
}

test_time_offsets_without_their_namespace_are_refused() {
    bundle '.linux.timeOffsets = {monotonic: {secs: 1}}' true
    refused_create 'time'
}

test_time_namespace_is_made_or_refused_by_name() {
    bundle '.linux.namespaces += [{type: "time"}]' true
    if [[ -e /proc/self/ns/time ]]; then
        run_container
        expect_equal "exit status" "$RC" 0
    else
        refused_create '[Tt]ime'
    fi
}

# ------------------------------------------------------------------------------------------------------- the caller's pid namespace
test_delete_force_ends_all_where_the_pid_namespace_is_the_callers() {
    local child
    bundle 'without("pid")' sh -c 'sleep 1000 & echo $!; wait'
    create
    start
    soon "the program has a child" _printed
    child=$(<"$T/$ID.out")
    must delete --force "$ID"
    soon "the child is dead" dead "$child"
}

_printed() { [[ -s $T/$ID.out ]]; }
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
