"""Writes profiles: the bond's, and one for each port in place of whatever the NIC had.

A port's profile names its NIC by permanent MAC address. UUIDs come from names and never from a clock, so that a plan is
the same twice. Every file is 0600: NetworkManager reads no other (nm-settings-keyfile(5)).
"""

from __future__ import annotations

import re
from itertools import count
from uuid import UUID, uuid5

from networking.backends.addresses import family, only, pin
from networking.backends.inifile import Entry, IniText, Pairs, Section, rewritten
from networking.backends.keyfile.read import ETC, WIRED, Profile, foreign_routes, profiles
from networking.backends.options import KNOWN, option_pairs
from networking.backends.protocol import Files, Unrenderable, Written
from networking.bonding.model import DHCP, NOTHING, Addressing, Bond, Port

SPACE = UUID("6d0b1b6e-3f0e-5c39-9f0c-2a5d7c1f4e11")
"""Regroup's own name space for UUIDs of version 5."""

IP_KEYS = re.compile(r"method|gateway|dns|dns-search|address(es)?[0-9]*|routes?[0-9]*")
PLACE = ("controller", "master", "port-type", "slave-type")
LINK = (*WIRED, "ethtool", "802-1x", "dcb", "sriov", "match", "user")
"""Sections that are about the link and stay with the NIC."""

Sections = list[tuple[str, Pairs]]


def uuid_of(host: str, name: str) -> str:
    return str(uuid5(SPACE, f"{host}/{name}"))


def render(bond: Bond, files: Files, host: str) -> list[Written]:
    """Every profile as it has to be. Raises Unrenderable."""
    _refuse(bond.addressing)
    every = profiles(files)
    own = next((one for one in every if one.type == "bond" and one.device == bond.name), None)
    uuid = (own.get("uuid") if own else "") or uuid_of(host, bond.name)
    path = own.path if own and own.path.startswith(ETC) else f"{ETC}/{bond.name}.nmconnection"
    of_ports = {port.name: _of(port, every) for port in bond.ports}
    source = own or next((one for found in of_ports.values() for one in found if not one.controller), None)
    written = [Written(path, _bond(bond, uuid, own, source), "0600")]
    if own and own.path != path:
        _refuse_path(own)
    priority = _priority(every)
    for port in bond.ports:
        target = port_path(bond, port)
        old = next((one for one in of_ports[port.name] if one.path == target), None)
        link = old or next(iter(of_ports[port.name]), None)
        written += [_removed(one, bond) for one in of_ports[port.name] if one.path != target]
        written.append(Written(target, _port(bond, port, host, link, priority), "0600"))
    ours = {port_path(bond, port) for port in bond.ports} | {item.path for item in written}
    written += [_removed(one, bond) for one in every if one.controller in (bond.name, uuid) and one.path not in ours]
    return written


def remove(bond: Bond, files: Files, host: str) -> list[Written]:
    """The first port addressed as the bond was; of the others nothing is left."""
    every = profiles(files)
    own = next((one for one in every if one.type == "bond" and one.device == bond.name), None)
    members = [one for one in every if one.controller and one.controller in (bond.name, own.get("uuid") if own else "")]
    written = [Written(one.path, None, "0600") for one in (*([own] if own else []), *members)]
    first = bond.ports[0]
    link = next((one for one in members if one.device in (first.name, first.permanent_address)), None)
    names = (("id", first.name), ("uuid", uuid_of(host, first.name)), ("type", "ethernet"))
    connection = (*names, ("interface-name", first.name))
    wired = (*_wired(first), *((("mtu", str(bond.mtu)),) if bond.mtu else ()))
    sections: Sections = [("connection", connection), ("ethernet", wired), *_addressed(bond.addressing, own)]
    if link:
        sections += [(name, _kept(link, name)) for name in LINK if name not in WIRED]
    text = rewritten(None, sections, lambda section, entry: True)
    return [*written, Written(f"{ETC}/{first.name}.nmconnection", text, "0600")]


def port_path(bond: Bond, port: Port) -> str:
    return f"{ETC}/{bond.name}-{port.name}.nmconnection"


def _refuse(addressing: Addressing) -> None:
    if addressing.method == NOTHING and (addressing.addresses or addressing.gateways):
        raise Unrenderable("Addresses are named though there are to be none; choose static, or take them out.")
    old = [text for text in (*addressing.dns, *addressing.gateways) if family(text) == 4]
    if old and addressing.method != DHCP and not only(4, addressing.addresses):
        raise Unrenderable(f"NetworkManager takes {old[0]} only beside an IPv4 address; add one, or leave it out.")


def _refuse_path(profile: Profile) -> None:
    raise Unrenderable(f"{profile.path} is not for editing; copy it to {ETC} first, so that it can be changed there.")


def _removed(profile: Profile, bond: Bond) -> Written:
    if not profile.path.startswith(ETC):
        _refuse_path(profile)
    return Written(profile.path, None, "0600", f"Its NIC is a port of {bond.name} now; a second profile would compete.")


def _of(port: Port, every: tuple[Profile, ...]) -> list[Profile]:
    """Profiles for this NIC and no other."""
    names = {port.name, port.permanent_address} - {""}
    return [one for one in every if one.type == "ethernet" and ({one.device, one.address} & names)]


