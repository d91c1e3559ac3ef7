#!/usr/bin/env bash
# image-build.sh [PROGRAM] - real Dockerfiles through sharprun-image build, RUN by sharprun, and the images against those of buildah (isolation chroot).
# RUNTIME=path: what executes RUN and the built images. CGROUP=path: where their cgroups are.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=needs.sh
. "$here/needs.sh"
program=${1:-$here/../out/sharprun-image}
runtime=${RUNTIME:-$here/../out/sharprun}
cgroup=${CGROUP:-/sharprun-test/image-build-$$}
[[ $(id -u) = 0 ]] || { echo "skip image-build: only root mounts layers"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
need busybox busybox-static "it is the whole content of the test images"
need jq jq "it reads what inspect prints"
need umoci umoci "it unpacks what both have built"

scratch=$(mktemp -d)
store=$scratch/store
passed=0 failed=0 skipped=0
ok() { echo "ok $1"; passed=$((passed + 1)); }
not_ok() { echo "not ok $1: ${2//$'\n'/ }"; failed=$((failed + 1)); }
skip() { echo "skip $1: $2"; skipped=$((skipped + 1)); }
clean_up() {
    find /sys/fs/cgroup -depth -type d -path "*$cgroup*" -exec rmdir {} \; 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT

image() { "$program" --root "$store" "$@"; }
# build FOLDER NAME FLAG...: sets digest, words (stderr) and status.
build() {
    local folder=$scratch/$1 name=$2
    shift 2
    digest=$(image build "$folder" -t "$name" --runtime "$runtime" --cgroup "$cgroup" "$@" 2>"$scratch/words")
    status=$?
    words=$(cat "$scratch/words")
}
layers() { image inspect --config "$1" 2>/dev/null | jq '.rootfs.diff_ids | length'; }
config() { image inspect --config "$1" 2>/dev/null | jq -cS "$2"; }
is() { # is NAME ACTUAL WANTED
    if [[ $2 = "$3" ]]; then ok "$1"; else not_ok "$1" "it is '$2', not '$3'"; fi
}
tree() { # tree FOLDER: names, kinds, modes, owners, sizes, links; not times, nor the root's own line
    (cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %l ' -type f -printf '%s ' -exec sha256sum {} \; -o -mindepth 1 -printf '\n' | sed 's/ \.\/.*//' | LC_ALL=C sort)
}
unpacked() { # unpacked LAYOUT:TAG FOLDER
    rm -rf "$2"
    umoci unpack --image "$1" "$2" >/dev/null 2>&1
}

# ---------------------------------------------------------------------------------------------------------------- from nothing
mkdir -p "$scratch/base/sub"
cp "$(command -v busybox)" "$scratch/base/busybox"
printf 'root:x:0:0:root:/root:/bin/sh\nme:x:1000:100:me:/home/me:/bin/sh\n' >"$scratch/base/passwd"
printf 'root:x:0:\nus:x:100:\nothers:x:200:\n' >"$scratch/base/group"
echo one >"$scratch/base/sub/one"
cat >"$scratch/base/Dockerfile" <<'EOF'
FROM scratch
COPY busybox /bin/
COPY passwd group /etc/
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV GREETING="hello world" PATH=/bin
LABEL org.example.name="the base"
WORKDIR /work
COPY --chown=me:others --chmod=0640 sub /data
CMD ["sh", "-c", "cat /data/one"]
EOF
build base base:1
if [[ $status = 0 && $digest = sha256:* ]]; then ok "an image is built from scratch"; else not_ok "an image is built from scratch" "$status $words"; fi
is "its layers are those of the instructions that change files" "$(layers base:1)" 5
is "its config has the environment" "$(config base:1 .config.Env)" '["PATH=/bin","GREETING=hello world"]'
is "its config has the working directory, the label and the command" "$(config base:1 '[.config.WorkingDir,.config.Labels,.config.Cmd]')" \
    '["/work",{"org.example.name":"the base"},["sh","-c","cat /data/one"]]'
first=$digest
build base base:1
is "the same again is the same image" "$digest" "$first"
is "all of it comes from the cache" "$(grep -c '(cached)' "$scratch/words")" 5

bundle=$scratch/bundle
if image unpack base:1 "$bundle" >/dev/null 2>"$scratch/words"; then
    is "what was mounted for RUN is not in it" "$(cd "$bundle/rootfs" && echo ./*)" "./bin ./data ./etc ./work"
    is "owner and mode of a copy are as they were wanted" "$(stat -c '%u:%g %a' "$bundle/rootfs/data/one")" "1000:200 640"
    image bundle base:1 "$bundle" --cgroup "$cgroup/run" >/dev/null 2>&1
    is "the built image runs" "$("$runtime" --root "$scratch/state" run -b "$bundle" "image-build-$$" 2>&1 </dev/null)" one
else
    not_ok "the image is unpacked" "$(cat "$scratch/words")"
fi

# ----------------------------------------------------------------------------------------------------- RUN and what it stands on
mkdir -p "$scratch/app"
echo source >"$scratch/app/source"
cat >"$scratch/app/Dockerfile" <<'EOF'
ARG FROM=base:1
FROM $FROM AS build
ARG VERSION=1
ENV STAGE=build
WORKDIR /src
COPY source .
RUN echo "$VERSION $STAGE $GREETING $(pwd) $(id -u)" >out && rm /data/one
FROM base:1
RUN mkdir /home && mkdir -m 0700 /home/me && chown 1000:100 /home/me
USER me
WORKDIR /home/me/deep
RUN id -u >id; id -g >>id; touch new
COPY --from=build /src/out /src/sou* /result/
RUN <<END
echo "a script" >script
ls -l >>/dev/null
END
ENTRYPOINT ["/bin/cat"]
EOF
build app app:1 --build-arg VERSION=2
is "an image is built from another one, by stages" "$status" 0
if image unpack app:1 "$scratch/app-bundle" >/dev/null 2>&1; then
    root=$scratch/app-bundle/rootfs
    is "RUN has the arguments, the environment and the working directory" "$(cat "$root/result/out" 2>&1)" "2 build hello world /src 0"
    is "RUN has the user" "$(paste -sd, "$root/home/me/deep/id" 2>&1)" "1000,100"
    is "WORKDIR belongs to the user" "$(stat -c %u:%g "$root/home/me/deep" 2>&1)" "1000:100"
    is "a heredoc is a script" "$(cat "$root/home/me/deep/script" 2>&1)" "a script"
    is "what another stage deleted is still here" "$(cat "$root/data/one" 2>&1)" one
else
    not_ok "the second image is unpacked" "no"
fi
is "another entrypoint takes the command of the base away" "$(config app:1 '[.config.Entrypoint,.config.Cmd]')" '[["/bin/cat"],null]'
build app app:1 --build-arg VERSION=3
if grep -q 'RUN echo .*(cached)' "$scratch/words"; then not_ok "RUN with another argument is no hit" "$words"; else ok "RUN with another argument is no hit"; fi
echo changed >"$scratch/app/source"
build app app:1 --build-arg VERSION=3
if grep -q 'COPY source \. *(cached)' "$scratch/words"; then not_ok "a changed file is no hit" "$words"; else ok "a changed file is no hit"; fi
touch -d 2001-01-01 "$scratch/app/source"
build app app:1 --build-arg VERSION=3
if grep -q 'COPY source \. (cached)' "$scratch/words"; then ok "another time of a file is a hit"; else not_ok "another time of a file is a hit" "$words"; fi
build app app:1 --build-arg VERSION=3 --no-cache
is "--no-cache takes nothing from the cache" "$(grep -c '(cached)' "$scratch/words")" 0
build app app:build --build-arg VERSION=3 --target build
is "--target builds a stage" "$(config app:build .config.WorkingDir)" '"/src"'

# --------------------------------------------------------------------------------------------------------------------- refused
refused() { # refused NAME DOCKERFILE SENTENCE
    mkdir -p "$scratch/refused"
    printf '%b' "$2" >"$scratch/refused/Dockerfile"
    build refused refused:1
    if [[ $status = 1 && $words = *"sharprun-image: $3"* ]]; then ok "$1"; else not_ok "$1" "$status $words"; fi
    if image list 2>/dev/null | grep -q refused; then not_ok "$1" "the image has a name"; fi
}
refused "a failing RUN is named with its line and status" 'FROM base:1\n\nRUN exit 7\n' 'Dockerfile:3: RUN /bin/sh -c exit 7: it ended with exit status 7'
refused "an unknown instruction is named with its line" 'FROM base:1\nFOO x\n' 'Dockerfile:2: FOO: there is no such instruction'
refused "a mount of RUN is refused" 'FROM base:1\nRUN --mount=type=cache,target=/x true\n' 'Dockerfile:2: RUN --mount: this flag is not supported'
refused "ADD of an address is refused" 'FROM base:1\nADD https://example.org/x /\n' 'Dockerfile:2: ADD https://example.org/x: a build does not touch the network'
refused "a directory of the host is no image to build on" 'FROM dir:/root\n' 'Dockerfile:1: FROM: dir:/root: a directory of the host is no image'
refused "nor can files be copied from it so" 'FROM base:1\nCOPY --from=dir:/root / /\n' 'Dockerfile:2: COPY: dir:/root: a directory of the host is no image'
refused "an image that is not in the store is named" 'FROM nothing:1\n' 'Dockerfile:1: FROM: '
refused "a file that is not there is named" 'FROM base:1\nCOPY nothing /\n' 'Dockerfile:2: COPY: nothing: there is no such file in the context'
refused "a path out of the context is a path in it" 'FROM base:1\nCOPY ../../etc/hostname /\n' 'Dockerfile:2: COPY: ../../etc/hostname: there is no such file in the context'
is "nothing of a failed build is left" "$(find "$store/build" -mindepth 1 2>/dev/null | head -n 1)" ""
is "nothing is mounted" "$(grep -c "$scratch" /proc/self/mounts)" 0

# ---------------------------------------------------------------------------------------------------------- the context's edges
mkdir -p "$scratch/edges/keep/in" "$scratch/edges/out"
ln -s /etc/passwd "$scratch/edges/link"
ln -s keep "$scratch/edges/keep-link"
echo a >"$scratch/edges/keep/a"; echo b >"$scratch/edges/keep/in/b.log"; echo c >"$scratch/edges/keep/in/c"
tar -C "$scratch/edges/keep" -czf "$scratch/edges/archive.tar.gz" a in
printf 'out\n**/*.log\n' >"$scratch/edges/.dockerignore"
cat >"$scratch/edges/Dockerfile" <<'EOF'
FROM base:1
RUN ln -s /elsewhere /trap
COPY . /all/
COPY keep-link /followed
ADD archive.tar.gz /unpacked
COPY k*/a /trap/
COPY <<one /etc/one
of $GREETING
one
EOF
build edges edges:1
is "links, archives, heredocs and .dockerignore" "$status" 0
if image unpack edges:1 "$scratch/edges-bundle" >/dev/null 2>&1; then
    root=$scratch/edges-bundle/rootfs
    is "what .dockerignore names is not there" "$(find "$root/all" -name '*.log' -o -name out | wc -l)" 0
    is "a link in a directory stays a link" "$(readlink "$root/all/link")" /etc/passwd
    is "a link that is a source is followed" "$(cd "$root/followed" 2>/dev/null && echo *)" "a in"
    is "ADD unpacks an archive" "$(cd "$root/unpacked" 2>/dev/null && find . -type f | LC_ALL=C sort | paste -sd' ')" "./a ./in/b.log ./in/c"
    is "a link of the image leads nowhere outside" "$(cat "$root/elsewhere/a" 2>&1)" a
    is "a heredoc is a file with its variables" "$(cat "$root/etc/one" 2>&1)" "of hello world"
else
    not_ok "the image of the edges is unpacked" no
fi

# ------------------------------------------------------------------------------------------- other images, networks, dates, company
mkdir -p "$scratch/other"
image copy base:1 "oci:$scratch/layout:base" >/dev/null 2>&1
cat >"$scratch/other/Dockerfile" <<EOF
FROM oci:$scratch/layout:base
COPY --from=app:1 /result/out /from-store
COPY --from=oci:$scratch/layout:base /data/one /from-layout
RUN ls /sys/class/net >/networks
EOF
build other other:1 --network none
is "images of the store and of a layout can be copied from" "$status" 0
image unpack --rootfs-only other:1 "$scratch/other-bundle" >/dev/null 2>&1
is "--network none is lo alone" "$(cat "$scratch/other-bundle/rootfs/networks" 2>&1)" lo
printf 'FROM base:1\nRUN sleep 1; date >/now\n' >"$scratch/other/Dockerfile.slow"
pids=()
for number in 1 2 3; do
    "$program" --root "$store" build "$scratch/other" -f "$scratch/other/Dockerfile.slow" -t "company:$number" --no-cache --runtime "$runtime" \
        --cgroup "$cgroup" >/dev/null 2>&1 &
    pids+=($!)
done
status=0
for _ in 1 2 3 4; do
    image gc >/dev/null 2>&1 || status=1
    sleep 0.5
done
for number in 1 2 3; do
    wait "${pids[number - 1]}" || status=1
    image unpack --rootfs-only "company:$number" "$scratch/company-$number" >/dev/null 2>&1 || status=1
done
is "several builds and gc at once, each image is whole" "$status $(find "$scratch"/company-?/rootfs/now 2>/dev/null | wc -l)" "0 3"
dated() { # dated NUMBER: the digest of an image that is built in a store of its own
    SOURCE_DATE_EPOCH=1700000000 "$program" --root "$scratch/dated-$1" build "$scratch/dated" -t dated:1 --runtime "$runtime" --cgroup "$cgroup" 2>/dev/null
}
mkdir -p "$scratch/dated"
cp "$(command -v busybox)" "$scratch/dated/"
printf 'FROM scratch\nCOPY busybox /bin/sh\nRUN echo x >/made\nWORKDIR /deep/er\n' >"$scratch/dated/Dockerfile"
first=$(dated 1)
sleep 1
touch "$scratch/dated/busybox"
is "SOURCE_DATE_EPOCH makes the same image another time" "$(dated 2)" "${first:-none}"
"$program" --root "$scratch/dated-1" -q unpack dated:1 "$scratch/dated-bundle" >/dev/null 2>&1
is "an image with nothing to run is unpacked all the same" "$(jq -c .process.args "$scratch/dated-bundle/config.json" 2>&1)" '["sh"]'

# -------------------------------------------------------------------------------------------------------------------- buildah
compare() { # compare NAME FOLDER OURS FLAG...
    local name=$1 folder=$2 ours=$3 base=$scratch/buildah
    shift 3
    local run=(buildah --root "$base/root" --runroot "$base/runroot" --storage-driver vfs)
    if ! "${run[@]}" bud --isolation chroot --layers=false -t "$name" "$@" "$scratch/$folder" >"$scratch/buildah.log" 2>&1 ||
        ! "${run[@]}" push "$name" "oci:$base/oci:$name" >>"$scratch/buildah.log" 2>&1; then
        skip "$name as buildah builds it" "buildah does not run here: $(tail -n 1 "$scratch/buildah.log")"
        return
    fi
    image copy "$ours" "oci:$base/ours:$name" >/dev/null 2>&1
    unpacked "$base/oci:$name" "$base/a"
    unpacked "$base/ours:$name" "$base/b"
    # The empty places that buildah leaves where RUN had mounts; the images compared have none of their own.
    if diff <(tree "$base/a/rootfs" | grep -vE '^(dev|proc|sys|run|etc)[ /]') <(tree "$base/b/rootfs") >"$scratch/diff"; then ok "$name: the same files as buildah's"
    else not_ok "$name: the same files as buildah's" "$(head -n 5 "$scratch/diff")"; fi
    local fields='.config | {User, Env: (.Env // [] | sort), Entrypoint, Cmd, WorkingDir, Labels: (.Labels // {} | del(.["io.buildah.version"])), ExposedPorts, Volumes, StopSignal}'
    is "$name: the same config as buildah's" "$(config "$ours" "$fields")" \
        "$("${run[@]}" inspect --type image "$name" | jq -cS ".OCIv1 | $fields")"
}
mkdir -p "$scratch/peer/tree/deep"
cp "$(command -v busybox)" "$scratch/peer/"
echo x >"$scratch/peer/tree/x"; echo y >"$scratch/peer/tree/deep/y"; ln -s x "$scratch/peer/tree/z"; chmod 0711 "$scratch/peer/tree/deep"
cat >"$scratch/peer/Dockerfile" <<'EOF'
FROM scratch AS first
COPY busybox /bin/sh
COPY busybox /bin/busybox
ENV A=1 B="two words"
RUN /bin/busybox mkdir -m 0750 /made && /bin/busybox touch /made/$A
FROM first
COPY tree /tree
COPY --chown=5:6 tree/x /owned/
COPY --from=first /made /copied/
RUN /bin/busybox rm /tree/x
LABEL one=1 two="2 3"
EXPOSE 80 53/udp
VOLUME /volume
USER 7:8
WORKDIR /tree
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/busybox"]
CMD ["ls"]
EOF
if command -v buildah >/dev/null; then
    build peer peer:1
    [[ $status = 0 ]] || not_ok "the image to compare is built" "$words"
    compare peer peer peer:1
else
    skip "peer as buildah builds it" "there is no buildah"
fi

# --------------------------------------------------------------------------------------------------------------------- kill -9
cat >"$scratch/base/Dockerfile.slow" <<'EOF'
FROM base:1
RUN sleep 300
EOF
"$program" --root "$store" build "$scratch/base" -f "$scratch/base/Dockerfile.slow" -t slow:1 --runtime "$runtime" --cgroup "$cgroup" >/dev/null 2>&1 &
victim=$!
for _ in $(seq 200); do
    [[ -n $(find "$store/build" -path '*/state/*' -name state.json 2>/dev/null) ]] && break
    sleep 0.1
done
kill -9 "$victim"; wait "$victim" 2>/dev/null
is "after kill -9 nothing is mounted" "$(grep -c "$scratch" /proc/self/mounts)" 0
build base base:1
is "the next build works" "$status" 0
is "and removes what was left" "$(find "$store/build" -mindepth 1 | wc -l)" 0
is "and ends the container" "$(pgrep -f -c "$store/build")" 0
"$program" --root "$store" build "$scratch/base" -f "$scratch/base/Dockerfile.slow" -t slow:1 --runtime "$runtime" --cgroup "$cgroup" >/dev/null 2>"$scratch/words" &
victim=$!
for _ in $(seq 200); do
    [[ -n $(find "$store/build" -path '*/state/*' -name state.json 2>/dev/null) ]] && break
    sleep 0.1
done
kill -TERM "$victim"; wait "$victim" 2>/dev/null
is "SIGTERM ends a build with its container" "$? $(grep -c 'Dockerfile.slow:2: RUN: interrupted' "$scratch/words") $(find "$store/build" -mindepth 1 | wc -l)" "1 1 0"

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed = 0 ]]
