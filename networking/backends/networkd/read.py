"""Reads systemd-networkd's .netdev and .network files, drop-ins with them.

systemd.network(5), systemd.netdev(5): files of one name in /etc win over /run and /usr/lib; for a link the first
.network file in the order of the names whose [Match] fits is used, and no other. A time without unit is in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from ipaddress import ip_address

from networking.backends.addresses import in_order, network, with_prefix
from networking.backends.inifile import IniText, Section, read_ini
from networking.backends.options import read_options
from networking.backends.protocol import Configured, Files, Flaw
from networking.backends.times import milliseconds
from networking.bonding.model import DHCP, NOTHING, STATIC, Addressing, Bond, Options, Port, Route

FOLDERS = ("/etc/systemd/network", "/run/systemd/network", "/usr/lib/systemd/network", "/lib/systemd/network")
PATTERNS = tuple(
    f"{folder}/{name}"
    for folder in FOLDERS[:3]
    for name in ("*.netdev", "*.network", "*.netdev.d/*.conf", "*.network.d/*.conf")
)

TRUE, FALSE = ("1", "yes", "true", "on", "y", "t"), ("0", "no", "false", "off", "n", "f")

TIMES = {
    "MIIMonitorSec": "miimon",
    "UpDelaySec": "updelay",
    "DownDelaySec": "downdelay",
    "ARPIntervalSec": "arp_interval",
}
PLAIN = {
    "Mode": "mode",
    "PrimaryReselectPolicy": "primary_reselect",
    "FailOverMACPolicy": "fail_over_mac",
    "GratuitousARP": "num_grat_arp",
    "ARPIPTargets": "arp_ip_target",
    "ARPValidate": "arp_validate",
    "ResendIGMP": "resend_igmp",
    "MinLinks": "min_links",
    "AllSlavesActive": "all_slaves_active",
}
ROUTE_KEYS = {"Gateway", "Destination", "Metric", "Scope", "GatewayOnLink"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A file with its drop-ins. `base` is what orders it."""

    path: str
    base: str
    ini: IniText

    def flaw(self, section: str, key: str, sentence: str) -> Flaw:
        return Flaw(self.path, self.ini.line(section, key), sentence)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(" ".join(self.ini.values("Match", "Name")).split())

    @property
    def address(self) -> str:
        """The permanent or present MAC address that it matches, if it is one."""
        found = (
            " ".join(self.ini.values("Match", "PermanentMACAddress", "MACAddress")).lower().replace("-", ":").split()
        )
        return found[0] if len(found) == 1 else ""

    @property
    def only(self) -> str:
        """The one interface that it is for, by its name, else its MAC address; empty for a pattern."""
        if len(self.names) == 1 and not re.search(r"[*?\[!]", self.names[0]):
            return self.names[0]
        return self.address if not self.names else ""

    def fits(self, name: str, address: str = "", *, nic: bool = True) -> bool:
        """Whether it could match a link of that name; what is unknown of a NIC (driver, path) is taken to fit."""
        if self.address and self.address != address:
            return False
        if not self.names and not self.address:
            typed = self.ini.get("Match", "Type") in ("", "ether") and not self.ini.get("Match", "Kind")
            return (nic and typed) or not any(one.entries for one in self.ini.named("Match"))
        matched = any(fnmatchcase(name, pattern.lstrip("!")) for pattern in self.names)
        return matched != any(pattern.startswith("!") for pattern in self.names) or not self.names


def units(files: Files, kind: str) -> tuple[Unit, ...]:
    """Files of a kind (".network", ".netdev") that count, in the order in which they are looked at."""
    chosen: dict[str, str] = {}
    for folder in FOLDERS:
        for path in files:
            place, _, base = path.rpartition("/")
            if place == folder and base.endswith(kind):
                chosen.setdefault(base, path)
    found = []
    for base, path in sorted(chosen.items()):
        texts = [files[path], *(files[extra] for extra in _drop_ins(files, base))]
        if files[path].strip() or len(texts) > 1:
            found.append(Unit(path, base, read_ini("\n".join(texts))))
    return tuple(found)


def _drop_ins(files: Files, base: str) -> list[str]:
    chosen: dict[str, str] = {}
    for folder in FOLDERS:
        for path in files:
            place, _, name = path.rpartition("/")
            if place == f"{folder}/{base}.d" and name.endswith(".conf"):
                chosen.setdefault(name, path)
    return [chosen[name] for name in sorted(chosen)]


