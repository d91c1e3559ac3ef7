# shellcheck shell=bash
# The mounts that `spec` writes, bind mounts and their flags, masked and read-only paths, /dev; seen from inside.

# mounted DESTINATION FILTER: runs a container and reads its own mount table. Sets TYPE, OPTIONS (of the mount) and
# SUPER (of the file system) of what is on top at DESTINATION.
mounted() {
    output_of "$2" cat /proc/self/mountinfo
    local fields
    # Fields: id parent major:minor root DESTINATION OPTIONS [tags] - TYPE source SUPER.
    fields=$(awk -v at="$1" '$5 == at { o = $6; sub(/.* - /, ""); line = o " " $1 " " $3 } END { print line }' <<<"$OUT")
    read -r OPTIONS TYPE SUPER <<<"$fields"
    [[ -n $TYPE ]] || fail "nothing is mounted on $1"
    OPTIONS=,$OPTIONS, SUPER=,$SUPER,
}

has() { # has LIST OPTION...
    local option list=$1
    shift
    for option; do expect_match "options" "$list" ",$option,"; done
}

# mutant: Step.MountFilesystem
test_proc_is_a_procfs_of_the_new_pid_namespace() {
    mounted /proc .
    expect_equal "type" "$TYPE" proc
    output_of . readlink /proc/self
    expect_equal "/proc/self" "$OUT" 1
}

test_dev_is_a_tmpfs_with_its_options() {
    mounted /dev .
    expect_equal "type" "$TYPE" tmpfs
    has "$OPTIONS" nosuid
    has "$SUPER" size=65536k mode=755
    expect_no_match "options" "$OPTIONS" relatime
}

test_devpts_is_a_new_instance_with_its_options() {
    mounted /dev/pts .
    expect_equal "type" "$TYPE" devpts
    has "$OPTIONS" nosuid noexec
    has "$SUPER" gid=5 mode=620 ptmxmode=666
    output_of . ls /dev/pts
    expect_equal "terminals of a new instance" "$OUT" ptmx
}

test_shm_is_a_tmpfs_with_its_options() {
    mounted /dev/shm .
    expect_equal "type" "$TYPE" tmpfs
    has "$OPTIONS" nosuid noexec nodev
    has "$SUPER" size=65536k
    output_of . sh -c 'stat -c %a /dev/shm; echo x >/dev/shm/x; cat /dev/shm/x'
    expect_equal "mode and content" "$OUT" $'1777\nx'
}

test_mqueue_is_mounted() {
    mounted /dev/mqueue .
    expect_equal "type" "$TYPE" mqueue
    has "$OPTIONS" nosuid noexec nodev
}

test_sys_is_a_read_only_sysfs() {
    mounted /sys .
    expect_equal "type" "$TYPE" sysfs
    has "$OPTIONS" ro nosuid noexec nodev
    output_of . sh -c 'echo 1 2>&1 >/sys/kernel/uevent_seqnum || ls -d /sys/kernel'
    expect_match "attempt to write" "$OUT" $'Read-only file system\n/sys/kernel$'
}

# mutant: Step.MountCgroups
test_cgroup_is_mounted_read_only() {
    if [[ $CGROUPS == v2 ]]; then
        mounted /sys/fs/cgroup .
        expect_equal "type" "$TYPE" cgroup2
        has "$OPTIONS" ro nosuid noexec nodev relatime
        output_of . cat /sys/fs/cgroup/cgroup.procs
        expect_equal "processes of the cgroup at the top" "$OUT" 1
    else
        mounted /sys/fs/cgroup/pids .
        expect_equal "type" "$TYPE" cgroup
        has "$OPTIONS" ro nosuid noexec nodev relatime
        output_of . cat /sys/fs/cgroup/pids/cgroup.procs
        expect_match "processes of the cgroup at the top" "$OUT" $'^1(\n[0-9]+)?$'
    fi
}

# mutant: Step.RootReadonly
test_root_is_read_only_when_asked() {
    output_of . sh -c 'touch /new 2>&1 || ls -d /tmp'
    expect_match "attempt to write" "$OUT" $'Read-only file system\n/tmp$'
    [[ ! -e $BUNDLE/rootfs/new ]] || fail "the file was made"
}

