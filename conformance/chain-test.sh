#!/usr/bin/env bash
# chain-test.sh [RUNTIME] [--readme] - tests chain.sh: output, address, exit status, and that no stop at any moment leaves anything.
# STOPS=N: at how many moments it is stopped (default 30; a slow kernel wants fewer).
# It runs in a network and a mount namespace of its own: neither bridge nor mounts nor leases are seen by this machine.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"
# shellcheck source=tally.sh
. "$here/tally.sh"
# shellcheck source=registry.sh
. "$here/registry.sh"
readme=
if [[ ${*: -1} == --readme ]]; then
    readme=yes
    set -- "${@:1:$#-1}"
fi
runtime=$(realpath -- "$(type -P "${1:-${RUNTIME:-$here/../out/sharprun}}")") || { echo "no such runtime" >&2; exit 2; }

if [[ -z ${CHAIN_TEST_INSIDE:-} ]]; then
    # All packages now: the network namespace inside has no way out to fetch them.
    need umoci umoci "it writes the OCI image layout"
    need busybox busybox-static "it is the whole content of the test image"
    need ip iproute2 "it looks for interfaces that were left behind"
    need docker-registry docker-registry "it is the registry that an image is fetched from"
    need nft nftables "it looks for rules that were left behind"
    CHAIN_TEST_MADE=$([[ -e /var/lib/cni ]] || echo yes)
    export CHAIN_TEST_MADE
    mkdir -p /var/lib/cni # host-local's place for leases; covered by a tmpfs inside
    CHAIN_TEST_INSIDE=$(mktemp -d) exec unshare --net --mount --propagation private "$here/chain-test.sh" "$runtime" ${readme:+--readme}
fi

scratch=$CHAIN_TEST_INSIDE
mount -t tmpfs tmpfs "$scratch" # a file system that can be overlay's writable layer on every machine
mount -t tmpfs tmpfs /var/lib/cni
ip link set lo up

