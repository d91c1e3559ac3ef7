#!/usr/bin/env bash
# buildah.sh [RUNTIME] - does a real buildah (Debian's) build with RUNTIME?
#
# Everything it makes lives in namespaces of its own (machine.sh) and in cgroups below /sharprun-test.
# Prints ok, not ok or skip for each case, and last "N passed, N failed, N skipped".
# "checklist: N" above a case names the points of runc's calling convention that it shows: buildah depends on them.
# shellcheck disable=SC2016 # the $ are for the containers' shells
set -uo pipefail
# shellcheck source=libpod.sh
. "$(dirname "${BASH_SOURCE[0]}")/libpod.sh"
libpod "${BASH_SOURCE[0]}" "$@"

b() { timeout 120 buildah "$@"; }
# The runtime comes from containers.conf. buildah uses the group that it is given itself, and none below it.
common=(--network none --cgroup-parent "$parent/build")
run_flags=(--network none)

# build FLAG... <CONTAINERFILE: sets output (both streams) and status.
build() {
    cat >"$scratch/context/Containerfile"
    output=$(b bud "${common[@]}" --no-cache --layers=false -t built "$@" "$scratch/context" 2>&1 </dev/null)
    status=$?
}

# in_container FLAG... -- ARG...: buildah run in the working container; sets output, words and status.
in_container() {
    local flags=()
    while [[ $1 != -- ]]; do flags+=("$1"); shift; done
    output=$(b run "${run_flags[@]}" "${flags[@]}" "$container" "$@" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}

# ------------------------------------------------------------------------------------------------------------- cases

# checklist: 4 8 20 22 23
builds() {
    build <<FILE
FROM $image
COPY file /srv/copied
RUN echo made by RUN >/srv/made && id -u >>/srv/made
USER guest
RUN id -u >/tmp/user && echo heard
WORKDIR /tmp
ENV COLOUR=blue
RUN ["sh", "-c", "echo \$PWD \$COLOUR >/tmp/environment"]
CMD ["cat", "/srv/made"]
FILE
    is "bud with RUN steps" 0 "$status"
    has "their output is shown" $'\nheard\n' "$output"
    is "and nothing of the runtime" "" "$(grep -i "level=\|$name" <<<"$output")"
    container=$(b from -q localhost/built)
    is "what they made" $'made by RUN\n0\n1000\n/tmp blue\ncontent' \
        "$(cd "$(b mount "$container")" && cat srv/made tmp/user tmp/environment srv/copied)"
    b rm "$container" >/dev/null
    build <<FILE
FROM $image
RUN grep -E '^(Seccomp|Cap(Eff|Amb)):' /proc/self/status >/srv/status; ls /proc/self/fd | wc -l >>/srv/status; ls /dev >/srv/devices
RUN --mount=type=tmpfs,target=/cache echo x >/cache/x && test -e /cache/x
RUN --mount=type=bind,source=file,target=/bound cat /bound
RUN test ! -e /cache/x
FILE
    is "RUN --mount" 0 "$status"
    container=$(b from -q localhost/built)
    output=$(cat "$(b mount "$container")/srv/status")
    has "seccomp is on" $'Seccomp:\t2' "$output"
    has "ambient capabilities that cannot be raised are left out" $'CapAmb:\t0000000000000000' "$output"
    is "no descriptor of buildah's" 4 "$(tail -n 1 <<<"$output")"
    has "the default devices" $'null\n' "$(cat "$(b mount "$container")/srv/devices")"
    b rm "$container" >/dev/null
}

# checklist: 3 5 17
failures() {
    build <<FILE
FROM $image
RUN exit 24
FILE
    is "a RUN that fails: its status is buildah's" 24 "$status"
    build <<FILE
FROM $image
RUN ["no-such-program"]
FILE
    isnt "a missing program" 0 "$status"
    has "is named" "no-such-program" "$output"
    has "in the words of exec" "executable file not found" "$output"
    build <<FILE
FROM $image
RUN ["/etc/passwd"]
FILE
    isnt "a file that is no program" 0 "$status"
    has "and the reason is said" "permission denied" "$output"
    # buildah calls no delete after a create that failed.
    is "failures leave nothing" "" "$(left_behind)"
}
isnt() { if [[ $3 != "$2" ]]; then ok "$1"; else not_ok "$1"; echo "  it is $2"; fi; }

runs() {
    container=$(b from -q --cgroup-parent "$parent/build" "$image")
    in_container -- sh -c 'echo out; echo err >&2; exit 5'
    is "run: streams and status" "5 out" "$status $output"
    has "standard error apart" err "$words"
    output=$(b run "${run_flags[@]}" "$container" cat <<<typed 2>&1)
    is "run: standard input" typed "$output"
    in_container --user guest --env COLOUR=red --workingdir /tmp -- sh -c 'echo $(id -u) $COLOUR $PWD'
    is "run --user --env --workingdir" "1000 red /tmp" "$output"
    mkdir -p "$scratch/source" && echo inside >"$scratch/source/file"
    in_container -v "$scratch/source:/mnt:ro" -- sh -c 'cat /mnt/file; touch /mnt/x 2>/dev/null || echo refused'
    is "run -v :ro" $'inside\nrefused' "$output"
    in_container --cap-drop CAP_CHOWN -- grep CapEff /proc/self/status
    is "run --cap-drop" $'CapEff:\t00000000a80425fa' "$output"
    in_container --hostname box -- hostname
    is "run --hostname" box "$output"
    in_container --mount type=tmpfs,dst=/mnt -- grep -c ' /mnt ' /proc/self/mountinfo
    is "run --mount type=tmpfs" 1 "$output"
    output=$(script -qec "buildah run -t ${run_flags[*]} $container sh -c 'tty; exit 3'" /dev/null </dev/null 2>&1)
    is "run -t: a terminal, the status" "3 /dev/pts/0" "$? $(tr -d '\r' <<<"${output//^@/}" | head -n 1)"
    b config --cmd 'echo configured' --env GREETING=bye "$container"
    b commit -q "$container" localhost/committed >/dev/null
    is "config, commit, inspect" "[echo configured]" "$(b inspect --type image --format '{{.OCIv1.Config.Cmd}}' localhost/committed)"
    b rm "$container" >/dev/null
    container=$(b from -q --cgroup-parent "$parent/build" --userns-uid-map 0:100000:2000 --userns-gid-map 0:100000:2000 "$image")
    chown 100000:100000 "$(b mount "$container")" # the test image has no entry for its root
    in_container -- sh -c 'cat /proc/self/uid_map; touch /srv/x; stat -c %u /srv/x'
    is "a container with a user namespace" "0 100000 2000 0" "$(xargs <<<"$output")"
    b rm "$container" >/dev/null
}

limits() {
    local v1=memory/memory.limit_in_bytes
    if [[ ! -e /sys/fs/cgroup/memory ]] && ! grep -qw memory /sys/fs/cgroup/cgroup.controllers; then skip "bud --memory" "no memory controller"; return; fi
    [[ -e /sys/fs/cgroup/memory ]] || v1=memory.max
    build --memory 64m <<FILE
FROM $image
RUN echo limit \$(cat /sys/fs/cgroup/$v1 /sys/fs/cgroup$parent/build/$v1 2>/dev/null)
FILE
    has "bud --memory" "limit 67108864" "$output"
    build --ulimit nofile=100:200 --ulimit nproc=100:100 <<FILE
FROM $image
RUN echo ulimits \$(ulimit -n) \$(ulimit -Hn)
FILE
    has "bud --ulimit" "ulimits 100 200" "$output"
}

# checklist: 14
interrupted() {
    printf 'FROM %s\nRUN echo begun; sleep 6004\n' "$image" >"$scratch/context/Containerfile"
    env --default-signal=INT buildah bud "${common[@]}" --no-cache "$scratch/context" >"$scratch/out" 2>&1 &
    local pid=$!
    until_true pgrep -f 'sleep 6004' >/dev/null
    kill -INT "$pid"
    wait "$pid"
    isnt "interrupted: the build fails" 0 $?
    until_true nothing_runs
    is "and what it ran has ended" "" "$(pgrep -f 'sleep 6004')"
    until_true nothing_left
}
nothing_runs() { ! pgrep -f 'sleep 6004' >/dev/null; }

# With a shell in front that writes down the calls.
recorded_calls() {
    printf '#!/bin/sh\necho "$@" >>%q\nexec %q "$@"\n' "$scratch/calls" "$runtime" >"$scratch/recorder"
    chmod +x "$scratch/recorder"
    container=$(b from -q --cgroup-parent "$parent/build" "$image")
    output=$(b run "${run_flags[@]}" --runtime "$scratch/recorder" "$container" echo recorded 2>&1)
    is "--runtime, a shell wrapper" recorded "$output"
    is "the calls are create, start, state, delete" "create start state delete" "$(awk '{ print $1 }' "$scratch/calls" | uniq | paste -sd' ')"
    b rm "$container" >/dev/null
}

# ------------------------------------------------------------------------------------------------------------- all

mkdir -p "$scratch/context" && echo content >"$scratch/context/file"
if ! b pull -q "oci:$scratch/image:test" >"$scratch/id" 2>"$scratch/words" || ! b tag "$(<"$scratch/id")" "$image"; then
    not_ok "the test image can be imported"
    cat "$scratch/words"
    tally
    exit 1
fi
for case in ${CASES:-builds failures runs limits interrupted recorded_calls}; do $case; done
until_true nothing_left >/dev/null
is "nothing is left behind" "" "$(left_behind)"
tally