# mutant: Step.BindRootfs Step.PivotRoot
test_root_is_writable_when_asked() {
    output_of writable sh -c 'echo text >/new; cat /new'
    expect_equal "output" "$OUT" text
    expect_equal "file in the rootfs" "$(<"$BUNDLE/rootfs/new")" text
}

test_root_may_be_an_absolute_path_or_the_bundle_itself() {
    output_of '.root.path = $folder + "/c/rootfs"' cat /etc/group
    expect_match "a file of the rootfs" "$OUT" '^root:x:0:'
    NAME=self bundle '.root.path = "."' cat /etc/group
    mv "$BUNDLE"/rootfs/* "$BUNDLE/"
    run_container
    expect_match "a file of the rootfs" "$RC $OUT" '^0 root:x:0:'
}

# mutant: Step.MaskPath
test_masked_paths_read_empty() {
    bundle '.linux.maskedPaths += ["/etc/secret", "/hidden", "/no/such/path"]' sh -c '
        cat /etc/secret /etc/open; ls -A /hidden; ls /shown; wc -c </proc/timer_list; wc -c </proc/keys; ls -A /sys/firmware
        touch /hidden/x 2>&1'
    mkdir "$BUNDLE/rootfs/hidden" "$BUNDLE/rootfs/shown"
    touch "$BUNDLE/rootfs/hidden/inside" "$BUNDLE/rootfs/shown/inside"
    echo secret >"$BUNDLE/rootfs/etc/secret"
    echo open >"$BUNDLE/rootfs/etc/open"
    run_container
    expect_match "what is seen" "$OUT" $'^open\ninside\n0\n0\ntouch: /hidden/x: Read-only file system$'
}

# mutant: Step.ReadonlyPath
test_read_only_paths_cannot_be_written() {
    bundle 'writable | .linux.readonlyPaths += ["/etc", "/no/such/path"]' sh -c '
        touch /etc/new 2>&1; echo x >/etc/passwd; touch /tmp/new && ls /tmp; echo 1 >/proc/sys/vm/drop_caches'
    run_container
    expect_match "attempts to write" "$OUT $ERR" $'^touch: /etc/new: Read-only file system\nnew .*/etc/passwd: Read-only file system.*drop_caches: Read-only file system'
    expect_match "the file" "$(<"$BUNDLE/rootfs/etc/passwd")" '^root:'
}

# mutant: Step.MakeDevice
test_dev_has_the_default_nodes() {
    output_of . sh -c 'cd /dev; stat -c "%n %F %t:%T %a %u:%g" null zero full random urandom tty'
    expect_equal "nodes" "$OUT" 'null character special file 1:3 666 0:0
zero character special file 1:5 666 0:0
full character special file 1:7 666 0:0
random character special file 1:8 666 0:0
urandom character special file 1:9 666 0:0
tty character special file 5:0 666 0:0'
}

test_devices_of_the_config_are_made() {
    output_of '.linux.devices = [{path: "/dev/own", type: "c", major: 1, minor: 5, fileMode: 432, uid: 1000, gid: 1001},
        {path: "/dev/deep/pipe", type: "p", fileMode: 384}]' stat -c '%n %F %t:%T %a %u:%g' /dev/own /dev/deep/pipe
    expect_equal "nodes" "$OUT" '/dev/own character special file 1:5 660 1000:1001
/dev/deep/pipe fifo 0:0 600 0:0'
}

test_dev_nodes_work() {
    output_of . sh -c 'echo x >/dev/null; head -c 5 /dev/zero | wc -c; head -c 7 /dev/urandom | wc -c
        head -c 3 /dev/random | wc -c; echo x 2>&1 >/dev/full || true'
    expect_match "output" "$OUT" $'^5\n7\n3\n.*No space left'
}

# mutant: Step.LinkDevice Step.LinkPtmx
test_dev_has_the_default_links() {
    output_of . sh -c 'cd /dev; for l in fd stdin stdout stderr ptmx; do echo $l $(readlink $l); done'
    expect_equal "links" "$OUT" 'fd /proc/self/fd
stdin /proc/self/fd/0
stdout /proc/self/fd/1
stderr /proc/self/fd/2
ptmx pts/ptmx'
}

