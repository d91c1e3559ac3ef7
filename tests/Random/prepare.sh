#!/bin/busybox sh
# prepare.sh FOLDER PROTOTYPE ROOT-ID: makes the folder of one life anew: bundle, sources of bind mounts, state root.
# Busybox's own programs take half the time of the machine's.
export PATH=/bin:/usr/bin:/sbin:/usr/sbin
umask 022
folder=$1
umount "$folder/src/tree/sub" 2>/dev/null
rm -rf "$folder"
mkdir -p "$folder/bundle" "$folder/src/dir/deep" "$folder/src/tree/sub" "$folder/src/empty" "$folder/state"
cp -a "$2/rootfs" "$folder/bundle/rootfs"
cp "$(dirname "$0")/probe.sh" "$folder/bundle/rootfs/bin/probe"
cp "$(dirname "$0")/hook.sh" "$folder/bundle/rootfs/bin/hook"
rootfs=$folder/bundle/rootfs
mkdir -p "$rootfs/data/inner" "$rootfs/mnt" "$rootfs/secret/below" "$rootfs/run" "$rootfs/home/alice"
echo hidden >"$rootfs/secret/file"
echo data >"$rootfs/data/file"
chmod 700 "$rootfs/home/alice"
chmod 1777 "$rootfs/tmp"
ln -s data "$rootfs/link"
ln -s ../../../../etc "$rootfs/out"
echo file >"$folder/src/file"
echo one >"$folder/src/dir/one"
printf '#!/bin/sh\necho it runs\n' >"$folder/src/script"
chmod 755 "$folder/src/script"
mount -t tmpfs -o size=64k,nodev none "$folder/src/tree/sub"
echo sub >"$folder/src/tree/sub/file"
chown 1000:1000 "$folder/src/dir/one"
if [ "$3" != 0 ]; then chown -R "$3:$3" "$rootfs" "$folder/src"; fi
