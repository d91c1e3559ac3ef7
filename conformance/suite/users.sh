# shellcheck shell=bash
# shellcheck disable=SC2016 # the container's shell expands these, or jq does
# User namespaces: new with id maps, joined, and made by an ordinary user.

maps='.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
mapped=".linux.namespaces += [{type: \"user\"}] | $maps"

# The container's root is an ordinary user outside: the way to its bundle has to be open to it.
reachable() { chmod 711 "$BASE" "$T"; }

# owner FILE: uid:gid as this shell sees them.
owner() { stat -L -c %u:%g "$1"; }

# mutant: Step.AwaitIdMaps Step.BecomeRoot
test_program_is_root_of_a_new_user_namespace() {
    reachable
    output_of "$mapped" sh -c 'id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map'
    expect_match "ids and maps" "$OUT" $'^0\n0\n +0 +100000 +65536\n +0 +100000 +65536$'
}

test_outside_it_is_the_mapped_user() {
    reachable
    sleeper "$mapped"
    expect_equal "owner of the process" "$(owner "/proc/$PID")" 100000:100000
    expect_not_equal "user namespace" "$(readlink "/proc/$PID/ns/user")" "$(readlink "/proc/$$/ns/user")"
    expect_status running
    end_container
}

test_several_ranges_are_mapped() {
    reachable
    output_of '.linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 5000, size: 1}]
        | .linux.gidMappings = [{containerID: 0, hostID: 300000, size: 10}]' cat /proc/self/uid_map /proc/self/gid_map
    expect_match "maps" "$OUT" $'^ +0 +100000 +1000\n +1000 +5000 +1\n +0 +300000 +10$'
}

test_user_and_groups_of_the_program_are_the_namespaces() {
    reachable
    bundle "$mapped | .process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6]}" sleep 1000
    create
    start
    soon "sleep runs" _executed sleep
    expect_equal "owner of the process" "$(owner "/proc/$PID")" 101000:101001
    expect_match "groups" "$(grep ^Groups: "/proc/$PID/status")" '100005 100006'
    end_container
}

test_files_that_are_made_belong_to_the_mapped_root() {
    reachable
    output_of "$mapped" stat -c '%u:%g' /tmp /dev/shm /dev/pts
    expect_equal "owners seen inside" "$OUT" $'65534:65534\n0:0\n0:0'
}

# mutant: Step.BindDevice
test_devices_of_the_host_are_bound() {
    reachable
    output_of "$mapped" sh -c 'stat -c "%F %t:%T" /dev/null /dev/urandom; echo x >/dev/null && head -c 2 /dev/zero | wc -c'
    expect_equal "devices, and what they do" "$OUT" $'character special file 1:3\ncharacter special file 1:9\n2'
}

# mutant: Check.HostDeviceIsTheOneAskedFor
test_a_device_that_is_another_on_the_host_is_refused() {
    reachable
    bundle "$mapped | .linux.devices = [{type: \"c\", path: \"/dev/zero\", major: 1, minor: 3}]" true
    refused_create '/dev/zero'
}

test_devices_of_the_config_are_bound_too() {
    reachable
    output_of "$mapped | .linux.devices = [{type: \"c\", path: \"/dev/kmsg\", major: 1, minor: 11}]" stat -c '%t:%T' /dev/kmsg
    expect_equal "device" "$OUT" 1:b
}

test_its_own_namespaces_belong_to_the_user_namespace() {
    reachable
    output_of "$mapped | capable([\"CAP_SYS_ADMIN\", \"CAP_NET_ADMIN\"]) | .process.noNewPrivileges = false" \
        sh -c 'hostname harbour && hostname; mount -t tmpfs none /tmp && echo mounted'
    expect_equal "what its root may do" "$OUT" $'harbour\nmounted'
}

test_the_file_systems_of_the_kernel_are_its_own() {
    reachable
    output_of "$mapped" sh -c 'awk "{print \$5}" /proc/self/mountinfo | grep -cE "^(/proc|/sys|/dev/mqueue|/dev/pts|/dev/shm|/sys/fs/cgroup)\$"; ls -d /proc/[0-9]*'
    expect_equal "mounts, and the processes seen" "$OUT" $'6\n/proc/1'
}

# mutant: Step.UnshareIpc
test_the_folder_of_message_queues_is_roots() {
    reachable
    output_of "$mapped" sh -c 'stat -c %u /dev/mqueue; chmod 1770 /dev/mqueue && stat -c %a /dev/mqueue; readlink /proc/self/ns/ipc'
    expect_match "owner, mode, and ipc namespace" "$OUT" $'^0\n1770\nipc:.[0-9]+.$'
    expect_not_equal "ipc namespace" "${OUT##*$'\n'}" "$(readlink /proc/self/ns/ipc)"
}

