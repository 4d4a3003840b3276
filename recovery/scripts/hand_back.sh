# Gives a volume group its old name back and takes its disks from the kernel, all under a lock on the whole disks.
# $1 directory for the mark  $2 name now  $3 group UUID  $4 old name  $5 the group's text under the old name
# $6 --force or nothing  then the devices
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
dir=$1 group=$2 group_uuid=$3 old=$4 file=$5 force=$6
shift 6

# The running system may have a group of the old name: LVM sees these devices alone, and leaves its backups alone.
accept=
for device in "$@"; do accept="$accept\"a|^$device\$|\","; done
alone="devices{use_devicesfile=0 hints=\"none\" filter=[$accept\"r|.*|\"]} backup{backup=0 archive=0}"

work() {
    eval "set -- $arguments"
    group_is_asleep
    for device in "$@"; do device_is_idle "$device"; done
    # -y: newer LVM asks when volumes of a group of that name are active, which are the running system's.
    vgcfgrestore -y $force --config "$alone" -f "$file" "$old"
    found=$(vgs --config "$alone" --noheadings -o vg_name,vg_uuid | tr -s ' ')
    if [ "$found" != " $old $group_uuid" ]; then
        echo "LVM finds$found on the disk, not $old." >&2
        exit 1
    fi
    for device in "$@"; do blockdev --flushbufs "$device"; done
    echo "handed back" >"$dir/given-back" # once the disk has left, only this tells that it was
    sync
    forget
    remove
}

arguments="$*"
lock_disks "$@"
