"""Writes the article's three files, and what belongs to them where there is more to say than there.

Keys and order of the article (DEVICE, HWADDR, ONBOOT, BOOTPROTO, MASTER, SLAVE; then BONDING_OPTS); behind them stays
whatever else stood in the interface's file. Further addresses as IPADDR1/PREFIX1 …, which RHEL 6 and later read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from networking.backends.addresses import bare, in_order, netmask, only, pin
from networking.backends.ifcfg.read import FOLDER, GLOBAL, File, ifcfg_files, modprobe_lines, option_words
from networking.backends.options import KNOWN, option_pairs
from networking.backends.protocol import Files, Unrenderable, Written
from networking.backends.shelltext import kept_lines, read_shell, shell_value
from networking.bonding.model import DHCP, MODES, NOTHING, RESELECT, STATIC, Addressing, Bond, Port, Route

ADDRESSING = (
    r"IPADDR[0-9]*|PREFIX[0-9]*|NETMASK[0-9]*|GATEWAY[0-9]*|NETWORK|BROADCAST|DNS[0-9]|DOMAIN|SEARCH|"
    r"IPV6INIT|IPV6ADDR|IPV6ADDR_SECONDARIES|IPV6_DEFAULTGW"
)
MOVED = r"PEERDNS|PEERROUTES|DEFROUTE|METRIC|ZONE|DHCP_HOSTNAME|DHCP_CLIENT_ID|ARPCHECK|IPV6_AUTOCONF|IPV6_DEFROUTE"
"""Keys about addresses that the model has no word for: they go with the addresses."""
OURS = r"DEVICE|HWADDR|ONBOOT|BOOTPROTO|MASTER|SLAVE"
PORT_KEYS = re.compile(f"{OURS}|{ADDRESSING}|{MOVED}|MACADDR|MTU|BRIDGE")
BOND_KEYS = re.compile(f"{OURS}|{ADDRESSING}|MACADDR|MTU|BONDING_OPTS|BONDING_SLAVE_?[0-9]+|TYPE|BONDING_MASTER")
PLAIN_KEYS = re.compile(f"{OURS}|{ADDRESSING}|MTU|BRIDGE")


def render(bond: Bond, files: Files, *, slaven: bool, modprobe: bool, manager: bool) -> list[Written]:
    """Every file as it has to be; see Ifcfg for what the three switches mean."""
    _refuse(bond.addressing)
    found = {file.device: file for file in reversed(ifcfg_files(files))}
    existing = found.get(bond.name)
    if existing:
        slaven = slaven or any(key.startswith("BONDING_SLAVE") for key in existing.values)
        manager = manager or "BONDING_MASTER" in existing.values
    port_files = {port.name: _of(port, found) for port in bond.ports}
    written = [
        Written(
            file.path, None, note=f"{file.device} is a port of {bond.name} now; two files for it would be one too many."
        )
        for file in ifcfg_files(files)
        for port in bond.ports
        if file.device in (port.name, port.permanent_address) and file.path != f"{FOLDER}/ifcfg-{port.name}"
    ]
    for port in bond.ports:
        text = _lines(_port(bond, port), _kept(port_files[port.name], PORT_KEYS))
        written.append(Written(f"{FOLDER}/ifcfg-{port.name}", text))
        written += [Written(f"{FOLDER}/{kind}-{port.name}", None) for kind in ("route", "route6")]
    moved = _moved(bond, existing, port_files.values())
    ours = _bond(bond, existing, slaven=slaven, modprobe=modprobe, manager=manager)
    written.append(Written(f"{FOLDER}/ifcfg-{bond.name}", _lines(ours, moved)))
    written += _routes(bond.name, bond.addressing)
    written += _modprobe(bond, files, modprobe)
    return written + _gateway_device(files, {port.name for port in bond.ports}, bond.name)


def remove(bond: Bond, files: Files) -> list[Written]:
    """Its first port addressed as the bond was, the others without addresses and asleep."""
    found = {file.device: file for file in reversed(ifcfg_files(files))}
    existing = found.get(bond.name)
    written = [Written(existing.path if existing else f"{FOLDER}/ifcfg-{bond.name}", None)]
    written += [Written(f"{FOLDER}/{kind}-{bond.name}", None) for kind in ("route", "route6")]
    for number, port in enumerate(bond.ports):
        addressing = bond.addressing if number == 0 else Addressing()
        moved = [] if number or not existing else _only(existing, re.compile(MOVED))
        lines = [("DEVICE", port.name), *_hardware(port), ("ONBOOT", "no" if number else "yes")]
        lines += _addresses(addressing)
        if bond.mtu and not number:
            lines.append(("MTU", str(bond.mtu)))
        kept = _kept(_of(port, found), PLAIN_KEYS)
        written.append(Written(f"{FOLDER}/ifcfg-{port.name}", _lines(lines, [*moved, *kept])))
        written += _routes(port.name, addressing)
    written += _modprobe(bond, files, False)
    return written + _gateway_device(files, {bond.name}, bond.ports[0].name if bond.ports else "")


def _refuse(addressing: Addressing) -> None:
    if addressing.method == DHCP and (addressing.addresses or addressing.gateways):
        raise Unrenderable(
            "Red Hat's scripts read either DHCP or fixed addresses for an interface; choose one of them for the bond."
        )
    if addressing.method == NOTHING and (addressing.addresses or addressing.gateways):
        raise Unrenderable("Addresses are named though there are to be none; choose static, or take them out.")


def _of(port: Port, found: dict[str, File]) -> File | None:
    return found.get(port.name) or found.get(port.permanent_address)


def _port(bond: Bond, port: Port) -> list[tuple[str, str]]:
    head = [("DEVICE", port.name), *_hardware(port)]
    return [*head, ("ONBOOT", "yes"), ("BOOTPROTO", "none"), ("MASTER", bond.name), ("SLAVE", "yes")]


def _hardware(port: Port) -> list[tuple[str, str]]:
    """HWADDR is the permanent address: a port carries its bond's, which initscripts would refuse at the next ifup."""
    return [("HWADDR", port.permanent_address.upper())] if port.permanent_address else []


