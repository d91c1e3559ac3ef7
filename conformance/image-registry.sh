#!/usr/bin/env bash
# image-registry.sh [PROGRAM] - sharprun-image against Debian's docker-registry on loopback: plain, with TLS of an own authority, with
# passwords; pushed and pulled both ways round with skopeo. Its registries end with it.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"
# shellcheck source=tally.sh
. "$here/tally.sh"
# shellcheck source=registry.sh
. "$here/registry.sh"
program=$(realpath -- "${1:-$here/../out/sharprun-image}") || exit 2
[[ -x $program ]] || { echo "no such program: $program" >&2; exit 2; }
need docker-registry docker-registry "it is the registry that is asked"
need skopeo skopeo "it is what the results are compared with"
need umoci umoci "it makes the image"
need openssl openssl "it makes the authority and the certificate"
need python3 python3 "it finds free ports and gives login a terminal"

scratch=$(mktemp -d)
registries=()
clean_up() {
    trap '' HUP INT TERM
    local pid
    for pid in "${registries[@]}"; do kill "$pid" 2>/dev/null; done
    wait
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing of this machine's settings.
export DOCKER_CONFIG=$scratch/docker HOME=$scratch/home XDG_RUNTIME_DIR=$scratch/run
unset REGISTRY_AUTH_FILE CONTAINERS_REGISTRIES_CONF SSL_CERT_FILE HTTP_PROXY HTTPS_PROXY http_proxy https_proxy
mkdir -p "$DOCKER_CONFIG" "$HOME" "$XDG_RUNTIME_DIR"
: >"$scratch/registries.conf"

image() { # VERB ARG...: stdout in $output, stderr in $words
    output=$("$program" --root "$scratch/store" "$@" 2>"$scratch/words")
    status=$?
    words=$(<"$scratch/words")
}

# serve NAME PORT [MORE]: a registry that ends with this script.
serve() {
    serve_registry "$@" || exit 1
    registries+=("$registry")
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# The image: two layers, made by umoci; its digest is what all must agree on.
make_image() {
    local layout=$scratch/image
    umoci init --layout "$layout" && umoci new --image "$layout:v1" || return
    head -c 3000000 /dev/urandom >"$scratch/file"
    umoci insert --rootless --image "$layout:v1" "$scratch/file" /file && umoci insert --rootless --image "$layout:v1" "$here/tally.sh" /tally.sh
}
make_image >"$scratch/umoci.log" 2>&1 || { cat "$scratch/umoci.log" >&2; exit 1; }
digest=$(skopeo inspect --raw "oci:$scratch/image:v1" | sha256sum)
digest=sha256:${digest%% *}

plain=$(free_port)
serve plain "$plain"
host=127.0.0.1:$plain

skopeo copy -q --dest-tls-verify=false "oci:$scratch/image:v1" "docker://$host/by/skopeo:v1" || exit 1
for tag in v2 v10 latest; do skopeo copy -q --src-tls-verify=false --dest-tls-verify=false "docker://$host/by/skopeo:v1" "docker://$host/by/skopeo:$tag"; done

image tags "$host/by/skopeo"
is "tags are the same as skopeo's" "$(skopeo list-tags --tls-verify=false "docker://$host/by/skopeo" | python3 -c 'import json,sys; print("\n".join(json.load(sys.stdin)["Tags"]))')" "$output"
image tags --json "docker://$host/by/skopeo"
is "tags --json is one document" '4' "$(python3 -c 'import json,sys; print(len(json.load(sys.stdin)["tags"]))' <<<"$output")"
image tags "$host/no/such"
is "tags of no repository: status" 1 "$status"
has "tags of no repository: the registry's own words" "repository name not known to registry (NAME_UNKNOWN)" "$words"
for number in $(seq 105); do
    mkdir -p "$scratch/plain.data/docker/registry/v2/repositories/many/r$number/_layers"
done
image catalog "$host" 'many/*'
is "catalog follows its pages" 105 "$(wc -l <<<"$output")"
image catalog "$host" skopeo
is "catalog with a filter" by/skopeo "$output"

image pull "docker://$host/by/skopeo:v1"
is "pull says the manifest's digest" "$digest" "$output"
is "the store is a layout with the same bytes" "$digest" "sha256:$(skopeo inspect --raw "oci:$scratch/store/oci:$host/by/skopeo:v1" | sha256sum | cut -d ' ' -f 1)"
image push "$host/by/skopeo:v1" "docker://$host/by/us:v1"
is "push says the manifest's digest" "$digest" "$output"
is "skopeo reads what we pushed" "$digest" "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$host/by/us:v1")"
skopeo copy -q --src-tls-verify=false "docker://$host/by/us:v1" "oci:$scratch/back:v1"
is "blobs came back whole" "$(cd "$scratch/image/blobs/sha256" && sha256sum "$(skopeo inspect --raw "oci:$scratch/image:v1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["layers"][0]["digest"][7:])')")" \
    "$(cd "$scratch/back/blobs/sha256" && sha256sum "$(skopeo inspect --raw "oci:$scratch/back:v1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["layers"][0]["digest"][7:])')")"
image copy "docker://$host/by/skopeo:v1" "docker://$host/mounted/x:v1"
is "copy within a registry" "$digest" "$output"
image copy "docker://$host/by/skopeo@$digest" "oci:$scratch/copied:v1"
is "copy by digest to a layout" "$digest" "$output"

# kill -9 while an image goes there and comes back, at moments all over the time that it takes; each second one goes on where the one before was.
# killed BEGIN CHECK COMMAND...: BEGIN before each other one, CHECK after each.
killed() {
    local begin=$1 check=$2 start took moment pid
    shift 2
    "$begin"
    start=${EPOCHREALTIME/[.,]/}
    "$program" --root "$scratch/store" -q "$@" >/dev/null 2>&1
    took=$((${EPOCHREALTIME/[.,]/} - start))
    for moment in 1 2 3 4 5 6 7 8; do
        if ((moment % 2)); then "$begin"; fi
        "$program" --root "$scratch/store" -q "$@" >/dev/null 2>&1 &
        pid=$!
        sleep "$(printf '%d.%06d' $((took * moment / 9 / 1000000)) $((took * moment / 9 % 1000000)))"
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        "$check"
    done
}
forget() { rm -rf "$scratch/plain.data/docker/registry/v2/repositories/cut"; }
# A tag at the registry leads to a whole image, or is not there.
pushed_whole() {
    if skopeo inspect --tls-verify=false "docker://$host/cut/x:v1" >/dev/null 2>&1; then
        skopeo copy -q --src-tls-verify=false "docker://$host/cut/x:v1" "dir:$scratch/cut" >"$scratch/words" 2>&1 || wrong+=" $(<"$scratch/words")"
    fi
}
wrong=
killed forget pushed_whole copy "oci:$scratch/image:v1" "docker://$host/cut/x:v1"
is "push, killed: no tag leads to half an image" "" "$wrong"
image copy "oci:$scratch/image:v1" "docker://$host/cut/x:v1"
is "push, killed: the next one ends well" "$digest" "$output"
pushed_whole
is "push, killed: skopeo finds it whole" "" "$wrong"
emptied() { rm -rf "$scratch/store"; }
stored_whole() {
    local blob
    for blob in "$scratch"/store/oci/blobs/sha256/*; do
        [[ -e $blob ]] || continue
        [[ $(sha256sum <"$blob") == "${blob##*/} "* ]] || wrong+=" $blob"
    done
}
killed emptied stored_whole pull "docker://$host/cut/x:v1"
is "pull, killed: nothing corrupt has a final name" "" "$wrong"
image pull "docker://$host/cut/x:v1"
is "pull, killed: the next one ends well" "$digest" "$output"
image gc
is "pull, killed: gc leaves nothing of it" "" "$(find "$scratch/store/oci" -name '.*')"

