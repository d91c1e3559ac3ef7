#!/usr/bin/env bash
# cri.sh [RUNTIME] - does a real containerd (Debian's) run pods with RUNTIME, as the kubelet asks it to (pods.sh)?
#
# containerd runs in namespaces of its own (machine.sh), with Debian's CNI plugins for the pods' network. "# checklist: N" names the point
# of manager-calls.md that a case shows. Prints ok, not ok or skip for each case, and last "N passed, N failed, N skipped".
# shellcheck disable=SC2016,SC2034,SC2154 # the $ are for the containers' shells; machine.sh and pods.sh set and use scratch and others
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=machine.sh
. "$here/managers/machine.sh"
# shellcheck source=pods.sh
. "$here/managers/pods.sh"
if [[ -z ${MACHINE_TAG:-} ]]; then pods_packages || exit 1; fi
machine "$here/managers/cri.sh" "${1:-${RUNTIME:-$here/../out/sharprun}}"

socket=$scratch/containerd.sock
image=sharprun.test/busybox:test
tasks=$scratch/state/io.containerd.runtime.v2.task/k8s.io # of the bundles
states=/run/containerd/runc/k8s.io                        # of the runtime
default_capabilities=00000000a80425fb

# ------------------------------------------------------------------------------------------------------------- cases

pod_runs() {
    run_pod one || { tally; exit 1; }
    output first "" sh -c 'echo hello from a pod; echo two >&2; exit 7'
    # Two pipes: which line is logged first is chance.
    is "a container's output" $'hello from a pod\ntwo' "$(sort <<<"$output")"
    start first "" sh -c 'exit 7'
    until_true has_exited
    is "its status" 7 "$(exit_code)"
    remove
    output first 'envs { key: "COLOUR" value: "blue" } working_dir: "/tmp"' sh -c 'echo $COLOUR $GREETING $PWD $(hostname)'
    is "environment, working directory and the pod's host name" "blue hello /tmp one" "$output"
    output first "" sh -c 'echo $$ /proc/[0-9]*; true'
    is "process 1, and alone" "1 /proc/1" "$output"
    output first "" sh -c 'ip -4 addr show eth0 | grep -o "inet 10.85.0"; ping -c 1 -W 5 10.85.0.1 | grep -o "1 packets received"'
    is "the pod's network" $'inet 10.85.0\n1 packets received' "$output"
    output first "tty: true" sh -c 'tty; test -t 2 && echo all'
    is "a terminal" $'/dev/pts/0\nall' "$(tr -d '\r' <<<"$output")"
}

