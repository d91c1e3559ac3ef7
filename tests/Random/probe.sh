# shellcheck shell=sh
# probe.sh [stay | STATUS]: says what a container's program sees: "@section" lines, each followed by the section's lines. It uses busybox by its
# whole name, since PATH is one of the things that are random. Then it stays, or ends with the status.
b=/bin/busybox
me=/proc/$$
# How an empty folder in place of another looks is the runtime's own matter.
masked() { $b grep -q " $($b realpath "$1" 2>/dev/null) ro,.*size=4k" $me/mountinfo; }
section() { echo "@$1"; }

section status
$b grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters|SigQ|SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt|Umask|NStgid|NSpid|NSpgid|NSsid|Cpus_allowed_list|Mems_allowed_list|THP_enabled|CoreDumping|Threads):?' $me/status |
    $b grep -v SigQ
section limits
$b tr -s ' ' <$me/limits
section mountinfo
$b cat $me/mountinfo
section environment
$b tr '\0' '\n' <$me/environ
section arguments
$b tr '\0' '|' <$me/cmdline
echo
section directory
pwd
$b readlink $me/cwd
section descriptors
# 0 to 2 are what the caller has given, or pipes that the runtime copies from; the shell has its script open as 10.
for fd in 0 1 2 3 4 5 6 7 8 9; do
    case $fd in
        [0-2]) if [ -e "$me/fd/$fd" ] || [ -L "$me/fd/$fd" ]; then echo "$fd"; fi ;;
        *) if [ -L "$me/fd/$fd" ]; then echo "$fd $($b readlink "$me/fd/$fd")"; fi ;;
    esac
done
section names
$b hostname
$b cat /proc/sys/kernel/domainname
section sysctl
for key in kernel/msgmax kernel/msgmnb kernel/shmmax kernel/shm_rmid_forced kernel/sem net/ipv4/ip_forward net/ipv4/ping_group_range net/core/somaxconn \
    net/ipv4/ip_unprivileged_port_start fs/mqueue/msg_max; do
    echo "$key $($b cat /proc/sys/$key 2>&1 | $b tr '\t' ' ')"
done
section process
# Group and session (1: its own), terminal, priority, nice, real-time priority, policy.
$b sed 's/.*) //' $me/stat | $b awk -v me=$$ '{ print "session", $3 == me, $4 == me, $5, $16, $17, $38, $39 }'
echo "ionice $($b ionice -p $$ 2>&1)"
echo "oom_score_adj $($b cat $me/oom_score_adj)"
echo "personality $($b cat $me/personality 2>&1)"
echo "coredump_filter $($b cat $me/coredump_filter)"
echo "timens $($b tr -s ' \n' '  ' <$me/timens_offsets)"
echo "cgroup $($b tr '\n' ' ' <$me/cgroup)"
echo "uid_map $($b tr -s ' \n' '  ' <$me/uid_map) gid_map $($b tr -s ' \n' '  ' <$me/gid_map) setgroups $($b cat $me/setgroups)"
section namespaces
for type in cgroup ipc mnt net pid pid_for_children time time_for_children user uts; do echo "$type $($b readlink $me/ns/$type)"; done
section keys
# The table is the whole machine's.
$b awk '/_ses.random:/ { print $5, $6, $8, $9 }' /proc/keys 2>/dev/null
section dev
for file in /dev /dev/* /dev/*/*; do
    case $file in /dev/pts/[0-9]* | /dev/fd/* | /dev/shm/*) continue ;; esac
    if [ -L "$file" ]; then
        echo "$file -> $($b readlink "$file")"
    elif [ -e "$file" ]; then
        $b stat -c '%n %F %a %u:%g %t:%T' "$file"
    fi
done
section access
for file in /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx /dev/console /dev/fuse /dev/kmsg /dev/mem /dev/loop0 /dev/extra /dev/dir/extra; do
    if [ -c "$file" ] || [ -b "$file" ]; then echo "$file $($b dd if="$file" count=0 2>&1 | $b grep -v -e records -e copied)"; fi
done
section nodes
for node in 'c 1 3' 'c 1 7' 'c 10 200' 'c 10 229' 'b 7 0'; do
    # shellcheck disable=SC2086 # words
    said=$($b mknod /tmp/.node $node 2>&1) && said=$($b dd if=/tmp/.node count=0 2>&1 | $b grep -v -e records -e copied)
    echo "$node: made: $said"
    $b rm -f /tmp/.node
done
section write
for directory in / /tmp /data /data/inner /mnt /mnt/x /mnt/x/y /run /secret /etc /sys /sys/fs/cgroup /dev /dev/shm /dev/mqueue /home/alice /idmapped /new /new/deep /proc/sys /link; do
    if [ -d "$directory" ]; then echo "$directory $(: 2>&1 >"$directory/.probe") $?"; fi
    $b rm -f "$directory/.probe" 2>/dev/null
done
section files
for file in / /tmp /data /data/inner /data/file /mnt /mnt/x /mnt/x/y /mnt/file /run /secret /secret/file /etc /etc/passwd /sys /sys/fs/cgroup /dev/shm /dev/mqueue /dev/pts \
    /home/alice /idmapped /idmapped/one /new /new/deep /new/file /proc /proc/kcore /proc/keys /proc/sys /proc/bus /proc/timer_list /sys/firmware /proc/acpi /link /out /root; do
    if masked "$file"; then
        echo "$file is masked"
    elif [ -e "$file" ]; then
        case $file in
            /proc* | /sys*) $b stat -c '%n %F %a %u:%g' "$file" ;;
            *) $b stat -L -c '%n %F %a %u:%g' "$file" ;;
        esac
    else
        echo "$file is not there"
    fi
done
for file in /secret/file /data/file /proc/kcore /proc/keys /proc/timer_list /mnt/file /new/file /data/deep/file; do
    if [ -e "$file" ]; then echo "$file reads: $($b head -c 5 "$file" 2>&1 | $b head -n 1 | $b tr -cd '[:print:]' | $b cut -c 1-3)"; fi
done
for directory in /secret /mnt /mnt/x /new /sys/fs/cgroup /data /run; do
    if [ -d "$directory" ]; then echo "$directory lists: $($b ls "$directory" 2>&1 | $b grep -v '^[0-9]*$' | $b tr '\n' ' ')"; fi
done
section scripts
for file in /mnt/script /new/script /data/script; do
    if [ -f "$file" ]; then echo "$file $("$file" 2>&1)"; fi
done
section calls
echo "chroot $($b chroot / $b true 2>&1) $?"
echo "hostname $($b hostname "$($b hostname)" 2>&1) $?"
echo "mount $($b mount -t tmpfs none /tmp 2>&1) $?"
echo "umount $($b umount /tmp 2>&1) $?"
echo "chown $($b touch /tmp/.own 2>&1; $b chown 7:7 /tmp/.own 2>&1) $?"
echo "kill $(kill -0 1 2>&1) $?"
echo "unshare $($b unshare -U $b true 2>&1) $?"
$b rm -f /tmp/.own
section hooks
$b cat /tmp/hooks.log 2>/dev/null
section end
case ${1:-} in
    stay) exec $b sleep 1000 ;;
    *) exit "${1:-0}" ;;
esac
