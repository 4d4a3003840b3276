"""Writes a bond into netplan's files: a file of its own for a new one, else in its place; its ports' stanzas lose what
the bond has now.

Parameters are doc/netplan-yaml.md's; plain numbers are ms. A port is matched by its permanent address and keeps its
name by set-name, as cloud-init writes it. Every file is 0600: netplan warns of others, since they may hold secrets.
"""

from __future__ import annotations

from networking.backends.addresses import near, pin
from networking.backends.netplan.read import (
    PLAIN,
    TIMES,
    Source,
    address_of,
    definitions,
    interface,
    is_simple,
    merged,
    sources,
)
from networking.backends.netplan.text import Bare, Data, compose, data, drop, find, put
from networking.backends.options import option_pairs
from networking.backends.protocol import Files, Unrenderable, Written
from networking.bonding.model import DHCP, NOTHING, Addressing, Bond, Port

FOLDER = "/etc/netplan"
ADDRESSING = ("dhcp4", "addresses", "gateway4", "gateway6", "routes", "nameservers")
MOVED = (
    "dhcp6",
    "dhcp4-overrides",
    "dhcp6-overrides",
    "dhcp-identifier",
    "accept-ra",
    "link-local",
    "ipv6-privacy",
    "routing-policy",
)
"""Keys about addresses that the model has no word for: they go with the addresses."""
KERNEL_TO_KEY = {name: key for key, name in (PLAIN | TIMES).items()} | {
    "num_grat_arp": "gratuitous-arp",
    "all_slaves_active": "all-slaves-active",
}
EMPTY = "network:\n  version: 2\n"
CLOUD = "cloud-init writes this file anew unless its network configuration is disabled."


def render(bond: Bond, files: Files) -> list[Written]:
    """Raises Unrenderable for what netplan has no key for, and for files that it could not read."""
    _refuse(bond)
    found, flaws = sources(files)
    if flaws:
        raise Unrenderable(f"{flaws[0].path}, line {flaws[0].line}: {flaws[0].sentence} Mend that first.")
    tree = merged(source.tree for source in found)
    idents = {port.name: ident_of(port, tree) for port in bond.ports}
    homes = [source for source in found if bond.name in definitions(source.tree, "bonds")]
    _refuse_homes(bond, homes)
    texts = {source.path: source.document.text for source in found}
    home = homes[0].path if homes else f"{FOLDER}/60-{bond.name}.yaml"
    existing = definitions(homes[0].tree, "bonds")[bond.name] if homes else {}
    settings = _settings(bond, idents, existing)
    if not homes:
        settings |= _moved(bond, idents, tree)
    for port in bond.ports:
        texts |= _port(port, idents[port.name], found, texts, home)
    texts[home] = _set(texts.get(home) or EMPTY, ("network", "bonds", bond.name), settings, existing)
    return [_written(path, text) for path, text in texts.items() if files.get(path) != text]


def remove(bond: Bond, files: Files) -> list[Written]:
    """The first port addressed as the bond was; of others only what more than their match stood there."""
    found, _ = sources(files)
    tree = merged(source.tree for source in found)
    texts = {source.path: source.document.text for source in found}
    homes = [source for source in found if bond.name in definitions(source.tree, "bonds")]
    definition = definitions(tree, "bonds").get(bond.name, {})
    for source in homes:
        texts[source.path] = drop(texts[source.path], ("network", "bonds", bond.name))
    for number, port in enumerate(bond.ports):
        ident = ident_of(port, tree)
        place = ("network", "ethernets", ident)
        homes = [source for source in found if ident in definitions(source.tree, "ethernets")]
        path = homes[-1].path if homes else f"{FOLDER}/60-{port.name}.yaml"
        text = texts.get(path) or EMPTY
        had = definitions(tree, "ethernets").get(ident, {})
        if number == 0:
            settings = {**_addressed(bond.addressing, {}), **{k: definition[k] for k in MOVED if k in definition}}
            if bond.mtu:
                settings["mtu"] = Bare(bond.mtu)
            text = _set(text, place, settings, had)
        elif set(had) <= {"match", "set-name"}:
            text = drop(text, place)
        texts[path] = text
    return [_written(path, text if _says(text) else None) for path, text in texts.items() if files.get(path) != text]


def _says(text: str) -> bool:
    """Whether a file defines anything."""
    network = (data(compose(text).root) or {}).get("network")
    return not isinstance(network, dict) or any(isinstance(value, dict) for value in network.values())


def _written(path: str, text: str | None) -> Written:
    return Written(path, text, "0600", CLOUD if "cloud-init" in path and text else "")


def _refuse(bond: Bond) -> None:
    if bond.options.peer_notif_delay:
        raise Unrenderable("netplan has no parameter for peer_notif_delay; leave it at 0 on this host.")
    for name in ("num_grat_arp", "resend_igmp"):
        if not getattr(bond.options, name):
            raise Unrenderable(f"netplan takes {name}=0 for nothing said, and the kernel for 1; choose 1 or more.")
    if bond.options.arp_validate.startswith("filter"):
        raise Unrenderable(f"netplan knows no arp-validate: {bond.options.arp_validate}; choose another.")
    if bond.addressing.method == NOTHING and (bond.addressing.addresses or bond.addressing.gateways):
        raise Unrenderable("Addresses are named though there are to be none; choose static, or take them out.")


