# switch_off URI UUID SECONDS: the guest is asked to end; after so many seconds the plug is pulled.
uri=$1 uuid=$2 left=$3
v() { virsh -q -c "$uri" "$@"; }
state() { v domstate "$uuid" || exit; }
[ "$(state)" = "shut off" ] && { echo "It is off."; exit 0; }
v shutdown "$uuid" || echo "It cannot be asked to end."
while [ "$left" -gt 0 ]; do
    [ "$(state)" = "shut off" ] && { echo "It has ended by itself."; exit 0; }
    sleep 1
    left=$((left - 1))
done
echo "It has not ended by itself within $3 seconds: the plug is pulled."
v destroy "$uuid" || [ "$(state)" = "shut off" ]
