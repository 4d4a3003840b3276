# slow_down PORT MBPS and full_speed PORT MBPS: by what is advertised where the port negotiates, else by force.
negotiates() { ethtool "$1" 2>/dev/null | grep -q 'Auto-negotiation: on'; }
slow_down() {
  if negotiates "$1"; then
    ethtool -s "$1" speed "$2" duplex full autoneg on
  else
    ethtool -s "$1" speed "$2" duplex full
  fi
}
full_speed() {
  if negotiates "$1"; then
    ethtool -s "$1" autoneg on # advertises all that it supports
  else
    ethtool -s "$1" speed "$2" duplex full
  fi
}
