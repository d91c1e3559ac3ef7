# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: stop, kill, restart, health checks, pause, and what looks at containers.

# checklist: 12 14
stops() {
    detached logs -- sh -c "echo to stdout; echo to stderr >&2; $waits"
    until_true says logs ready
    is "logs: both streams" "ready to stderr to stdout" "$(p logs logs 2>&1 | sort | paste -sd' ')"
    p stop logs >/dev/null
    is "stop: SIGTERM reaches the process, whose status counts" "exited 5" "$(inspect logs State.Status) $(inspect logs State.ExitCode)"
    has "and its last words are heard" "asked to end" "$(p logs logs 2>&1)"
    p start logs >/dev/null
    until_true is_state logs running
    p kill logs >/dev/null
    is "start again; kill: 137" "137" "$(p wait logs)"
    remove logs
    detached stubborn -- sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'
    until_true says stubborn ready
    local begun=$SECONDS
    p stop -t 2 stubborn >/dev/null 2>&1
    is "stop -t 2 of one that does not listen: killed" "137" "$(inspect stubborn State.ExitCode)"
    if ((SECONDS - begun >= 2 && SECONDS - begun < 9)); then ok "after two seconds"; else not_ok "after two seconds: $((SECONDS - begun))"; fi
    remove stubborn
    detached signals -- sh -c 'trap "echo usr1" USR1; trap "echo winch" WINCH; trap "echo 37" 37; echo ready; while :; do sleep 0.1; done'
    until_true says signals ready
    for signal in USR1 SIGWINCH 37; do p kill -s $signal signals >/dev/null; sleep 0.3; done
    is "kill -s by name, by name with SIG, by number" "ready usr1 winch 37" "$(p logs signals | paste -sd' ')"
    remove signals
    is "rm -f of a living one" gone "$(p inspect signals >/dev/null 2>&1 || echo gone)"
}

# checklist: 8 12 16
restarts() {
    detached restart -- sh -c "$waits"
    until_true says restart ready
    p restart -t 5 restart >/dev/null
    until_true is_state restart running
    # The word of the second life comes after the first one's.
    until_true says_twice restart
    is "restart: ended and begun again" "ready asked to end ready" "$(p logs restart | paste -sd' ')"
    remove restart
    detached policy --restart on-failure:2 -- sh -c 'grep SigBlk /proc/self/status; exit 4'
    until_true is_state policy exited
    sleep 1
    until_true is_state policy exited
    is "--restart on-failure:2: three lives" "3 4" "$(p logs policy | wc -l) $(inspect policy State.ExitCode)"
    is "counted" 2 "$(inspect policy RestartCount)"
    if [[ $name == runc ]]; then skip "none with a blocked signal of podman's" "runc hands the caller's signal mask on"
    else is "none with a blocked signal of podman's" "SigBlk: 0000000000000000" "$(p logs policy | tr '\t' ' ' | sort -u)"; fi
    remove policy
    # podman's stop, at the moment when one life has ended and the next has not begun, would do nothing: so each is long.
    detached always --restart always -- sh -c 'echo life; sleep 3'
    until_true says_life always
    p stop -t 0 always >/dev/null
    sleep 0.5
    is "--restart always: until it is stopped" exited "$(inspect always State.Status)"
    remove always
}
says_twice() { [[ $(p logs "$1" | grep -c ready) == 2 ]]; }
says_life() { [[ $(p logs "$1" | grep -c life) -ge 2 ]]; }

health() {
    detached health --health-cmd 'test -e /srv/good' --health-interval disable --health-retries 1 -- sh -c "$waits"
    p healthcheck run health >/dev/null 2>&1
    is "a health check that fails: status 1" 1 $?
    p exec health touch /srv/good
    p healthcheck run health >/dev/null 2>&1
    is "a health check that succeeds: status 0" 0 $?
    is "and is written down" healthy "$(inspect health State.Healthcheck.Status 2>/dev/null || inspect health State.Health.Status)"
    remove health
}

# has_moved FILE BEFORE: date empties the file before it writes, so that a moment with nothing in it says nothing.
has_moved() { [[ -s $1 && $(<"$1") != "$2" ]]; }

# checklist: 15
pauses() {
    detached pause -- sh -c "trap 'exit 5' TERM; while :; do date +%s%N >/srv/now; sleep 0.05; done"
    p pause pause >/dev/null 2>"$scratch/words"
    is "pause: accepted in silence" "0 " "$? $(<"$scratch/words")"
    is "paused" paused "$(inspect pause State.Status)"
    local before root
    root=$(p mount pause)
    before=$(cat "$root/srv/now")
    sleep 0.4
    is "nothing moves" "$before" "$(cat "$root/srv/now")"
    p unpause pause >/dev/null 2>"$scratch/words"
    is "unpause: accepted in silence" "0 " "$? $(<"$scratch/words")"
    if until_true has_moved "$root/srv/now" "$before"; then ok "and it moves again"; else not_ok "and it moves again"; fi
    p pause pause >/dev/null 2>&1
    p rm -f -t 1 pause >/dev/null 2>"$scratch/words"
    is "rm -f of a paused one" "0 gone" "$? $(p inspect pause >/dev/null 2>&1 || echo gone)"
}

watching() {
    detached watched -- sh -c "$waits"
    until_true says watched ready
    has "top" "sleep 600" "$(p top watched 2>&1)"
    has "top with options of ps" "sleep" "$(p top watched pid comm 2>&1)"
    has "stats" "watched" "$(p stats --no-stream watched 2>&1)"
    has "ps" "Up " "$(p ps --filter name=watched --format '{{.Status}}')"
    p exec watched sh -c 'echo mine >/srv/mine'
    is "diff" "A /srv/mine" "$(p diff watched | grep mine)"
    p cp watched:/srv/mine "$scratch/copied"
    is "cp out of it" mine "$(<"$scratch/copied")"
    p cp "$scratch/copied" watched:/srv/back
    is "cp into it" mine "$(p exec watched cat /srv/back)"
    is "export" "srv/mine" "$(p export watched | tar -t srv/mine)"
    local pid
    pid=$(inspect watched State.Pid)
    kill -9 "$pid"
    until_true is_state watched exited
    is "killed from outside: 137" 137 "$(inspect watched State.ExitCode)"
    remove watched
    detached orphan -- sh -c "$waits"
    local id
    id=$(inspect orphan Id)
    pid=$(inspect orphan State.Pid)
    kill -9 "$(inspect orphan State.ConmonPid)"
    sleep 0.2
    p rm -f -t 0 orphan >/dev/null 2>&1
    is "rm -f of one whose conmon was killed" "gone ended" \
        "$(p inspect orphan >/dev/null 2>&1 || echo gone) $(kill -0 "$pid" 2>/dev/null || echo ended)"
    # podman 4.3 does not call delete here, with any runtime.
    env -i "$runtime" delete --force "$id"
    is "and delete --force cleans up after it" "" "$(find /run/"$name" -name "$id")"
    p run -d --rm --name gone-by-itself "${bare[@]}" "$image" true >/dev/null
    until_true not_there gone-by-itself
    ok "run -d --rm: gone by itself"
}
not_there() { ! p container exists "$1"; }

stops
restarts
health
pauses
watching
