# What a drill does on the host. Before this stand guard, bond, primary, standby, mbps (the primary's speed now), slow (the
# speed to slow it down to, or 0), policy.
sys=/sys/class/net/$bond/bonding
port=/sys/class/net/$primary
centiseconds() { read -r up _ </proc/uptime && printf '%s%s' "${up%.*}" "${up#*.}"; }
active() { cat "$sys/active_slave"; }
failures() { cat "$port/bonding_slave/link_failure_count" 2>/dev/null || echo 0; }
note() { printf '%s\n' "$*" | tee -a "$guard/drill"; }
fail() {
  note "failed=$*"
  echo "$*" >&2
  exit 1
}

# reaches SECONDS COMMAND…: until it is true; sets waited, in ms
reaches() {
  begun=$(centiseconds) limit=$(($1 * 100))
  shift
  until "$@"; do
    [ $(($(centiseconds) - begun)) -lt "$limit" ] || return 1
    sleep 0.02 2>/dev/null || sleep 1
  done
  waited=$((($(centiseconds) - begun) * 10))
}
carried_by() { [ "$(active)" = "$1" ]; }
left() { [ "$(active)" != "$primary" ] && [ -n "$(active)" ]; }
is_down() { [ "$(cat "$port/bonding_slave/mii_status" 2>/dev/null)" = down ]; }
is_up() { [ "$(cat "$port/bonding_slave/mii_status" 2>/dev/null)" = up ]; }

# bounce NAME: primary down, until the traffic has moved; up again, until the bond takes its link for good
bounce() {
  ip link set dev "$primary" down
  reaches 30 left || fail "The traffic did not leave $primary within 30 s of its link going down."
  note "$1_moved_ms=$waited"
  note "$1_moved_to=$(active)"
  sleep 3
  [ -z "$2" ] || slow_down "$primary" "$2" || fail "$primary could not be set to $2 Mb/s."
  ip link set dev "$primary" up
  reaches 90 is_up || fail "$primary did not come up again within 90 s."
  note "$1_up_ms=$waited"
  sleep 2
  note "$1_then=$(active)"
}

carried_by "$primary" || fail "$(active) carries the traffic at the beginning, not the primary $primary."
note "failures_before=$(failures)"
if [ "$slow" != 0 ]; then
  bounce slowed "$slow"
  ip link set dev "$primary" down
  # A link that is back before the next look (miimon) was never away for the bond, and no policy moves anything then.
  reaches 90 is_down || fail "The bond did not see $primary go down within 90 s."
  full_speed "$primary" "$mbps" || fail "$primary could not be set back to $mbps Mb/s."
  ip link set dev "$primary" up
  reaches 90 is_up || fail "$primary did not come up again within 90 s."
  sleep 2
  note "restored_then=$(active)"
  carried_by "$primary" || printf '%s\n' "$primary" >"$sys/active_slave"
fi
bounce plain ''
if [ "$policy" = failure ]; then
  # As the policy says it has stayed; the host is left as it was found.
  printf '%s\n' "$primary" >"$sys/active_slave"
fi
reaches 10 carried_by "$primary" || fail "The traffic is not back on $primary; $(active) carries it."
note "failures_after=$(failures)"
note "done=yes"