def read(files: Files) -> Configured:
    """Everything that the files say; never raises."""
    networks, netdevs = units(files, ".network"), units(files, ".netdev")
    flaws = [Flaw(unit.path, line, text) for unit in (*networks, *netdevs) for line, text in unit.ini.flaws]
    flaws += [flaw for unit in networks for flaw in _misplaced(unit)]
    used, said = _first_matches(networks)
    flaws += said
    bonds, plain, owner = [], dict[str, Addressing](), dict[str, str]()
    for netdev in netdevs:
        if netdev.ini.get("NetDev", "Kind") == "bond":
            bond, said = _bond(netdev, used)
            bonds.append(bond)
            flaws += said
            owner[bond.name] = netdev.path
    names = {bond.name for bond in bonds}
    for unit in used:
        for name in [unit.only] if unit.only else unit.names:
            owner.setdefault(name, unit.path)
            if not unit.ini.get("Network", "Bond") and name not in names and not name.startswith("!"):
                plain[name], said = addressing_of(unit)
                flaws += said
    for name in sorted({unit.ini.get("Network", "Bond") for unit in used} - names - {""}):
        first = next(unit for unit in used if unit.ini.get("Network", "Bond") == name)
        flaws.append(first.flaw("Network", "Bond", f"{name} has no .netdev file; it is not made."))
    return Configured(
        tuple(sorted(bonds, key=lambda bond: bond.name)),
        plain,
        owner,
        tuple(sorted(flaws, key=lambda flaw: (flaw.path, flaw.line))),
    )


def _first_matches(networks: tuple[Unit, ...]) -> tuple[list[Unit], list[Flaw]]:
    """Without the files that an earlier one takes their only interface from, which is the trap of this manager."""
    used, flaws = list[Unit](), list[Flaw]()
    for unit in networks:
        name = unit.only
        earlier = next((one for one in used if name and one.fits(name, unit.address)), None)
        if earlier is None:
            used.append(unit)
            continue
        flaws.append(
            unit.flaw(
                "Match",
                "Name",
                f"{earlier.path} comes before this file by its name and matches {name} too; only the first is used, so"
                " nothing of this one is. Give it a name that sorts earlier.",
            )
        )
    return used, flaws


def _bond(netdev: Unit, networks: list[Unit]) -> tuple[Bond, list[Flaw]]:
    name = netdev.ini.get("NetDev", "Name")
    options, flaws = _options(netdev)
    members = [unit for unit in networks if unit.ini.get("Network", "Bond") == name]
    ports = [Port(port_name(unit), _permanent(unit)) for unit in members]
    primaries = [port_name(unit) for unit in members if unit.ini.get("Network", "PrimarySlave").lower() in TRUE]
    if len(primaries) > 1:
        flaws.append(netdev.flaw("NetDev", "Name", f"{name} has two primaries ({', '.join(primaries)}); one can be."))
    if primaries:
        options = replace(options, primary=primaries[-1])
    own = next((unit for unit in networks if unit.fits(name, nic=False) and not unit.ini.get("Network", "Bond")), None)
    addressing, said = addressing_of(own) if own else (Addressing(), [])
    mtu = (own.ini.get("Link", "MTUBytes") if own else "") or netdev.ini.get("NetDev", "MTUBytes")
    pinned = netdev.ini.get("NetDev", "MACAddress").lower()
    return Bond(name, in_order(ports, pinned), options, addressing, _bytes(mtu)), [*flaws, *said]


def port_name(unit: Unit) -> str:
    """The interface's name; where only its MAC address is matched, the one in our files' names, else the address."""
    ours = re.fullmatch(rf"[0-9][0-9]-{re.escape(unit.ini.get('Network', 'Bond'))}-(.+)\.network", unit.base)
    return (ours[1] if ours and not unit.names else "") or unit.only or " ".join(unit.names)


def _permanent(unit: Unit) -> str:
    return unit.ini.get("Match", "PermanentMACAddress").lower() or unit.address


def _bytes(text: str) -> int | None:
    match = re.fullmatch(r"([0-9]+)([KMG]?)", text.strip())
    return int(match[1]) * 1024 ** " KMG".index(match[2] or " ") if match else None


