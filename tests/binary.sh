#!/usr/bin/env bash
# What must be true of the shipped binary itself: it needs no other file, loads no library, reads no mount table at start,
# and lacks the switch of the mutants. tests/binary.sh; last line "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.."

binary=$PWD/out/sharprun
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# check NAME COMMAND...: the command's status decides.
check() {
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    passed=$((passed + 1))
    echo "ok binary/$name"
  else
    failed=$((failed + 1))
    echo "not ok binary/$name: $(head -c 200 "$work/out" | tr '\n' ' ')"
  fi
}

starts_alone_in_an_empty_chroot() {
  mkdir "$work/root" && cp "$binary" "$work/root/sharprun"
  chroot "$work/root" /sharprun --version | grep -q '^sharprun version [0-9]'
}

# An archive of the sources has no commit.
says_of_which_commit_it_is() {
  [ ! -e .git ] || "$binary" --version | grep -Eq '^commit: [0-9a-f]{40}$'
}

# A bundle whose program does nothing; its cgroup is absolute, since a test's own group may not be touched.
make_bundle() {
  mkdir -p "$work/bundle/rootfs/bin" "$work/state"
  cp /bin/busybox "$work/bundle/rootfs/bin/true"
  (cd "$work/bundle" && "$binary" spec)
  sed -i -e 's/"terminal": true/"terminal": false/' -e 's/"sh"/"true"/' \
    -e 's|"linux": {|"linux": {\n\t\t"cgroupsPath": "/sharprun-test/binary",|' "$work/bundle/config.json"
}

# traced COMMAND...: one command, all its children, every file that it opens.
traced() {
  strace -f -qq -e trace=open,openat,openat2,execve -o "$work/trace" "$binary" --root "$work/state" "$@" >/dev/null
}

opens_no_library() {
  ! grep -nE '\.so(\.|"|$)' "$work/trace"
}

reads_no_mount_table() {
  traced --version && grep -q execve "$work/trace" && ! grep -nE 'mountinfo|/proc/mounts|/proc/self/cgroup' "$work/trace"
}

life_of_a_container_opens_no_library() {
  local step tracer
  # strace follows the init until it ends, so this one goes on until the kill.
  traced create -b "$work/bundle" b1 &
  tracer=$!
  until "$binary" --root "$work/state" state b1 2>/dev/null | grep -q '"status": "created"'; do
    kill -0 "$tracer" 2>/dev/null || return 1
    sleep 0.02
  done
  "$binary" --root "$work/state" kill b1 KILL
  wait "$tracer"
  opens_no_library || return 1
  for step in 'state b1' list 'delete b1' "run -b $work/bundle b2" "create -b $work/bundle b3" 'start b3' 'delete --force b3' "plan --bundle $work/bundle"; do
    if [[ $step == create* ]]; then
      # shellcheck disable=SC2086 # the words of a command
      "$binary" --root "$work/state" $step || return 1
      continue
    fi
    # shellcheck disable=SC2086 # the words of a command
    traced $step || { echo "$step: failed"; return 1; }
    opens_no_library || { echo "$step: opened a library"; return 1; }
  done
}

# lacks_the_mutants_switch PROGRAM
lacks_the_mutants_switch() {
  # .NET keeps string literals as UTF-16.
  [ -s "$1" ] && ! grep -qP 'S\x00H\x00A\x00R\x00P\x00R\x00U\x00N\x00_\x00M\x00U\x00T\x00A\x00N\x00T' "$1" && ! grep -q SHARPRUN_MUTANT "$1"
}

make_bundle
check starts_alone_in_an_empty_chroot starts_alone_in_an_empty_chroot
check says_of_which_commit_it_is says_of_which_commit_it_is
check version_reads_no_mount_table reads_no_mount_table
check life_of_a_container_opens_no_library life_of_a_container_opens_no_library
check lacks_the_mutants_switch lacks_the_mutants_switch "$binary"
check image_lacks_the_mutants_switch lacks_the_mutants_switch "$PWD/out/sharprun-image"
rmdir /sys/fs/cgroup/*/sharprun-test /sys/fs/cgroup/sharprun-test 2>/dev/null
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
