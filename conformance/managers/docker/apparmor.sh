# shellcheck shell=bash
# shellcheck disable=SC2154 # call and start set output, id, words and status
# docker confines by a profile of its own, docker-default, where AppArmor is on (vm-apparmor.sh has a guest for it).

confined_by_docker_default() {
    run test cat /proc/self/attr/current
    is "run: the default profile" "docker-default (enforce)" "$output"
    # What docker-default denies and the capabilities alone would not.
    run --cap-add SYS_ADMIN test sh -c 'mkdir /m && mount -t tmpfs tmpfs /m'
    has "it is in force" "ermission denied" "$words"
    run --cap-add SYS_ADMIN --security-opt apparmor=unconfined test sh -c 'mkdir /m && mount -t tmpfs tmpfs /m'
    is "and not without it" "0 " "$status $words"
    run --security-opt apparmor=unconfined test cat /proc/self/attr/current
    is "run: unconfined" unconfined "$output"
    run --user 1000 --security-opt no-new-privileges test cat /proc/self/attr/current
    is "run: with a user and no_new_privs" "docker-default (enforce)" "$output"
    start test sleep 600
    call exec "$id" cat /proc/self/attr/current
    is "exec: the container's profile" "docker-default (enforce)" "$output"
    # docker gives it the capabilities, and leaves the profile.
    call exec --privileged "$id" cat /proc/self/attr/current
    is "exec --privileged" "docker-default (enforce)" "$output"
    remove "$id"
    run --security-opt apparmor=no-such-profile test true
    is "an unknown profile: status" 125 "$status"
    has "an unknown profile is named" no-such-profile "$words"
}

confined_by_docker_default
