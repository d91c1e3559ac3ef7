# shellcheck shell=bash
# shellcheck disable=SC2016 # the container's shell expands these
# process.apparmorProfile, process.selinuxLabel, linux.mountLabel. AppArmor is tried where the kernel has it; SELinux is not here to be tried.

has_apparmor() { [[ -e /sys/module/apparmor/parameters/enabled && $(</sys/module/apparmor/parameters/enabled) == Y ]]; }

# profile NAME RULES: loads it into the kernel.
profile() {
    has_apparmor || skip "no AppArmor in this kernel"
    need apparmor_parser apparmor "the profiles of these cases are loaded with it"
    mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
    # Everything but what RULES deny.
    printf 'profile %s flags=(attach_disconnected,mediate_deleted) {\n  file,\n  capability,\n  network,\n  mount,\n  umount,\n  pivot_root,\n  signal,\n  ptrace,\n  unix,\n  %s\n}\n' "$1" "$2" |
        apparmor_parser --replace --skip-cache --base /etc/apparmor.d >"$T/parser" 2>&1 || fail "apparmor_parser: $(<"$T/parser")"
}

forget() {
    local name
    for name; do echo "profile $name {}" | apparmor_parser --remove --base /etc/apparmor.d >"$T/parser" 2>&1 || fail "apparmor_parser: $(<"$T/parser")"; done
}

# mutant: Step.SetApparmorProfile
test_a_profile_confines_init() {
    profile sharprun-conf 'deny /secret r,'
    bundle ".process.apparmorProfile = \"sharprun-conf\"" sh -c 'cat /proc/self/attr/current; cat /secret; cat /open'
    echo secret >"$BUNDLE/rootfs/secret"
    echo open >"$BUNDLE/rootfs/open"
    run_container
    expect_equal "profile and what can be read" "$OUT" "sharprun-conf (enforce)"$'\nopen'
    expect_match "error" "$ERR" '/secret.*Permission denied'
    forget sharprun-conf
}

test_without_a_profile_there_is_none() {
    has_apparmor || skip "no AppArmor in this kernel"
    output_of . cat /proc/self/attr/current
    expect_equal "profile" "$OUT" unconfined
    output_of '.process.apparmorProfile = "unconfined"' cat /proc/self/attr/current
    expect_equal "profile" "$OUT" unconfined
}

test_a_profile_goes_with_a_user_and_no_new_privileges() {
    profile sharprun-conf 'deny /secret r,'
    output_of ".process.apparmorProfile = \"sharprun-conf\" | .process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = true" \
        cat /proc/self/attr/current
    expect_equal "profile" "$OUT" "sharprun-conf (enforce)"
    forget sharprun-conf
}

test_exec_is_confined_as_init_is_or_by_another_profile() {
    profile sharprun-conf 'deny /secret r,'
    profile sharprun-other 'deny /open r,'
    sleeper ".process.apparmorProfile = \"sharprun-conf\""
    must exec "$ID" cat /proc/self/attr/current
    expect_equal "profile" "$OUT" "sharprun-conf (enforce)"
    must exec --apparmor "sharprun-other" "$ID" cat /proc/self/attr/current
    expect_equal "profile of the flag" "$OUT" "sharprun-other (enforce)"
    echo '{"args": ["cat", "/proc/self/attr/current"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"], "apparmorProfile": "unconfined"}' >"$T/process.json"
    must exec --process "$T/process.json" "$ID"
    expect_equal "profile of the document" "$OUT" unconfined
    refused 'sharprun-none' exec --apparmor sharprun-none "$ID" true
    end_container
    forget sharprun-conf sharprun-other
}

test_a_profile_confines_in_a_user_namespace() {
    profile sharprun-conf 'deny /secret r,'
    chmod 711 "$BASE" "$T"
    output_of ".process.apparmorProfile = \"sharprun-conf\" | .linux.namespaces += [{type: \"user\"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings" cat /proc/self/attr/current
    expect_equal "profile" "$OUT" "sharprun-conf (enforce)"
    forget sharprun-conf
}

# CVE-2019-16884, CVE-2023-28642: an image, or a mount, that stands in for /proc would take the word and do nothing.
test_an_image_without_proc_is_confined() {
    profile sharprun-conf 'deny /secret r,'
    bundle ".process.apparmorProfile = \"sharprun-conf\" | .mounts |= map(select(.destination != \"/proc\")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []" \
        sh -c 'cat /secret; cat /open'
    echo secret >"$BUNDLE/rootfs/secret"
    echo open >"$BUNDLE/rootfs/open"
    mkdir -p "$BUNDLE/rootfs/proc/self/attr/apparmor"
    touch "$BUNDLE/rootfs/proc/self/attr/apparmor/exec" "$BUNDLE/rootfs/proc/self/attr/exec"
    run_container
    expect_match "what can be read, or a refusal" "$RC $OUT $ERR" '(^0 open .*/secret.*Permission denied|^1  .*)'
    expect_no_match "output" "$OUT" secret
    forget sharprun-conf
}

test_the_hosts_hooks_are_not_confined() {
    profile sharprun-conf 'deny /secret r,'
    printf '#!/bin/sh\ncat /proc/self/attr/current >%q\n' "$T/hook" >"$T/hook.sh"
    chmod 755 "$T/hook.sh"
    output_of ".process.apparmorProfile = \"sharprun-conf\" | .hooks.createContainer = [{path: (\$folder + \"/hook.sh\")}]" true
    expect_equal "profile of the hook" "$(tr -d '\0' <"$T/hook")" unconfined
    forget sharprun-conf
}

test_an_unknown_profile_is_refused_by_name() {
    bundle '.process.apparmorProfile = "sharprun-none"' true
    refused_create 'sharprun-none|apparmor profile'
}

# mutant: Check.ProfileHasAppArmor
test_where_apparmor_is_not_enabled_a_profile_is_refused() {
    # runc finds out when its init writes there.
    local told='apparmor.*(is not enabled on this host|attr/exec)'
    if has_apparmor; then skip "AppArmor is enabled"; fi
    bundle '.process.apparmorProfile = "unconfined"' true
    refused_create "$told"
    sleeper
    refused "$told" exec --apparmor unconfined "$ID" true
    end_container
}

# mutant: Check.LabelHasSelinux
test_where_selinux_is_not_enabled_a_label_is_refused() {
    if [[ $(stat -f -c %t /sys/fs/selinux 2>/dev/null) == f97cff8c ]]; then skip "SELinux is enabled"; fi
    bundle '.process.selinuxLabel = "system_u:system_r:container_t:s0"' true
    refused_create 'selinux is disabled or not supported'
    bundle '.linux.mountLabel = "system_u:object_r:container_file_t:s0"' true
    refused_create '(selinux|context=)'
    sleeper
    refused '(selinux|SELinux|attr/exec)' exec --process-label system_u:system_r:container_t:s0 "$ID" true
    end_container
}
