"""A bond on a lab host's eth0 (10 Gb/s) and eth1 (1 Gb/s), for questions to its kernel.

`Bench.ask` runs shell text that may use the functions below and returns what it said, by name: one login for each
question, since a login costs more than all that is asked. Whatever the kernel needs time for is waited for by its
effect, within bounds that no machine reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab import Host
from networking.bonding.health import assess
from networking.bonding.states import Health
from networking.facts.nics import AskBonds
from networking.facts.values import BondNow, Bonds
from ssh.facts import SessionAsk
from ssh.session import Session

NOMINAL = {"eth0": 10000, "eth1": 1000}
FUNCTIONS = """
B=/sys/class/net/bond0/bonding
say() { printf '%s=%s\\n' "$1" "$2"; }
value() { value=; read -r value <"$1" || :; }
option() { value "$B/$2"; say "$1" "$value"; }
active() { option "$1" active_slave; }
set_option() { echo "$2" >"$B/$1"; }
refused() { if (echo "$3" >"$B/$2") 2>/dev/null; then say "$1" no; else say "$1" yes; fi; }
until_is() { # file value
    for turn in $(seq 400); do
        value "$1"
        [ "$value" != "$2" ] || return 0
        sleep 0.05
    done
    say "no-$2" "$1 says $value" && exit 1
}
link_is() { until_is "/sys/class/net/$1/bonding_slave/mii_status" "$2" && sleep 0.1; }
down() { ip link set "$1" down && link_is "$1" down; }
up() { ip link set "$1" up && link_is "$1" up; }
slowed() { ethtool -s "$1" speed "$2" duplex full; }
enslave() { ip link set "$1" down && ip link set "$1" master bond0; }
told() { # name port line: what /proc says of a port
    say "$1" "$(sed -n "/^Slave Interface: $2\\$/,/^\\$/s/^$3: //p" /proc/net/bonding/bond0)"
}
bond() { # anew, with options
    ip link del bond0 2>/dev/null
    ip link del dummy0 2>/dev/null
    slowed eth0 10000 && slowed eth1 1000
    ip link add bond0 type bond mode active-backup "$@" && enslave eth0 && enslave eth1 && ip link set bond0 up
    [ "$1" != miimon ] || { link_is eth0 up && link_is eth1 up; }
}
"""


@dataclass
class Bench:
    """The host, and a session that facts are asked over."""

    host: Host
    session: Session

    def ask(self, text: str) -> dict[str, str]:
        """What the text said, by name. LabError where it ended otherwise than well."""
        said = self.host.run(f"{FUNCTIONS}{text}\nexit 0\n", sudo=True, timeout=180)
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def seen(self) -> Bonds:
        return SessionAsk(self.session)(AskBonds())

    def bond(self) -> BondNow:
        found = self.seen().bond("bond0")
        assert found
        return found

    def health(self) -> Health:
        seen = self.seen()
        speeds = {nic.name: nic.speed_mbps for nic in seen.nics}
        found = seen.bond("bond0")
        assert found
        return assess(found.status, nominal=NOMINAL, options=found.options, speeds=speeds)
