# attach_disk URI UUID TARGET, the disk's XML as standard input: now if the VM runs, and for every later start.
# Only where it is missing: a run that was cut short may have left it in one of libvirt's two definitions.
uri=$1 uuid=$2 target=$3 done=0
xml=$(cat)
v() { virsh -q -c "$uri" "$@"; }
has() { v domblklist "$uuid" "$@" | awk '{ print $1 }' | grep -qx "$target"; }
give() { printf '%s' "$xml" | v attach-device "$uuid" /dev/stdin "$@" || done=1; }
[ "$(v domstate "$uuid")" = "shut off" ] || has || give --live
has --inactive || give --config
v domblklist "$uuid"
exit $done
