# Asks every SCSI host adapter to look for new disks. "- - -" means every channel, target and LUN.
# It only adds: nothing that is there is removed or disturbed.
set -eu

found=0
for adapter in /sys/class/scsi_host/host*; do
    [ -e "$adapter/scan" ] || continue
    found=1
    echo "Rescanning ${adapter##*/}."
    printf '%s\n' '- - -' >"$adapter/scan"
done
[ "$found" = 1 ] || echo "This host has no SCSI adapter; its disks appear by themselves."

# udev names the new disks and reads their labels; wait until it is done.
udevadm settle --timeout=30 || echo "udev is still busy after 30 seconds."
# On RHEL 7 lvmetad answers for LVM, from its memory; it is told to look again.
[ ! -S /run/lvm/lvmetad.socket ] || pvscan --cache
lsblk -d -o NAME,SIZE,TYPE,HCTL,SERIAL,MODEL