clean_up() {
    local job
    trap '' HUP INT TERM
    for job in $(jobs -p); do kill "$job" 2>/dev/null; done # chains, which clean up themselves
    wait
    cd / || exit
    umount -l "$scratch" /var/lib/cni
    rmdir "$scratch"
    [[ -z $CHAIN_TEST_MADE ]] || rmdir /var/lib/cni 2>/dev/null
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

image=oci:$scratch/image:test
# The names of the containers begin with this, so that what they leave can be told from the work of others.
prefix=chain-test-$$
export RUNTIME=$runtime
stops=${STOPS:-30}
duration=1000 # of one chain, in ms; measured below
# A line of the container's output with its own address; the shell's `wait` is where a long-lived one can be stopped.
show_address='ip -4 addr show eth0'

# chain NAME ARG...: one whole chain; sets output, words (stderr) and status.
chain() {
    local name=$prefix-$1
    shift
    output=$("$here/chain.sh" "$image" --name "$name" --root "$scratch/store" "$@" 2>"$scratch/words")
    status=$?
    words=$(<"$scratch/words")
}

# begin NAME ARG...: the same in the background, until the container is started; sets pid.
begin() {
    local name=$prefix-$1
    shift
    "$here/chain.sh" "$image" --name "$name" --root "$scratch/store" "$@" >"$scratch/$name.out" 2>"$scratch/$name.words" &
    pid=$!
    for _ in $(seq 600); do
        if grep -qs '+ sharprun run' "$scratch/$name.words"; then return; fi
        sleep 0.1
    done
    echo "  not started after 60 s: $(<"$scratch/$name.words")"
    return 1
}

address_of() { sed -n 's/^chain: eth0 of .* has the address //p' "$1"; }

# All that is still there of the containers of this test, one a line.
left_behind() {
    local file
    grep -F "$scratch/" /proc/self/mountinfo | grep -F "$prefix"
    grep -F "/run/sharprun-chain/$prefix" /proc/self/mountinfo
    ip -o link | grep -v ' lo: '
    ls -d /run/sharprun-chain/"$prefix"* /run/netns/"$prefix"* 2>/dev/null
    find /sys/fs/cgroup -maxdepth 5 -path "*/sharprun-test/$prefix*/cgroup.procs" 2>/dev/null
    find /var/lib/cni -name '[0-9]*'
    find "$scratch/store" -name "*$prefix*"
    nft list ruleset 2>/dev/null
    for file in /proc/[0-9]*/cgroup; do
        # A zombie waits for the machine's init, whose business it is.
        if grep -qF "$prefix" "$file" 2>/dev/null && ! grep -qs '^State:.Z' "${file%cgroup}status"; then echo "process ${file//[!0-9]/}"; fi
    done
}

# What README shows is what happens. `--readme` as the last argument writes it there; digests depend on this machine's busybox.
readme() {
    local shown
    {
        echo "# conformance/chain.sh oci:image:test --name hello -p 8080:80 -- sh -c 'hostname; hostname -i; ls'"
        "$here/chain.sh" "$image" --name hello --root "$scratch/store" -p 8080:80 -- sh -c 'hostname; hostname -i; ls' 2>&1
    } | sed -E "s|$scratch/store|/var/lib/sharprun|g; s|oci:$scratch/|oci:|; s|sha256:[0-9a-f]{64}|sha256:...|g" >"$scratch/readme"
    if [[ $readme ]]; then "$here/into-readme.sh" chain "$scratch/readme"; fi
    shown=$(sed -n '/^<!-- chain -->$/,/^<!-- \/chain -->$/p' "$here/../README.md" | sed -E '/^(<!--|```)/d')
    is "README shows the seven acts as they are" "$shown" "$(<"$scratch/readme")"
}

output_and_address() {
    local begun=$EPOCHREALTIME
    chain plain
    duration=$(((${EPOCHREALTIME/[.,]/} - ${begun/[.,]/}) / 1000)) # ms, with the image's unpacking
    is "the container's status 0 is the script's" 0 "$status"
    has "environment and working directory are the image's" "hello from /srv" "$output"
    local address
    address=$(address_of "$scratch/words")
    has "the address that was printed is the container's" "inet $address/24 " "$output"
    has "the address is of the network sharprun" "10.83.0." "$address"
    chain both -q -- sh -c 'echo to stdout; echo to stderr >&2; hostname'
    is "standard output is captured, and nothing else is in it" $'to stdout\n'"$prefix-both" "$output"
    is "with -q standard error is the container's alone" "to stderr" "$words"
}

exit_status() {
    chain seven -- sh -c 'exit 7'
    is "the container's status 7 is the script's" 7 "$status"
    chain signal -- sh -c 'sh -c "kill -9 \$\$"; exit $?'
    is "a status above 128 too" 137 "$status"
    chain missing -- no-such-program
    is "a missing program ends the script with 1" 1 "$status"
    has "a missing program is named" "executable file not found" "$words"
    is "a missing program leaves nothing" "" "$(left_behind)"
}

layers() {
    chain layers -q -- sh -c 'cat replaced added; ls removed 2>/dev/null; echo mine >written; ls'
    is "the upper layer replaces, adds and removes; the container writes above" \
        $'of layer two\nof layer two\nadded\nreplaced\nwritten' "$output"
    chain again -q -- ls
    is "what one container wrote the next does not see" $'added\nreplaced' "$output"
}

image_configuration() {
    umoci config --image "$scratch/image:test" --tag entry --config.user guest \
        --config.entrypoint echo --config.entrypoint -n --config.cmd ignored
    local image=oci:$scratch/image:entry
    chain entry -q -- -e 'one\ttwo'
    is "arguments follow the entrypoint, also those that look like options" $'one\ttwo' "$output"
    umoci config --image "$scratch/image:test" --tag user --config.user guest
    image=oci:$scratch/image:user
    chain user -q -- sh -c 'id -u; grep CapEff /proc/self/status'
    is "the image's user, without capabilities" $'1000\nCapEff:\t0000000000000000' "$output"
}

# Fetched from a registry of this network namespace, and then, when that is gone, from the store.
from_a_registry() {
    local image=127.0.0.1:5000/hello:test registry
    serve_registry registry 5000
    PATH=${runtime%/*}:$here/../out:$PATH sharprun-image --root "$scratch/store" -q copy "oci:$scratch/image:test" "docker://$image" >/dev/null
    chain registry -- sh -c 'echo from afar'
    is "an image of a registry" "0 from afar" "$status $output"
    has "is pulled" "+ sharprun-image pull $image" "$words"
    kill "$registry"
    wait "$registry" 2>/dev/null
    chain offline -- sh -c 'echo from here'
    is "a second time it needs no registry" "0 from here" "$status $output"
    if [[ $words != *"image pull"* ]]; then ok "and nothing is pulled"; else not_ok "and nothing is pulled"; fi
}

standard_input() {
    chain input -q -i -- cat <<<"from outside"
    is "-i hands standard input through" "from outside" "$output"
    chain noinput -q -- cat <<<"from outside"
    is "without -i standard input is empty" "" "$output"
}

terminal() {
    # script(1) gives the chain a terminal of its own.
    output=$(script -qec "$here/chain.sh $image --name $prefix-tty --root $scratch/store -q -it -- tty" /dev/null </dev/null 2>&1)
    has "-it gives a terminal" "/dev/pts/0" "$output"
}

detached() {
    chain detached -d -- sh -c "$show_address; echo begun; trap 'echo ended; exit 0' TERM; sleep 600 & wait"
    is "-d gives the name alone" "0 $prefix-detached" "$status $output"
    for _ in $(seq 50); do
        output=$("$here/chain.sh" --logs "$prefix-detached")
        [[ $output != *begun* ]] || break
        sleep 0.1
    done
    has "--logs shows what it prints" begun "$output"
    has "its address is on the bridge" "inet 10.83.0." "$output"
    chain detached -q -- true
    is "a name of -d is in use" 2 "$status"
    output=$("$here/chain.sh" --stop "$prefix-detached" 2>&1)
    is "--stop ends it" 0 $?
    is "--stop leaves nothing" "" "$(left_behind)"
    output=$("$here/chain.sh" --stop "$prefix-detached" 2>&1)
    is "a second --stop says that there is none" "2 chain: no container named $prefix-detached was started with -d" "$? $output"
    chain detached -d -- no-such-program
    is "-d of a missing program fails" 1 "$status"
    has "and names it" "executable file not found" "$words"
    is "and leaves nothing" "" "$(left_behind)"
}

neighbours() {
    begin server -- sh -c "$show_address; trap 'exit 5' TERM; sleep 600 & wait"
    local server=$pid address
    address=$(address_of "$scratch/$prefix-server.words")
    chain client -q -- sh -c "ping -c 1 -W 3 $address; $show_address"
    has "two at once reach each other over the bridge" " 0% packet loss" "$output"
    if [[ $output == *"inet 10.83.0."* && $output != *"inet $address/"* ]]; then ok "two at once have two addresses"
    else not_ok "two at once have two addresses"; fi
    chain caller -q -- sh -c "ping -c 1 -W 3 $prefix-server; cat /etc/hosts"
    has "and by name" " 0% packet loss" "$output"
    chain host -q -- sh -c "ping -c 1 -W 3 10.83.0.1"
    has "a container reaches the host" " 0% packet loss" "$output"
    has "the host reaches a container" " 0% packet loss" "$(busybox ping -c 1 -W 3 "$address" 2>&1)"
    chain server -q -- true
    is "a name in use is refused" 2 "$status"
    if kill -0 "$server"; then ok "and the one that has it lives on"; else not_ok "and the one that has it lives on"; fi
    kill "$server"
    wait "$server"
    is "stopped by SIGTERM: status 143" 143 $?
    is "stopped by SIGTERM: nothing left" "" "$(left_behind)"
}

published_port() {
    local answer pid
    begin port -p 8080:80 -- nc -l -p 80 -e echo answered
    # The port is there as soon as nc listens, which is a moment after the start.
    for _ in $(seq 40); do
        answer=$(timeout 3 bash -c 'cat </dev/tcp/127.0.0.1/8080' 2>/dev/null) && break
        sleep 0.1
    done
    is "-p 8080:80 leads into the container" answered "$answer"
    wait "$pid"
    is "and the chain ends with it" 0 $?
    is "and leaves no rule" "" "$(left_behind)"
}

# From before the first act to well after the start. SIGINT as from a terminal: to the whole process group, so that it
# ends the tools in the middle of their work. (Background commands of a shell ignore it, and those of nohup SIGHUP, so perl sets them right first.)
stopped_at_any_moment() {
    local turn delay signal pid left bad=0 signals=(TERM HUP INT)
    for turn in $(seq "$stops"); do
        signal=${signals[turn % 3]}
        delay=$((turn * duration * 5 / 4 / stops))
        # shellcheck disable=SC2016 # the $ is perl's
        setsid perl -e '@SIG{qw(HUP INT TERM)} = ("DEFAULT") x 3; exec @ARGV' \
            "$here/chain.sh" "$image" --name "$prefix-stop$turn" --root "$scratch/store" -- sleep 600 \
            >/dev/null 2>"$scratch/words" &
        pid=$!
        sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
        if [[ $signal == INT ]]; then kill -s INT -- "-$pid"; else kill -s "$signal" "$pid"; fi
        wait "$pid"
        left=$(left_behind)
        if [[ $left ]]; then
            bad=$((bad + 1))
            printf '  SIG%s after %d ms left: %s\n  %s\n' "$signal" "$delay" "$left" "$(tail -n 3 "$scratch/words")"
        fi
        # Now and then the image is to be unpacked anew, so that this act is among those cut short.
        if [[ $((turn % 4)) == 0 ]]; then rm -rf "$scratch/store/layers"; fi
    done
    is "stopped at any of $stops moments in $((duration * 5 / 4)) ms: nothing left" 0 "$bad"
}

if ! ip link add probe0 type bridge 2>/dev/null || ! ip link delete probe0; then
    skip "all" "this kernel has no bridge"
    tally
    exit
fi
if [[ $("$here/test-image.sh" "$scratch/image") != "$image" ]]; then
    not_ok "the test image"
    tally
    exit
fi
readme
output_and_address
exit_status
layers
image_configuration
from_a_registry
standard_input
terminal
detached
neighbours
published_port
is "nothing is left behind" "" "$(left_behind)"
stopped_at_any_moment
tally
