# What only the plan needs to know of a host. $@  mount points. Only reads.
export LVM_SUPPRESS_FD_WARNINGS=1
read -r machine </etc/machine-id
echo "machine_id=$machine"
lvm version 2>/dev/null | sed -n 's/^ *LVM version: */lvm_version=/p'
lvmconfig --type full devices/use_devicesfile 2>/dev/null
lvmconfig --type full global/event_activation 2>/dev/null
lvmconfig --type full global/system_id_source 2>/dev/null
lvm systemid 2>/dev/null | sed -n 's/^ *system ID: */system_id=/p'
[ ! -S /run/lvm/lvmetad.socket ] || ! pidof lvmetad >/dev/null || echo lvmetad=yes
[ ! -e /etc/lvm/devices/system.devices ] || echo devices_file=yes
for tool in vgcfgrestore vgchange dmsetup lsblk findmnt blkid blockdev flock dd base64 od awk udevadm sha256sum; do
    command -v "$tool" >/dev/null || echo "lacks=$tool"
done
existing() { # the nearest directory above that exists
    place=$1
    while [ ! -e "$place" ]; do place=$(dirname -- "$place"); done
    printf '%s\n' "$place"
}
for place in /etc/lvm /var/lib/regroup; do
    echo "free=$(df -P -k -- "$(existing "$place")" | awk 'NR == 2 { print $4 }') $place"
done
for point in "$@"; do
    if [ "$(readlink -m -- "$point")" != "$point" ]; then state=link
    elif [ ! -e "$point" ]; then state=absent
    elif [ ! -d "$point" ]; then state=file
    elif awk -v p="$point" '$5 == p { found = 1 } END { exit !found }' /proc/self/mountinfo; then state=mounted
    elif [ -n "$(ls -A -- "$point")" ]; then state=full
    else state=empty
    fi
    echo "place=$state $point"
done
