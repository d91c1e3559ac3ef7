# shellcheck shell=bash
# Sourced by test.sh and test-all.sh: runs the parts of a test, each with a last line "N passed, N failed, N skipped", and adds them up.
# `logs` is the folder for what the parts print; with `resume=1` a part that has passed there is not run again.
mkdir -p "$logs"
: >"$logs/parts"

# part NAME COMMAND...: shows what is not ok, and one line.
part() {
  local name=$1 log=$logs/$1.log status=0 started=$SECONDS line
  shift
  echo "$name" >>"$logs/parts"
  if [ "${resume:-}" != 1 ] || [[ $(line_of "$name") != *', 0 failed'* ]]; then
    "$@" >"$log" 2>&1 </dev/null || status=$?
    grep -E '^not ok|^skip' "$log" | grep -v ': known difference of '
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    if [ -z "$line" ]; then
      tail -n 20 "$log"
      line='0 passed, 1 failed, 0 skipped'
    fi
    # A part that ends badly without having counted a failure is one.
    if [ "$status" != 0 ] && [[ $line == *', 0 failed'* ]]; then
      echo "not ok $name: exit status $status, see $log"
      tail -n 5 "$log"
      line=${line/, 0 failed/, 1 failed}
    fi
    echo "$line ($((SECONDS - started)) s)" >"$logs/$name.result"
  fi
  printf '%-16s %s\n' "$name" "$(line_of "$name")"
}

line_of() { cat "$logs/$1.result" 2>/dev/null; }

# sum: all parts of this run, as one line; fails when one of them has, or when nothing was tried.
sum() {
  local name numbers passed=0 failed=0 skipped=0
  while read -r name; do
    read -r -a numbers < <(line_of "$name" | tr -c '0-9\n' ' ')
    passed=$((passed + numbers[0])) failed=$((failed + numbers[1])) skipped=$((skipped + numbers[2]))
  done <"$logs/parts"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
