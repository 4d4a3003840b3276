# Takes those entries out of the devices file that the run added; the disk may have left the host by now.
# $1 directory with the notes
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
file=/etc/lvm/devices/system.devices dir=$1
[ -e "$dir/added" ] || exit 0
while read -r idname pvid; do
    grep -q -F "PVID=$pvid" "$file" || continue
    echo "Removing the entry of $idname."
    lvm lvmdevices --yes --delpvid "$pvid" </dev/null
done <"$dir/added"
