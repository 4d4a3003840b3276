"""Pieces of the POSIX sh text with which the back-ends bring a bond up, and go back. They only compute text.

What holds for every manager: the bond's ports carry no address; options are written to sysfs only where they differ,
the policy before the primary, since writing the primary moves traffic at once (bond_options.c, force_primary); the text
ends well only once the kernel has the ports, the options, the addresses and the gateways that the files say.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from shlex import quote

from networking.backends.options import KERNEL
from networking.bonding.model import DHCP, NOTHING, STATIC, Bond, Options
from networking.facts.values import BondNow, Network

PRELUDE = """\
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
die() { printf '%s\\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
# patient SECONDS COMMAND…: until it is true, looking five times a second
patient() {
    left=$(($1 * 5))
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 0.2
    done
}
# bare NIC: no DHCP client and no address of its own
bare() {
    for pid in "/run/dhclient.$1.pid" "/run/dhclient-$1.pid" "/var/run/dhclient-$1.pid" "/run/udhcpc.$1.pid"; do
        [ -s "$pid" ] && kill "$(cat "$pid")" 2>/dev/null
    done
    ip addr flush dev "$1" scope global 2>/dev/null
    return 0
}
# gone BOND: its ports are free again and it is no more
gone() {
    [ -e "/sys/class/net/$1/bonding" ] || return 0
    for port in $(cat "/sys/class/net/$1/bonding/slaves"); do
        printf -- '-%s\\n' "$port" >"/sys/class/net/$1/bonding/slaves"
    done
    ip link del dev "$1" 2>/dev/null || printf -- '-%s\\n' "$1" >/sys/class/net/bonding_masters
}
# announced NIC: others may know its addresses by the MAC address of the NIC that had them, until they hear otherwise
announced() {
    ip -4 -o addr show dev "$1" scope global | while read -r number name family address rest; do
        if have arping; then arping -q -U -c 2 -w 3 -I "$1" "${address%/*}" >/dev/null 2>&1; fi
    done
    for version in -4 -6; do
        ip neigh flush dev "$1" 2>/dev/null
        for gateway in $(ip $version route show default dev "$1" | sed -n 's/.* via \\([^ ]*\\).*/\\1/p'); do
            ping $version -c 1 -W 2 -I "$1" "$gateway" >/dev/null 2>&1
        done
    done
    return 0
}
# ours NAME: the bond of this change or a port of it; where nobody said which they are, all are
ours() {
    case " ${concerned-} " in "  " | *" $1 "*) ;; *) return 1 ;; esac
}
bonds() { cat /sys/class/net/bonding_masters 2>/dev/null; }
cards() {
    for nic in /sys/class/net/*; do
        if [ -e "$nic/device" ]; then printf '%s\\n' "${nic##*/}"; fi
    done
}
"""

CHECKS = """\
sys=/sys/class/net/$bond/bonding
enslaved() {
    [ -e "$sys/slaves" ] || return 1
    for port in $ports; do
        case " $(cat "$sys/slaves") " in *" $port "*) ;; *) return 1 ;; esac
    done
}
option() {
    if [ ! -e "$sys/$1" ]; then
        case $2 in 0 | none | '') return 0 ;; *) die "This kernel has no option $1 for $bond." ;; esac
    fi
    now=
    read -r now rest <"$sys/$1"
    [ "$now" = "$2" ] || printf '%s\\n' "$2" >"$sys/$1" || die "The kernel refused $1=$2 for $bond."
}
targets() {
    for target in $(cat "$sys/arp_ip_target"); do
        case " $* " in *" $target "*) ;; *) printf -- '-%s\\n' "$target" >"$sys/arp_ip_target" ;; esac
    done
    for target in "$@"; do
        case " $(cat "$sys/arp_ip_target") " in
        *" $target "*) ;;
        *) printf '+%s\\n' "$target" >"$sys/arp_ip_target" || die "The kernel refused the ARP target $target." ;;
        esac
    done
}
addressed() {
    for address in $addresses; do
        ip -o addr show dev "$bond" 2>/dev/null | grep -qF " $address " || return 1
    done
    for gateway in $gateways; do
        case $gateway in *:*) version=-6 ;; *) version=-4 ;; esac
        ip $version route show default dev "$bond" 2>/dev/null | grep -qF "via $gateway " || return 1
    done
    [ "$dhcp" = no ] || ip -4 -o addr show dev "$bond" scope global 2>/dev/null | grep -q inet
}
"""


def opening(bond: Bond) -> str:
    """Functions and the bond in shell variables: the first part of every `apply`."""
    addressing = bond.addressing
    addresses = [str(ip_interface(text).with_prefixlen) for text in addressing.addresses]
    values = {
        "bond": bond.name,
        "ports": " ".join(port.name for port in bond.ports),
        "addresses": " ".join(addresses) if addressing.method != NOTHING else "",
        "gateways": " ".join(str(ip_address(text)) for text in addressing.gateways),
        "dhcp": "yes" if addressing.method == DHCP else "no",
    }
    return PRELUDE + "".join(f"{name}={quote(text)}\n" for name, text in values.items()) + CHECKS


def settled(bond: Bond, seconds: int = 60) -> str:
    """Waits for ports and addresses, makes the options agree, announces itself: the last part of every `apply`."""
    return (
        'patient 45 enslaved || die "$bond did not get its ports ($ports); it has: $(cat "$sys/slaves" 2>/dev/null)"\n'
        f"{agreed(bond.options)}"
        'for port in $ports; do ip addr flush dev "$port" scope global 2>/dev/null; done\n'
        f'patient {seconds} addressed || die "$bond did not get its addresses ($addresses $gateways): '
        '$(ip -o addr show dev "$bond" 2>/dev/null)"\nannounced "$bond"\n'
    )


def agreed(options: Options) -> str:
    """Options that may change under a running bond, each written only where the kernel has another value.

    Monitor first (a delay needs miimon, and is kept as a multiple of it), the policy before the primary.
    """
    lines = []
    if options.arp_interval:
        lines += [_targets(options), f"option arp_interval {options.arp_interval}"]
        lines.append(f"option arp_validate {quote(options.arp_validate)}")
    elif options.miimon:
        lines += [f"option miimon {options.miimon}"]
        lines += [f"option {name} {getattr(options, name)}" for name in ("updelay", "downdelay", "peer_notif_delay")]
    for name in ("num_grat_arp", "resend_igmp", "min_links"):
        lines.append(f"option {name} {getattr(options, name)}")
    lines.append(f"option all_slaves_active {int(options.all_slaves_active)}")
    lines.append(f"option primary_reselect {quote(options.primary_reselect)}")
    lines.append(f"option primary {quote(options.primary)}")
    return "\n".join(lines) + "\n"


def _targets(options: Options) -> str:
    return " ".join(("targets", *map(quote, options.arp_ip_targets)))


def rebuild_reason(bond: Bond, now: Network) -> str:
    """Why the running host cannot become this without an outage, as a sentence; empty where sysfs is enough."""
    running = now.bond(bond.name)
    if running is None:
        return f"{bond.name} does not run yet; its ports change hands once."
    for name in ("mode", "fail_over_mac"):
        value = _running(running, name)
        if value and value != getattr(bond.options, name):
            return f"{name} changes from {value} to {getattr(bond.options, name)}; the kernel wants no ports for that."
    ports = {port.name for port in running.status.ports}
    wanted = {port.name for port in bond.ports}
    if ports != wanted:
        return f"The ports of {bond.name} change from {_listed(ports)} to {_listed(wanted)}."
    return _addresses_differ(bond, now)


def _running(running: BondNow, name: str) -> str:
    text = running.options.get(name) or getattr(running.status, name) or getattr(KERNEL, name)
    return str(text).split()[0] if text else ""


def _addresses_differ(bond: Bond, now: Network) -> str:
    nic = now.nic(bond.name)
    has = {str(ip_interface(text)) for text in nic.addresses if not text.startswith("fe80")} if nic else set()
    wants = {str(one) for one in bond.addressing.interfaces()}
    if bond.addressing.method == STATIC and not wants <= has:
        return f"The addresses of {bond.name} change from {_listed(has)} to {_listed(wants)}."
    gateways = {route.via for route in now.routes if route.to == "default" and route.device == bond.name}
    missing = set(bond.addressing.gateways) - gateways
    if missing:
        return f"The gateway {_listed(missing)} is new to {bond.name}."
    if bond.mtu and nic and nic.mtu != bond.mtu:
        return f"The MTU of {bond.name} changes from {nic.mtu} to {bond.mtu}."
    return ""


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
