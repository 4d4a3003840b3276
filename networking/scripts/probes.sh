# probes ADDRESS…: which of them answer a ping, all asked at once, each up to three times: yes; arp for one that is
# silent, but whose MAC address the kernel has learned; else no.
probe() {
  case $1 in *:*) version=-6 ;; *) version=-4 ;; esac
  for try in 1 2 3; do
    if ping "$version" -n -q -c 1 -W 2 "$1" >/dev/null 2>&1 || ping -n -q -c 1 -W 2 "$1" >/dev/null 2>&1; then
      echo "$1 yes"
      return 0
    fi
  done
  case $(ip neigh show to "$1" 2>/dev/null) in
    *FAILED* | *INCOMPLETE* | '') echo "$1 no" ;;
    *lladdr*) echo "$1 arp" ;;
    *) echo "$1 no" ;;
  esac
}
for address in "$@"; do probe "$address" & done
wait