def _options(netdev: Unit) -> tuple[Options, list[Flaw]]:
    pairs, flaws = list[tuple[str, str]](), list[Flaw]()
    lines: dict[str, str] = {}
    for section in netdev.ini.named("Bond"):
        for entry in section.entries:
            if entry.key in TIMES:
                span = milliseconds(entry.value)
                if span is None:
                    flaws.append(Flaw(netdev.path, entry.line, f"{entry.key}={entry.value} is no time."))
                    continue
                if entry.value.isdigit() and entry.value != "0":
                    flaws.append(
                        Flaw(
                            netdev.path,
                            entry.line,
                            f"{entry.key}={entry.value} is {entry.value} seconds, since it has no unit;"
                            f" for milliseconds write {entry.value}ms.",
                        )
                    )
                pairs.append((TIMES[entry.key], str(span)))
                lines[TIMES[entry.key]] = entry.key
            elif entry.key in PLAIN:
                pairs.append((PLAIN[entry.key], _plain(entry.key, entry.value)))
                lines[PLAIN[entry.key]] = entry.key
            elif entry.key in ("PrimarySlave", "ActiveSlave", "Primary"):
                flaws.append(Flaw(netdev.path, entry.line, _elsewhere(entry.key)))
    result = read_options(pairs)
    for problem in result.problems:
        flaws.append(netdev.flaw("Bond", lines.get(problem.partition("=")[0], "Mode"), problem))
    return result.options, flaws


def _plain(key: str, value: str) -> str:
    if key == "AllSlavesActive":
        return "1" if value.lower() in TRUE else "0"
    return ",".join(value.split()) if key == "ARPIPTargets" else value


def _elsewhere(key: str) -> str:
    return f"{key} stands here for nothing: write PrimarySlave=true beside Bond= in the .network file of the port."


def _misplaced(unit: Unit) -> Iterator[Flaw]:
    for entry in unit.ini.entries("Network", "PrimarySlave"):
        if not unit.ini.get("Network", "Bond"):
            yield Flaw(unit.path, entry.line, _elsewhere("PrimarySlave"))
        elif entry.value.lower() not in (*TRUE, *FALSE):
            yield Flaw(unit.path, entry.line, f"PrimarySlave is yes or no, not {entry.value!r}; it is left out.")
    for section in unit.ini.named("Bond"):
        yield Flaw(unit.path, section.line, "[Bond] belongs into the .netdev file; here it is read as nothing.")
    if not unit.ini.named("Match"):
        yield Flaw(unit.path, 1, "Without [Match] this file is for every interface.")


def addressing_of(unit: Unit) -> tuple[Addressing, list[Flaw]]:
    """What [Network], [Address] and [Route] say; routes of other tables or kinds are not the model's."""
    flaws = list[Flaw]()

    def checked(read: Callable[[str], str], texts: list[str], key: str, line: int = 0) -> list[str]:
        good = []
        for text in texts:
            try:
                good.append(read(text))
            except ValueError as error:
                flaws.append(Flaw(unit.path, line or unit.ini.line("Network", key), f"{key}={text}: {error}."))
        return good

    ini = unit.ini
    addresses = checked(with_prefix, ini.values("Network", "Address"), "Address")
    addresses += checked(with_prefix, [one.get("Address") for one in ini.named("Address") if simple(one)], "Address")
    gateways = checked(_address, [text for text in ini.values("Network", "Gateway") if text[:1] != "_"], "Gateway")
    routes = list[Route]()
    for section in ini.named("Route"):
        to, via, metric = section.get("Destination"), section.get("Gateway"), section.get("Metric")
        if not simple(section):
            continue
        if to in ("", "0.0.0.0/0", "::/0"):
            gateways += checked(_address, [via], "Gateway", section.line)
        else:
            nets = checked(network, [to], "Destination", section.line)
            routes += [Route(net, via, int(metric) if metric.isdigit() else None) for net in nets]
    dns = tuple(" ".join(ini.values("Network", "DNS")).split())
    search = tuple(word for word in " ".join(ini.values("Network", "Domains")).split() if word[:1] != "~")
    dhcp = ini.get("Network", "DHCP").lower()
    method = DHCP if dhcp in (*TRUE, "ipv4", "both", "v4") else STATIC if addresses else NOTHING
    return Addressing(method, tuple(dict.fromkeys(addresses)), tuple(gateways), tuple(routes), dns, search), flaws


def _address(text: str) -> str:
    return str(ip_address(text))


def simple(section: Section) -> bool:
    """Whether an [Address] or [Route] says no more than the model can."""
    keys = {entry.key for entry in section.entries}
    return keys <= ({"Address"} if section.name == "Address" else ROUTE_KEYS)
