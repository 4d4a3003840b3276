# Takes physical volumes out of the host's LVM devices file. $@ their UUIDs
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
file=/etc/lvm/devices/system.devices
for uuid in "$@"; do
    pvid=$(printf %s "$uuid" | tr -d -)
    grep -q -F "PVID=$pvid" "$file" || continue
    echo "Removing the entry of $uuid."
    lvm lvmdevices --yes --delpvid "$pvid" </dev/null
done
