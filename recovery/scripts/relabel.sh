# Writes an LVM label on one device that has lost it, with the UUID and the layout that a backup file tells.
# $1 group UUID  $2 UUID of the physical volume  $3 the file, under the group's old name  $4 device
# LVM sees this device alone. No -y and no -ff: on a bare disk LVM has nothing to ask; what it asks is answered with no.
# What follows puts the group to sleep, should its completion wake it.
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
alone="devices{use_devicesfile=0 filter=[\"a|^$4\$|\",\"r|.*|\"]} backup{backup=0 archive=0}"
pvcreate --config "$alone" --uuid "$2" --restorefile "$3" --pvmetadatacopies 1 "$4" </dev/null
[ ! -S /run/lvm/lvmetad.socket ] || pvscan --cache # RHEL 7: LVM answers from its memory
