# shellcheck shell=bash
# Sourced by test.sh and test-all.sh: runs the parts of a test and adds up their last lines, "N passed, N failed, N skipped".
# `logs` is the folder for what the parts print; with `resume=1` a part that has passed there is not run again.
passed=0 failed=0 skipped=0
mkdir -p "$logs"

# part NAME COMMAND...: shows what is not ok, and one line.
part() {
  local name=$1 log=$logs/$1.log status=0 started=$SECONDS line
  shift
  if [ "${resume:-}" = 1 ] && [ -f "$logs/$name.done" ]; then
    line=$(<"$logs/$name.done")
    add_up "$line"
    printf '%-24s %s\n' "$name" "$line"
    return
  fi
  "$@" >"$log" 2>&1 || status=$?
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
  add_up "$line"
  line="$line ($((SECONDS - started)) s)"
  if [[ $line == *', 0 failed'* ]]; then echo "$line" >"$logs/$name.done"; fi
  printf '%-24s %s\n' "$name" "$line"
}

# add_up LINE
add_up() {
  local numbers
  read -r -a numbers <<<"${1//[^0-9]/ }"
  passed=$((passed + numbers[0])) failed=$((failed + numbers[1])) skipped=$((skipped + ${numbers[2]:-0}))
}