# mutant: Step.BindMount
test_bind_mount_of_a_folder_is_the_folder() {
    mkdir "$T/shared"
    echo outside >"$T/shared/from-outside"
    output_of 'bind($folder + "/shared"; "/mnt"; ["rw"])' sh -c 'cat /mnt/from-outside; echo inside >/mnt/from-inside'
    expect_equal "file of the host" "$OUT" outside
    expect_equal "file of the container" "$(<"$T/shared/from-inside")" inside
}

test_bind_mount_of_a_file_is_the_file() {
    echo one >"$T/file"
    output_of 'bind($folder + "/file"; "/etc/one"; [])' sh -c 'cat /etc/one; echo two >/etc/one'
    expect_equal "content" "$OUT" one
    expect_equal "content after a write inside" "$(<"$T/file")" two
    [[ -f $BUNDLE/rootfs/etc/one ]] || fail "the mount point was not made as a file"
}

# docker explains these words to its user.
test_bind_mount_of_a_file_on_a_folder_is_no_directory() {
    echo one >"$T/file"
    bundle 'bind($folder + "/file"; "/etc"; [])' true
    refused_create 'error mounting .* to rootfs at .*: not a directory'
    bundle 'bind($folder; "/etc/passwd"; [])' true
    refused_create 'error mounting .* not a directory'
}

test_bind_mount_source_is_relative_to_the_bundle() {
    bundle 'bind("data"; "/mnt"; [])' cat /mnt/text
    mkdir "$BUNDLE/data"
    echo here >"$BUNDLE/data/text"
    run_container
    expect_equal "status and content" "$RC $OUT" '0 here'
}

test_bind_mount_is_read_only_when_asked() {
    mkdir "$T/shared"
    output_of 'bind($folder + "/shared"; "/mnt"; ["ro"]) | bind($folder + "/shared"; "/other"; [])' \
        sh -c 'touch /mnt/x 2>&1; touch /other/y; ls /mnt'
    expect_match "attempt to write, and what is there" "$OUT" $'^touch: /mnt/x: Read-only file system\ny$'
}

test_bind_mount_flags_are_set() {
    mkdir "$T/shared"
    printf '#!/bin/sh\necho executed\n' >"$T/shared/script"
    chmod 755 "$T/shared/script"
    mounted /mnt 'bind($folder + "/shared"; "/mnt"; ["nosuid", "noexec", "nodev"])'
    has "$OPTIONS" nosuid noexec nodev rw
    bundle 'bind($folder + "/shared"; "/mnt"; ["noexec"]) | bind($folder + "/shared"; "/other"; [])' \
        sh -c '/mnt/script; /other/script'
    run_container
    expect_equal "output" "$OUT" executed
    expect_match "error of the first" "$ERR" '/mnt/script: Permission denied'
}

test_rbind_takes_the_mounts_below() {
    mkdir -p "$T/shared/below"
    mount -t tmpfs below "$T/shared/below"
    echo deep >"$T/shared/below/text"
    bundle 'add_mount("bind"; $folder + "/shared"; "/all"; ["rbind"]) | bind($folder + "/shared"; "/one"; [])' \
        sh -c 'cat /all/below/text; ls /one/below; echo end'
    run_container
    umount "$T/shared/below"
    expect_equal "status and output" "$RC $OUT" $'0 deep\nend'
}

test_missing_mount_points_are_made() {
    output_of 'add_mount("tmpfs"; "tmpfs"; "/a/b/c"; []) | bind("/etc/hostname"; "/x/y/name"; ["ro"])' \
        sh -c 'touch /a/b/c/x && stat -c %F /a/b /x/y/name'
    expect_match "kinds" "$OUT" $'^directory\nregular (empty )?file$'
    [[ -d $BUNDLE/rootfs/a/b/c && -f $BUNDLE/rootfs/x/y/name ]] || fail "the mount points are not in the rootfs"
}

test_mounts_are_made_in_the_order_of_the_config() {
    mkdir "$T/one" "$T/two"
    touch "$T/one/1" "$T/two/2"
    output_of 'bind($folder + "/one"; "/mnt"; []) | bind($folder + "/two"; "/mnt"; [])' ls /mnt
    expect_equal "what is on top" "$OUT" 2
}

