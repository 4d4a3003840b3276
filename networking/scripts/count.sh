# count DIRECTORY: ends the pings, and says what was lost.
directory=$1
unit=regroup-$(basename -- "$(dirname -- "$directory")")-ping
if [ -d /run/systemd/system ] && systemctl is-active --quiet "$unit.service"; then
  systemctl kill --signal=INT "$unit.service"
else
  pkill -INT -f "^ping -n -D -i .*$(awk 'NR == 1 { print $2; exit }' "$directory/pings" 2>/dev/null)\$" || :
fi
sleep 1
[ -s "$directory/pings" ] || { echo "No packets went out." >&2; exit 1; }
: >"$directory/ended"
echo "The pings have ended."
