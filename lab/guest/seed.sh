#!/bin/sh
# First process of the seed VM: makes every volume group of the lab with the real LVM, then powers off.
# Disks come and go on one SCSI host, one at a time, so that each group is made on /dev/sda as on a real machine.
# In: a tar on the virtio-blk disk "in". Out: a tar on the virtio-blk disk "out", with a file "done" when all went well.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root

virtio_disk() {
    for serial in /sys/block/vd*/serial; do
        if [ "$(cat "$serial")" = "$1" ]; then
            basename "$(dirname "$serial")"
            return
        fi
    done
    echo "seed: no disk called $1" >&2
    return 1
}

mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/in /mnt/out /mnt/lv
tar -C /mnt/in -xf "/dev/$(virtio_disk in)"
cat > /etc/lvm/lvmlocal.conf <<'CONF'
activation { udev_sync = 0 udev_rules = 0 verify_udev_operations = 0 }
devices { use_devicesfile = 0 }
CONF

# The machine has other SCSI hosts too (IDE).
for host in /sys/class/scsi_host/host*; do
    if [ "$(cat "$host/proc_name")" = virtio_scsi ]; then
        scsi_host=$host
    fi
done

show_disk() {       # the disk at SCSI target $1 becomes /dev/sda
    echo "0 $1 0" > "$scsi_host/scan"
    waited=0
    while [ ! -b /dev/sda ]; do
        waited=$((waited + 1))
        [ "$waited" -lt 100 ]
        sleep 0.1
    done
}

hide_disk() {
    sync
    echo 1 > /sys/block/sda/device/delete
    while [ -e /sys/block/sda ]; do sleep 0.1; done
}

make_group() {      # $1 group, $2 host that owns it, $3 file of lines "name MiB content"
    hostname "$2"
    pvcreate -q /dev/sda
    vgcreate -q "$1" /dev/sda
    while read -r name mib content; do
        lvcreate -q -y -L "${mib}m" -n "$name" "$1"
        case $content in
            swap) mkswap "/dev/$1/$name" ;;
            ext4) mkfs.ext4 -q "/dev/$1/$name" ;;
            xfs) mkfs.xfs -q "/dev/$1/$name" ;;
        esac
    done < "$3"
    mkdir -p "/mnt/out/$2"
    cp "/etc/lvm/backup/$1" "/mnt/out/$2/$1"
    pvs --noheadings --units s --nosuffix --separator ' ' -o pe_start,vg_extent_size /dev/sda > "/mnt/out/$2/extents"
    lvs --noheadings --separator ' ' -o lv_name,seg_pe_ranges "$1" > "/mnt/out/$2/segments"
}

fill_volume() {     # $1 group, $2 volume, $3 tree to copy, $4 a file and $5 its place, for the backup text
    mount "/dev/$1/$2" /mnt/lv
    cp -a "$3/." /mnt/lv/
    if [ "$#" -gt 3 ]; then
        mkdir -p "$(dirname "/mnt/lv/$5")"
        cp "$4" "/mnt/lv/$5"
        chmod 0600 "/mnt/lv/$5"
    fi
    umount /mnt/lv
}

# The disks were found at boot: forget them all, then show them one by one.
for delete in /sys/block/sd*/device/delete; do
    echo 1 > "$delete"
done

while read -r target group owner; do
    echo "seed: $group of $owner"
    show_disk "$target"
    make_group "$group" "$owner" "/mnt/in/$owner/volumes"
    for tree in /mnt/in/"$owner"/trees/*; do
        [ -d "$tree" ] || continue
        volume=$(basename "$tree")
        if [ "$volume" = root ]; then
            fill_volume "$group" root "$tree" "/mnt/out/$owner/$group" "etc/lvm/backup/$group"
        else
            fill_volume "$group" "$volume" "$tree"
        fi
    done
    vgchange -q -an "$group"
    rm -f /etc/lvm/backup/* /etc/lvm/archive/*
    hide_disk
done < /mnt/in/groups

touch /mnt/out/done
tar -C /mnt/out -cf "/dev/$(virtio_disk out)" .
sync
echo "seed: done"
echo o > /proc/sysrq-trigger
sleep 60