# sysfs belongs to the network namespace; the host's stands in, and is as read-only as was asked.
test_sysfs_with_the_hosts_network_is_the_hosts() {
    reachable
    output_of "$mapped | without(\"network\") | .mounts |= map(select(.destination | startswith(\"/sys/\") | not))" \
        sh -c 'ls /sys/class/net | wc -l; touch /sys/x 2>/dev/null || echo read-only; ls /sys/fs/cgroup | wc -l'
    expect_equal "interfaces, answer, and cgroups shown" "$OUT" "$(find /sys/class/net -mindepth 1 -maxdepth 1 | wc -l)"$'\nread-only\n0'
}

test_oom_score_is_set() {
    reachable
    bundle "$mapped | .process.oomScoreAdj = 500" sleep 1000
    create
    get_pid
    expect_equal "oom_score_adj" "$(<"/proc/$PID/oom_score_adj")" 500
    end_container
}

# What another has locked stays, when the bundle does not name it.
test_locked_attributes_of_a_bind_mount_stay() {
    reachable
    mkdir -m 755 "$T/data"
    mount -t tmpfs -o nosuid,nodev,noexec data "$T/data"
    output_of "$mapped | bind(\$folder + \"/data\"; \"/tmp\"; [\"ro\"])" awk '$5 == "/tmp" {print $6}' /proc/self/mountinfo
    umount "$T/data"
    expect_match "attributes" "$OUT" '^ro,nosuid,nodev,noexec'
}

test_locked_attributes_stay_through_a_remount() {
    reachable
    mkdir -m 755 "$T/data"
    mount -t tmpfs -o nosuid,nodev data "$T/data"
    output_of "$mapped | bind(\$folder + \"/data\"; \"/tmp\"; []) | add_mount(\"bind\"; \$folder + \"/data\"; \"/tmp\"; [\"bind\", \"remount\", \"ro\", \"noexec\"])" \
        awk '$5 == "/tmp" {top = $6} END {print top}' /proc/self/mountinfo
    umount "$T/data"
    expect_match "attributes" "$OUT" '^ro,nosuid,nodev,noexec'
}

# The recursive family, on mounts that the user namespace does not own.
test_recursive_attributes_are_set_on_locked_mounts() {
    if [[ $(uname -r) =~ ^5\.1[01]\. ]]; then skip "no mount_setattr in this kernel"; fi
    reachable
    mkdir -m 755 "$T/data"
    mount -t tmpfs -o nosuid,nodev,mode=755 data "$T/data"
    mkdir "$T/data/below"
    mount -t tmpfs -o ro,noexec below "$T/data/below"
    output_of "$mapped | add_mount(\"bind\"; \$folder + \"/data\"; \"/tmp\"; [\"rbind\", \"rro\", \"rnosuid\"])" awk '$5 ~ "^/tmp" {print $6}' /proc/self/mountinfo
    local attributes=$OUT
    bundle "$mapped | add_mount(\"bind\"; \$folder + \"/data\"; \"/tmp\"; [\"rbind\", \"rrw\"])" true
    refused_create '([Pp]ermission denied|not permitted)'
    umount "$T/data/below" "$T/data"
    expect_match "attributes" "$attributes" $'^ro,nosuid,nodev,relatime\nro,nosuid,noexec,relatime$'
}

test_what_is_locked_read_only_is_not_made_writable() {
    reachable
    mkdir -m 755 "$T/data"
    mount -t tmpfs -o ro data "$T/data"
    bundle "$mapped | bind(\$folder + \"/data\"; \"/tmp\"; [\"rw\"])" true
    refused_create '([Pp]ermission denied|not permitted)'
    umount "$T/data"
}

# Its mapped root may not enter the folder, who creates the container may.
test_a_source_that_only_the_creator_reaches_is_bound() {
    reachable
    mkdir -m 700 "$T/private"
    echo secret >"$T/private/file"
    mkdir -m 755 "$T/private/folder"
    output_of "$mapped | bind(\$folder + \"/private/file\"; \"/etc/group\"; [\"ro\"]) | bind(\$folder + \"/private/folder\"; \"/tmp\"; [\"rbind\"])" \
        sh -c 'cat /etc/group; stat -c %a /tmp'
    expect_equal "file and mode of the folder" "$OUT" $'secret\n755'
}

