# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # scratch is the caller's, who uses registry
# Sourced: Debian's docker-registry on loopback.

# serve_registry NAME PORT [MORE]: a registry with its files in $scratch/NAME.*; MORE is further YAML: what is indented is of "http:". Waits until it
# answers. Sets registry, its pid; the caller ends it.
serve_registry() {
    cat >"$scratch/$1.yml" <<END
version: 0.1
log: {level: error}
storage:
  filesystem: {rootdirectory: $scratch/$1.data}
  delete: {enabled: true}
http:
  addr: 127.0.0.1:$2
${3:-}
END
    docker-registry serve "$scratch/$1.yml" >"$scratch/$1.log" 2>&1 &
    registry=$!
    for _ in $(seq 100); do
        if (: <"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "the registry $1 does not answer: $(tail -n 3 "$scratch/$1.log")" >&2
    return 1
}
