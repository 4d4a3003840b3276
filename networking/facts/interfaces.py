"""Interfaces and bonds, put together from sysfs, ip, ethtool and LLDP."""

from __future__ import annotations

import re
from collections.abc import Mapping

from networking.bonding.proc import parse_proc
from networking.bonding.status import BondStatus
from networking.facts.addresses import Addressed
from networking.facts.ethtool import Capability
from networking.facts.stacking import stacked
from networking.facts.tree import NET, Tree, below
from networking.facts.values import BondNow, Neighbour, Nic
from ssh.facts import FactError

PROC = "/proc/net/bonding"
ENUM = re.compile(r"([a-z0-9.+-]+) [0-9]+")
"""As sysfs prints an option that has names for its values: "better 1"."""
NO_ENUMS = ("slaves", "arp_ip_target", "ns_ip6_target", "queue_id")

PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
LOOPBACK, UP = "772", 1


def bonds(tree: Tree, what: str) -> tuple[BondNow, ...]:
    """Every bond that runs. Raises FactError where the kernel names one and tells nothing of it."""
    masters = tree.get(f"{NET}bonding_masters", "").split()
    texts = dict(below(tree, PROC))
    silent = [name for name in masters if name not in texts]
    if silent:
        raise FactError(f"{what}: there is a bond {silent[0]} without {PROC}/{silent[0]}.")
    return tuple(_bond(name, f"{text}\n", tree, what) for name, text in texts.items())


def _bond(name: str, text: str, tree: Tree, what: str) -> BondNow:
    try:
        status = parse_proc(text)
    except ValueError as error:
        raise FactError(f"{what}: {PROC}/{name} is not as expected. {error}") from error
    return BondNow(name, status, _options(tree, name), text)


def _options(tree: Tree, bond: str) -> dict[str, str]:
    named = {option: ENUM.fullmatch(value) for option, value in below(tree, f"{NET}{bond}/bonding")}
    return {
        option: match[1] if (match := named[option]) and option not in NO_ENUMS else value
        for option, value in below(tree, f"{NET}{bond}/bonding")
    }


def nics(
    tree: Tree,
    links: Tree,
    running: tuple[BondNow, ...],
    addressed: Mapping[str, Addressed],
    able: Mapping[str, Capability],
    neighbours: Mapping[str, Neighbour],
    what: str,
) -> tuple[Nic, ...]:
    """Every interface, in the kernel's order. Raises FactError where the kernel does not say what a plan relies on."""
    names = {
        path.removeprefix(NET).split("/")[0] for path in tree if path.startswith(NET) and path.endswith("/ifindex")
    }
    above = stacked(tree, links, running)
    found = [_nic(name, _Files(tree, links, name, what), above, running, addressed, able, neighbours) for name in names]
    return tuple(sorted(found, key=lambda nic: nic.index))


class _Files:
    """An interface's files of sysfs."""

    def __init__(self, tree: Tree, links: Tree, name: str, what: str) -> None:
        self.tree, self.links, self.name, self.what = tree, links, name, what

    def text(self, file: str) -> str:
        return self.tree.get(f"{NET}{self.name}/{file}", "")

    def leads(self, file: str) -> str:
        return self.links.get(f"{NET}{self.name}{file and '/'}{file}", "").rsplit("/", 1)[-1]

    def number(self, file: str) -> int:
        try:
            return int(self.text(file), 0)
        except ValueError as error:
            said = self.text(file) or "nothing"
            raise FactError(f"{self.what}: {NET}{self.name}/{file} says {said!r} where a number stands.") from error

    def word(self, file: str, key: str) -> str:
        match = re.search(rf"^{key}=(.*)$", self.text(file), re.MULTILINE)
        return match[1] if match else ""

    def speed(self) -> int | None:
        text = self.text("speed")
        return int(text) if text.isdigit() and int(text) not in (0, 65535, 2**32 - 1) else None


def _nic(
    name: str,
    files: _Files,
    above: Mapping[str, tuple[str, tuple[str, ...]]],
    running: tuple[BondNow, ...],
    addressed: Mapping[str, Addressed],
    able: Mapping[str, Capability],
    neighbours: Mapping[str, Neighbour],
) -> Nic:
    told, can = addressed.get(name), able.get(name, Capability(None, ""))
    master, uppers = above.get(name, ("", ()))
    carrier, speed = files.text("carrier"), files.speed()
    kind = _kind(files, told)
    by_sight = speed if kind == "nic" else None
    return Nic(
        name=name,
        index=files.number("ifindex"),
        kind=kind,
        address=files.text("address").lower(),
        permanent_address=_permanent(name, files, told, can, running) if kind == "nic" else "",
        driver=files.word("device/uevent", "DRIVER") or files.leads("device/driver"),
        up=bool(files.number("flags") & UP),
        carrier=carrier == "1" if carrier in ("0", "1") else None,
        mtu=files.number("mtu"),
        speed_mbps=speed,
        nominal_mbps=can.nominal_mbps or by_sight,
        duplex=files.text("duplex") if files.text("duplex") in ("full", "half") else None,
        master=master,
        uppers=uppers,
        addresses=told.addresses if told else (),
        passing=told.passing if told else (),
        neighbour=neighbours.get(name),
        bus=_bus(files),
        nominal_by="driver" if can.nominal_mbps else "sight" if by_sight else "",
    )


def _kind(files: _Files, told: Addressed | None) -> str:
    if files.text("type") == LOOPBACK:
        return "loopback"
    if files.text("bonding/mode"):
        return "bond"
    if told and told.kind:
        return told.kind
    is_device = f"{NET}{files.name}/device" in files.links or files.text("device/uevent")
    vlan = re.search(rf"^{re.escape(files.name)}\s*\|", files.tree.get("/proc/net/vlan/config", ""), re.MULTILINE)
    return "nic" if is_device else "vlan" if vlan else files.word("uevent", "DEVTYPE") or _bridge(files) or "other"


def _bridge(files: _Files) -> str:
    return "bridge" if any(path.startswith(f"{NET}{files.name}/brif/") for path in files.links) else ""


def _bus(files: _Files) -> str:
    places = PCI.findall(files.links.get(f"{NET}{files.name}", "") + files.links.get(f"{NET}{files.name}/device", ""))
    return places[-1] if places else files.leads("device")


def _permanent(name: str, files: _Files, told: Addressed | None, can: Capability, running: tuple[BondNow, ...]) -> str:
    """ethtool's word, ip's, sysfs's, that of the bond it is in; or the address it has, if nobody ever set another."""
    statuses: list[BondStatus] = [bond.status for bond in running]
    in_bond = [port.permanent_address for status in statuses for port in status.ports if port.name == name]
    unset = files.text("address") if files.text("addr_assign_type") == "0" else ""
    said = [can.permanent_address, told.permanent_address if told else "", files.text("bonding_slave/perm_hwaddr")]
    return next((address.lower() for address in (*said, *in_bond, unset) if address), "")
