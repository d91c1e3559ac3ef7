# shellcheck shell=bash
# shellcheck disable=SC2016 # the container's shell expands these
# tmpcopyup: a tmpfs that begins with what the image has at its place.

# image FILTER ARGS...: a bundle whose image has something in /data.
image() {
    bundle "$@"
    local data=$BUNDLE/rootfs/data
    mkdir -m 751 "$data"
    mkdir -m 2710 "$data/folder"
    echo text >"$data/folder/file"
    chown 3:4 "$data/folder/file"
    chmod 4755 "$data/folder/file"
    ln -s /etc/passwd "$data/link"
    chown -h 5:6 "$data/link"
}

test_a_tmpfs_begins_with_what_it_covers() {
    image 'add_mount("tmpfs"; "tmpfs"; "/data"; ["tmpcopyup", "nosuid", "nodev"])' sh -c '
        cd /data && stat -c "%n %a %u:%g %F" . folder folder/file link && readlink link && cat folder/file && stat -f -c %T .'
    run_container
    expect_equal "status and what is there" "$RC $OUT" '0 . 751 0:0 directory
folder 2710 0:0 directory
folder/file 4755 3:4 regular file
link 777 5:6 symbolic link
/etc/passwd
text
tmpfs'
}

test_what_is_written_there_is_gone_with_the_container() {
    image 'add_mount("tmpfs"; "tmpfs"; "/data"; ["tmpcopyup"])' sh -c 'rm /data/link; echo new >/data/new; ls /data'
    run_container
    expect_equal "names inside" "$OUT" $'folder\nnew'
    expect_equal "names in the image" "$(ls "$BUNDLE/rootfs/data")" $'folder\nlink'
}

test_a_read_only_one_is_filled_first() {
    image 'add_mount("tmpfs"; "tmpfs"; "/data"; ["tmpcopyup", "ro"])' sh -c 'cat /data/folder/file; touch /data/x 2>&1'
    run_container
    expect_match "content, and the attempt to write" "$OUT" $'^text\ntouch: /data/x: Read-only file system'
}

test_mode_and_size_are_as_asked() {
    image 'add_mount("tmpfs"; "tmpfs"; "/data"; ["tmpcopyup", "mode=1777", "size=64k"])' sh -c '
        stat -c %a /data; cat /data/folder/file; dd if=/dev/zero of=/data/x bs=1k count=1000 2>/dev/null || echo full'
    run_container
    expect_equal "mode and content" "$OUT" $'1777\ntext\nfull'
}

test_what_is_no_file_is_copied_as_it_is() {
    image 'add_mount("tmpfs"; "tmpfs"; "/data"; ["tmpcopyup"])' stat -c '%n %F %t:%T %a %u' /data/fifo /data/zero
    mkfifo -m 620 "$BUNDLE/rootfs/data/fifo"
    mknod -m 604 "$BUNDLE/rootfs/data/zero" c 1 5
    chown 7 "$BUNDLE/rootfs/data/zero"
    run_container
    expect_equal "status and kinds" "$RC $OUT" $'0 /data/fifo fifo 0:0 620 0\n/data/zero character special file 1:5 604 7'
}

test_a_place_that_is_missing_is_made_empty() {
    output_of 'add_mount("tmpfs"; "tmpfs"; "/made/here"; ["tmpcopyup"])' sh -c 'ls -A /made/here; touch /made/here/x && echo writable'
    expect_equal "output" "$OUT" writable
}

test_a_link_in_the_place_stays_inside() {
    mkdir "$T/outside"
    echo secret >"$T/outside/secret"
    bundle "add_mount(\"tmpfs\"; \"tmpfs\"; \"/data\"; [\"tmpcopyup\"])" sh -c 'ls -A /data'
    ln -s "$T/outside" "$BUNDLE/rootfs/data"
    run_container
    expect_equal "what is there" "$OUT" ''
}

test_in_a_user_namespace() {
    chmod 711 "$BASE" "$T"
    bundle '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings | add_mount("tmpfs"; "tmpfs"; "/data"; ["tmpcopyup"])' sh -c 'stat -c "%a %u:%g" /data/file; cat /data/file'
    mkdir "$BUNDLE/rootfs/data"
    echo text >"$BUNDLE/rootfs/data/file"
    chown 100007:100008 "$BUNDLE/rootfs/data" "$BUNDLE/rootfs/data/file"
    chmod 711 "$BUNDLE" "$BUNDLE/rootfs"
    run_container
    expect_equal "status, mode, owner, content" "$RC $OUT" $'0 644 7:8\ntext'
}

test_what_does_not_fit_is_refused_with_its_name() {
    image 'add_mount("tmpfs"; "tmpfs"; "/data"; ["tmpcopyup", "size=16k"])' true
    head -c 100000 /dev/zero >"$BUNDLE/rootfs/data/folder/big"
    refused_create 'tmpcopyup.*big.*no space left'
}

test_a_bottomless_folder_is_refused() {
    image 'add_mount("tmpfs"; "tmpfs"; "/data"; ["tmpcopyup"])' true
    mkdir -p "$BUNDLE/rootfs/data/$(printf 'd/%.0s' {1..300})"
    refused_create 'tmpcopyup.*name too long'
}

test_it_is_for_a_tmpfs_alone() {
    bundle 'add_mount("ramfs"; "ramfs"; "/data"; ["tmpcopyup"])' true
    refused_create 'tmpcopyup.* is an option of a new tmpfs alone'
}
