#!/usr/bin/env bash
# into-readme.sh bench|bench-unpack|bench-net|bench-layers|test-all FILE: replaces what README.md shows between <!-- NAME --> and <!-- /NAME -->.
# A table is put there as it is, anything else as a block of code.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1 file=$2
{
  sed "/^<!-- $name -->\$/q" README.md
  if grep -q '^|' "$file"; then cat "$file"; else printf '```\n%s\n```\n' "$(<"$file")"; fi
  sed -n "/^<!-- \/$name -->\$/,\$p" README.md
} >README.md.new
mv README.md.new README.md
