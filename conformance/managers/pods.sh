# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machine.sh sets scratch and others; the scripts use what is set here
# Sourced by cri.sh and cni.sh, after machine.sh: containerd (Debian's), and the calls of the Container Runtime Interface that the kubelet makes.
# The requests are text in cri.proto's terms: protoc encodes them, curl carries them (gRPC is HTTP/2 with a frame of 5 bytes).

pods_packages() {
    need containerd containerd "it is the manager to test with" &&
        need protoc protobuf-compiler "it encodes the requests of the CRI" &&
        need curl curl "it carries the requests of the CRI" &&
        need /usr/lib/cni/bridge containernetworking-plugins "containerd asks them for the pods' network" &&
        need iptables iptables "the CNI plugins call it" &&
        need umoci umoci "it writes the test image"
}

# -------------------------------------------------------------------------------------------------------- the client

# cri METHOD [ANSWER]: sends the request on stdin, as text; sets answer (text too) and words, what the server says is wrong. ANSWER is the
# type of the answer, if it has fields.
cri() {
    local request=$scratch/request size
    protoc -I "$here/managers" --encode="runtime.v1.$1Request" cri.proto >"$request" || return
    size=$(stat -c %s "$request")
    { printf '\0%b' "$(printf '\\x%02x' $((size >> 24)) $((size >> 16 & 255)) $((size >> 8 & 255)) $((size & 255)))"; cat "$request"; } >"$request.frame"
    curl -s --max-time 120 --http2-prior-knowledge --unix-socket "$socket" -H 'content-type: application/grpc' -H 'te: trailers' \
        -D "$scratch/headers" -o "$scratch/answer" --data-binary "@$request.frame" "http://localhost/runtime.v1.RuntimeService/$1"
    words=$(sed -n 's/^grpc-message: \([^\r]*\)\r*$/\1/p' "$scratch/headers")
    answer=
    if ! grep -q '^grpc-status: 0' "$scratch/headers"; then return 1; fi
    answer=$(tail -c +6 "$scratch/answer" | protoc -I "$here/managers" --decode="runtime.v1.${2:-Empty}" cri.proto)
}

# field NAME: of the last answer, without quotes.
field() { sed -n "s/^ *$1: \"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" <<<"$answer"; }

