# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# What is done with a container while it runs and afterwards.

# waits in the background, so that its trap is heard at once
patient='trap "echo asked to end; exit 5" TERM; trap "echo one" USR1; trap "echo two" USR2; echo ready; while :; do sleep 600 & wait $!; done'

# checklist: 14
lifecycle_signals() {
    start test sh -c "$patient"
    until_true logs_have "$id" ready
    docker kill -s USR1 "$id" >/dev/null && until_true logs_have "$id" one
    docker kill -s 12 "$id" >/dev/null && until_true logs_have "$id" two
    is "kill -s NAME and NUMBER" $'ready\none\ntwo' "$(docker logs "$id")"
    call stop "$id"
    is "stop: asked to end first, and its status counts" "5 exited" "$(inspect "$id" '{{.State.ExitCode}} {{.State.Status}}')"
    is "stop: its last words are in the log" "asked to end" "$(docker logs "$id" | tail -n 1)"
    call kill "$id"
    has "kill of a stopped one is refused" "is not running" "$words"
    remove "$id"
    start --init test sleep 600
    call kill -s 37 "$id"
    call wait "$id"
    is "a real-time signal: 128 + 37" 165 "$output"
    remove "$id"
    start test sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
    until_true logs_have "$id" ready
    local began=$SECONDS
    call stop -t 1 "$id"
    is "stop -t 1 of one that does not listen: killed" 137 "$(inspect "$id" '{{.State.ExitCode}}')"
    if ((SECONDS - began < 9)); then ok "within its time"; else not_ok "within its time"; fi
    remove "$id"
    start --stop-signal USR2 test sh -c "$patient"
    until_true logs_have "$id" ready
    call stop -t 1 "$id"
    is "--stop-signal" $'ready\ntwo' "$(docker logs "$id")"
    remove "$id"
}

# checklist: 7 16
lifecycle_restart() {
    start test sh -c 'echo "started by $PPID"; exec sleep 600'
    call restart -t 0 "$id"
    until_true is_state "$id" running
    is "restart: a second start of the same container" $'started by 0\nstarted by 0' "$(docker logs "$id")"
    call stop -t 0 "$id"
    call start "$id"
    is "stop and start" running "$(inspect "$id" '{{.State.Status}}')"
    call exec "$id" echo alive
    is "and it takes commands" alive "$output"
    remove "$id"
    start --restart on-failure:2 test sh -c 'exit 3'
    until_true is_state "$id" exited
    is "--restart on-failure:2: three starts" "2 3" "$(inspect "$id" '{{.RestartCount}} {{.State.ExitCode}}')"
    remove "$id"
    start --restart always test sh -c 'echo again; sleep 0.2'
    until_true eval '(($(docker logs "$id" | wc -l) > 2))'
    if docker rm -f "$id" >/dev/null; then ok "--restart always, until it is removed"; else not_ok "--restart always, until it is removed"; fi
}

lifecycle_health() {
    start --health-cmd 'test -e /srv/well' --health-interval 300ms --health-retries 1 test sh -c 'sleep 1; touch /srv/well; sleep 600'
    until_true eval '[[ $(inspect "$id" "{{.State.Health.Status}}") == unhealthy ]]'
    if until_true eval '[[ $(inspect "$id" "{{.State.Health.Status}}") == healthy ]]'; then ok "a health check, first failing, then good"
    else not_ok "a health check, first failing, then good"; fi
    is "and nothing of it in the log" "" "$(docker logs "$id" 2>&1)"
    remove "$id"
    start --health-cmd 'sleep 600' --health-interval 200ms --health-timeout 300ms --health-retries 1 test sleep 600
    until_true eval '[[ $(inspect "$id" "{{.State.Health.Status}}") == unhealthy ]]'
    has "one that takes too long is ended" "Health check exceeded timeout" "$(inspect "$id" '{{json .State.Health.Log}}')"
    remove "$id"
}

