# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034 # jq's and the hooks' variables, not this shell's; FILTER_WORDS is read in lib.sh
# The six kinds of hooks: when, where, with what, and what their failure means.

FILTER_WORDS+='
    def shell($script): {path: "/bin/sh", args: ["sh", "-c", $script]};
    def hook($kind; $hook): .hooks[$kind] += [$hook];
    def pid: "pid=$(grep -oE \"\\\"pid\\\": *[0-9]+\" | grep -oE \"[0-9]+\"); ";
    def log($kind): hook($kind; shell("echo " + $kind + " >>" + $folder + "/log"));
    def keep($kind; $name): hook($kind; shell("cat >" + $folder + "/" + $name));
'

logged() { # the words in the log, on one line
    read_file LOGGED "$T/log" 2>/dev/null || LOGGED=
    LOGGED=${LOGGED//$'\n'/ }
}

expect_logged() {
    logged
    expect_equal "hooks that ran" "$LOGGED" "$1"
}

# mutant: Step.AskForHooks Step.RunHook
test_hooks_of_create_run_in_order_before_it_returns() {
    bundle 'log("createContainer") | log("createRuntime") | log("prestart") | hook("prestart"; shell("echo second >>$T/log" | gsub("\\$T"; $folder)))' sleep 1000
    create
    expect_logged 'prestart second createRuntime createContainer'
    end_container
    expect_logged 'prestart second createRuntime createContainer'
}

test_hooks_of_start_and_delete_run_there() {
    bundle 'writable | hook("startContainer"; shell("echo startContainer >>/log")) | log("poststart") | log("poststop")' \
        sh -c 'echo program >>/log; exec sleep 1000'
    create
    expect_logged ''
    [[ ! -e $BUNDLE/rootfs/log ]] || fail "startContainer ran in create"
    start
    soon "the program runs" grep -q program "$BUNDLE/rootfs/log"
    expect_equal "order inside" "$(<"$BUNDLE/rootfs/log")" $'startContainer\nprogram'
    expect_logged 'poststart'
    end_container
    expect_logged 'poststart poststop'
}

test_run_runs_all_six() {
    bundle 'log("prestart") | log("createRuntime") | log("createContainer") | log("poststart") | log("poststop") |
        hook("startContainer"; shell("echo inside >>/tmp/log")) | bind($folder; "/tmp"; [])' sh -c 'cat /tmp/log; sleep 0.3; exit 7'
    run_container
    expect_equal "status" "$RC" 7
    expect_match "log" "$OUT" '^prestart.createRuntime.createContainer.inside'
    expect_logged 'prestart createRuntime createContainer inside poststart poststop'
}

# The state: runtime.md, "State".
test_hooks_read_the_state_of_their_stage() {
    local kind file
    bundle '.annotations = {"org.example.a": "b \"c\""} | writable | keep("prestart"; "prestart") | keep("createRuntime"; "createRuntime") |
        keep("createContainer"; "createContainer") | hook("startContainer"; shell("cat >/startContainer")) |
        keep("poststart"; "poststart") | keep("poststop"; "poststop")' sleep 1000
    create
    get_pid
    start
    soon "poststart ran" test -s "$T/poststart"
    end_container
    for kind in prestart:creating createRuntime:creating createContainer:creating startContainer:created poststart:running poststop:stopped; do
        file=$T/${kind%:*}
        [[ -e $file ]] || file=$BUNDLE/rootfs/${kind%:*}
        expect_equal "state of $kind" "$(jq -r '"\(.id) \(.status) \(.bundle) \(.annotations["org.example.a"]) \(.ociVersion | type)"' "$file")" \
            "$ID ${kind#*:} $BUNDLE b \"c\" string"
    done
    for kind in prestart createRuntime poststart; do expect_equal "pid of $kind" "$(jq .pid "$T/$kind")" "$PID"; done
    expect_equal "pid of createContainer, as the container sees it" "$(jq .pid "$T/createContainer")" 1
    expect_equal "pid of startContainer, as the container sees it" "$(jq .pid "$BUNDLE/rootfs/startContainer")" 1
    expect_equal "pid of poststop" "$(jq '.pid // 0' "$T/poststop")" 0
}

# docker's libnetwork-setkey: no env, args[0] is no path, the network namespace is reached by the pid.
test_a_prestart_hook_reaches_the_network_namespace() {
    bundle 'hook("prestart"; {path: "/proc/self/exe" | sub("self/exe"; "self/root/bin/sh"), args: ["libnetwork-setkey", "-c",
        pid + "readlink /proc/$pid/ns/net >\"$2\"; echo \"$0 $1\" >>\"$2\"", "-exec-root=/var/run/docker", "ID", $folder + "/net"]})' sleep 1000
    create
    get_pid
    expect_equal "what the hook saw" "$(<"$T/net")" "$(readlink "/proc/$PID/ns/net")"$'\n-exec-root=/var/run/docker ID'
    expect_not_equal "network namespace" "$(readlink "/proc/$PID/ns/net")" "$(readlink /proc/self/ns/net)"
    end_container
}

