#!/bin/busybox sh
# tree.sh FOLDER...: what is in the folders, with kinds, modes, owners and sizes.
for folder; do
    cd "$folder" || exit
    /bin/busybox find . -xdev ! -path './bin/*' -exec /bin/busybox stat -c '%n %F %a %u:%g %t:%T %h' {} + | /bin/busybox sort
done