# through_links: mounts whose destinations lead through an absolute link to a folder that the host has too, and through a
# relative one that climbs above the top; both count from the rootfs.
through_links() {
    mkdir "$T/outside"
    bundle 'add_mount("tmpfs"; "tmpfs"; "/link/deep"; []) | add_mount("tmpfs"; "tmpfs"; "/up/deep2"; [])' sh -c '
        touch /link/deep/x /up/deep2/x && grep -o "[^ ]*/deep2* " /proc/self/mountinfo'
    ln -s "$T/outside" "$BUNDLE/rootfs/link"
    ln -s ../../../../../../../../srv "$BUNDLE/rootfs/up"
    if [[ $1 == "existing" ]]; then mkdir -p "$BUNDLE/rootfs$T/outside" "$BUNDLE/rootfs/srv"; fi
    run_container
    expect_equal "status, and where the mounts are" "$RC $OUT" "0 $T/outside/deep "$'\n/srv/deep2 '
    expect_equal "entries of the folder outside" "$(ls -A "$T/outside")" ''
    [[ -d $BUNDLE/rootfs$T/outside/deep && ! -e /srv/deep2 ]] || fail "the mount point was not made inside"
}

test_a_symlink_at_the_destination_stays_inside() { through_links existing; }
test_a_dangling_symlink_at_the_destination_is_made_inside() { through_links dangling; }

test_tmpfs_takes_mode_and_size() {
    mounted /scratch 'add_mount("tmpfs"; "tmpfs"; "/scratch"; ["mode=1750", "size=1024k", "noexec"])'
    expect_equal "type" "$TYPE" tmpfs
    has "$OPTIONS" noexec
    has "$SUPER" size=1024k mode=1750
    output_of 'add_mount("tmpfs"; "tmpfs"; "/scratch"; ["mode=1750", "size=1024k"])' sh -c '
        stat -c "%a %F" /scratch; dd if=/dev/zero of=/scratch/x bs=1k count=2000 2>/dev/null; stat -c %s /scratch/x'
    expect_equal "mode, and how much fits" "$OUT" $'1750 directory\n1048576'
}

test_ro_is_for_the_mount_alone_and_rro_for_all_below() {
    mkdir -p "$T/shared/below"
    mount -t tmpfs below "$T/shared/below"
    bundle 'add_mount("bind"; $folder + "/shared"; "/one"; ["rbind", "ro"]) | add_mount("bind"; $folder + "/shared"; "/all"; ["rbind", "rro", "rnosuid"])' \
        sh -c 'touch /one/x; touch /one/below/x && echo written; touch /all/below/y; grep -c " /all.*nosuid" /proc/self/mountinfo'
    run_container
    umount "$T/shared/below"
    if [[ $(uname -r) =~ ^5\.1[01]\. ]]; then
        # mount_setattr(2) came with 5.12: better refused than not meant.
        expect_match "status and error" "$RC $ERR" '^1 '
        return
    fi
    expect_equal "output" "$OUT" $'written\n2'
    expect_match "errors" "$ERR" '/one/x: Read-only file system.*/all/below/y: Read-only file system'
}

test_remount_keeps_the_times_of_access_that_it_does_not_name() {
    mounted /scratch 'add_mount("tmpfs"; "tmpfs"; "/scratch"; ["nodiratime", "noatime"]) | add_mount("bind"; "/tmp"; "/scratch"; ["bind", "remount", "ro"])'
    has "$OPTIONS" ro noatime nodiratime
    mounted /scratch 'add_mount("tmpfs"; "tmpfs"; "/scratch"; ["noatime"]) | add_mount("bind"; "/tmp"; "/scratch"; ["bind", "remount", "relatime"])'
    has "$OPTIONS" rw relatime
}

# mutant: Step.Remount
test_remount_gives_a_mount_other_flags() {
    mounted /scratch 'add_mount("tmpfs"; "tmpfs"; "/scratch"; ["size=1024k"]) | add_mount("tmpfs"; "tmpfs"; "/scratch"; ["remount", "ro", "nosuid", "size=512k"])'
    has "$OPTIONS" ro nosuid
    has "$SUPER" ro size=512k
    expect_equal "mounts there" "$(grep -c ' /scratch ' <<<"$OUT")" 1
}

