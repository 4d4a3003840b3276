# Saves what the host looks like before anything is done to it, to compare and to go back to.
# $1  directory for it. A baseline that is there already is kept: it is older, so it is truer.
set -eu
umask 077
dir=$1

if [ -e "$dir/state" ]; then
    echo "The baseline was saved before; it is kept."
    exit 0
fi
mkdir -p -- "$dir"
host_state >"$dir/state.part"

# LVM keeps its own backups of every group's metadata here, and rewrites them on its own.
rm -rf -- "$dir/etc-lvm"
cp -a /etc/lvm "$dir/etc-lvm"

lsblk -o NAME,SIZE,TYPE,SERIAL,FSTYPE,MOUNTPOINT
sync
mv -- "$dir/state.part" "$dir/state"
sync
echo "Saved the state of the host and a copy of /etc/lvm in $dir."
