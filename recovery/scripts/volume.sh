# One volume: what is on it, which mapping it is, where it is mounted, and how its mount point looks.
# $1 device  $2 mount point. Only reads.
set -eu
device=$1 point=$2

if [ -e "$device" ]; then
    printf 'type=%s\n' "$(blkid -p -s TYPE -o value -- "$device" || :)"
    printf 'uuid=%s\n' "$(dmsetup info -c --noheadings -o uuid -- "$device")"
    printf 'read_only=%s\n' "$(blockdev --getro "$device")"
    number=$(lsblk -d -n -o MAJ:MIN -- "$device" | tr -d ' ')
    printf 'number=%s\n' "$number"
    mounts | awk -v n="$number" '$3 == n { print "mount=" $0 }'
fi
mounts | awk -v p="$point" '$5 == p { print "point=" $0 }'
if [ -e "$point" ]; then
    [ -z "$(ls -A -- "$point")" ] || echo full=yes
else
    # Can the directory be made? Not inside a volume that is mounted read-only.
    above=$(dirname -- "$point")
    while [ ! -e "$above" ]; do above=$(dirname -- "$above"); done
    [ -w "$above" ] || echo "barred=$above"
fi
