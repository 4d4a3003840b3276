"""Reads NetworkManager's keyfiles: one profile a file, of bonds, their ports, and plain interfaces.

nm-settings-keyfile(5), libnm-core's nm-setting-bond.c: both spellings of a port's place are read (controller or master,
port-type or slave-type); miimon is 100 where nothing is said of a monitor; a profile matches the permanent MAC address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address

from networking.backends.addresses import in_order, network, with_prefix
from networking.backends.inifile import IniText, read_ini
from networking.backends.options import KERNEL, KNOWN, read_options
from networking.backends.protocol import Configured, Files, Flaw
from networking.bonding.model import DHCP, NOTHING, STATIC, Addressing, Bond, Options, Port, Route

ETC = "/etc/NetworkManager/system-connections"
FOLDERS = (ETC, "/run/NetworkManager/system-connections", "/usr/lib/NetworkManager/system-connections")
PATTERNS = (f"{ETC}/*", *(f"{folder}/*.nmconnection" for folder in FOLDERS[1:]))
IGNORED = re.compile(r"\..*|.*(~|\.bak|\.swp|\.swx|\.rpmnew|\.rpmorig|\.rpmsave|\.dpkg-dist|\.dpkg-new|\.dpkg-old)")
WIRED = ("ethernet", "802-3-ethernet")
OTHERS = frozenset(
    {
        "ad_actor_sys_prio",
        "ad_actor_system",
        "ad_select",
        "ad_user_port_key",
        "active_slave",
        "arp_all_targets",
        "arp_missed_max",
        "balance-slb",
        "lacp_active",
        "lacp_rate",
        "lp_interval",
        "ns_ip6_target",
        "packets_per_slave",
        "tlb_dynamic_lb",
        "use_carrier",
        "xmit_hash_policy",
    }
)
NO_HOP = ("", "0.0.0.0", "::")  # noqa: S104  # a next hop that is none, nothing is bound


@dataclass(frozen=True, slots=True)
class Profile:
    """One file."""

    path: str
    ini: IniText

    def get(self, *keys: str) -> str:
        return plain(self.ini.get("connection", *keys))

    @property
    def type(self) -> str:
        return "ethernet" if self.get("type") in WIRED else self.get("type")

    @property
    def address(self) -> str:
        return self.wired("mac-address").lower()

    def wired(self, key: str) -> str:
        """Of [ethernet], or [802-3-ethernet] as it is called as well."""
        return next((self.ini.get(name, key) for name in WIRED if self.ini.named(name)), "")

    @property
    def controller(self) -> str:
        return self.get("controller", "master") if self.get("port-type", "slave-type") in ("bond", "") else ""

    @property
    def autoconnect(self) -> bool:
        return self.get("autoconnect").lower() not in ("false", "no", "0")

    @property
    def device(self) -> str:
        """The interface by name, else the one in our files' names, else its MAC address; empty for any."""
        ours = re.fullmatch(rf"{re.escape(self.controller)}-(.+)\.nmconnection", self.path.rpartition("/")[2])
        own = ours[1] if ours and self.controller and self.address else ""
        return self.get("interface-name") or self.ini.get("bond", "interface-name") or own or self.address

    def flaw(self, section: str, key: str, sentence: str) -> Flaw:
        return Flaw(self.path, self.ini.line(section, key), sentence)


def profiles(files: Files) -> tuple[Profile, ...]:
    """Every profile, by path; of one file name that of /etc."""
    chosen: dict[str, str] = {}
    for folder in FOLDERS:
        for path in sorted(files):
            place, _, base = path.rpartition("/")
            if place == folder and not IGNORED.fullmatch(base) and (folder == ETC or base.endswith(".nmconnection")):
                chosen.setdefault(base, path)
    found = (Profile(path, read_ini(files[path], comments="#", continued=False)) for path in sorted(chosen.values()))
    return tuple(profile for profile in found if profile.get("type") or profile.ini.named("connection"))


def read(files: Files) -> Configured:
    """Everything that the files say; never raises. Profiles that never start by themselves count for nothing."""
    every = profiles(files)
    flaws = [flaw for profile in every for flaw in _spelling(profile)]
    used = [profile for profile in every if profile.autoconnect]
    flaws += _double(used)
    bonds, plain, owner = [], dict[str, Addressing](), dict[str, str]()
    masters = {profile.device for profile in used if profile.type == "bond"}
    masters |= {profile.get("uuid") for profile in used if profile.type == "bond"}
    for profile in used:
        if profile.device:
            owner.setdefault(profile.device, profile.path)
        if profile.type == "bond":
            bond, said = _bond(profile, used)
            bonds.append(bond)
            flaws += said
        elif profile.controller:
            if profile.controller not in masters:
                line = profile.ini.line("connection", "controller", "master")
                sentence = f"No profile makes the bond {profile.controller}; this one never starts."
                flaws.append(Flaw(profile.path, line, sentence))
        elif not profile.get("controller", "master"):
            plain[profile.device or "*"], said = addressing_of(profile)
            flaws += said
    return Configured(
        tuple(sorted(bonds, key=lambda bond: bond.name)),
        plain,
        owner,
        tuple(sorted(flaws, key=lambda flaw: (flaw.path, flaw.line))),
    )


