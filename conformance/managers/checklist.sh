#!/usr/bin/env bash
# checklist.sh - has every point of the list "the runtime must ..." (manager-calls.md, section 9, 29 points) a case in the manager scripts?
# A case says which points it shows in a line "# checklist: N ..." above it. Prints ok or not ok for each, and the usual last line.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit
# shellcheck source=../tally.sh
. ../tally.sh

shopt -s globstar
for point in $(seq 29); do
    # Without this file, which has the words in its own pattern.
    cases=$(grep -lE "^ *# checklist:.* $point( |$)" ./**/*.sh | grep -v '/checklist\.sh$' | sed 's|^\./||; s|\.sh$||' | paste -sd' ')
    if [[ $cases ]]; then ok "point $point: $cases"; else not_ok "point $point has no case"; fi
done
tally
