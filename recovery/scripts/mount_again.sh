# Mounts a volume where it was before it was unmounted.
# $1 device  $2 mount point  $3 type  $4 options  $5 file that lists the directories we made
set -eu
umask 022
made=$5
mkdir -p -- "$(dirname -- "$made")"
make_directories "$2"
mount -t "$3" -o "$4" -- "$1" "$2"
findmnt --mountpoint "$2"
