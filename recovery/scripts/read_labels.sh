# Prints the first four sectors of every disk and partition, where LVM's label would be. Only reads.
# One line each:  name  major:minor  bytes  parent disk or -  sequence  holders  yes/no  serial or -  base64
# sequence is the kernel's number for this appearance of the disk (0 before 5.15); holders are joined by
# commas; yes means that the kernel can let go of the disk by itself.
set -eu
serials=$(lsblk -d -n -r -o KNAME,SERIAL)
for block in /sys/class/block/*; do
    name=${block##*/}
    case $name in dm-* | loop* | ram* | zram* | sr* | fd*) continue ;; esac
    read -r sectors <"$block/size"
    [ "$sectors" != 0 ] || continue
    read -r number <"$block/dev"
    sys=$(readlink -f "$block")
    parent=- disk=$name
    if [ -e "$block/partition" ]; then
        sys=${sys%/*} parent=${sys##*/} disk=${sys##*/}
    fi
    sequence=0
    [ ! -r "/sys/block/$disk/diskseq" ] || read -r sequence <"/sys/block/$disk/diskseq"
    serial=$(printf '%s\n' "$serials" | awk -v name="$disk" '$1 == name { print $2 }')
    holders=
    for holder in "$block"/holders/*; do
        [ ! -e "$holder" ] || holders=$holders,${holder##*/}
    done
    removable=no
    [ ! -e "/sys/block/$disk/device/delete" ] || removable=yes
    start=$(dd if="/dev/$name" bs=512 count=4 status=none 2>/dev/null | base64 -w 0) || start=
    printf '%s %s %s %s %s %s %s %s %s\n' "$name" "$number" $((sectors * 512)) "$parent" "$sequence" \
        "${holders:-,}" "$removable" "${serial:--}" "${start:--}"
done