# run_pod NAME [FIELDS [SECURITY]]: runs a sandbox; FIELDS are of its linux part, SECURITY of that's security_context, the variable published
# of the sandbox itself. Sets pod.
run_pod() {
    pod_config="metadata { name: \"$1\" uid: \"uid-$1\" namespace: \"test\" } log_directory: \"$scratch/logs/$1\" hostname: \"${hostname-$1}\" ${published:-}
        linux { cgroup_parent: \"/sharprun-test/$tag/$1\" ${2:-} security_context { ${3:-} } }"
    mkdir -p "$scratch/logs/$1"
    logs=$scratch/logs/$1
    cri RunPodSandbox RunPodSandboxResponse <<<"config { $pod_config }" || { not_ok "a pod is made: $1"; echo "  $words"; return 1; }
    pod=$(field pod_sandbox_id)
}

# texts NAME VALUE...: the values as a repeated field of strings.
texts() {
    local name=$1 value
    shift
    for value; do
        value=${value//\\/\\\\} value=${value//\"/\\\"}
        printf ' %s: "%s"' "$name" "${value//$'\n'/\\n}"
    done
}

# create NAME FIELDS ARG...: makes a container in the pod; sets container. The variables resources and security are for its linux part;
# a pid namespace of its own is what the kubelet asks for when nobody asks.
create() {
    local name=$1 fields=$2 arguments security=${security:-}
    shift 2
    [[ $security == *namespace_options* ]] || security+=' namespace_options { pid: CONTAINER }'
    fields+=" linux { resources { ${resources:-} } security_context { $security } }"
    arguments=$(texts command "$@")
    rm -f "$logs/$name.log"
    cri CreateContainer CreateContainerResponse <<<"pod_sandbox_id: \"$pod\" sandbox_config { $pod_config } config {
        metadata { name: \"$name\" } image { image: \"$image\" } log_path: \"$name.log\" $arguments $fields }" || return
    container=$(field container_id)
    log=$logs/$name.log
}

# start NAME FIELDS ARG...: and starts it.
start() {
    if ! create "$@" || ! cri StartContainer <<<"container_id: \"$container\""; then not_ok "container $1 starts"; echo "  $words"; return 1; fi
}

state() { cri ContainerStatus ContainerStatusResponse <<<"container_id: \"$container\"" && field state; }
has_exited() { [[ $(state) == CONTAINER_EXITED ]]; }
exit_code() { state >/dev/null && { field exit_code | grep . || echo 0; }; }

# said: what the container has written, as in its log (TIME STREAM F TEXT).
said() { cut -d' ' -f4- "$log"; }
says() { said 2>/dev/null | grep -q -- "$1"; }

# output NAME FIELDS ARG...: runs to its end; sets output.
output() {
    start "$@" || return
    until_true has_exited
    output=$(said)
    remove
}

stop() { cri StopContainer <<<"container_id: \"$container\" timeout: $1"; }
remove() { cri RemoveContainer <<<"container_id: \"$container\""; }

# exec_sync TIMEOUT ARG...: sets output, errors and status.
exec_sync() {
    local timeout=$1
    shift
    cri ExecSync ExecSyncResponse <<<"container_id: \"$container\" timeout: $timeout $(texts cmd "$@")" || { status=failed output='' errors=''; return 1; }
    output=$(printf %b "$(field stdout)") errors=$(printf %b "$(field stderr)") status=$(field exit_code)
    status=${status:-0}
}

end_pod() {
    cri StopPodSandbox <<<"pod_sandbox_id: \"$pod\"" && cri RemovePodSandbox <<<"pod_sandbox_id: \"$pod\""
}

# ------------------------------------------------------------------------------------------------------------ set-up

ctr() { command ctr --address "$socket" --namespace k8s.io --timeout 60s "$@"; }
answers() { cri Version VersionResponse <<<'version: "v1"'; }

# start_containerd [PLUGINS [CONFLIST]]: with the CNI plugins of that directory (Debian's), and the network CONFLIST (JSON).
start_containerd() {
    local plugins=${1:-/usr/lib/cni} network=${2:-}
    if [[ ! $network ]]; then
        network='{"cniVersion": "1.0.0", "name": "test", "plugins": [{"type": "bridge", "bridge": "test0", "isGateway": true, "ipMasq": true,
 "ipam": {"type": "host-local", "dataDir": "/run/test/addresses", "ranges": [[{"subnet": "10.85.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}'
    fi
    mkdir -p "$scratch/cni"
    cat >"$scratch/config.toml" <<TOML
version = 2
root = "$scratch/root"
state = "$scratch/state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$socket"
[debug]
  level = "warn"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${image%:*}:pause"
  restrict_oom_score_adj = $(lacks_capability 24 && echo true || echo false)
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$plugins"
    conf_dir = "$scratch/cni"
TOML
    echo "$network" >"$scratch/cni/10-test.conflist"
    containerd --config "$scratch/config.toml" >"$scratch/log" 2>&1 &
    until_true answers
}

import_image() {
    [[ -e $scratch/image ]] || "$here/test-image.sh" "$scratch/image" >/dev/null || return 1
    umoci config --image "$scratch/image:test" --tag pause --config.cmd sleep --config.cmd 1000000
    tar -C "$scratch/image" -cf "$scratch/image.tar" .
    ctr images import --snapshotter native --base-name "${image%:*}" "$scratch/image.tar" >/dev/null
}

ended() {
    local status=$?
    if [[ $failed -gt 0 ]]; then echo "containerd's last errors:"; grep -E 'level=(error|fatal)' "$scratch/log" | tail -n 10; fi
    exit "$status"
}
