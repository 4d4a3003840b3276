# Saves the parts of each physical volume that LVM may write to when it changes metadata: from the
# disk's first byte to its first extent (label and metadata area), and further areas its label names.
# Written back, they give the disk its old state to the byte.
# $1  directory    then, for each physical volume: UUID  device  ranges
set -eu
umask 077
dir=$1
shift
mkdir -p -- "$dir"
: >"$dir/manifest.part"

while [ $# -gt 0 ]; do
    uuid=$1 device=$2 ranges=$3
    shift 3
    read_ranges "$device" "$ranges" >"$dir/$uuid"
    saved=$(sha256sum <"$dir/$uuid" | cut -d' ' -f1)
    if [ "$saved" != "$(hash_ranges "$device" "$ranges")" ]; then
        echo "$device changed while it was being read; nothing was written to it." >&2
        exit 1
    fi
    printf '%s %s %s\n' "$uuid" "$ranges" "$saved" >>"$dir/manifest.part"
    echo "Saved $(wc -c <"$dir/$uuid") bytes of $device ($ranges), SHA-256 $saved."
done
sync
mv -- "$dir/manifest.part" "$dir/manifest"
sync
