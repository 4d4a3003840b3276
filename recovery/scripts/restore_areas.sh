# Gives each physical volume the bytes back that were saved, and takes the disks from the kernel.
# All under an exclusive lock on the whole disks, which udev honours: as long as we hold it, nobody
# wakes up the old group under its old name. All disks are written before the first one is removed.
# $1 directory with the saved areas  $2 new group name  $3 group UUID
# then, for each physical volume:  UUID  device  ranges  SHA-256 that the areas must have now
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
dir=$1 group=$2 group_uuid=$3
shift 3
prefix=LVM-$(printf %s "$group_uuid" | tr -d -)

refuse() {
    echo "$1 Nothing was written." >&2
    exit 1
}

# whole_disk /dev/sdb1 -> sdb
whole_disk() {
    sys=$(readlink -f "/sys/class/block/${1##*/}")
    if [ -e "$sys/partition" ]; then sys=${sys%/*}; fi
    printf '%s\n' "${sys##*/}"
}

saved_field() { awk -v uuid="$1" -v field="$2" '$1 == uuid { print $field }' "$dir/manifest"; }

check() {
    if dmsetup info -c --noheadings -o uuid | grep -q "^$prefix"; then
        refuse "A volume of $group is active."
    fi
    while [ $# -gt 0 ]; do
        uuid=$1 device=$2 ranges=$3 left=$4
        shift 4
        number=$(cat "/sys/class/block/${device##*/}/dev")
        if dmsetup table | grep -q " $number "; then
            refuse "A device-mapper table points to $device."
        fi
        if awk -v n="$number" '$3 == n { found = 1 } END { exit !found }' /proc/self/mountinfo; then
            refuse "$device is mounted."
        fi
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

# LVM wrote itself a backup of the group under its new name; it speaks of a group that is no more.
forget() {
    backup=/etc/lvm/backup/$group
    if [ -e "$backup" ] && grep -q "id = \"$group_uuid\"" "$backup"; then
        rm -- "$backup"
    fi
    rm -f -- "/run/lvm/vgs_online/$group"
}

remove() {
    for disk in $disks; do
        if [ -e "/sys/block/$disk/device/delete" ]; then
            echo 1 >"/sys/block/$disk/device/delete"
            echo "The kernel let go of $disk."
        else
            echo "The kernel cannot let go of $disk by itself. Detach it now, on the hypervisor."
        fi
    done
}

# The lock is held by file descriptor 9 of each of these nested subshells.
with_locks() {
    if [ $# -gt 0 ]; then
        lock=$1
        shift
        (
            flock -w 60 9 || refuse "/dev/$lock is locked by somebody else."
            with_locks "$@"
        ) 9<"/dev/$lock"
    else
        work
    fi
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
disks=
for word in "$@"; do
    case $word in
    /dev/*) disks="$disks $(whole_disk "$word")" ;;
    esac
done
disks=$(printf '%s\n' $disks | sort -u)
with_locks $disks
