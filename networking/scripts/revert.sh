# revert GUARD HOW: the host goes back, unless that was decided otherwise. HOW: timer, boot, apply or hand.
guard=$1 how=$2
[ "$how" = hand ] || exec >>"$guard/revert.log" 2>&1

# Ends the apply with all it has started, and waits for its end.
stop_apply() {
  [ "$how" != apply ] && [ -s "$guard/applying" ] || return 0
  [ "$(value boot "$guard/applying")" = "$(boot_now)" ] || return 0
  tries=0
  while :; do
    pids=$(grep -lszxF "REGROUP_GUARD=$guard/" /proc/[0-9]*/environ 2>/dev/null | sed 's,^/proc/\([0-9]*\)/.*,\1,')
    [ -e "$guard/applied" ] || [ -n "$pids" ] || [ "$(birth_of "$(value pid "$guard/applying")")" != "$(value birth "$guard/applying")" ] || pids=$(value pid "$guard/applying")
    [ -n "$pids" ] || return 0
    [ "$tries" -gt 0 ] || say "ending the apply: $(echo $pids)"
    tries=$((tries + 1))
    if [ "$tries" -le 20 ]; then kill -s TERM $pids 2>/dev/null; else kill -s KILL $pids 2>/dev/null; fi
    [ "$tries" -le 60 ] || { say "it does not end; going on"; return 0; }
    sleep 0.2 2>/dev/null || sleep 1
  done
}

begun=$(seconds_up)
if decide revert; then
  say "by $how: going back"
elif [ -e "$guard/decided/confirm" ]; then
  say "by $how: it was confirmed; nothing is done"
  exit 0
elif [ -e "$guard/reverted" ]; then
  say "by $how: it went back already"
  exit 0
elif [ "$(birth_of "$(value pid "$guard/reverting")")" = "$(value birth "$guard/reverting")" ] &&
  [ "$(value boot "$guard/reverting")" = "$(boot_now)" ]; then
  say "by $how: it is on its way back already"
  exit 0
else
  say "by $how: a way back that did not come to its end is gone again"
fi
echo "pid=$$ birth=$(birth_of $$) boot=$(boot_now)" | note_down reverting
stop_apply
status=0
if [ -e "$guard/applying" ]; then
  sh "$guard/back.sh" "$guard" "$how" || status=$?
else
  say "nothing was applied, so nothing goes back"
fi
say "back, status $status, after $(($(seconds_up) - begun)) s"
echo "how=$how status=$status begun=$begun ended=$(seconds_up) boot=$(boot_now)" | note_down reverted
no_boot_guard
exit "$status"
