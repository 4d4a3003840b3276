# Finds etc/fstab on the volumes of an attached disk and prints it, while every volume sleeps. Only reads.
# $1 most bytes  then for each volume: name  type  device  first byte  length
# One line: `file <volume> <base64>`, `large <volume> <bytes>`, or `none`; before it `closed <volume>` where a volume
# could not be mounted.
#
# Run under `unshare -m`: the mount is in a namespace of its own, which nobody else sees and which ends with this
# process, whatever ends it. The loop device is opened read-only on the disk, so the kernel has no way to write to it,
# and is let go of with its mount. As long as it is there it is locked: udev would give it the volume's /dev/disk links.
most=$1
shift
mount --make-rprivate / || exit 1

# A free loop device, open and locked as file descriptor 8; the kernel may give the same one to somebody else.
take_loop() {
    for try in 1 2 3 4 5; do
        loop=$(losetup -f) || return 1
        [ -r "$loop" ] || return 1
        exec 8<"$loop"
        flock -n 8 && [ ! -e "/sys/block/${loop##*/}/loop" ] && return
        exec 8<&-
    done
    return 1
}

# open_volume type device start length: mounts it on /tmp, without its journal, without following what it says to run
open_volume() {
    case $1 in
    ext2) options=ro ;;
    ext3 | ext4) options=ro,noload ;;
    xfs) options=ro,norecovery,nouuid ;;
    *) return 1 ;;
    esac
    take_loop || return 1
    mount -t "$1" -o "$options,nosuid,nodev,noexec,loop=$loop,offset=$3,sizelimit=$4" -- "$2" /tmp && return
    exec 8<&-
    return 1
}

close_volume() {
    umount /tmp
    exec 8<&-
}

# Links on the old disk may lead to the host's own files.
is_plain() { [ -d "$1" ] && [ ! -L "$1" ] && [ -f "$1/fstab" ] && [ ! -L "$1/fstab" ]; }

while [ $# -gt 0 ]; do
    name=$1
    if ! open_volume "$2" "$3" "$4" "$5"; then
        echo "closed $name"
    else
        if is_plain /tmp/etc; then
            size=$(stat -c %s /tmp/etc/fstab)
            if [ "$size" -gt "$most" ]; then found="large $name $size"
            else found="file $name $(head -c "$most" /tmp/etc/fstab | base64 -w 0)"
            fi
        fi
        close_volume
        if [ -n "${found:-}" ]; then
            echo "$found"
            exit
        fi
    fi
    shift 5
done
echo none
