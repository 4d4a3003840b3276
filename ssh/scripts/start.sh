# start ROOT RUN NAME SCOPE FENCE LAUNCHER PART SIZE SUM RUNNER_SIZE
main() {
  root=$1 run=$2 name=$3 scope=$4 number=$5 how=$6 part=$7 size=$8 sum=$9
  shift 9
  runner_size=$1 dir=$root/$run/$name
  trap 'rm -rf "$part" "$part.d"' EXIT
  lock
  fence "$scope" "$number"
  [ ! -e "$dir" ] || refuse claimed "$dir"
  verify
  stage || disk_error
  claim
  launch
  unlock
  wait_for_runner
  look
  answer
}

verify() {
  [ "$(($(wc -c <"$part")))" -eq "$size" ] || refuse damaged "size"
  found=$(sha256sum <"$part")
  [ "${found%% *}" = "$sum" ] || refuse damaged "sha256"
}

# Everything the step will need is on disk before the claim, the 4 KiB for its exit code
# too: a disk that fills up later cannot take the verdict away.
stage() {
  mkdir "$part.d" &&
    head -c "$runner_size" "$part" >"$part.d/run" &&
    tail -c "+$((runner_size + 1))" "$part" >"$part.d/stdin" &&
    : >"$part.d/log" &&
    dd if=/dev/zero of="$part.d/rc.part" bs=4096 count=1 conv=fsync
}

claim() {
  mkdir "$dir" || refuse claimed "$dir"
  mv "$part.d/run" "$part.d/stdin" "$part.d/log" "$part.d/rc.part" "$dir/" || {
    rm -rf "$dir" # nothing was launched, and the lock is ours: the claim can be given back
    disk_error
  }
  rm -rf "$dir".part.* # also what starts that never came this far have left
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
  unit="regroup-$run-$(printf %s "$name" | tr . -)"
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
  while [ ! -e "$dir/started" ] && [ "$tries" -lt 20 ]; do
    tries=$((tries + 1))
    sleep 0.05 2>/dev/null || sleep 1
  done
}
