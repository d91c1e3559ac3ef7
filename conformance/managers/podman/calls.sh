# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: hooks, descriptors, notifications, and the calls themselves.

# checklist: 9
hooks() {
    local kind
    for kind in prestart createRuntime poststart poststop; do
        cat >"$scratch/bin/$kind" <<SH
#!/bin/sh
echo "$kind \$COLOUR \$1 \$(cat | grep -oE '"(pid|status)": ?"?[a-z0-9]*' | tr -d '" ' | paste -sd' ')" >>$scratch/hooked
SH
        chmod +x "$scratch/bin/$kind"
        cat >"$scratch/hooks/$kind.json" <<JSON
{"version": "1.0.0", "when": {"always": true}, "stages": ["$kind"], "hook": {"path": "$scratch/bin/$kind",
  "args": ["argument-0", "argument-1"], "env": ["PATH=/usr/bin:/bin", "COLOUR=blue"]}}
JSON
    done
    output=$(p --hooks-dir "$scratch/hooks" run --rm "${bare[@]}" --name hooked "$image" sh -c 'sleep 0.5; echo hooked' 2>"$scratch/words")
    is "with hooks: output and silence" "hooked " "$output $(<"$scratch/words")"
    is "the hooks ran, with environment and arguments" \
        "prestart blue argument-1 createRuntime blue argument-1 poststart blue argument-1 poststop blue argument-1" \
        "$(cut -d' ' -f 1-3 "$scratch/hooked" | paste -sd' ')"
    has "prestart gets the pid and the status" "pid:" "$(grep prestart "$scratch/hooked")"
    printf '#!/bin/sh\necho no >&2\nexit 3\n' >"$scratch/bin/prestart"
    output=$(p --hooks-dir "$scratch/hooks" run --rm "${bare[@]}" --name hooked "$image" echo never 2>&1)
    isnt_zero "a prestart hook that fails: podman run fails" $?
    has "and says why" "exit status 3" "$output"
}

# checklist: 1 8 29
handed_in() {
    output=$(p run --rm --preserve-fds 1 "${bare[@]}" "$image" sh -c 'cat <&3' 3< <(echo handed in) 2>&1)
    is "--preserve-fds" "handed in" "$output"
    # LISTEN_PID has to be podman's own.
    output=$(bash -c 'exec 3<<<"a socket"; export LISTEN_FDS=1 LISTEN_PID=$$; exec podman run --rm "$@"' sh \
        "${bare[@]}" "$image" sh -c 'cat <&3; echo $LISTEN_FDS $LISTEN_PID $$' 2>&1)
    is "socket activation" $'a socket\n1 1 1' "$output"
    has "podman info asks for the version" "$("$runtime" --version | head -n 1)" "$(p info --format '{{.Host.OCIRuntime.Version}}')"
    notified
    detached point -- sh -c "$waits"
    output=$(p container checkpoint point 2>&1)
    isnt_zero "checkpoint without criu is refused" $? "$output"
    is "and the container lives on" running "$(inspect point State.Status)"
    if [[ $name == runc ]]; then skip "checkpoint --help" "runc always says that it can"
    else isnt_zero "checkpoint --help fails, since checkpoint does" "$("$runtime" checkpoint --help >/dev/null 2>&1; echo $?)"; fi
    remove point
}

# A container with --sdnotify=container: podman's NOTIFY_SOCKET gets READY=1 only when the container has said so.
notified() {
    perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die; $| = 1;
        while (defined $s->recv(my $m, 4096)) { print "$m\n" }' "$scratch/notify" >"$scratch/notified" &
    local listener=$!
    until_true test -S "$scratch/notify"
    # busybox has no program that sends a datagram to a unix socket: the host's perl does.
    NOTIFY_SOCKET=$scratch/notify timeout 60 podman run -d --sdnotify container "${bare[@]}" --name notify \
        -v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro "$image" /usr/bin/perl -MIO::Socket::UNIX -e \
        'sleep 1; IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $ENV{NOTIFY_SOCKET})->send("READY=1"); sleep 600' >/dev/null 2>"$scratch/words"
    is "--sdnotify=container: started" "0 " "$? $(<"$scratch/words")"
    until_true grep -q READY=1 "$scratch/notified"
    has "READY=1 is passed on" READY=1 "$(<"$scratch/notified")"
    has "and MAINPID is conmon's" MAINPID= "$(<"$scratch/notified")"
    remove notify
    kill "$listener"
}

# With a shell in front that writes down the calls and their environment.
# checklist: 2 4 11 26
recorded_calls() {
    mkdir -p "$scratch/recorder"
    printf '#!/bin/sh\necho "$@" >>%q\n/usr/bin/env >>%q\nexec %q "$@"\n' "$scratch/calls" "$scratch/environments" "$runtime" >"$scratch/recorder/$name"
    chmod +x "$scratch/recorder/$name"
    output=$(p --runtime "$scratch/recorder/$name" run --rm "${bare[@]}" "$image" echo recorded 2>&1)
    is "behind a shell wrapper" recorded "$output"
    is "the calls are create, start, delete --force" "create start delete --force" \
        "$(sed -E 's/.*(create|start|delete|kill|state)( --force)?.*/\1\2/' "$scratch/calls" | grep -v version | paste -sd' ')"
}

hooks
handed_in
recorded_calls
