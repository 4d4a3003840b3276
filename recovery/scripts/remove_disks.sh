# Takes disks out of the kernel that hold the given physical volumes, if nothing uses them.
# $@  UUIDs of physical volumes. A disk that has gone already is no error.
set -eu

# The label is in one of the first four sectors: "LABELONE", and 32 bytes on, the UUID without hyphens.
uuid_on() {
    for sector in 0 1 2 3; do
        label=$(dd if="$1" bs=512 skip="$sector" count=1 status=none | dd bs=1 count=8 status=none | tr -d '\000')
        if [ "$label" = LABELONE ]; then
            dd if="$1" bs=1 skip=$((sector * 512 + 32)) count=32 status=none
            return
        fi
    done
}

in_use() {
    for part in "/sys/block/$1" "/sys/block/$1/$1"*; do
        [ -e "$part/dev" ] || continue
        [ -z "$(ls "$part/holders")" ] || return 0
        number=$(cat "$part/dev")
        awk -v n="$number" '$3 == n { found = 1 } END { exit !found }' /proc/self/mountinfo && return 0
    done
    return 1
}

wanted=" $(printf '%s ' "$@" | tr -d -)"
for block in /sys/class/block/*; do
    name=${block##*/}
    case $name in dm-* | loop* | ram* | zram* | sr* | fd*) continue ;; esac
    [ "$(cat "$block/size")" != 0 ] || continue
    uuid=$(uuid_on "/dev/$name")
    [ -n "$uuid" ] || continue
    case $wanted in
    *" $uuid "*) ;;
    *) continue ;;
    esac
    sys=$(readlink -f "$block")
    if [ -e "$sys/partition" ]; then sys=${sys%/*}; fi
    disk=${sys##*/}
    if in_use "$disk"; then
        echo "$disk is in use; it stays." >&2
        exit 1
    fi
    if [ -e "/sys/block/$disk/device/delete" ]; then
        echo 1 >"/sys/block/$disk/device/delete"
        echo "The kernel let go of $disk."
    else
        echo "The kernel cannot let go of $disk by itself. Detach it on the hypervisor."
    fi
done
