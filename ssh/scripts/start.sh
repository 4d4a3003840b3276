# start ROOT RUN NAME SCOPE FENCE LAUNCHER PART WAIT LIMIT: starts the step whose files `arrive` brings, with the
# checksums that `sums` tells; waits WAIT fifths of a second for its end; answers with at most LIMIT bytes of its log.
main() {
  root=$1 run=$2 name=$3 scope=$4 number=$5 how=$6 part=$7 wait=$8 limit=$9
  dir=$root/$run/$name
  trap 'rm -rf "$part" "$part.d"' EXIT
  lock
  fence "$scope" "$number"
  [ ! -e "$dir" ] || refuse claimed "$dir"
  stage || disk_error
  verify
  claim
  launch
  unlock
  wait_for_runner
  look
  answer
  log_from 0 "$limit"
}

# Everything the step will need is on disk before the claim, the 4 KiB for its exit code
# too: a disk that fills up later cannot take the verdict away.
stage() {
  mkdir -p "$part.d" &&
    arrive &&
    : >"$part.d/log" &&
    dd if=/dev/zero of="$part.d/rc.part" bs=4096 count=1 conv=fsync
}

verify() {
  found=$(sha256sum "$part.d/run" "$part.d/stdin")
  set -- $found
  sums "$1" "${3-}" || refuse damaged sha256
}

claim() {
  mkdir "$dir" || refuse claimed "$dir"
  mv "$part.d/run" "$part.d/stdin" "$part.d/log" "$part.d/rc.part" "$dir/" || {
    rm -rf "$dir" # nothing was launched, and the lock is ours: the claim can be given back
    disk_error
  }
  for left in "$dir".part.*; do # also what starts that never came this far have left
    [ "$left" = "$part.d" ] || [ ! -e "$left" ] || rm -rf "$left"
  done
}

# Should both ways start a runner, the one that links `started` first runs and the other ends.
launch() {
  case $how in
    auto) by_systemd || by_setsid ;;
    *) by_setsid ;;
  esac
}

by_systemd() {
  [ -d /run/systemd/system ] && command -v systemd-run >/dev/null || return 1
  unit="regroup-$run-${name%.*}-${name##*.}"
  transient --collect || transient # --collect came with systemd 236; without it nothing has been launched
}

transient() {
  systemd-run --quiet "$@" --unit="$unit" --description="Regroup $run/$name" \
    /bin/sh "$dir/run" systemd </dev/null >"$dir/launch" 2>&1 9>&-
}

by_setsid() {
  setsid /bin/sh "$dir/run" setsid </dev/null >/dev/null 2>&1 9>&- &
}

wait_for_runner() {
  tries=0
  until [ -e "$dir/started" ] || [ "$tries" -ge 10 ]; do tick 0.1; done
  tries=0
  until [ -e "$dir/rc" ] || [ "$tries" -ge "$wait" ]; do tick 0.2; done
}

tick() {
  tries=$((tries + 1))
  sleep "$1" 2>/dev/null || sleep 1
}
