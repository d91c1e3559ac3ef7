#!/usr/bin/env bash
# chain.sh - the seven acts of `docker run`, done by hand: fetch an image, join its layers with a writable one on top,
# plug an interface into a bridge, give it an address, write config.json, start the container, capture its output.
# Then all the way back. The part to read aloud is `seven_acts` below.
#
#   conformance/chain.sh IMAGE [-it | -d] [-p [IP:]HOST:CONTAINER[/udp]] [-q] [--name ID] [--root DIR] [-- ARGS...]
#   conformance/chain.sh --logs ID     what a container that was started with -d has printed
#   conformance/chain.sh --stop ID     ends it (SIGTERM, after ten seconds SIGKILL), and goes all the way back
#
# IMAGE: a name as docker reads it (ubuntu, ghcr.io/me/app:1), or oci:DIR:REF, oci-archive:FILE, docker-archive:FILE.
# ARGS replace the image's command, not its entrypoint. -i hands standard input through, -t gives a terminal. -q: no word about the acts.
# -d: the container goes on alone; its name is printed, and what it prints is kept.
# --root is the store of images, layers and networks (default /var/lib/sharprun).
# RUNTIME is the runtime to use (default: out/sharprun). The status is the container's; 1: an act failed; 2: arguments.
set -euo pipefail
shopt -s inherit_errexit # a failure inside $(...) counts too
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

seven_acts() {
    local top rootfs address
    sharprun-image inspect "$image" || sharprun-image pull "$image" # 1 fetch, when absent
    top=$(sharprun-image unpack --layers "$image" | tail -n 1)      # 2 the image's layers, read-only,
    sharprun-layers create "$id" --chain "$top"                     # 3 and a writable one above them
    rootfs=$(sharprun-layers mount "$id")
    address=$(sharprun-net up sharprun "$id" --name "$id" "${publish[@]}")  # 4, 5 an interface on the bridge, its address
    say "eth0 of $id, on bridge sharprun0, has the address $address"
    sharprun-image bundle "$image" "$bundle" --rootfs "$rootfs" --netns "/run/netns/$id" --hostname "$id" "${wanted[@]}" -- "$@"
    sharprun_run --bundle "$bundle" "$id"                           # 6, 7 from here on stdout is the container's
}

# `sharprun run` in the background, since a shell sees a signal only when its foreground command has ended, or while it waits.
sharprun_run() {
    local input=/dev/null
    say "+ sharprun run ${detached:+-d }$*"
    if [[ $detached ]]; then
        "$runtime" --root "$work/state" run -d "$@" </dev/null >"$work/log" 2>&1 &
        wait $! || { cat "$work/log" >&2; return 1; }
    else
        if [[ $interactive || ${terminal[*]} ]]; then input=/dev/fd/$stdin; fi
        "$runtime" --root "$work/state" run "$@" <"$input" &
        wait $!
    fi
}
exec {stdin}<&0 # a background command of a shell would get /dev/null

# Wait until the container is there, or nobody makes it any more: what is half made cannot be deleted. It is asked for as $!, the
# shell's only background command, not by a variable: a trap may run between the command and the assignment.
settle() {
    local state
    while [[ ${!-} ]] && kill -0 $! 2>/dev/null; do
        state=$("$runtime" --root "$work/state" state "$id" 2>/dev/null)
        if [[ $state == *'"status": '* && $state != *'"status": "creating"'* ]]; then return; fi
        sleep 0.01
    done
}

# The way back: each step may be repeated and forgives what was never made, so it can follow a stop at any moment.
way_back() {
    trap '' HUP INT TERM
    set +e
    settle
    sharprun delete --force "$id" || say_always "could not delete the container $id"
    sharprun-net down sharprun "$id" || say_always "could not take down the network of $id"
    sharprun-layers remove "$id" || say_always "could not remove the union $id"
    rm -rf "$work"
    rmdir "${work%/*}" 2>/dev/null  # fails as long as another chain is at work there, and should
}

# The program of a container that was detached is asked to end before it is made to.
stop() {
    sharprun kill "$id" TERM 2>/dev/null || return 0
    for _ in $(seq 100); do
        if [[ $("$runtime" --root "$work/state" state "$id" 2>/dev/null) != *'"status": "running"'* ]]; then return; fi
        sleep 0.1
    done
}

