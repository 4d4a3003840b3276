# watch DIRECTORY ADDRESS INTERVAL SECONDS: pings go out from here until they are counted, or for so long.
directory=$1 address=$2 interval=$3 seconds=$4
unit=regroup-$(basename -- "$(dirname -- "$directory")")-ping
umask 077
mkdir -p -- "$directory"
[ ! -s "$directory/pings" ] || { echo "They go out already."; exit 0; }
run='exec ping -n -D -i "$2" -w "$3" "$4" >"$1/pings" 2>&1'
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
  systemd-run --quiet --unit="$unit" --description="Regroup: pings of a drill" \
    /bin/sh -c "$run" sh "$directory" "$interval" "$seconds" "$address"
else
  setsid sh -c "$run" sh "$directory" "$interval" "$seconds" "$address" </dev/null >/dev/null 2>&1 &
fi
tries=0
until grep -q 'bytes from' "$directory/pings" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -le 50 ] || { echo "$address does not answer pings from here." >&2; exit 1; }
  sleep 0.2 2>/dev/null || sleep 1
done
echo "$address answers; pings go out every $interval s."