def _priority(every: tuple[Profile, ...]) -> Pairs:
    """Above that of any profile that takes every NIC, which would otherwise get a port now and then."""
    found = [one for one in every if one.type == "ethernet" and not one.device and one.autoconnect]
    priorities = [int(one.get("autoconnect-priority") or 0) for one in found]
    return (("autoconnect-priority", str(max(priorities) + 1)),) if priorities else ()


def _bond(bond: Bond, uuid: str, own: Profile | None, source: Profile | None) -> str:
    """What the NIC's profile said of addresses beyond the model comes along; so does its firewall zone."""
    ident = own.get("id") if own else bond.name
    zone = (("zone", source.get("zone")),) if source and source is not own and source.get("zone") else ()
    connection = (
        ("id", ident or bond.name),
        ("uuid", uuid),
        ("type", "bond"),
        ("interface-name", bond.name),
        ("autoconnect-slaves", "1"),
        *zone,
    )
    wired: Pairs = ()
    if pin(bond):
        wired += (("cloned-mac-address", pin(bond)),)
    if bond.mtu:
        wired += (("mtu", str(bond.mtu)),)
    sections: Sections = [("connection", connection), ("ethernet", wired), ("bond", option_pairs(bond.options))]
    owns = ("id", "uuid", "type", "interface-name", "autoconnect-slaves", "autoconnect-ports")

    def owned(section: Section, entry: Entry | None) -> bool:
        if entry is None:
            return section.name in ("ipv4", "ipv6") or section.name == "802-3-ethernet"
        if section.name == "connection":
            return entry.key in owns
        if section.name == "ethernet":
            return entry.key in ("cloned-mac-address", "mtu")
        return section.name == "bond" and entry.key in KNOWN

    return rewritten(own.ini if own else None, [*sections, *_addressed(bond.addressing, source)], owned)


def _addressed(addressing: Addressing, source: Profile | None) -> Sections:
    return [_ip("ipv4", addressing, source), _ip("ipv6", addressing, source)]


def _ip(section: str, addressing: Addressing, source: Profile | None) -> tuple[str, Pairs]:
    version = 4 if section == "ipv4" else 6
    addresses = only(version, addressing.addresses)
    ini = source.ini if source else IniText(())
    pairs = [("method", _method(version, addressing, ini.get(section, "method")))]
    pairs += [(f"address{number}", address) for number, address in enumerate(addresses, 1)]
    pairs += [("gateway", gateway) for gateway in only(version, addressing.gateways)]
    servers = only(version, addressing.dns)
    if servers:
        pairs.append(("dns", ";".join(servers) + ";"))
    home = 6 if addressing.method != DHCP and not only(4, addressing.addresses) else 4
    if addressing.search and version == home:
        pairs.append(("dns-search", ";".join(addressing.search) + ";"))
    foreign = foreign_routes(ini, section)
    numbers = (number for number in count(1) if f"route{number}" not in foreign)
    for number, route in zip(numbers, (one for one in addressing.routes if family(one.to) == version), strict=False):
        hop = route.via or ("0.0.0.0" if version == 4 else "::") * (route.metric is not None)  # noqa: S104
        words = [route.to, *([hop] if hop else []), *([str(route.metric)] if route.metric is not None else [])]
        pairs.append((f"route{number}", ",".join(words)))
    kept = [
        (entry.key, entry.value)
        for one in ini.named(section)
        for entry in one.entries
        if entry.key in foreign or not IP_KEYS.fullmatch(entry.key)
    ]
    return section, (*pairs, *kept)


def _method(version: int, addressing: Addressing, had: str) -> str:
    """IPv6 stays as it was where the bond has no address of it: it comes by router advertisements, or is off."""
    if version == 4 and addressing.method == DHCP:
        return "auto"
    if only(version, addressing.addresses):
        return "manual"
    if version == 4:
        return "disabled"
    if only(6, addressing.dns):
        return "auto"
    standard = "disabled" if addressing.method == NOTHING else "auto"
    return had if had in ("auto", "ignore", "disabled", "link-local", "dhcp") else standard


def _wired(port: Port) -> Pairs:
    return (("mac-address", port.permanent_address.upper()),) if port.permanent_address else ()


def _name(port: Port) -> Pairs:
    return () if port.permanent_address else (("interface-name", port.name),)


def _kept(profile: Profile, name: str, *dropped: str) -> Pairs:
    return tuple(
        (entry.key, entry.value)
        for section in profile.ini.named(name)
        for entry in section.entries
        if entry.key not in dropped
    )


def _port(bond: Bond, port: Port, host: str, link: Profile | None, priority: Pairs) -> str:
    had = link.get("uuid") if link and link.path == port_path(bond, port) else ""
    connection = (
        ("id", f"{bond.name} port {port.name}"),
        ("uuid", had or uuid_of(host, f"{bond.name}/{port.name}")),
        ("type", "ethernet"),
        *_name(port),
        *priority,
        ("master", bond.name),
        ("slave-type", "bond"),
    )
    kept = [(name, _kept(link, name, "mac-address", "mtu", "cloned-mac-address") if link else ()) for name in LINK]
    wired = (*_wired(port), *(pair for name, pairs in kept if name in WIRED for pair in pairs))
    sections: Sections = [("connection", connection), ("ethernet", wired)]
    sections += [(name, pairs) for name, pairs in kept if name not in WIRED]
    return rewritten(None, sections, lambda section, entry: True)