# propagation: what the container's table says of "/" behind the options.
propagation() { sed -nE 's/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ \/ [^ ]+ (.*)- .*/\1/p' <<<"$OUT"; }

# mutant: Step.PropagateRootfs
test_rootfs_is_shared_when_asked_but_not_with_the_host() {
    local word
    for word in shared rshared; do
        output_of "writable | capable([\"CAP_SYS_ADMIN\"]) | .linux.rootfsPropagation = \"$word\"" \
            sh -c 'mkdir -p /a && mount -t tmpfs a /a && cat /proc/self/mountinfo'
        expect_match "$word" "$(propagation)" 'shared:'
    done
}

test_rootfs_is_unbindable_when_asked() {
    output_of '.linux.rootfsPropagation = "unbindable"' cat /proc/self/mountinfo
    expect_match "unbindable" "$(propagation)" unbindable
}

test_rootfs_is_private_or_slave_when_asked() {
    local word
    for word in private rprivate slave rslave; do
        output_of ".linux.rootfsPropagation = \"$word\"" cat /proc/self/mountinfo
        expect_no_match "$word" "$(propagation)" shared:
    done
}

# mutant: Step.IsolateRootfs
test_a_rootfs_on_a_shared_mount_shows_nothing_to_the_host() {
    local word
    mkdir "$T/fs"
    mount -t tmpfs fs "$T/fs"
    cp -a "$BASE/proto/rootfs" "$T/fs/rootfs"
    for word in private slave shared rshared; do
        bundle ".root.path = \$folder + \"/fs/rootfs\" | .linux.rootfsPropagation = \"$word\"" sleep 1000
        create
        expect_no_match "mounts of the host" "$(</proc/self/mountinfo)" "$T/fs/rootfs"
        end_container
    done
    umount "$T/fs"
}

# mutant: PivotRoot.MakeSlave
test_a_shared_root_takes_no_mount_from_the_host() {
    mkdir "$T/volume"
    mount -t tmpfs volume "$T/volume"
    output_of '.linux.rootfsPropagation = "rshared"' true
    expect_match "mounts of the host" "$(</proc/self/mountinfo)" "$T/volume"
    umount "$T/volume"
}

# As `docker -v VOLUME:/mnt:rshared` and the volume drivers of Kubernetes need it.
test_a_shared_volume_shows_the_containers_mounts_to_the_host() {
    mkdir "$T/volume"
    mount -t tmpfs volume "$T/volume"
    bundle '.linux.rootfsPropagation = "rshared" | capable(["CAP_SYS_ADMIN"]) | bind($folder + "/volume"; "/mnt"; ["rshared"])' \
        sh -c 'mkdir /mnt/below && mount -t tmpfs below /mnt/below && touch /mnt/below/x && exec sleep 1000'
    create
    start
    soon "the mount is seen" test -e "$T/volume/below/x"
    end_container
    umount "$T/volume/below" "$T/volume"
}

test_a_volume_shows_the_host_nothing_by_default() {
    mkdir "$T/volume"
    mount -t tmpfs volume "$T/volume"
    bundle 'capable(["CAP_SYS_ADMIN"]) | bind($folder + "/volume"; "/mnt"; [])' \
        sh -c 'mkdir /mnt/below && mount -t tmpfs below /mnt/below && touch /mnt/below/x && exec sleep 1000'
    create
    start
    soon "sleep runs" _executed sleep
    [[ -d $T/volume/below && ! -e $T/volume/below/x ]] || fail "the mount is seen outside"
    end_container
    umount "$T/volume"
}

# mutant: Step.MoveRoot
test_without_pivot_root_the_root_is_the_rootfs() {
    bundle . sh -c 'cat /etc/group; ls -d /usr/lib 2>/dev/null || echo no; cd ..; pwd'
    run_container --no-pivot
    expect_equal "status and output" "$RC $OUT" $'0 root:x:0:\nalice:x:1000:\nno\n/'
}