# Passwords.
locked=$(free_port)
# bcrypt, by the C library: docker-registry takes nothing else.
perl -e 'print "somebody:", crypt("pass:word", q($2y$05$abcdefghijklmnopqrstuu)), "\n"' >"$scratch/htpasswd"
serve locked "$locked" "auth:
  htpasswd: {realm: somewhere, path: $scratch/htpasswd}"
image tags "127.0.0.1:$locked/x/y"
has "without credentials" "sharprun-image login" "$words"
image login "127.0.0.1:$locked" -u somebody --password-stdin <<<wrong
is "login with a wrong password: status" 1 "$status"
is "login with a wrong password keeps nothing" "" "$(ls "$DOCKER_CONFIG")"
echo '{"HttpHeaders":{"X-Kept":"yes"}}' >"$DOCKER_CONFIG/config.json"
image login "127.0.0.1:$locked" -u somebody --password-stdin <<<'pass:word'
is "login: status" 0 "$status"
is "login prints nothing on stdout" "" "$output"
has "login keeps other members" X-Kept "$(<"$DOCKER_CONFIG/config.json")"
is "the file is its owner's alone" 600 "$(stat -c %a "$DOCKER_CONFIG/config.json")"
skopeo copy -q --dest-tls-verify=false --dest-authfile "$DOCKER_CONFIG/config.json" "oci:$scratch/image:v1" "docker://127.0.0.1:$locked/x/y:v1"
is "skopeo takes what login wrote" 0 $?
image tags "127.0.0.1:$locked/x/y"
is "tags with credentials" v1 "$output"
image copy "docker://$host/by/skopeo:v1" "docker://127.0.0.1:$locked/x/copied:v1"
is "copy between registries, one with a password" "$digest" "$output"
image logout "127.0.0.1:$locked"
is "logout: status" 0 "$status"
image tags "127.0.0.1:$locked/x/y"
is "after logout: status" 1 "$status"
image logout "127.0.0.1:$locked"
is "logout twice: status" 1 "$status"
skopeo login --tls-verify=false --authfile "$scratch/auth.json" -u somebody -p 'pass:word' "127.0.0.1:$locked" >/dev/null
image tags --authfile "$scratch/auth.json" "127.0.0.1:$locked/x/y"
is "we take what skopeo login wrote" v1 "$output"
typed=$(python3 - "$program" "127.0.0.1:$locked" <<'END'
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "login", sys.argv[2]])
def until(words):
    seen = b""
    while words not in seen:
        seen += os.read(terminal, 1000)
    return seen
