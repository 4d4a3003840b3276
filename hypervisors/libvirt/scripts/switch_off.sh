# switch_off URI UUID SECONDS: the guest is asked to end; after so many seconds the plug is pulled.
uri=$1 uuid=$2 left=$3 asked=
v() { virsh -q -c "$uri" "$@"; }
# What does not answer is no VM whose plug is to be pulled: it was perhaps never asked to end.
is_off() {
    now=$(v domstate "$uuid") || { echo "libvirt does not say whether it runs." >&2; exit 1; }
    [ "$now" = "shut off" ]
}
is_off && { echo "It is off."; exit 0; }
while [ "$left" -gt 0 ]; do
    # A libvirt that was being restarted is asked again.
    [ -n "$asked" ] || [ $((left % 5)) != 0 ] || { v shutdown "$uuid" && asked=yes; }
    sleep 1
    is_off && { echo "It has ended by itself."; exit 0; }
    left=$((left - 1))
done
if [ -n "$asked" ]; then
    echo "It has not ended by itself within $3 seconds: the plug is pulled."
else
    echo "It cannot be asked to end, as often as it was tried in $3 seconds: the plug is pulled."
fi
v destroy "$uuid" || is_off