test_hooks_run_in_their_namespaces() {
    bundle 'writable | hook("createRuntime"; shell("readlink /proc/self/ns/mnt /proc/self/ns/uts >" + $folder + "/runtime")) |
        hook("createContainer"; shell("cd rootfs 2>/dev/null; readlink " + $folder + "/c/rootfs/proc/self/ns/mnt " + $folder + "/c/rootfs/proc/self/ns/uts >" + $folder + "/container")) |
        hook("startContainer"; shell("readlink /proc/self/ns/mnt >/inside; readlink /proc/self/ns/uts >>/inside; ls / >/root-seen"))' sleep 1000
    create
    get_pid
    expect_equal "of createRuntime" "$(<"$T/runtime")" "$(readlink /proc/self/ns/mnt /proc/self/ns/uts)"
    expect_equal "of createContainer" "$(<"$T/container")" "$(readlink "/proc/$PID/ns/mnt" "/proc/$PID/ns/uts")"
    start
    soon "sleep runs" _executed sleep
    expect_equal "of startContainer" "$(<"$BUNDLE/rootfs/inside")" "$(<"$T/container")"
    grep -qx inside "$BUNDLE/rootfs/root-seen" || fail "startContainer saw another root"
    end_container
}

test_what_hooks_mount_is_seen_inside() {
    bundle 'hook("createRuntime"; shell(pid + "nsenter -m -t $pid mount -t tmpfs -o size=1m one " + $folder + "/c/rootfs/home")) |
        hook("createContainer"; shell("mount -t tmpfs -o size=1m two " + $folder + "/c/rootfs/tmp"))' sh -c 'grep -E "^(one|two) " /proc/mounts | cut -d" " -f1,2'
    run_container
    expect_equal "status and mounts" "$RC $OUT" $'0 one /home\ntwo /tmp'
}

test_arguments_are_given_as_they_are() {
    printf '#!/bin/sh\necho "$0 $#" >>%s\n' "$T/alone" >"$T/alone.sh"
    chmod +x "$T/alone.sh"
    bundle 'hook("createRuntime"; {path: "/bin/busybox", args: ["touch", $folder + "/a b"]}) | hook("createRuntime"; {path: ($folder + "/alone.sh")})' sleep 1000
    create
    [[ -e "$T/a b" ]] || fail "args[0] did not name busybox' applet"
    expect_equal "a hook without args" "$(<"$T/alone")" "$T/alone.sh 0"
    end_container
}

test_the_environment_is_the_hooks_own() {
    export MARK=callers
    bundle 'hook("createRuntime"; shell("cat /proc/$$/environ >" + $folder + "/given") + {env: ["A=b c", "D="]}) |
        hook("createRuntime"; shell("cat /proc/$$/environ >" + $folder + "/none") + {env: []}) |
        hook("createRuntime"; shell("tr \"\\0\" \"\\n\" </proc/$$/environ | grep ^MARK= >" + $folder + "/absent"))' sleep 1000
    create
    expect_equal "env" "$(tr '\0' ' ' <"$T/given")" 'A=b c D= '
    expect_equal "an empty env" "$(tr '\0' ' ' <"$T/none")" ''
    expect_equal "without env, the runtime's" "$(<"$T/absent")" MARK=callers
    end_container
}

test_without_env_start_container_has_the_programs() {
    bundle 'writable | .process.env = ["MARK=programs", "PATH=/bin"] | hook("startContainer"; shell("cat /proc/$$/environ >/absent; exit 0")) |
        hook("startContainer"; shell("cat /proc/$$/environ >/given; exit 0") + {env: ["A=b", "PATH=/bin"]})' sleep 1000
    create
    start
    soon "sleep runs" _executed sleep
    expect_equal "without env" "$(tr '\0' ' ' <"$BUNDLE/rootfs/absent")" 'MARK=programs PATH=/bin HOME=/root '
    expect_equal "with env" "$(tr '\0' ' ' <"$BUNDLE/rootfs/given")" 'A=b PATH=/bin '
    end_container
}

test_without_env_create_container_has_nothing_of_the_caller() {
    export MARK=callers
    bundle 'hook("createContainer"; shell("echo \"[$MARK]\" >" + $folder + "/mark"))' sleep 1000
    create
    expect_equal "mark" "$(<"$T/mark")" '[]'
    end_container
}

test_hooks_of_the_runtime_begin_in_the_bundle() {
    bundle 'hook("createRuntime"; shell("pwd >" + $folder + "/runtime"))' sleep 1000
    create
    expect_equal "folder" "$(<"$T/runtime")" "$BUNDLE"
    end_container
}