test_what_is_mounted_on_such_a_source_stays_inside() {
    reachable
    mkdir -m 700 "$T/private"
    mkdir -m 755 "$T/private/folder"
    bundle "$mapped | capable([\"CAP_SYS_ADMIN\"]) | bind(\$folder + \"/private/folder\"; \"/mnt\"; [])
        | .mounts |= map(if .destination == \"/mnt\" then .destination = \"/tmp\" else . end)" sh -c 'mount -t tmpfs inside /tmp && sleep 1000'
    create
    start
    soon "sleep runs" _executed sleep
    if grep -q "$T/private/folder" /proc/self/mountinfo; then fail "the container's mount is seen outside"; fi
    end_container
}

test_a_rootfs_that_only_the_creator_reaches_is_the_root() {
    reachable
    bundle "$mapped" cat /etc/group
    mkdir -m 700 "$T/private"
    mv "$BUNDLE" "$T/private/c"
    BUNDLE=$T/private/c
    run_container
    expect_match "status and output" "$RC $OUT $ERR" '^0 root:x:0:'
}

# What is found is what the container sees there, not what the host has below.
test_such_a_source_may_be_below_a_mount_of_the_container() {
    reachable
    mkdir -m 755 "$T/other"
    mkdir -m 700 "$T/other/closed"
    echo above >"$T/other/closed/file"
    output_of "$mapped | bind(\$folder + \"/other\"; \"/tmp\"; []) | bind(\"rootfs/tmp/closed/file\"; \"/etc/group\"; [])" cat /etc/group
    expect_equal "content" "$OUT" above
}

test_time_offsets_are_written_in_a_user_namespace() {
    if [[ ! -e /proc/self/ns/time ]]; then skip "no time namespaces in this kernel"; fi
    reachable
    output_of "$mapped"' | .linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 864000}}' cat /proc/self/timens_offsets
    expect_match "offsets" "$OUT" 'boottime +864000 +0'
}

# mutant: Step.HideMemory
test_another_process_of_the_same_user_cannot_look_into_the_waiting_init() {
    need setpriv util-linux "a process without capabilities is made with it"
    bundle 'capabilities([]; []; []; []; [])' sleep 1000
    create
    get_pid
    if setpriv --bounding-set=-all --inh-caps=-all readlink "/proc/$PID/fd/0" >"$T/seen" 2>&1; then fail "it sees $(<"$T/seen")"; fi
    end_container
}

# ------------------------------------------------------------------------------------------------------- refusals
test_a_user_namespace_without_maps_is_refused() {
    bundle '.linux.namespaces += [{type: "user"}]' true
    refused_create '([Mm]apping|mappings|user namespace)'
}

test_maps_without_a_user_namespace_are_refused() {
    bundle "$maps" true
    refused_create '([Mm]apping|user namespace)'
}

test_overlapping_maps_are_refused() {
    reachable
    bundle "$mapped | .linux.uidMappings += [{containerID: 5, hostID: 900000, size: 1}]" true
    refused_create .
}

test_a_user_outside_of_the_maps_is_refused() {
    reachable
    bundle "$mapped | .process.user.uid = 70000" true
    refused_create .
}

# ------------------------------------------------------------------------------------------------------- joined
# member FILTER: the namespaces of $PID, as a pod's members have them.
member() {
    echo "del(.hostname) | .linux.namespaces = [{type: \"mount\"}, {type: \"pid\"}, {type: \"user\", path: \"/proc/$PID/ns/user\"}]
        + [(\"ipc\", \"uts\") | {type: ., path: \"/proc/$PID/ns/\\(.)\"}] + [{type: \"network\", path: \"/proc/$PID/ns/net\"}] | ${1:-.}"
}

# mutant: Step.CloneAgain
test_a_user_namespace_is_joined_with_what_belongs_to_it() {
    local first kind
    reachable
    sleeper "$mapped"
    first=$ID
    NAME=second sleeper "$(member)"
    FIRST_PID=$(ID=$first && get_pid && echo "$PID")
    for kind in user ipc uts net; do
        expect_equal "$kind namespace" "$(readlink "/proc/$PID/ns/$kind")" "$(readlink "/proc/$FIRST_PID/ns/$kind")"
    done
    expect_not_equal "pid namespace" "$(readlink "/proc/$PID/ns/pid")" "$(readlink "/proc/$FIRST_PID/ns/pid")"
    expect_equal "owner of the process" "$(owner "/proc/$PID")" 100000:100000
    end_container
    ID=$first end_container
}

test_a_joined_user_namespace_may_not_own_the_network() {
    local first
    reachable
    sleeper "$mapped"
    first=$ID
    unshare --net sleep 1000 &
    NAME=second output_of "del(.hostname) | .linux.namespaces = [{type: \"mount\"}, {type: \"pid\"}, {type: \"ipc\"},
        {type: \"user\", path: \"/proc/$PID/ns/user\"}, {type: \"network\", path: \"/proc/$!/ns/net\"}]" cat /proc/self/uid_map
    expect_match "map" "$OUT" '^ +0 +100000 +65536$'
    kill "$!"
    must delete --force "$first"
}

test_a_new_user_namespace_beside_a_joined_network() {
    reachable
    unshare --net sleep 1000 &
    soon "unshare has executed sleep" grep -q sleep "/proc/$!/comm"
    output_of "$mapped | without(\"network\") | .linux.namespaces += [{type: \"network\", path: \"/proc/$!/ns/net\"}]" readlink /proc/self/ns/net
    expect_equal "network namespace" "$OUT" "$(readlink "/proc/$!/ns/net")"
    kill "$!"
}

# CRI sends the maps with the path.
test_a_user_namespace_by_path_may_come_with_its_maps() {
    local first
    reachable
    sleeper "$mapped"
    first=$ID
    NAME=second output_of "$(member "$maps")" cat /proc/self/uid_map
    expect_match "map" "$OUT" '^ +0 +100000 +65536$'
    must delete --force "$first"
}

# mutant: Check.IdMapsAreTheNamespaces Step.CompareIdMaps
test_other_maps_than_those_of_the_joined_user_namespace_are_refused() {
    local first
    reachable
    sleeper "$mapped"
    first=$ID
    NAME=second bundle "$(member "$maps | .linux.uidMappings[0].size = 100")" true
    refused_create '([Mm]apping|maps)'
    must delete --force "$first"
}

# ------------------------------------------------------------------------------------------------------- rootless
# as_user: from here on the runtime is called by an ordinary user who has only its own id.
as_user() {
    need setpriv util-linux "the runtime is called by another user with it"
    chmod 711 "$BASE" "$T"
    cp "$RUNTIME" "$T/runtime"
    chmod 755 "$T/runtime"
    mkdir -m 700 "$T/home"
    chown 12345:12346 "$T/home"
    ROOT=$T/home/root
    printf '#!/bin/sh\nexec setpriv --reuid 12345 --regid 12346 --clear-groups env -u XDG_RUNTIME_DIR %q "$@"\n' "$T/runtime" >"$T/as-user"
    chmod 755 "$T/as-user"
    RUNTIME=$T/as-user
}

rootless='del(.linux.cgroupsPath) | del(.linux.resources) | without("network") | .linux.namespaces += [{type: "user"}]
    | .linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}] | .linux.gidMappings = [{containerID: 0, hostID: 12346, size: 1}]
    | .mounts |= map(
        if .destination == "/dev/pts" then .options -= ["gid=5"]
        elif .destination == "/sys" then . + {type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]}
        else . end)'

test_an_ordinary_user_runs_a_container() {
    as_user
    output_of "$rootless" sh -c 'id -u; cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; echo $$'
    expect_match "ids and maps" "$OUT" $'^0\n +0 +12345 +1\n +0 +12346 +1\ndeny\n1$'
}

test_an_ordinary_user_has_the_whole_life_of_a_container() {
    as_user
    sleeper "$rootless"
    expect_equal "owner of the process" "$(owner "/proc/$PID")" 12345:12346
    expect_status running
    must kill "$ID" KILL
    soon "the container stops" has_status stopped
    must delete "$ID"
}

test_an_ordinary_user_executes_a_second_program() {
    as_user
    sleeper "$rootless"
    must exec "$ID" id -u
    expect_equal "user" "$OUT" 0
    must exec "$ID" readlink /proc/self/ns/user
    expect_equal "user namespace" "$OUT" "$(readlink "/proc/$PID/ns/user")"
    end_container
}

test_an_ordinary_users_container_without_a_cgroup_is_not_paused_or_counted() {
    as_user
    sleeper "$rootless"
    refused "cgroup" pause "$ID"
    expect_status running
    refused "cgroup" ps -f json "$ID"
    refused "cgroup" events --stats "$ID"
    end_container
}

test_an_ordinary_user_is_told_that_a_created_container_has_to_be_started() {
    as_user
    bundle "$rootless" sleep 1000
    create
    refused 'cannot exec in a created container as an ordinary user' exec "$ID" true
    expect_status created
    start
    must exec "$ID" true
    end_container
}

test_an_ordinary_user_needs_a_user_namespace() {
    as_user
    bundle "$rootless | without(\"user\") | del(.linux.uidMappings) | del(.linux.gidMappings)" true
    refused_create '(user namespace|not permitted|denied)'
}

test_an_ordinary_user_cannot_have_limits_without_a_cgroup() {
    as_user
    bundle "$rootless | .linux.resources.pids.limit = 10" true
    refused_create '(cgroup|[Pp]ermission denied)'
}

test_an_ordinary_user_cannot_have_a_cgroup_of_others() {
    as_user
    bundle "$rootless | .linux.cgroupsPath = \$cgroup" true
    refused_create '([Pp]ermission denied|cgroup)'
}

test_an_ordinary_user_cannot_have_other_groups() {
    as_user
    bundle "$rootless | .process.user.additionalGids = [0]" true
    refused_create '(group|[Gg]id)'
}

test_an_ordinary_user_cannot_map_others() {
    as_user
    bundle "$rootless | .linux.uidMappings += [{containerID: 1, hostID: 0, size: 1}]" true
    refused_create .
}

test_an_ordinary_user_cannot_join_the_hosts_network_by_path() {
    as_user
    bundle "$rootless | .linux.namespaces += [{type: \"network\", path: \"/proc/$$/ns/net\"}]" true
    refused_create '([Pp]ermission denied|not permitted)'
}

test_an_ordinary_user_joins_what_is_its_own() {
    local first
    as_user
    sleeper "$rootless | .linux.namespaces += [{type: \"network\"}]"
    first=$ID
    NAME=second output_of "del(.linux.cgroupsPath) | del(.linux.resources) | $(member)
        | .mounts |= map(if .destination == \"/dev/pts\" then .options -= [\"gid=5\"] else . end)" sh -c 'id -u; readlink /proc/self/ns/net'
    expect_equal "id and network" "$OUT" $'0\n'"$(readlink "/proc/$PID/ns/net")"
    must delete --force "$first"
}

# with_file PATH: in this world the file has one line more, from stdin, until without_files.
with_file() {
    { cat "$1" 2>/dev/null || true; cat; } >"$T/${1##*/}"
    if [[ ! -e $1 ]]; then skip "no $1"; fi
    mount --bind "$T/${1##*/}" "$1"
}

without_files() { umount /etc/passwd /etc/subuid /etc/subgid; }

test_an_ordinary_user_maps_more_by_newuidmap() {
    need newuidmap uidmap "an ordinary user maps more than its own id with it"
    as_user
    with_file /etc/passwd <<<'mapper:x:12345:12346::/:/bin/sh'
    with_file /etc/subuid <<<'mapper:500000:10'
    with_file /etc/subgid <<<'mapper:600000:10'
    bundle "$rootless | .linux.uidMappings += [{containerID: 1, hostID: 500000, size: 10}]
        | .linux.gidMappings += [{containerID: 1, hostID: 600000, size: 10}]
        | .process.user = {uid: 1, gid: 2, additionalGids: [3]}" sh -c 'id -u; id -g; id -G; wc -l </proc/self/uid_map; cat /proc/self/setgroups'
    run_container
    local more=$RC:$OUT
    # What the files do not give is not mapped.
    NAME=second bundle "$rootless | .linux.uidMappings += [{containerID: 1, hostID: 700000, size: 10}]" true
    run_container
    without_files
    expect_equal "status, ids, lines of the map" "$more" $'0:1\n2\n2 3\n2\nallow'
    expect_not_equal "exit status of the second" "$RC" 0
}

test_an_ordinary_user_has_limits_in_a_delegated_cgroup() {
    if [[ $CGROUPS != v2 ]]; then skip "no pure cgroup v2"; fi
    as_user
    local above=/sys/fs/cgroup$CGROUP_PARENT/$CASE_NUMBER-above
    mkdir -p "$above/session"
    chown 12345:12346 "$above"{,/cgroup.procs,/cgroup.subtree_control,/cgroup.threads} "$above"/session{,/cgroup.procs}
    echo "$BASHPID" >"$above/session/cgroup.procs"
    bundle "$rootless | .linux.resources.pids.limit = 20" sleep 1000
    create
    expect_equal "pids.max" "$(<"$above/$ID/pids.max")" 20
    must pause "$ID"
    expect_status paused
    must resume "$ID"
    expect_status created
    must events --stats "$ID"
    expect_equal "limit" "$(jq .data.pids.limit <<<"$OUT")" 20
    end_container
    if [[ -e $above/$ID ]]; then fail "the cgroup is left"; fi
    echo "$BASHPID" >/sys/fs/cgroup/cgroup.procs
    rmdir "$above/session" "$above"
}
