# read_pings DIRECTORY: whether the pings have ended, how many came back, and each run of lost ones: `gap=AFTER LOST`.
[ -e "$1/ended" ] && echo ended=yes || echo ended=no
[ -r "$1/pings" ] || exit 0
awk '
  /bytes from/ && match($0, /icmp_seq=[0-9]+/) {
    number = substr($0, RSTART + 9, RLENGTH - 9) + 0
    if (number <= last) next
    received++
    if (last && number > last + 1) print "gap=" last " " number - last - 1
    last = number
  }
  END { print "received=" received + 0; print "last=" last + 0 }' "$1/pings"
