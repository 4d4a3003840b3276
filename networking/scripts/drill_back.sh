# The way back of a drill: the primary's link up at its speed, and the traffic on it. Before this stand bond, primary, mbps, slow.
sys=/sys/class/net/$bond/bonding
status=0
if [ "$slow" != 0 ] && [ "$(cat "/sys/class/net/$primary/speed" 2>/dev/null)" != "$mbps" ]; then
  ip link set dev "$primary" down
  full_speed "$primary" "$mbps" || status=1
fi
ip link set dev "$primary" up || status=1
tries=0
while [ "$(cat "$sys/active_slave")" != "$primary" ] && [ "$tries" -lt 15 ]; do
  tries=$((tries + 1))
  sleep 1
  printf '%s\n' "$primary" >"$sys/active_slave" 2>/dev/null || :
done
echo "$(cat "$sys/active_slave") carries the traffic of $bond"
[ "$(cat "$sys/active_slave")" = "$primary" ] || status=1
exit "$status"
