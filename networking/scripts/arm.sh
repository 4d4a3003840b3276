# arm GUARD SECONDS METHOD: the host goes back by itself after so many seconds, unless that is decided before.
# METHOD: auto, or one of systemd, at, setsid. Ends with 0 only where the revert is proved to be armed.
seconds=$2 method=$3
[ ! -e "$guard/decided" ] || {
  echo "It was decided already: $(decided_by)." >&2
  exit 1
}
sh -n "$guard/revert.sh"
if [ "$(armed_alive)" = yes ]; then
  echo "Armed already: $(cat "$guard/armed")"
  exit 0
fi

by_systemd() {
  [ -d /run/systemd/system ] && command -v systemd-run >/dev/null || return 1
  systemctl stop "$unit.timer" 2>/dev/null || : # of an arming that was cut off before it was written down
  # AccuracySec: the default is a minute. KillMode: what the manager starts on the way back must live on.
  systemd-run --quiet --unit="$unit" --on-active="$seconds" --timer-property=AccuracySec=1s \
    --property=KillMode=process --description="Regroup: back to the network as it was" \
    /bin/sh "$guard/revert.sh" "$guard" timer || return 1
  systemctl list-timers --all --no-pager "$unit.timer"
  systemctl is-active --quiet "$unit.timer"
}

# atd looks once a minute: the minute before is the latest that is not too late.
by_at() {
  minutes=$((seconds / 60))
  [ "$minutes" -ge 2 ] && command -v at >/dev/null && pgrep -x atd >/dev/null || return 1
  said=$(echo "/bin/sh $guard/revert.sh $guard timer" | at -M "now + $minutes minutes" 2>&1) || return 1
  job=$(printf '%s\n' "$said" | sed -n 's/^job \([0-9]*\) at.*/\1/p')
  [ -n "$job" ] && atq | grep "^$job[[:space:]]"
}

by_setsid() {
  command -v setsid >/dev/null || return 1
  setsid sh -c 'sleep "$1"; exec /bin/sh "$2/revert.sh" "$2" timer' sh "$seconds" "$guard" \
    </dev/null >/dev/null 2>&1 &
  pid=$!
  sleep 1
  birth=$(birth_of "$pid") && [ -n "$birth" ] && ps -o pid,sid,etime,args -p "$pid"
}

begun=$(seconds_up) job=- pid=- birth=-
how=
for each in systemd at setsid; do
  case $method in auto | "$each") ;; *) continue ;; esac
  if "by_$each"; then
    how=$each
    break
  fi
done
[ -n "$how" ] || {
  echo "The revert could not be armed in any way: no systemd-run, no atd that runs, no setsid. Nothing was changed." >&2
  exit 1
}
echo "how=$how job=$job pid=$pid birth=$birth begun=$begun until=$((begun + seconds)) seconds=$seconds boot=$(boot_now)" |
  note_down armed
echo "Armed by $how: in $seconds seconds $guard/revert.sh goes back, unless it is confirmed before."
