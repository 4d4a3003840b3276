# probes ADDRESS…: which of them answer a ping, all asked at once, each up to three times.
probe() {
  case $1 in *:*) version=-6 ;; *) version=-4 ;; esac
  for try in 1 2 3; do
    if ping "$version" -n -q -c 1 -W 2 "$1" >/dev/null 2>&1 || ping -n -q -c 1 -W 2 "$1" >/dev/null 2>&1; then
      echo "$1 yes"
      return 0
    fi
  done
  echo "$1 no"
}
for address in "$@"; do probe "$address" & done
wait
