# kernel clear|mend: the running kernel as it was before. `wanted` calls `address` and `route` once for each.
remove_bond() {
  [ -d "/sys/class/net/$1/bonding" ] || return 0
  for port in $(cat "/sys/class/net/$1/bonding/slaves"); do
    ip link set "$port" nomaster && echo "took $port out of $1"
  done
  ip link del "$1" && echo "removed $1"
}

has_address() { ip -o addr show dev "$1" 2>/dev/null | grep -qF " $2 "; }
has_route() { ip route show to exact "$1" dev "$3" 2>/dev/null | grep -qF "via $2 "; }
family_of() { case $1 in *:*) echo -6 ;; *) echo -4 ;; esac; }

address() {
  if [ "$how" = count ]; then
    has_address "$1" "$2" || missing=$((missing + 1))
  elif ! has_address "$1" "$2"; then
    ip link set "$1" up
    ip addr add "$2" dev "$1" && echo "gave $2 to $1 by hand"
  fi
}

route() {
  case $1 in *:*) return 0 ;; esac
  [ "$(family_of "$2")" = -4 ] || return 0
  if [ "$how" = count ]; then
    has_route "$1" "$2" "$3" || missing=$((missing + 1))
  elif ! has_route "$1" "$2" "$3"; then
    if [ "$4" = 0 ]; then set -- "$1" "$2" "$3"; else set -- "$1" "$2" "$3" metric "$4"; fi
    to=$1 via=$2 dev=$3
    shift 3
    ip route replace "$to" via "$via" dev "$dev" "$@" && echo "gave the route to $to by hand"
  fi
}

# Waits for the network manager, then sets by hand what is still missing.
mend() {
  read -r up _ </proc/uptime
  end=$((${up%%.*} + patience))
  while how=count missing=0 && wanted && [ "$missing" -gt 0 ] && [ "${up%%.*}" -lt "$end" ]; do
    sleep 1
    read -r up _ </proc/uptime
  done
  [ "$missing" -gt 0 ] || return 0
  how=set
  wanted
  how=count missing=0
  wanted
  [ "$missing" -eq 0 ]
}

