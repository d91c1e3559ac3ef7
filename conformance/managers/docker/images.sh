# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# docker build, classic and with BuildKit; commit, save, load, export, import, push and pull.

# build NAME: builds the Dockerfile on stdin, with $buildkit.
build() {
    mkdir -p "$scratch/context"
    cat >"$scratch/context/Dockerfile"
    echo from the context >"$scratch/context/file"
    output=$(DOCKER_BUILDKIT=$buildkit timeout 120 /usr/bin/docker build --no-cache --force-rm -t "$1" "${@:2}" "$scratch/context" 2>"$scratch/words" </dev/null)
    status=$?
    words=$(<"$scratch/words")
}

images_build() {
    local buildkit=$1 kind=$2
    build built <<'DOCKERFILE'
FROM test
ARG COLOUR=green
ENV KEPT=$COLOUR
COPY file /srv/copied
RUN echo "$KEPT $(cat /srv/copied)" >/srv/one && mkdir /srv/folder
RUN ["sh", "-c", "echo two >/srv/folder/two; rm /srv/added"]
RUN ln -s one /srv/link; chown 1000:1000 /srv/one; id -u >/srv/root; grep Seccomp: /proc/self/status >/srv/seccomp
USER guest
WORKDIR /srv/made
RUN id -un >/tmp/user; pwd >/tmp/where
CMD ["sh", "-c", "cat /srv/link /srv/folder/two /srv/root /tmp/user /tmp/where; ls /srv; cat /srv/seccomp"]
DOCKERFILE
    is "build $kind" 0 "$status"
    [[ $status == 0 ]] || printf '%s\n%s\n' "$output" "$words"
    run built
    is "build $kind: all its steps are in the image" "green from the context two 0 guest /srv/made copied folder link made one replaced root seccomp" \
        "$(head -n -1 <<<"$output" | paste -sd' ')"
    is "build $kind: under the default seccomp profile" $'Seccomp:\t2' "$(tail -n 1 <<<"$output")"
    build failing <<<$'FROM test\nRUN echo heard; exit 23'
    if [[ $status != 0 && $output$words == *23* ]]; then ok "build $kind: the status of RUN"; else not_ok "build $kind: the status of RUN"; echo "  $output $words"; fi
    build failing <<<$'FROM test\nRUN ["/no/such/program"]'
    if [[ $status != 0 && $output$words == *"no such file or directory"* ]]; then ok "build $kind: a missing program"
    else not_ok "build $kind: a missing program"; echo "  $output $words"; fi
    build networked --network none <<<$'FROM test\nRUN ls /sys/class/net | grep -v tunl >/srv/interfaces'
    is "build $kind --network none" lo "$(docker run --rm networked cat /srv/interfaces)"
    build added --add-host other:192.0.2.7 --build-arg COLOUR=red <<<$'FROM test\nARG COLOUR\nRUN grep other /etc/hosts >/srv/x; echo $COLOUR >>/srv/x'
    is "build $kind --add-host --build-arg" $'192.0.2.7\tother\nred' "$(docker run --rm added cat /srv/x)"
}

# checklist: 21
images_buildkit() {
    local buildkit=1 child
    echo hidden >"$scratch/secret"
    build mounts --secret "id=word,src=$scratch/secret" <<'DOCKERFILE'
FROM test AS first
RUN --mount=type=cache,target=/cache echo kept >/cache/file
FROM test
RUN --mount=type=secret,id=word cat /run/secrets/word >/srv/secret; grep /run/secrets/word /proc/mounts | cut -d' ' -f4 | cut -d, -f1-4 >>/srv/secret
RUN --mount=type=tmpfs,target=/mnt grep ' /mnt ' /proc/mounts | cut -d' ' -f3 >/srv/tmpfs
RUN --mount=type=bind,from=first,target=/mnt cat /mnt/srv/added >/srv/bound; touch /mnt/x 2>/dev/null && exit 1; exit 0
RUN --mount=type=cache,target=/cache cat /cache/file >/srv/cached
DOCKERFILE
    is "BuildKit RUN --mount" 0 "$status"
    [[ $status == 0 ]] || echo "  $words"
    is "RUN --mount: secret, tmpfs, bind" $'hidden\nro,nosuid,nodev,noexec\ntmpfs\nof layer two' \
        "$(docker run --rm mounts cat /srv/secret /srv/tmpfs /srv/bound)"
    record_calls build recorded <<<$'FROM test\nRUN true'
    is "BuildKit calls run and nothing else" "run" \
        "$(awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^(run|create|start|delete|kill|state)$/) print $i }' "$scratch/calls" | paste -sd' ')"
    build slow <<<$'FROM test\nRUN sleep 4322' &
    child=$!
    until_true eval '[[ $(processes) == *"sleep 4322"* ]]'
    pkill -INT -f 'docker build .* -t slow'
    wait "$child"
    if until_true eval '[[ $(processes) != *"sleep 4322"* ]]'; then ok "BuildKit, cancelled: the program is killed"
    else not_ok "BuildKit, cancelled: the program is killed"; fi
    until_true nothing_left >/dev/null
    is "BuildKit: nothing is left behind" "" "$(left_behind)$(find "$scratch/data/buildkit/executor" -mindepth 1 -maxdepth 1 -type d)"
}

images_commit() {
    start test sh -c 'echo made >/srv/made; exec sleep 600'
    until_true docker exec "$id" test -e /srv/made
    call commit -c 'ENV MORE=yes' "$id" committed
    is "commit of a running one" 0 "$status"
    is "which runs on" running "$(inspect "$id" '{{.State.Status}}')"
    run committed sh -c 'cat /srv/made; echo $MORE'
    is "commit: its files and settings" $'made\nyes' "$output"
    docker export "$id" | docker import - imported >/dev/null
    run imported /bin/cat /srv/made
    is "export and import" made "$output"
    remove "$id"
    docker save -o "$scratch/saved.tar" committed
    docker rmi committed >/dev/null
    call load -i "$scratch/saved.tar"
    run committed cat /srv/made
    is "save and load" made "$output"
}

images_registry() {
    local registry
    serve_registry registry 5000
    docker tag committed 127.0.0.1:5000/own/image:1
    call push -q 127.0.0.1:5000/own/image:1
    is "push" 0 "$status"
    docker rmi committed 127.0.0.1:5000/own/image:1 >/dev/null
    run 127.0.0.1:5000/own/image:1 cat /srv/made
    is "run of an image that has to be pulled" made "$output"
    has "and it was" "Downloaded newer image" "$words"
    kill "$registry"
    wait "$registry"
}

images_build 0 "(classic)"
images_build 1 "(BuildKit)"
images_buildkit
images_commit
images_registry
