# Adds devices to the host's LVM devices file, noting which entries are new.
# $1 directory for the notes  then the devices
# By way of lvm: Debian's package has the command inside, but no lvmdevices beside it.
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
file=/etc/lvm/devices/system.devices dir=$1
shift
mkdir -p -- "$dir"
entries() { sed -n 's/.*IDNAME=\([^ ]*\).*PVID=\([^ ]*\).*/\1 \2/p' "$file" | sort; }
[ -e "$dir/before" ] || entries >"$dir/before"
for device in "$@"; do
    lvm lvmdevices --yes --adddev "$device" </dev/null
done
entries | comm -13 "$dir/before" - >"$dir/added"
echo "Added:"
cat "$dir/added"