# mutant: MoveRoot.DetachHostProcs
test_without_pivot_root_no_whole_proc_can_be_mounted() {
    bundle 'writable | .process.user = {uid: 1000, gid: 1000}' sh -c 'busybox unshare -r true && busybox unshare -r -m -p -f mount -t proc proc /tmp'
    run_container --no-pivot
    expect_match "status and error" "$RC $ERR" '^[1-9].*mount.*(Operation not permitted|[Pp]ermission denied)'
}

test_tmpfs_without_a_mode_has_that_of_what_it_covers() {
    bundle 'add_mount("tmpfs"; "tmpfs"; "/covered"; []) | add_mount("tmpfs"; "tmpfs"; "/made"; []) | add_mount("tmpfs"; "tmpfs"; "/covered2"; ["mode=711"])' \
        stat -c '%n %a' /covered /made /covered2
    mkdir -m 2750 "$BUNDLE/rootfs/covered"
    mkdir -m 700 "$BUNDLE/rootfs/covered2"
    run_container
    expect_equal "status and modes" "$RC $OUT" $'0 /covered 2750\n/made 1777\n/covered2 711'
}

# mutant: Step.MakeMountReadonly
test_a_read_only_tmpfs_takes_what_is_mounted_below_it() {
    mkdir "$T/from"
    output_of 'add_mount("tmpfs"; "tmpfs"; "/mnt"; ["ro", "nosuid"]) | bind($folder + "/from"; "/mnt/deep/from"; [])' \
        sh -c 'awk "\$5 == \"/mnt\" { print \$6 }" /proc/self/mountinfo; ls /mnt/deep; echo x >/mnt/deep/from/x && ! echo x 2>/dev/null >/mnt/x && echo read-only'
    expect_match "what is seen" "$OUT" $'^ro,nosuid,[a-z]+\nfrom\nread-only$'
}

test_a_read_only_dev_has_its_devices() {
    output_of '(.mounts[] | select(.destination == "/dev") | .options) += ["ro"]' \
        sh -c 'echo x >/dev/null; ! touch /dev/x 2>/dev/null && awk "\$5 == \"/dev\" { print \$6 }" /proc/self/mountinfo'
    expect_match "options of /dev" "$OUT" '^ro,nosuid'
}

# A hierarchy is no volume: what a container mounts in it must not be seen on the host.
# mutant: MountCgroups.Isolate
test_cgroup_hierarchies_are_no_peers_of_the_hosts() {
    output_of '.linux.rootfsPropagation = "shared"' cat /proc/self/mountinfo
    expect_match "mounts" "$OUT" '/sys/fs/cgroup'
    expect_equal "shared cgroup mounts" "$(grep -E ' shared:.* - cgroup' <<<"$OUT")" ''
}

# What masks a file is the host's null device: a mount over it inside must not be one over the host's /dev/null.
# mutant: MaskPath.Isolate
test_masks_are_no_peers_of_the_hosts_devices() {
    local word hosts
    hosts=$(stat -c %d:%i /dev/null)
    for word in private slave shared rshared; do
        output_of ".linux.rootfsPropagation = \"$word\" | .linux.maskedPaths = [\"/proc/keys\", \"/proc/timer_list\"] | capable([\"CAP_SYS_ADMIN\"])" \
            sh -c 'mount --bind /etc/passwd /proc/keys && mount --bind /etc/passwd /proc/timer_list && cat /proc/keys'
        expect_match "what is mounted inside" "$OUT" root:
        word+=$(stat -c ' %d:%i' /dev/null)
        if [[ ${word#* } != "$hosts" ]]; then umount /dev/null /dev/null; fi
        expect_equal "/dev/null of the host" "$word" "${word%% *} $hosts"
    done
}

test_the_file_under_a_bind_mount_is_no_program() {
    echo x >"$T/from"
    output_of 'writable | bind($folder + "/from"; "/new/file"; [])' cat /new/file
    expect_equal "mode of what was made" "$(stat -c %a "$BUNDLE/rootfs/new/file")" 644
}

test_a_read_only_tmpfs_has_the_working_directory() {
    output_of 'add_mount("tmpfs"; "tmpfs"; "/mnt"; ["ro"]) | .process.cwd = "/mnt/work/here"' sh -c 'pwd; ! touch /mnt/x 2>/dev/null && echo read-only'
    expect_equal "directory" "$OUT" $'/mnt/work/here\nread-only'
}
