# stop ROOT DIR SCOPE FENCE GRACE: TERM to all of the step's processes, after GRACE seconds KILL.
# Not to the runner: it stays to write the exit code.
main() {
  root=$1 dir=$2 grace=$5
  lock
  fence "$3" "$4"
  look
  case $state in absent | claimed) bury && look ;; esac
  unlock
  if [ "$state" = running ]; then
    : >"$dir/stopping"
    signal_all TERM "$grace" || signal_all KILL 5
    look
  fi
  answer
}

# signal_all SIGNAL SECONDS: again and again, because a process may start another one meanwhile.
signal_all() {
  deadline=$(($(date +%s) + $2 + 1))
  while :; do
    pids=$(marked)
    [ -z "$pids" ] || kill -s "$1" $pids 2>/dev/null
    look
    [ "$state" = running ] || return 0
    [ "$(date +%s)" -lt "$deadline" ] || return 1
    sleep 0.2 2>/dev/null || sleep 1
  done
}
