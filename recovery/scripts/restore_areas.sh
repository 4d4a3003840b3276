# Gives each physical volume the bytes back that were saved, and takes the disks from the kernel.
# All under an exclusive lock on the whole disks, which udev honours: as long as we hold it, nobody
# wakes up the old group under its old name. All disks are written before the first one is removed.
# $1 directory with the saved areas  $2 new group name  $3 group UUID
# then, for each physical volume:  UUID  device  ranges  SHA-256 that the areas must have now
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
dir=$1 group=$2 group_uuid=$3
shift 3

saved_field() { awk -v uuid="$1" -v field="$2" '$1 == uuid { print $field }' "$dir/manifest"; }

check() {
    group_is_asleep
    while [ $# -gt 0 ]; do
        uuid=$1 device=$2 ranges=$3 left=$4
        shift 4
        device_is_idle "$device"
        [ "$(saved_field "$uuid" 2)" = "$ranges" ] || refuse "The saved areas of $uuid are others than those of $device."
        [ "$(sha256sum <"$dir/$uuid" | cut -d' ' -f1)" = "$(saved_field "$uuid" 3)" ] ||
            refuse "The saved areas of $uuid were changed on the host."
        [ "$(hash_ranges "$device" "$ranges")" = "$left" ] ||
            refuse "The metadata on $device is not what this change left there."
    done
}

write_back() {
    while [ $# -gt 0 ]; do
        uuid=$1 device=$2 ranges=$3
        shift 4
        at=0
        for range in $(printf %s "$ranges" | tr , ' '); do
            length=${range#*:}
            bs=$(block_size "$at" "$length")
            dd if="$dir/$uuid" of="$dir/$uuid.range" bs="$bs" skip=$((at / bs)) count=$((length / bs)) status=none
            write_range "$dir/$uuid.range" "$device" "${range%:*}" "$length"
            at=$((at + length))
        done
        rm -f -- "$dir/$uuid.range"
        blockdev --flushbufs "$device"
        if [ "$(hash_ranges "$device" "$ranges")" != "$(saved_field "$uuid" 3)" ]; then
            echo "$device does not hold what was written to it. Do not detach it; look at its kernel messages." >&2
            exit 1
        fi
        echo "$device has its old metadata back."
    done
}

work() {
    eval "set -- $arguments"
    check "$@"
    write_back "$@"
    echo "written back" >"$dir/given-back" # once the disk has left, only this tells that it was
    sync
    forget
    remove
}

# The arguments survive in one variable: UUIDs, device names, numbers and hashes hold no blanks.
arguments="$*"
lock_disks "$@"
