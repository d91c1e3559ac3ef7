# shellcheck shell=bash disable=SC2016,SC2154 # $ are for the containers' shells; podman.sh has the variables
# Sourced by podman.sh: build, commit, save and load, push and pull.

images() {
    mkdir -p "$scratch/context" && echo content >"$scratch/context/file"
    cat >"$scratch/context/Containerfile" <<FILE
FROM $image
COPY file /srv/copied
RUN echo made by RUN >/srv/made && id -u >>/srv/made
USER guest
RUN id -u >/tmp/user
ENV COLOUR=blue
CMD ["sh", "-c", "cat /srv/made /tmp/user; echo \$COLOUR"]
FILE
    local isolation
    for isolation in oci chroot; do
        [[ $isolation == oci ]] || continue
        output=$(p build --isolation "$isolation" --network none --cgroup-parent "$parent/build" --no-cache -t built "$scratch/context" 2>&1)
        is "build with RUN steps" 0 $?
    done
    output=$(p run --rm "${bare[@]}" localhost/built 2>&1)
    is "and what it made" $'made by RUN\n0\n1000\nblue' "$output"
    printf 'FROM %s\nRUN exit 24\n' "$image" >"$scratch/context/Containerfile"
    output=$(p build --isolation oci --network none --cgroup-parent "$parent/build" "$scratch/context" 2>&1)
    isnt_zero "a RUN that fails ends the build" $?
    has "and is told with its status" "exit status 24" "$output"
    run change -- sh -c 'echo changed >/srv/changed'
    p commit -q change localhost/committed >/dev/null
    remove change
    output=$(p run --rm "${bare[@]}" localhost/committed cat /srv/changed)
    is "commit" changed "$output"
    p save -q -o "$scratch/saved.tar" localhost/committed
    p rmi localhost/committed >/dev/null
    p load -q -i "$scratch/saved.tar" >/dev/null
    is "save and load" changed "$(p run --rm "${bare[@]}" localhost/committed cat /srv/changed)"
    images_registry
    detached living -- sh -c "$waits"
    p exec living sh -c 'echo alive >/srv/alive'
    p commit -q living localhost/living >/dev/null 2>"$scratch/words"
    is "commit of a living one (it is paused for that)" alive "$(p run --rm "${bare[@]}" localhost/living cat /srv/alive)"
    is "and it goes on" running "$(inspect living State.Status)"
    remove living
}

images_registry() {
    local registry
    serve_registry registry 5000
    p push -q --tls-verify=false localhost/committed 127.0.0.1:5000/pushed
    p rmi -f localhost/committed >/dev/null
    output=$(p run -q --rm --tls-verify=false "${bare[@]}" 127.0.0.1:5000/pushed cat /srv/changed 2>"$scratch/words")
    is "push to a registry, run from there" changed "$output"
    kill "$registry"
}

images
