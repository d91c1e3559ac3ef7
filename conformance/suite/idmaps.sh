# shellcheck shell=bash
# shellcheck disable=SC2016 # the container's shell expands these, or jq does
# Id-mapped mounts (mounts[].uidMappings, idmap, ridmap): who owns the files of a volume, seen from inside and from outside.

maps='.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
mapped=".linux.namespaces += [{type: \"user\"}] | $maps"

# mounts_map UIDS GIDS: the first ids on the host's disk are these ones in the mount that was added last.
mounts_map() {
    echo ".mounts[-1] += {uidMappings: [{containerID: 0, hostID: $1, size: 100}], gidMappings: [{containerID: 0, hostID: $2, size: 100}]}"
}

# volume: a folder with a file of uid 1, gid 2; the way to it is open. Skips where its file system cannot be mapped.
volume() {
    if ! has_id_mapped_mounts; then skip "no id-mapped mounts of $(stat -f -c %T "$T") in this kernel"; fi
    chmod 711 "$BASE" "$T"
    mkdir -p "$T/volume/below"
    echo text >"$T/volume/file"
    chown 1:2 "$T/volume/file"
}

test_owners_are_those_of_the_map() {
    volume
    output_of "bind(\$folder + \"/volume\"; \"/mnt\"; []) | $(mounts_map 1000 2000)" stat -c '%u:%g' /mnt /mnt/file
    expect_equal "owners" "$OUT" $'1000:2000\n1001:2002'
    expect_equal "owner outside" "$(stat -c %u:%g "$T/volume/file")" 1:2
}

test_what_is_made_belongs_to_the_id_below_the_map() {
    volume
    chmod 777 "$T/volume"
    output_of "bind(\$folder + \"/volume\"; \"/mnt\"; []) | $(mounts_map 1000 2000) | .process.user = {uid: 1007, gid: 2008}" \
        sh -c 'echo x >/mnt/new; stat -c %u:%g /mnt/new'
    expect_equal "owner inside" "$OUT" 1007:2008
    expect_equal "owner outside" "$(stat -c %u:%g "$T/volume/new")" 7:8
}

test_who_has_no_id_below_the_map_writes_nothing() {
    volume
    chmod 777 "$T/volume"
    bundle "bind(\$folder + \"/volume\"; \"/mnt\"; []) | $(mounts_map 1000 2000)" sh -c 'echo x >/mnt/new'
    run_container
    expect_match "status and error" "$RC $ERR" '^1 .*[Vv]alue too large'
    [[ ! -e $T/volume/new ]] || fail "the file was made"
}

test_the_word_alone_takes_the_map_of_the_container() {
    volume
    local word
    for word in idmap ridmap; do
        output_of "$mapped | bind(\$folder + \"/volume\"; \"/tmp\"; [\"$word\"])" sh -c 'stat -c %u:%g /tmp /tmp/file; echo x >/tmp/new'
        expect_equal "$word: owners" "$OUT" $'0:0\n1:2'
        expect_equal "$word: owner outside" "$(stat -c %u:%g "$T/volume/new")" 0:0
    done
}

test_a_map_may_be_another_than_the_containers() {
    volume
    output_of "$mapped | bind(\$folder + \"/volume\"; \"/tmp\"; []) | $(mounts_map 100005 100006)" stat -c %u:%g /tmp /tmp/file
    expect_equal "owners" "$OUT" $'5:6\n6:8'
}