seen = until(b"user name for")
os.write(terminal, b"somebody\n")
seen += until(b"password of")
time.sleep(0.2)
os.write(terminal, b"xx\x15pass:wordd\x7f\n")
try:
    while True:
        data = os.read(terminal, 1000)
        if not data:
            break
        seen += data
except OSError:
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(status, "shown" if b"pass:" in seen else "hidden")
END
)
is "login at a terminal, without echo" "0 hidden" "$typed"

# TLS: an authority of our own, for a name that is not of loopback by itself.
secure=$(free_port)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout "$scratch/ca.key" -out "$scratch/ca.crt" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=registry.test -keyout "$scratch/tls.key" -out "$scratch/tls.csr" 2>/dev/null
openssl x509 -req -in "$scratch/tls.csr" -CA "$scratch/ca.crt" -CAkey "$scratch/ca.key" -CAcreateserial -days 2 -out "$scratch/tls.crt" \
    -extfile <(printf 'subjectAltName=DNS:registry.test,DNS:ip6-loopback,IP:127.0.0.1') 2>/dev/null
serve secure "$secure" "  tls: {certificate: $scratch/tls.crt, key: $scratch/tls.key}"
image tags "127.0.0.1:$secure/x/y"
has "this machine's registry needs no certificate" "repository name not known" "$words"
# A name that is not insecure by itself, through a rule that leads to it: the mirror's host is what the certificate is for.
name=$(hostname)
if getent hosts "$name" | grep -q '^127\.\|^::1\|^[0-9]' && [[ $name != localhost ]]; then
    openssl x509 -req -in "$scratch/tls.csr" -CA "$scratch/ca.crt" -CAkey "$scratch/ca.key" -CAcreateserial -days 2 -out "$scratch/named.crt" \
        -extfile <(printf 'subjectAltName=DNS:%s' "$name") 2>/dev/null
    named=$(free_port)
    serve named "$named" "  tls: {certificate: $scratch/named.crt, key: $scratch/tls.key}"
    sed -i "s/addr: 127.0.0.1:/addr: :/" "$scratch/named.yml"
    skopeo copy -q --dest-tls-verify=false "oci:$scratch/image:v1" "docker://$name:$named/x/y:v1"
    image tags "$name:$named/x/y"
    is "an unknown authority: status" 1 "$status"
    has "an unknown authority: the reason" "certificate" "$words"
    SSL_CERT_FILE=$scratch/ca.crt image tags "$name:$named/x/y"
    is "an authority of SSL_CERT_FILE" v1 "$output"
    image tags --tls-verify=false "$name:$named/x/y"
    is "--tls-verify=false" v1 "$output"
    cat >"$scratch/registries.conf" <<END
[[registry]]
prefix = "registry.test"
location = "$name:$named"
insecure = true
END
    image tags --registries-conf "$scratch/registries.conf" registry.test/x/y
    is "registries.conf leads to another location" v1 "$output"
    SSL_CERT_FILE=$scratch/ca.crt image copy "docker://$name:$named/x/y:v1" "oci:$scratch/secure:v1"
    is "copy over TLS" "$digest" "$output"
else
    skip "certificates" "this machine's name does not resolve"
fi
tally