test_hooks_of_create_container_begin_in_the_bundle() {
    bundle 'hook("createContainer"; shell("pwd >" + $folder + "/container"))' sleep 1000
    create
    expect_equal "folder" "$(<"$T/container")" "$BUNDLE"
    end_container
}

test_hooks_have_three_descriptors() {
    bundle 'writable | hook("createRuntime"; shell("ls /proc/$$/fd >" + $folder + "/runtime; exit 0")) |
        hook("createContainer"; shell("ls " + $folder + "/c/rootfs/proc/$$/fd >" + $folder + "/container; exit 0")) |
        hook("startContainer"; shell("ls /proc/$$/fd >/inside; exit 0"))' sleep 1000
    create 7</etc/hostname
    start
    soon "sleep runs" _executed sleep
    # busybox' shell keeps its script, or a copy of what it redirects, from 10 on.
    expect_match "of createRuntime" "$(echo $(<"$T/runtime"))" '^0 1( 1[0-9])* 2$'
    expect_match "of createContainer" "$(echo $(<"$T/container"))" '^0 1( 1[0-9])* 2$'
    expect_match "of startContainer" "$(echo $(<"$BUNDLE/rootfs/inside"))" '^0 1( 1[0-9])* 2$'
    end_container
}

test_hooks_begin_with_default_signals_and_a_usual_umask() {
    bundle 'hook("createRuntime"; shell("grep -E ^Sig.Blk\\|^SigIgn /proc/$$/status >" + $folder + "/signals")) |
        hook("createContainer"; shell("echo x >" + $folder + "/file"))' sleep 1000
    create
    expect_equal "signals ignored" "$(sed -n 's/^SigIgn:\t//p' "$T/signals")" 0000000000000000
    expect_equal "mode of a file" "$(stat -c %a "$T/file")" 644
    end_container
}

test_what_hooks_print_is_not_seen() {
    bundle 'hook("createRuntime"; shell("echo out; echo err >&2")) | hook("createContainer"; shell("echo out; echo err >&2"))' sleep 1000
    create
    expect_equal "output of create" "$OUT$(grep -v 'ambient capability' <<<"$ERR")" ''
    end_container
}

test_a_hook_need_not_read_the_state() {
    bundle '.annotations = {"big": ("x" * 300000)} | hook("prestart"; {path: "/bin/true"}) | hook("createRuntime"; shell("exec <&-; sleep 0.1")) |
        hook("createContainer"; {path: "/bin/true"}) | hook("createContainer"; shell("wc -c >" + $folder + "/size")) |
        hook("startContainer"; {path: "/bin/true"}) | hook("poststart"; shell("read -r -n 1 x; exit 0"))' sleep 1000
    create
    (($(<"$T/size") > 300000)) || fail "the hook read $(<"$T/size") bytes"
    start
    end_container
}

test_a_hook_may_print_much_and_leave_a_process_behind() {
    bundle 'hook("createRuntime"; shell("dd if=/dev/zero bs=1M count=3; dd if=/dev/zero bs=1M count=3 >&2; sleep 1.5 & echo $! >" + $folder + "/child; exit 0"))' sleep 1000
    local before=$SECONDS
    create
    end_container
    ((SECONDS - before < 5)) || fail "it took $((SECONDS - before)) s"
    soon "the process of the hook ends" dead "$(<"$T/child")"
}

test_a_hook_that_takes_too_long_is_killed_with_its_children() {
    bundle 'hook("createRuntime"; shell("sleep 1000 & echo $! >" + $folder + "/child; sleep 1000") + {timeout: 1})' sleep 1000
    local before=$SECONDS
    refused_create 'timeout|exit code: -1'
    ((SECONDS - before < 10)) || fail "it took $((SECONDS - before)) s"
    soon "the hook's child ends" dead "$(<"$T/child")"
    refused . state "$ID"
}

test_a_hook_of_the_container_that_takes_too_long_is_killed() {
    bundle 'hook("createContainer"; shell("sleep 1000 & sleep 1000") + {timeout: 1})' sleep 1000
    refused_create 'timeout|exit code: -1'
    refused . state "$ID"
}

test_a_hook_within_its_time_is_fine() {
    bundle 'log("createRuntime") | .hooks.createRuntime[0].timeout = 20' sleep 1000
    create
    expect_logged createRuntime
    end_container
}


