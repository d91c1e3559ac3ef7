#!/usr/bin/env bash
# random.sh - random valid bundles (and some borderline ones), lived by sharprun and by runc: what can be seen of them must be the same.
#
#   conformance/random.sh [--seconds N | --count N] [--seed S] [--peer RUNC] [--whole]
#
# Each config is made from one number; SEED, SEED+1 … are tried (default: by the clock), for 60 seconds. The default peer is a newer runc of
# ../shared/vm/peers when there is one, else Debian's. A difference is shown with the words that repeat it, the first of its kind with the
# smallest config that has it (--whole: as it is), for which ten seconds are given. "-" is what only sharprun shows, "+" what only the peer shows;
# random-differences.txt lists what is known, with reasons.
# KEEP=1 keeps the files of the last life. The programs are in tests/Random: Properties.cs is the table of what a config may have, probe.sh what
# is looked at inside.
set -euo pipefail
# shellcheck source=world.sh
. "$(dirname "${BASH_SOURCE[0]}")/world.sh"

tests=$(cd "$here/../tests/Random" && pwd)
arguments=("$@")
seconds=60 count=1000000 seed=$(date +%s) whole=
peer=$HOME/.cache/peers/forky/bin/runc
[[ -x $peer ]] || peer=$(command -v runc || true)
while (($#)); do
    case $1 in
        --seconds) seconds=$2 ;;
        --count) count=$2 seconds=1000000 ;;
        --seed) seed=$2 ;;
        --peer) peer=$2 ;;
        --whole) whole=1; shift; continue ;;
        -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) die "unknown option $1" ;;
    esac
    shift 2 || die "$1 needs a value"
done
[[ -x $peer ]] || die "no runc at '$peer'"

if [[ ${CONFORMANCE_WORLD:-} != inside ]]; then
    dotnet build "$tests" -c Release --nologo -v quiet >/dev/null || die "tests/Random does not build"
fi
enter_world "$here/random.sh" "${arguments[@]}"
make_world
# The sources, and what a refused create has left on them.
leave() {
    local mount
    awk -v life="$BASE/life/" 'index($5, life) == 1 { print $5 }' /proc/self/mountinfo | tac | while read -r mount; do umount -l "$mount" || true; done
    leave_world
}
trap leave EXIT
trap 'exit 130' INT TERM
# The root of a container in a user namespace is an ordinary user outside: the way to its bundle has to be open.
chmod 711 "$BASE"
out=$(cd "$here/.." && pwd)/out/random
mkdir -p "$out"
# What the runtimes inherit is always the same. A shell starts what runs in the background with SIGINT and SIGQUIT ignored, which runc hands on
# to a container now and then: it catches them at the same time.
cd /
umask 022
env -i --default-signal --block-signal= PATH="$PATH" HOME=/root DOTNET_gcServer=0 "$tests/bin/Release/net10.0/random" \
    "$RUNTIME" "$peer" "$BASE/life" "$BASE/proto" "$CGROUP_PARENT/random" "$seed" "$count" "$seconds" "$tests" "$here/random-differences.txt" "$out" ${whole:+--whole}
