# detach_disk URI UUID TARGET PATH SECONDS: from both definitions, and then until the guest has let go of it.
uri=$1 uuid=$2 target=$3 path=$4 left=$5
v() { virsh -q -c "$uri" "$@"; }
has() { v domblklist "$uuid" "$@" | awk -v place="$target" '$1 == place { $1 = ""; print substr($0, 2) }' | grep -qxF "$path"; }
if has --inactive; then v detach-disk "$uuid" "$target" --config || exit; fi
[ "$(v domstate "$uuid")" = "shut off" ] && { echo "It is off, and will start without $path."; exit 0; }
if has; then v detach-disk "$uuid" "$target" --live || exit; fi
while has; do
    [ "$left" -gt 0 ] || { echo "The guest has not let go of $path within $5 seconds."; exit 75; }
    sleep 1
    left=$((left - 1))
done
v domblklist "$uuid"
