# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: limits and update.

# limit FILE_V1 FILE_V2: what the container sees of it.
limit_files() { if v2; then echo "/sys/fs/cgroup/$2"; else echo "/sys/fs/cgroup/$1"; fi; }

# checklist: 6
limits() {
    if has_controller memory; then
        once memory -m 64m --memory-reservation 32m -- cat \
            "$(limit_files memory/memory.limit_in_bytes memory.max)" "$(limit_files memory/memory.soft_limit_in_bytes memory.low)"
        is "--memory, --memory-reservation" $'67108864\n33554432' "$output"
        rm -f oom
        run oom -m 16m --memory-swap 16m -- sh -c 'tail /dev/zero'
        is "beyond the memory limit: killed" 137 "$status"
        run oom1 -m 16m --memory-swap 16m -- sh -c 'tail /dev/zero; sleep 1; exit 3'
        is "conmon hears of one in the cgroup that is killed" "3 $scratch/oom" "$status $(ls "$scratch/oom")" # podman 4.3 looks elsewhere
        remove oom oom1
        if ! v2; then
            once v1only --oom-kill-disable --memory-swappiness 10 -m 64m -- \
                sh -c 'head -n 1 /sys/fs/cgroup/memory/memory.oom_control; cat /sys/fs/cgroup/memory/memory.swappiness'
            is "--oom-kill-disable, --memory-swappiness" $'oom_kill_disable 1\n10' "$output"
        fi
    else skip "--memory" "no memory controller"; fi
    if has_controller cpu; then
        local expected=$'30000\n100000'
        v2 && expected="30000 100000"
        # shellcheck disable=SC2046
        once cpu --cpus 0.3 -- cat $(if v2; then echo /sys/fs/cgroup/cpu.max; else echo /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us; fi)
        is "--cpus" "$expected" "$output"
        once shares --cpu-shares 512 -- cat "$(limit_files cpu/cpu.shares cpu.weight)"
        # v2: 20 is the line that runc drew until 2025, 59 the curve since then.
        case $output in 20 | 59) if v2; then output=512; fi ;; esac
        is "--cpu-shares" 512 "$output"
    else skip "--cpus" "no cpu controller"; fi
    if has_controller cpuset; then
        once cpuset --cpuset-cpus 0 -- grep Cpus_allowed_list /proc/self/status
        is "--cpuset-cpus" $'Cpus_allowed_list:\t0' "$output"
    else skip "--cpuset-cpus" "no cpuset controller"; fi
    if has_controller pids; then
        once pids --pids-limit 20 -- cat "$(limit_files pids/pids.max pids.max)"
        is "--pids-limit" 20 "$output"
        once forks --pids-limit 10 -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1 & done; wait'
        has "more processes than that cannot be" "can't fork" "$words"
    else skip "--pids-limit" "no pids controller"; fi
    if v2 && has_controller memory; then
        once unified --cgroup-conf memory.high=50331648 -- cat /sys/fs/cgroup/memory.high
        is "--cgroup-conf" 50331648 "$output"
    fi
    once ulimit --ulimit nofile=100:200 --ulimit core=0 --ulimit nproc=100 -- sh -c 'ulimit -n; ulimit -Hn; ulimit -c'
    is "--ulimit" $'100\n200\n0' "$output"
    once oom_score --oom-score-adj 100 -- cat /proc/self/oom_score_adj
    is "--oom-score-adj" 100 "$output"
    block_devices
    detached inside -- sh -c "$waits"
    local pid
    pid=$(inspect inside State.Pid)
    has "the process is in a cgroup below --cgroup-parent" "$parent/libpod-" "$(cat "/proc/$pid/cgroup")"
    remove inside
}

block_devices() {
    local device number controller=blkio expected
    device=$(find /dev -maxdepth 1 -type b | head -n 1)
    if v2; then controller=io; fi
    if ! has_controller $controller || [[ -z $device ]]; then skip "--device-read-bps" "no controller or no block device"; return; fi
    number=$(stat -c '0x%t 0x%T' "$device" | xargs printf '%d:%d')
    expected=$(if v2; then echo "$number rbps=1048576 wbps=max riops=max wiops=100"; else printf '%s 1048576\n%s 100' "$number" "$number"; fi)
    # shellcheck disable=SC2046
    once block --device-read-bps "$device:1mb" --device-write-iops "$device:100" -- cat $(if v2; then echo /sys/fs/cgroup/io.max
        else echo /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device /sys/fs/cgroup/blkio/blkio.throttle.write_iops_device; fi)
    is "--device-read-bps, --device-write-iops" "$expected" "$output"
}

# checklist: 18
updates() {
    local cpu expected
    has_controller cpu || { skip "update" "no cpu controller"; return; }
    cpu=$(if v2; then echo /sys/fs/cgroup/cpu.max; else echo /sys/fs/cgroup/cpu/cpu.cfs_quota_us; fi)
    expected=$(if v2; then echo "20000 100000"; else echo 20000; fi)
    detached update -m 64m -- sh -c "$waits"
    p update --cpus 0.2 update >/dev/null 2>"$scratch/words"
    is "update --cpus: accepted in silence" "0 " "$? $(<"$scratch/words")"
    is "update --cpus: in force" "$expected" "$(p exec update cat "$cpu")"
    if has_controller memory; then
        p update --memory 48m update >/dev/null 2>"$scratch/words"
        is "update --memory: in force, the rest as it was" "50331648 $expected" \
            "$(p exec update cat "$(limit_files memory/memory.limit_in_bytes memory.max)" "$cpu" | paste -sd' ')"
    fi
    remove update
}

cgroups_disabled() {
    once plain --cgroups=disabled -- sh -c 'echo no cgroup; cat /proc/self/cgroup' 
    if [[ $name == runc ]]; then has "--cgroups=disabled: podman knows that runc cannot" "not compatible with NoCgroups" "$words"; return; fi
    has "--cgroups=disabled" "no cgroup" "$output"
    is "nothing on standard error" "" "$words"
}

limits
updates
cgroups_disabled
