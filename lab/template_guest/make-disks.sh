#!/bin/sh
# First process of a VM whose root (read-only) is the template's root file system: writes it to the empty disk
# "template" as an installer would, with a partition for /boot, a volume group and GRUB; then copies that disk to
# "vm42" and breaks the copy. Both groups have one name and the same UUIDs, as of two clones.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root LVM_SYSTEM_DIR=/run/lvm-lab
. /usr/lib/lab/layout

mkdir -p "$LVM_SYSTEM_DIR"
cat > "$LVM_SYSTEM_DIR/lvm.conf" <<'CONF'
activation { udev_sync = 0 udev_rules = 0 verify_udev_operations = 0 }
devices { use_devicesfile = 0 }
CONF
say() { echo "make-disks: $*"; }

say partitions and volumes
sfdisk -q /dev/sda <<TABLE
label: dos
start=1MiB, size=${boot_mib}MiB, type=83, bootable
type=8e
TABLE
mkfs.ext4 -q /dev/sda1
pvcreate -q /dev/sda2
vgcreate -q "$group" /dev/sda2
lvcreate -q -y -L "${root_mib}m" -n root "$group"
lvcreate -q -y -L "${var_mib}m" -n var "$group"
lvcreate -q -y -L "${swap_mib}m" -n swap "$group"
mkswap "/dev/$group/swap" >/dev/null

say files
dd if=/dev/vda "of=/dev/$group/root" bs=4M conv=sparse status=none
dd if=/dev/vdb "of=/dev/$group/var" bs=4M conv=sparse status=none
mount "/dev/$group/root" /mnt
mount /dev/sda1 /media
cp -a /mnt/boot/. /media/
rm -r /mnt/boot/*
umount /media
mount /dev/sda1 /mnt/boot
mount "/dev/$group/var" /mnt/var
for name in dev proc sys run; do mount --bind "/$name" "/mnt/$name"; done
rm /mnt/make-disks /mnt/usr/lib/lab/layout
rmdir /mnt/usr/lib/lab
mkdir -p /mnt/etc/lvm/backup
cp "$LVM_SYSTEM_DIR/backup/$group" "/mnt/etc/lvm/backup/$group"
echo "UUID=$(blkid -o value -s UUID /dev/sda1) /boot ext4 defaults 0 2" >> /mnt/etc/fstab

say boot loader
chroot /mnt grub-install --target=i386-pc /dev/sda
chroot /mnt update-grub
for name in dev proc sys run var boot; do umount "/mnt/$name"; done
umount /mnt
vgchange -q -an "$group"
sync

say vm42
dd if=/dev/sda of=/dev/sdb bs=4M conv=sparse status=none
sync
echo 1 > /sys/block/sda/device/delete       # from here on the group is the one on the copy
blockdev --rereadpt /dev/sdb
vgchange -q -ay "$group"
mount "/dev/$group/root" /mnt
echo vm42 > /mnt/etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 vm42\n' > /mnt/etc/hosts
printf '%b' "$letter" > /mnt/srv/vm42.txt
# A 32-bit program in the place of the first one, as a package of another architecture leaves behind.
rm /mnt/usr/sbin/init
printf '%b' "$elf32" > /mnt/usr/sbin/init
chmod 755 /mnt/usr/sbin/init
umount /mnt
vgchange -q -an "$group"
sync
say done
echo o > /proc/sysrq-trigger
sleep 60