def _bond(bond: Bond, existing: File | None, *, slaven: bool, modprobe: bool, manager: bool) -> list[tuple[str, str]]:
    lines = [("DEVICE", bond.name)]
    if manager:
        lines += [("TYPE", "Bond"), ("BONDING_MASTER", "yes")]
    lines += [("ONBOOT", "yes"), *_addresses(bond.addressing)]
    if pin(bond) and in_order(bond.ports)[0] != bond.ports[0]:
        lines.append(("MACADDR", pin(bond).upper()))
    if bond.mtu:
        lines.append(("MTU", str(bond.mtu)))
    if not manager:
        lines.append(("MASTER", "yes"))
    if not modprobe:
        lines.append(("BONDING_OPTS", options_text(bond, existing)))
    if slaven:
        lines += [(f"BONDING_SLAVE{number}", port.name) for number, port in enumerate(bond.ports)]
    return lines


def options_text(bond: Bond, existing: File | None = None) -> str:
    """ "mode=1 miimon=100 primary=eth0 primary_reselect=1", by number as the article has it."""
    pairs = []
    for name, value in option_pairs(bond.options):
        if name == "mode" and value in MODES:
            value = str(MODES.index(value))
        if name == "primary_reselect":
            value = str(RESELECT.index(value))
        pairs.append((name, value))
    foreign = [pair for pair in option_words(existing)[0] if pair[0] not in KNOWN] if existing else []
    return " ".join(f"{name}={value}" for name, value in (*pairs, *foreign))