_create_fails_with() {
    bundle "\"$1\" as \$kind | hook(\$kind; shell(\"echo first >>\" + \$folder + \"/log\")) | hook(\$kind; shell(\"echo the reason >&2; exit 3\")) |
        hook(\$kind; shell(\"echo third >>\" + \$folder + \"/log\")) | log(\"poststop\")" sleep 1000
    refused_create "$2" --pid-file "$T/pid"
    refused . state "$ID"
    [[ ! -e $T/pid ]] || fail "the pid file is left"
}

# mutant: Undo.RunPoststopHooks
test_a_failing_prestart_hook_fails_create() {
    _create_fails_with prestart 'error running prestart hook #1: exit status 3.*the reason'
    expect_logged 'first poststop'
}

test_a_failing_create_runtime_hook_fails_create() {
    _create_fails_with createRuntime 'error running createRuntime hook #1: exit status 3.*the reason'
    expect_logged 'first poststop'
}

test_a_failing_create_container_hook_fails_create() {
    _create_fails_with createContainer 'error running createContainer hook #1: exit status 3.*the reason'
    expect_logged 'first poststop'
}

test_a_missing_hook_fails_create() {
    bundle 'hook("createRuntime"; {path: "/no/such/hook"})' sleep 1000
    refused_create 'hook'
    bundle 'hook("createContainer"; {path: "/no/such/hook"})' sleep 1000
    refused_create 'hook'
}

# Since 1.3 of the specification: an error, the container is stopped and removed, and its poststop hooks run.
test_a_failing_start_container_hook_fails_start() {
    bundle 'writable | hook("startContainer"; shell("exit 0")) | hook("startContainer"; shell("echo the reason >&2; exit 3")) | log("poststop")' \
        sh -c 'echo ran >/ran'
    create
    refused 'error running startContainer hook #1: exit status 3.*the reason' start "$ID"
    refused 'does not exist' state "$ID"
    [[ ! -e $BUNDLE/rootfs/ran ]] || fail "the program ran"
    expect_logged poststop
}

test_a_failing_poststart_hook_ends_the_container() {
    bundle 'hook("poststart"; shell("echo the reason >&2; exit 3")) | log("poststart") | log("poststop")' sleep 1000
    create
    get_pid
    refused 'hook' start "$ID"
    refused 'does not exist' state "$ID"
    dead "$PID" || fail "the program lives on"
    expect_logged poststop
}

test_run_ends_when_a_poststart_hook_fails() {
    bundle 'hook("poststart"; shell("exit 3")) | log("poststop")' sleep 1000
    run_container
    expect_match "status and error" "$RC $ERR" '^[1-9][0-9]* .*hook'
    refused . state "$ID"
    expect_logged poststop
}

test_poststart_comes_after_the_program_is_executed() {
    bundle 'hook("poststart"; shell(pid + "cat /proc/$pid/comm >" + $folder + "/comm"))' sleep 1000
    create
    [[ ! -e $T/comm ]] || fail "poststart ran in create"
    start
    expect_equal "program that poststart saw" "$(<"$T/comm")" sleep
    end_container
}

# mutant: Remover.RunPoststopHooks
test_a_failing_poststop_hook_is_a_warning() {
    bundle 'hook("poststop"; shell("exit 3")) | hook("poststop"; {path: "/no/such/hook"}) | log("poststop")' sleep 1000
    create
    must delete --force "$ID"
    expect_match "warning" "$ERR" 'hook'
    refused . state "$ID"
    expect_logged poststop
}

test_poststop_comes_when_everything_is_gone() {
    bundle "hook(\"poststop\"; shell(\"test ! -e $ROOT/\" + \"$CASE_NUMBER-c && echo gone >\" + \$folder + \"/gone\"))" sleep 1000
    create
    get_pid
    must delete --force "$ID"
    expect_equal "what poststop saw" "$(<"$T/gone")" gone
}

test_poststop_does_not_need_the_bundle() {
    bundle 'log("poststop")' true
    create
    mv "$BUNDLE" "$T/away"
    must delete --force "$ID"
    expect_logged poststop
}

test_hooks_are_read_strictly() {
    bundle '.hooks.prestart = [{path: "true"}]' true
    refused_create 'hooks\.prestart\[0\]\.path: .*true.* is not an absolute path'
    bundle '.hooks.poststop = [{path: "/bin/true"}, {args: ["x"]}]' true
    refused_create 'hooks\.poststop\[1\]\.path: the property is missing'
    bundle '.hooks.startContainer = [{path: "/bin/true", timeout: 0}]' true
    refused_create 'hooks\.startContainer\[0\]\.timeout: a number of seconds greater than 0'
}

test_a_creator_killed_in_a_hook_leaves_nothing_after_delete_force() {
    bundle 'hook("createRuntime"; shell("echo $$ >" + $folder + "/hook; exec sleep 1000"))' sleep 1000
    background create --bundle "$BUNDLE" "$ID"
    soon "the hook runs" test -s "$T/hook"
    kill -KILL "$BG"
    wait "$BG" || true
    kill -KILL "$(<"$T/hook")"
    must delete --force "$ID"
    refused . state "$ID"
}