def _spelling(profile: Profile) -> Iterator[Flaw]:
    yield from (Flaw(profile.path, line, sentence) for line, sentence in profile.ini.flaws)
    for section in profile.ini.sections:
        for entry in section.entries:
            if " #" in entry.value and section.name in ("connection", "bond"):
                sentence = f"NetworkManager takes “{entry.value}” as the value, the remark with it; give it a line."
                yield Flaw(profile.path, entry.line, sentence)
    if profile.type == "bond":
        for section in profile.ini.named("bond"):
            for entry in section.entries:
                if entry.key not in KNOWN | OTHERS | {"interface-name"}:
                    sentence = f"NetworkManager knows no bond option {entry.key} and refuses the whole profile."
                    yield Flaw(profile.path, entry.line, sentence)


def _double(used: list[Profile]) -> Iterator[Flaw]:
    first: dict[str, Profile] = {}
    for profile in used:
        earlier = first.setdefault(profile.device, profile)
        alike = earlier.get("autoconnect-priority") == profile.get("autoconnect-priority")
        if profile.device and earlier is not profile and alike:
            yield profile.flaw(
                "connection",
                "interface-name",
                f"{earlier.path} is for {profile.device} too; NetworkManager starts the one that was used last.",
            )


def _bond(profile: Profile, used: list[Profile]) -> tuple[Bond, list[Flaw]]:
    name = profile.device
    members = [one for one in used if one.controller and one.controller in (name, profile.get("uuid"))]
    pinned = profile.wired("cloned-mac-address")
    ports = in_order((Port(one.device, one.address) for one in members), pinned.lower())
    options, flaws = _options(profile)
    addressing, said = addressing_of(profile)
    mtu = profile.wired("mtu")
    size = int(mtu) if mtu.isdigit() and mtu != "0" else None
    return Bond(name, ports, options, addressing, size), [*flaws, *said]


def _options(profile: Profile) -> tuple[Options, list[Flaw]]:
    pairs = [(e.key, plain(e.value)) for section in profile.ini.named("bond") for e in section.entries]
    watched = any(name in ("miimon", "arp_interval") for name, _ in pairs)
    result = read_options(pairs, KERNEL if watched else replace(KERNEL, miimon=100))
    flaws = [profile.flaw("bond", problem.partition("=")[0], problem) for problem in result.problems]
    return result.options, flaws


def plain(value: str) -> str:
    """Without a remark behind it, which NetworkManager would take for a part of the value: told as a flaw."""
    return value.partition(" #")[0].rstrip()


def addressing_of(profile: Profile) -> tuple[Addressing, list[Flaw]]:
    """[ipv4] and [ipv6] together."""
    flaws, addresses, gateways, routes = list[Flaw](), list[str](), list[str](), list[Route]()
    dns, search = list[str](), list[str]()
    for section in ("ipv4", "ipv6"):
        foreign = foreign_routes(profile.ini, section)
        if profile.ini.get(section, "gateway"):
            gateways.append(profile.ini.get(section, "gateway"))
        for one in profile.ini.named(section):
            for entry in one.entries:
                try:
                    if re.fullmatch(r"address(es)?[0-9]*", entry.key):
                        address, _, gateway = entry.value.replace(";", ",").partition(",")
                        if "/" not in address:  # the oldest spelling: 10.0.2.15;24;10.0.2.2;
                            prefix, _, gateway = gateway.partition(",")
                            address = f"{address}/{prefix}"
                        addresses.append(with_prefix(address))
                        gateway = gateway.rstrip(",")
                        gateways += [gateway] if gateway not in (*NO_HOP, *gateways) else []
                    elif re.fullmatch(r"routes?[0-9]*", entry.key) and entry.key not in foreign:
                        _route(entry.value, routes, gateways)
                    elif entry.key == "dns":
                        dns += [word for word in re.split(r"[;,]", entry.value) if ip_address(word or "::") and word]
                    elif entry.key == "dns-search":
                        search += [word for word in re.split(r"[;,]", entry.value) if word and word not in search]
                except ValueError as error:
                    flaws.append(Flaw(profile.path, entry.line, f"{entry.key}={entry.value}: {error}."))
    by_server = profile.ini.get("ipv4", "method") in ("auto", "")  # nm_connection_normalize
    method = DHCP if by_server else STATIC if addresses else NOTHING
    return Addressing(method, tuple(addresses), tuple(gateways), tuple(routes), tuple(dns), tuple(search)), flaws


def _route(value: str, routes: list[Route], gateways: list[str]) -> None:
    to, via, metric = (*value.replace(";", ",").split(","), "", "")[:3]
    via = "" if via in NO_HOP else str(ip_address(via))
    net = network(to)
    if net in ("0.0.0.0/0", "::/0"):
        gateways.append(via)
    else:
        routes.append(Route(net, via, int(metric) if metric.isdigit() else None))


def foreign_routes(ini: IniText, section: str) -> set[str]:
    """Keys of routes that say more than the model can, in routeN_options."""
    keys = {entry.key for one in ini.named(section) for entry in one.entries if entry.key.endswith("_options")}
    return keys | {key.removesuffix("_options") for key in keys}