def _refuse_homes(bond: Bond, homes: list[Source]) -> None:
    if len(homes) > 1:
        paths = " and ".join(source.path for source in homes)
        raise Unrenderable(f"{bond.name} is defined in {paths}; bring it together in one of them.")
    if homes and not homes[0].path.startswith("/etc/"):
        raise Unrenderable(f"{bond.name} is defined in {homes[0].path}, which is not for editing; move it to {FOLDER}.")


def ident_of(port: Port, tree: Data) -> str:
    """The id under which a port is defined; its name where it is not."""
    for ident, definition in definitions(tree, "ethernets").items():
        if interface(ident, definition) == port.name or (
            port.permanent_address and address_of(definition) == port.permanent_address
        ):
            return ident
    return port.name


def _port(port: Port, ident: str, found: list[Source], texts: dict[str, str], home: str) -> dict[str, str]:
    """Every file that defines the port, without addresses; one of them says how it is matched."""
    place = ("network", "ethernets", ident)
    changed: dict[str, str] = {}
    holders = [source for source in found if ident in definitions(source.tree, "ethernets")]
    for source in holders:
        text = texts[source.path]
        for key in definitions(source.tree, "ethernets")[ident]:
            if key in (*ADDRESSING, *MOVED, "mtu"):
                text = drop(text, (*place, key), keep=3)
        if text != texts[source.path] and not source.path.startswith("/etc/"):
            raise Unrenderable(f"{port.name} has addresses in {source.path}; move that file to {FOLDER} first.")
        changed[source.path] = text
    matched = any("match" in definitions(source.tree, "ethernets")[ident] for source in holders)
    path = next((source.path for source in holders if source.path.startswith("/etc/")), home)
    text = changed.get(path) or texts.get(path) or EMPTY
    match: Data = {"match": {"macaddress": port.permanent_address}, "set-name": port.name}
    if not holders:
        text = put(text, place, match if port.permanent_address else {})
    elif not matched and port.permanent_address:
        text = _set(text, place, match, match)
    return {**changed, path: text}


def _settings(bond: Bond, idents: dict[str, str], existing: Data) -> dict[str, Data]:
    settings: dict[str, Data] = {"interfaces": [idents[port.name] for port in bond.ports]}
    if pin(bond):
        settings["macaddress"] = pin(bond)
    settings |= _addressed(bond.addressing, existing)
    if bond.mtu:
        settings["mtu"] = Bare(bond.mtu)
    return settings | {"parameters": _parameters(bond, idents, existing.get("parameters") or {})}


def _parameters(bond: Bond, idents: dict[str, str], existing: Data) -> Data:
    """Ours first, by the spelling that the file has; then what the model has no word for."""
    result: dict[str, Data] = {}
    for name, value in option_pairs(bond.options):
        key = next((key for key in existing if (PLAIN | TIMES).get(key) == name), KERNEL_TO_KEY.get(name, name))
        if name == "primary":
            result[key] = idents[value]
        elif name == "arp_ip_target":
            result[key] = value.split(",")
        elif name == "all_slaves_active":
            result[key] = Bare("true")
        else:
            result[key] = Bare(value) if value.isdigit() else value
    ours = {*PLAIN, *TIMES, "primary"}
    return {**result, **{key: value for key, value in existing.items() if key not in ours}}


def _addressed(addressing: Addressing, existing: Data) -> dict[str, Data]:
    settings: dict[str, Data] = {}
    if addressing.method == DHCP:
        settings["dhcp4"] = Bare("true")
    if addressing.addresses:
        settings["addresses"] = list(addressing.addresses)
    routes: list[Data] = [
        {"to": "default", "via": gateway} | ({} if near(gateway, addressing) else {"on-link": Bare("true")})
        for gateway in addressing.gateways
    ]
    for route in addressing.routes:
        how: dict[str, Data] = {"via": route.via} if route.via else {"scope": "link"}
        metric = {} if route.metric is None else {"metric": Bare(route.metric)}
        routes.append({"to": route.to, **how, **metric})
    routes += [route for route in existing.get("routes") or [] if not is_simple(route)]
    if routes:
        settings["routes"] = routes
    servers: dict[str, Data] = {"addresses": list(addressing.dns)} if addressing.dns else {}
    if addressing.search:
        servers["search"] = list(addressing.search)
    return settings | ({"nameservers": servers} if servers else {})


def _moved(bond: Bond, idents: dict[str, str], tree: Data) -> dict[str, Data]:
    ethernets = definitions(tree, "ethernets")
    for port in bond.ports:
        found = {key: ethernets.get(idents[port.name], {}).get(key) for key in MOVED}
        if any(value is not None for value in found.values()):
            return {key: value for key, value in found.items() if value is not None}
    return {}


def _set(text: str, place: tuple[str, ...], settings: Data, existing: Data) -> str:
    """A definition with these settings, each put by itself where there is one: what stands beside them stays.

    Of what `existing` has, addresses, MTU and parameters that are not wanted any more go.
    """
    there = find(compose(text), place)
    if there is None or not data(there[1]):
        return put(text, place, settings)
    for key in existing:
        if key in (*ADDRESSING, "mtu", "macaddress") and key not in settings:
            text = drop(text, (*place, key), keep=len(place))
    for key in existing.get("parameters") or ():
        if key not in settings.get("parameters", {key: ""}):
            text = drop(text, (*place, "parameters", key), keep=len(place) + 1)
    for key, value in settings.items():
        for inner, item in value.items() if key == "parameters" else [("", value)]:
            text = put(text, (*place, key, *([inner] if inner else [])), item)
    return text
