# probes ADDRESS…: which of them answer a ping, all asked at once, once a second for 5 s: yes; arp for one that is
# silent, but whose MAC address the kernel has learned; else no.
probe() {
  case $1 in *:*) version=-6 ;; *) version=-4 ;; esac
  status=0
  # With a deadline, -c 1 means until one has answered. 1 is silence; 2 is all else, and so an old ping without -4.
  ping "$version" -n -q -c 1 -w 5 "$1" >/dev/null 2>&1 || status=$?
  [ "$status" -lt 2 ] || { status=0 && ping -n -q -c 1 -w 5 "$1" >/dev/null 2>&1 || status=$?; }
  [ "$status" -ne 0 ] || { echo "$1 yes" && return 0; }
  case $(ip neigh show to "$1" 2>/dev/null) in
    *FAILED* | *INCOMPLETE* | '') echo "$1 no" ;;
    *lladdr*) echo "$1 arp" ;;
    *) echo "$1 no" ;;
  esac
}
for address in "$@"; do probe "$address" & done
wait
