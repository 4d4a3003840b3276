# settle: waits until udev, and what it has set going, is through with the disks and volumes that came.
# Where event activation runs as a unit of its own (lvm-activate-GROUP, lvm2-pvscan@8:16), udev's queue is empty before it
# has ended: it would wake the volumes, for writing, after whoever waited for udev alone.
settle() {
    udevadm settle --timeout=30 || :
    seconds=0
    while [ "$seconds" -lt 30 ] && waking; do
        sleep 1
        seconds=$((seconds + 1))
    done
}

waking() {
    systemctl list-units --state=running,activating --no-legend 'lvm-activate-*' 'lvm2-pvscan@*' 2>/dev/null | grep -q .
}