# checklist: 22
devices_and_capabilities() {
    # containerd's rules deny all devices and allow none.
    output devices "" sh -c 'cd /dev; for n in null zero full random urandom tty ptmx; do test -c $n || echo no $n; done
        head -c 3 zero | wc -c; echo x >null && head -c 1 urandom | wc -c; exec 3<>ptmx && ls pts | grep -c .; mknod b b 7 0; cat b 2>&1'
    is "the default devices, though all are denied, and no other" $'3\n1\n2\ncat: can\'t open \'b\': Operation not permitted' "$output"
    output capabilities "" grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
    is "the default capabilities" $'CapEff:\t'"$default_capabilities"$'\nCapBnd:\t'"$default_capabilities"$'\nNoNewPrivs:\t0\nSeccomp:\t0' "$output"
    security=' capabilities { drop_capabilities: "ALL" add_capabilities: "CHOWN" } no_new_privs: true
        seccomp { profile_type: RuntimeDefault } run_as_user { value: 1000 } run_as_group { value: 1001 } supplemental_groups: 77 ' output capabilities '' \
        sh -c 'id -u; id -g; id -G; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status'
    is "user, groups, capabilities, seccomp, no_new_privs" \
        $'1000\n1001\n1001 77\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000001\nNoNewPrivs:\t1\nSeccomp:\t2' "$output"
    security=' readonly_rootfs: true masked_paths: "/proc/uptime" readonly_paths: "/proc/sys" ' output paths '' \
        sh -c 'cat /proc/uptime | wc -c; echo x 2>/dev/null >/proc/sys/kernel/domainname || echo readonly; touch /x 2>/dev/null || echo readonly'
    is "read-only root, masked and read-only paths" $'0\nreadonly\nreadonly' "$output"
    output mounts "mounts { container_path: \"/mnt\" host_path: \"$scratch/cni\" readonly: true propagation: PRIVATE }
        mounts { container_path: \"/srv\" host_path: \"$scratch/tmp\" propagation: HOST_TO_CONTAINER }" \
        sh -c 'ls /mnt; touch /mnt/x 2>/dev/null || echo readonly; touch /srv/written; grep -c " /srv .* master:" /proc/self/mountinfo'
    is "mounts" $'10-test.conflist\nreadonly\n1' "$output"
    if [[ -e $scratch/tmp/written ]]; then ok "mounts: written outside"; else not_ok "mounts: written outside"; fi
}

exec_and_stats() {
    resources=' memory_limit_in_bytes: 67108864 cpu_shares: 512 oom_score_adj: 321 ' start long '' \
        sh -c 'trap "echo asked to end; exit 5" TERM; echo ready; while :; do sleep 600 & wait $!; done' || return
    until_true says ready
    exec_sync 10 sh -c 'echo out; echo err >&2; cat /proc/1/oom_score_adj; exit 3'
    is "ExecSync: output and status" $'3 out\n321 err' "$status $output $errors"
    exec_sync 1 sleep 600
    is "ExecSync: its timeout" failed "$status"
    has "and says so" "timeout 1s exceeded" "$words"
    exec_sync 10 no-such-program
    has "ExecSync of a missing program" "executable file not found" "$words"
    is "memory limit" $((64 << 20)) "$(cgroup_value "one/$container" memory memory.limit_in_bytes memory.max)"
    cri ContainerStats ContainerStatsResponse <<<"container_id: \"$container\""
    if [[ $answer == *working_set_bytes* && $answer =~ value:\ [1-9] ]]; then ok "ContainerStats"; else not_ok "ContainerStats"; echo "  $answer $words"; fi
}

# checklist: 18
update() {
    if cri UpdateContainerResources <<<"container_id: \"$container\" linux {
        memory_limit_in_bytes: 134217728 cpu_shares: 256 cpu_quota: 30000 cpu_period: 100000 }"; then
        ok "UpdateContainerResources"
    else not_ok "UpdateContainerResources"; echo "  $words"; fi
    is "update: memory" $((128 << 20)) "$(cgroup_value "one/$container" memory memory.limit_in_bytes memory.max)"
    is "update: quota" 30000 "$(cgroup_value "one/$container" cpu cpu.cfs_quota_us cpu.max | cut -d' ' -f1)"
    exec_sync 10 sh -c 'echo x >/dev/null && echo open'
    is "update: the devices are as they were" open "$output"
}

# checklist: 13
stops() {
    stop 10
    is "StopContainer: asked to end" $'5 ready asked to end' "$(exit_code) $(said | paste -sd' ')"
    remove
    start deaf "" sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
    until_true says ready
    stop 1
    is "StopContainer of one that does not listen: killed" 137 "$(exit_code)"
    remove
    start now "" sleep 600
    stop 0
    is "StopContainer with no time: killed" 137 "$(exit_code)"
    remove
    start removed "" sleep 600
    if remove; then ok "RemoveContainer of a running one"; else not_ok "RemoveContainer of a running one"; fi
    resources=' memory_limit_in_bytes: 20971520 ' start oom '' sh -c 'tail /dev/zero; sleep 1; exit 9'
    until_true has_exited
    is "a program without memory is killed: OOMKilled" "9 OOMKilled" "$(exit_code) $(state >/dev/null; field reason)"
    remove
}