test_one_source_may_have_several_maps() {
    volume
    ln -s volume "$T/link"
    output_of "bind(\$folder + \"/volume\"; \"/a\"; []) | $(mounts_map 1000 2000) | bind(\$folder + \"/link\"; \"/b\"; []) | $(mounts_map 3000 4000)
        | bind(\$folder + \"/volume\"; \"/c\"; [])" stat -c %u:%g /a/file /b/file /c/file
    expect_equal "owners" "$OUT" $'1001:2002\n3001:4002\n1:2'
}

test_other_words_are_for_the_mount_too() {
    volume
    output_of "bind(\$folder + \"/volume\"; \"/mnt\"; [\"ro\", \"nosuid\", \"rslave\"]) | $(mounts_map 1000 2000)" \
        sh -c 'touch /mnt/x 2>/dev/null || echo read-only; grep " /mnt " /proc/self/mountinfo'
    expect_match "answer and options" "$OUT" $'^read-only\n.* /mnt ro,nosuid,relatime,idmapped '
}

test_ridmap_reaches_what_is_mounted_below_and_idmap_does_not() {
    volume
    mkdir "$T/other"
    chown 3:4 "$T/other"
    mount --bind "$T/other" "$T/volume/below"
    output_of "bind(\$folder + \"/volume\"; \"/a\"; [\"rbind\", \"ridmap\"]) | $(mounts_map 1000 2000)
        | bind(\$folder + \"/volume\"; \"/b\"; [\"rbind\", \"idmap\"]) | $(mounts_map 1000 2000)" stat -c %u:%g /a/below /b/below /b/file
    umount "$T/volume/below"
    expect_equal "owners" "$OUT" $'1003:2004\n3:4\n1001:2002'
}

test_a_joined_user_namespace_is_the_map() {
    local first
    volume
    sleeper "$mapped"
    first=$ID
    NAME=second output_of ".linux.namespaces += [{type: \"user\", path: \"/proc/$PID/ns/user\"}] | bind(\$folder + \"/volume\"; \"/tmp\"; [\"idmap\"])" \
        stat -c %u:%g /tmp/file
    expect_equal "owner" "$OUT" 1:2
    must delete --force "$first"
}

test_a_mount_of_the_container_may_be_the_source() {
    volume
    bundle "bind(\$folder + \"/volume\"; \"/a\"; []) | bind(\"rootfs/a\"; \"/b\"; []) | $(mounts_map 1000 2000)" stat -c %u:%g /b/file
    run_container
    expect_equal "status and owner" "$RC $OUT" '0 1001:2002'
}

test_a_closed_volume_is_mapped_in_a_user_namespace() {
    volume
    mkdir -m 700 "$T/closed"
    mv "$T/volume" "$T/closed/volume"
    output_of "$mapped | bind(\$folder + \"/closed/volume\"; \"/tmp\"; [\"idmap\"])" stat -c %u:%g /tmp/file
    expect_equal "owner" "$OUT" 1:2
}

test_many_id_mapped_mounts_need_few_descriptors() {
    local i filter='.process.rlimits = []'
    volume
    for i in {1..40}; do filter+=" | bind(\$folder + \"/volume\"; \"/m$i\"; []) | $(mounts_map $((i * 1000)) 2000)"; done
    bundle "$filter" sh -c 'stat -c %u /m1/file /m40/file'
    (
        ulimit -n 100
        run_container
        expect_equal "status and owners" "$RC $OUT$ERR" $'0 1001\n40001'
    )
}

test_the_mapped_mount_is_not_seen_outside() {
    volume
    bundle "bind(\$folder + \"/volume\"; \"/mnt\"; []) | $(mounts_map 1000 2000)" sleep 1000
    create
    if grep -q idmapped /proc/self/mountinfo; then fail "the mount is seen outside"; fi
    end_container
}

# ------------------------------------------------------------------------------------------------------- refusals
test_a_file_system_without_id_mapped_mounts_is_named() {
    if [[ $(uname -r) =~ ^5\.1[01]\. ]]; then skip "no mount_setattr in this kernel"; fi
    bundle "bind(\"/proc/sys\"; \"/mnt\"; []) | $(mounts_map 1000 2000)" true
    refused_create '/proc/sys.*(proc|filesystem)'
}

test_an_old_kernel_is_named() {
    if [[ ! $(uname -r) =~ ^5\.1[01]\. ]]; then skip "a kernel with mount_setattr"; fi
    bundle "bind(\$folder; \"/mnt\"; []) | $(mounts_map 1000 2000)" true
    refused_create '(5\.12|5\.1[01]|mount_setattr|not supported|function not implemented)'
}

test_a_map_that_nobody_gives_is_refused() {
    bundle 'bind($folder; "/mnt"; ["idmap"])' true
    refused_create '(mapping|MOUNT_ATTR_IDMAP)'
}

test_a_map_of_one_kind_is_refused() {
    bundle "bind(\$folder; \"/mnt\"; []) | $(mounts_map 1000 2000) | del(.mounts[-1].gidMappings)" true
    refused_create 'both uid and gid mappings'
}

test_a_map_for_a_new_file_system_is_refused() {
    bundle "add_mount(\"tmpfs\"; \"tmpfs\"; \"/mnt\"; []) | $(mounts_map 1000 2000)" true
    refused_create 'only supported for bind-mounts'
}
