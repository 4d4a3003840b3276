# Giving a group's disks back: who may not be there, a lock on all of them, and the farewell.
# Uses $group, $group_uuid, and calls `work` while the locks are held.

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

group_is_asleep() {
    prefix=LVM-$(printf %s "$group_uuid" | tr -d -)
    if dmsetup info -c --noheadings -o uuid | grep -q "^$prefix"; then
        refuse "A volume of $group is active."
    fi
}

device_is_idle() {
    number=$(cat "/sys/class/block/${1##*/}/dev")
    if dmsetup table | grep -q " $number "; then
        refuse "A device-mapper table points to $1."
    fi
    if awk -v n="$number" '$3 == n { found = 1 } END { exit !found }' /proc/self/mountinfo; then
        refuse "$1 is mounted."
    fi
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
    # lvmetad (RHEL 7) would go on speaking of the disk, and of a double that it has seen.
    [ ! -S /run/lvm/lvmetad.socket ] || pvscan --cache
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

# lock_disks words…: runs `work` under an exclusive lock on the whole disk of every word that is a device.
# udev honours it: as long as we hold it, nobody wakes up the group under its old name.
lock_disks() {
    disks=
    for word in "$@"; do
        case $word in
        /dev/*) disks="$disks $(whole_disk "$word")" ;;
        esac
    done
    disks=$(printf '%s\n' $disks | sort -u)
    with_locks $disks
}