# checklist: 15 19
lifecycle_pause() {
    start test sh -c "$patient"
    until_true logs_have "$id" ready
    call top "$id" -o pid,comm
    is "top: the processes of the container" "PID sh sleep" "$(awk '{ print NR == 1 ? $1 : $2 }' <<<"$output" | sort | paste -sd' ')"
    is "top: pids of this machine" "$(inspect "$id" '{{.State.Pid}}')" "$(awk '$2 == "sh" { print $1 }' <<<"$output")"
    call pause "$id"
    is "pause" "0 paused" "$status $(inspect "$id" '{{.State.Status}}')"
    call top "$id" -o pid,comm
    is "top while paused" "PID sh sleep" "$(awk '{ print NR == 1 ? $1 : $2 }' <<<"$output" | sort | paste -sd' ')"
    call exec "$id" true
    has "exec while paused is refused" "is paused" "$words$output"
    call unpause "$id"
    is "unpause" "0 running" "$status $(inspect "$id" '{{.State.Status}}')"
    call unpause "$id"
    has "unpause of one that runs is refused" "is not paused" "$words"
    call pause "$id"
    call stop -t 5 "$id"
    is "stop of a paused one: thawed, asked to end" 5 "$(inspect "$id" '{{.State.ExitCode}}')"
    remove "$id"
    start test sleep 600
    call pause "$id"
    call kill "$id"
    if [[ $status != 0 ]]; then skip "kill of a paused one" "docker refuses it: $words"; else ok "kill of a paused one"; fi
    call rm -f "$id"
    is "rm -f of a paused one" "0 $id" "$status $output"
}

lifecycle_others() {
    start --name others test sh -c 'echo one; echo two >&2; touch /srv/new; exec sleep 600'
    until_true logs_have "$id" two
    is "logs keep the streams apart" "one" "$(docker logs "$id" 2>/dev/null)"
    call diff "$id"
    is "diff" $'C /srv\nA /srv/new' "$output"
    echo copied >"$scratch/file"
    docker cp "$scratch/file" "$id:/srv/copied"
    call exec "$id" cat /srv/copied
    is "cp into it" copied "$output"
    is "cp out of it" copied "$(docker cp "$id:/srv/copied" - | tar -xO)"
    call rename others renamed
    is "rename and ps" renamed "$(docker ps --format '{{.Names}}')"
    call stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' "$id"
    if [[ $output =~ ^1\ [1-9].*B\ / ]]; then ok "stats: one process, some memory"; else not_ok "stats: one process, some memory"; echo "  $output"; fi
    call rm "$id"
    has "rm of a running one is refused" "running container" "$words"
    call rm -f "$id"
    is "rm -f" 0 "$status"
    docker create --name created test echo later >/dev/null
    call start -a created
    is "create, then start -a" later "$output"
    remove created
    start --rm test sleep 0.3
    if until_true eval '! docker inspect "$id" >/dev/null 2>&1'; then ok "--rm with -d"; else not_ok "--rm with -d"; fi
    (sleep 1; docker kill -s KILL attached >/dev/null) &
    call run --rm --name attached test sleep 600
    is "run, killed from outside: 137" 137 "$status"
}

lifecycle_at_once() {
    local turn
    for turn in 1 2 3 4; do docker run --rm test echo "$turn" & done >"$scratch/out" 2>&1
    for turn in $(jobs -p); do [[ $turn == "$daemon" ]] || wait "$turn"; done
    is "four at once" "1 2 3 4" "$(sort "$scratch/out" | paste -sd' ')"
}

# checklist: 11
lifecycle_calls() {
    record_calls run test true
    is "run --rm: create, start, delete, delete --force; all are good" $'- create ID\n0 start ID\n0 delete ID\n0 delete --force ID' \
        "$(calls | grep -v version)"
    if grep -q -- '--log [^ ]*/log.json --log-format json create' "$scratch/calls"; then ok "with a log in JSON"; else not_ok "with a log in JSON"; fi
    record_calls run test no-such-program
    is "a failed create is followed by delete --force, which is good" $'- create ID\n0 delete --force ID' "$(calls | grep -v version)"
}

lifecycle_signals
lifecycle_restart
lifecycle_health
lifecycle_pause
lifecycle_others
lifecycle_at_once
lifecycle_calls
until_true nothing_left >/dev/null
is "lifecycle: nothing is left behind" "" "$(left_behind)"