# checklist: 5 17
failures() {
    create missing "" no-such-program && cri StartContainer <<<"container_id: \"$container\""
    has "a missing program is named" "executable file not found" "$words"
    remove
    create missing "" /etc/passwd && cri StartContainer <<<"container_id: \"$container\""
    has "a file that is no program" "permission denied" "$words"
    remove
    is "no state, no cgroup is left of them" "" "$(find "$states" "$tasks" /sys/fs/cgroup -maxdepth 7 -name "$container" 2>/dev/null)"
}

# checklist: 24
shared_namespaces() {
    local first
    hostname='' run_pod two 'sysctls { key: "net.ipv4.ip_forward" value: "1" }' 'namespace_options { pid: POD }' || return
    security=' namespace_options { pid: POD } ' start first '' sh -c 'echo ready; sleep 4331 & sleep 4332'
    first=$container
    until_true says ready
    security=' namespace_options { pid: POD } ' output second '' sh -c 'ps | grep -c "sleep [4]33[12]\|sleep [1]000000"; cat /proc/sys/net/ipv4/ip_forward; true'
    is "a shared pid namespace, and the pod's sysctl" $'3\n1' "$output"
    security=' namespace_options { pid: POD } ' start leaving '' sh -c 'sleep 4333 & exit 0'
    until_true has_exited
    if until_true eval '[[ $(processes) != *"sleep 4333"* ]]'; then ok "what a container leaves in the pod's pid namespace is killed"
    else not_ok "what a container leaves in the pod's pid namespace is killed"; fi
    remove
    security="namespace_options { pid: TARGET target_id: \"$first\" }" output target '' sh -c 'ps | grep -c "sleep [4]33[12]"'
    is "the pid namespace of another container" 2 "$output"
    container=$first
    if stop 0; then ok "one of several stops"; else not_ok "one of several stops"; fi
    end_pod || not_ok "pod two is removed"
    hostname='' run_pod host '' 'namespace_options { network: NODE pid: NODE ipc: NODE }' || return
    security=' namespace_options { network: NODE pid: NODE ipc: NODE } ' output first '' sh -c 'for n in net pid ipc; do readlink /proc/self/ns/$n; done'
    is "a pod in the node's namespaces" "$(readlink /proc/self/ns/{net,pid,ipc})" "$output"
    end_pod || not_ok "pod host is removed"
}

privileged() {
    run_pod privileged "" 'privileged: true' || return
    security=' privileged: true ' output all '' sh -c 'grep CapEff /proc/self/status; mount -t tmpfs x /tmp && echo mounted; test -c /dev/full && echo devices'
    is "a privileged container" "CapEff:"$'\t'"$(sed -n 's/^CapEff:\t//p' /proc/self/status)"$'\nmounted\ndevices' "$output"
    end_pod || not_ok "pod privileged is removed"
}

# checklist: 12
pod_ends() {
    start left "" sleep 600
    if end_pod; then ok "the pod is stopped and removed with what runs in it"; else not_ok "the pod is stopped and removed with what runs in it"; echo "  $words"; fi
    until_true nothing_left '*/*' >/dev/null
    is "no process and no cgroup is left" "" "$(left_behind '*/*')"
    is "no state and no mount" "" "$(find "$states" "$tasks" -mindepth 1 -maxdepth 1 2>/dev/null; grep -E " $scratch/state/" /proc/self/mountinfo)"
}

trap ended EXIT
if ! start_containerd; then not_ok "containerd starts"; tail "$scratch/log"; tally; exit 1; fi
if ! import_image; then not_ok "the test image can be imported"; tally; exit 1; fi
processes >"$scratch/standing"
pod_runs
devices_and_capabilities
exec_and_stats
update
stops
failures
main=$pod main_config=$pod_config main_logs=$logs
shared_namespaces
privileged
pod=$main pod_config=$main_config logs=$main_logs
pod_ends
tally
