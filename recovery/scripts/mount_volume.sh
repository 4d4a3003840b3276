# Mounts one logical volume, choosing by what is on it.
# $1 device  $2 mount point  $3 "ro" or "rw"  $4 file that lists the directories we made
set -eu
umask 022
device=$1 point=$2 mode=$3 made=$4

# -p looks at the device itself and not into a cache.
type=$(blkid -p -s TYPE -o value -- "$device" || :)
case $type in
'') echo "$device holds no file system: nothing to mount."; exit 0 ;;
swap) echo "$device is swap space: nothing to mount."; exit 0 ;;
crypto_LUKS) echo "$device is encrypted (LUKS). Open it by hand with its key." >&2; exit 1 ;;
LVM2_member) echo "$device is itself a physical volume of another group." >&2; exit 1 ;;
esac

if [ "$(readlink -m -- "$point")" != "$point" ]; then
    echo "$point leads elsewhere through a symbolic link." >&2
    exit 1
fi
mkdir -p -- "$(dirname -- "$made")"
make_directories "$point"
if [ -n "$(ls -A -- "$point")" ]; then
    echo "$point is not empty; mounting would hide what is in it." >&2
    exit 1
fi

# try options…: what mount says on failure is shown, what the kernel says is in its log.
try() { mount -t "$type" -o "$1" -- "$device" "$point"; }

# A mount "ro" alone may still write: it replays the journal. On a device that is itself read-only
# the kernel refuses that, and the volume is then mounted without what stood only in the journal.
mount_read_only() {
    case $type in
    xfs) plain=ro,nouuid without=ro,nouuid,norecovery ;;    # nouuid: a clone may be mounted already
    ext3 | ext4) plain=ro without=ro,noload ;;
    btrfs) plain=ro without=ro,rescue=nologreplay ;;
    *) plain=ro without= ;;
    esac
    if try "$plain"; then
        return
    fi
    if [ -z "$without" ]; then
        return 1
    fi
    echo "The file system is dirty: it was not unmounted cleanly. Mounting without replaying its journal;"
    echo "what stood only in the journal is missing here."
    try "$without"
}

# For writing, first find out without writing whether the journal is clean, and say so.
mount_read_write() {
    options=rw
    if [ "$type" = xfs ]; then options=rw,nouuid; fi
    blockdev --setro "$device"
    clean=yes
    try "$(printf %s "$options" | sed s/^rw/ro/)" 2>/dev/null || clean=no
    if [ "$clean" = yes ]; then umount -- "$point"; fi
    blockdev --setrw "$device"
    if [ "$clean" = no ]; then
        echo "The file system is dirty: its journal is replayed now, as the plan says."
    fi
    [ -e "$made.journal" ] || echo "$clean" >"$made.journal" # what the first attempt saw; a second sees it replayed
    try "$options"
}

if [ "$mode" = rw ]; then
    mount_read_write
else
    if [ "$(blockdev --getro "$device")" != 1 ]; then
        echo "$device can be written to, though the plan says read-only. It is not mounted." >&2
        exit 1
    fi
    mount_read_only
fi
findmnt --mountpoint "$point"