# Each call is shown on stderr before it happens. An answer that the chain knows already is not.
sharprun()        { say "+ sharprun $*"; "$runtime" --root "$work/state" "$@"; }
sharprun-image()  { tool sharprun-image "$@"; }
sharprun-layers() { tool sharprun-layers "$@"; }
sharprun-net()    { tool sharprun-net "$@"; }

tool() (
    say "+ $*"
    case $2 in inspect|pull|bundle|create|remove) exec >/dev/null ;; esac
    case $2 in inspect) exec 2>/dev/null ;; esac
    program=$1
    shift
    command "$program" --root "$store" ${quiet:+-q} "$@"
)

say() { [[ $quiet ]] || say_always "$*"; }
say_always() { echo "chain: $*" >&2; }
wrong() { say_always "$*"; exit 2; }

read_arguments() {
    local port
    image='' id='' quiet='' interactive='' detached='' verb='' terminal=() publish=() args=() store=/var/lib/sharprun
    while [[ $# -gt 0 ]]; do
        case $1 in
            --) shift; args=("$@"); break ;;
            -t) terminal=(-t) ;;
            -it|-ti) terminal=(-t) interactive=yes ;;
            -d) detached=yes ;;
            -i) interactive=yes ;;
            -q) quiet=yes ;;
            -p|--name|--root|--logs|--stop) [[ $# -gt 1 ]] || wrong "$1 needs a value"
                case $1 in -p) publish+=(-p "$2") ;; --name) id=$2 ;; --root) store=$2 ;; *) verb=${1#--} id=$2 ;; esac
                shift ;;
            -h|--help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
            -*) wrong "unknown option $1 (chain.sh --help lists them)" ;;
            *) [[ -z $image ]] || wrong "more than one image: $1 (the container's arguments follow after --)"
                image=$1 ;;
        esac
        shift
    done
    [[ $id ]] || id=chain-$$-$RANDOM
    [[ $id =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ ]] || wrong "not a name for a container: $id"
    [[ ! $verb ]] || return 0
    [[ $image ]] || wrong "which image? usage: chain.sh IMAGE [-it | -d] [-p HOST:CONTAINER] [-- ARGS...]"
    [[ ! $detached || ! ${terminal[*]}$interactive ]] || wrong "-d lets go of the terminal and of standard input that -i and -t are for"
    for port in "${publish[@]}"; do
        [[ $port == -p || $port =~ ^([0-9.]+:)?[0-9]+:[0-9]+(/(tcp|udp))?$ ]] || wrong "-p takes [IP:]HOST:CONTAINER[/udp], not $port"
    done
    store=$(realpath -m -- "$store")
}

read_arguments "$@"
runtime=$(type -P "${RUNTIME:-$here/../out/sharprun}") || wrong "no runtime at ${RUNTIME:-out/sharprun} (run make build, or set RUNTIME)"
runtime=$(realpath "$runtime")
PATH=$(dirname "$runtime"):$here/../out:$PATH
for name in sharprun-image sharprun-layers sharprun-net; do
    type -P "$name" >/dev/null || wrong "no $name in out/ or on PATH (run make build)"
done
work=/run/sharprun-chain/$id bundle=$work/bundle

# What a container of -d left for these two.
if [[ $verb ]]; then
    [[ -e $work/store ]] || wrong "no container named $id was started with -d"
    if [[ $verb == logs ]]; then exec cat "$work/log"; fi
    store=$(<"$work/store")
    trap '' HUP INT TERM
    stop
    way_back
    exit 0
fi

# A stop while the name is being claimed waits until it is known whether there is something to undo.
stop=''
trap 'stop=129' HUP
trap 'stop=130' INT
trap 'stop=143' TERM
# `mkdir` is the claim to the name: a second chain of the same name ends here, before it could undo the work of the first.
claim() (
    trap '' HUP INT TERM
    mkdir -p "${work%/*}" && mkdir -m 700 "$work" 2>/dev/null
)
until claim; do # again: another's way back may take the parent away
    [[ ! -e $work ]] || wrong "a chain named $id is at work already"
done
trap way_back EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
[[ ! $stop ]] || exit "$stop"
# A group of its own for each container; without it the runtime takes one below the caller's, which not every machine likes.
wanted=("${terminal[@]}" --cgroup "/sharprun-test/$id")
seven_acts "${args[@]}"
if [[ $detached ]]; then
    echo "$store" >"$work/store"
    trap - EXIT
    echo "$id"
fi