def _addresses(addressing: Addressing) -> list[tuple[str, str]]:
    old, new = only(4, addressing.addresses), only(6, addressing.addresses)
    lines = [("BOOTPROTO", addressing.method if addressing.method in (DHCP, STATIC) else "none")]
    for number, address in enumerate(old):
        if number == 0:
            lines += [("NETMASK", netmask(address)), ("IPADDR", bare(address))]
        else:
            lines += [(f"IPADDR{number}", bare(address)), (f"PREFIX{number}", address.partition("/")[2])]
    lines += [("GATEWAY", gateway) for gateway in only(4, addressing.gateways)]
    if new:
        lines += [("IPV6INIT", "yes"), ("IPV6ADDR", new[0])]
        lines += [("IPV6ADDR_SECONDARIES", " ".join(new[1:]))] if new[1:] else []
    lines += [("IPV6_DEFAULTGW", gateway) for gateway in only(6, addressing.gateways)]
    lines += [(f"DNS{number}", server) for number, server in enumerate(addressing.dns, 1)]
    return lines + ([("DOMAIN", " ".join(addressing.search))] if addressing.search else [])


def _routes(device: str, addressing: Addressing) -> list[Written]:
    written = []
    for version, name in ((4, "route"), (6, "route6")):
        routes = [route for route in addressing.routes if (":" in route.to) == (version == 6)]
        text = "".join(_route(device, route) for route in routes)
        written.append(Written(f"{FOLDER}/{name}-{device}", text or None))
    return written


def _route(device: str, route: Route) -> str:
    words = [route.to, *(["via", route.via] if route.via else []), "dev", device]
    if route.metric is not None:
        words += ["metric", str(route.metric)]
    return " ".join(words) + "\n"


def _modprobe(bond: Bond, files: Files, wanted: bool) -> list[Written]:
    """RHEL 5: the alias, and the options beside it; elsewhere the bond's lines go, since BONDING_OPTS says it."""
    lines = [(path, number) for path, number, words in modprobe_lines(files) if words[1] == bond.name]
    ours = f"alias {bond.name} bonding\noptions {bond.name} {options_text(bond)}\n" if wanted else ""
    paths = dict.fromkeys([*(path for path, _ in lines), *(["/etc/modprobe.conf"] if wanted else [])])
    written = []
    for path in paths:
        gone = {number for place, number in lines if place == path}
        kept = [line for number, line in enumerate(files.get(path, "").split("\n"), 1) if number not in gone]
        text = "\n".join(kept)
        if path == "/etc/modprobe.conf" and ours:
            text = (text.rstrip("\n") + "\n" if text.strip() else "") + ours
        written.append(Written(path, text if text.strip() else None))
    return written


def _gateway_device(files: Files, old: set[str], new: str) -> list[Written]:
    """GATEWAYDEV in /etc/sysconfig/network must not name an interface that has no address any more."""
    text = files.get(GLOBAL, "")
    if read_shell(text).values().get("GATEWAYDEV") not in old or not new:
        return []
    return [Written(GLOBAL, re.sub(r"(?m)^([ \t]*GATEWAYDEV=).*$", rf"\g<1>{new}", text))]


def _moved(bond: Bond, existing: File | None, ports: Iterable[File | None]) -> list[str]:
    if existing:
        return _kept(existing, BOND_KEYS)
    for file in ports:
        if file and (lines := _only(file, re.compile(MOVED))):
            return lines
    return []


def _only(file: File, keys: re.Pattern[str]) -> list[str]:
    return [f"{key}={shell_value(value)}" for key, value in file.values.items() if keys.fullmatch(key)]


def _kept(file: File | None, dropped: re.Pattern[str]) -> list[str]:
    return kept_lines(file.shell, dropped) if file else []


def _lines(pairs: Iterable[tuple[str, str]], kept: Iterable[str]) -> str:
    ours = [f"{key}={_value(key, value)}" for key, value in pairs]
    return "\n".join((*ours, *kept)) + "\n"


def _value(key: str, value: str) -> str:
    return f'"{value}"' if key == "BONDING_OPTS" else shell_value(value)
