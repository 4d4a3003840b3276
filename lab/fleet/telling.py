"""What a simulated host prints for our three questions, in the form of `networking/scripts/{bonds,files}.sh`. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address

from lab.fleet.world import MODES, Port, SimBond, SimHost

NET = "/sys/class/net"
MODE_NUMBER = {"balance-rr": 0, "active-backup": 1}
RESELECT_NUMBER = {"always": 0, "better": 1, "failure": 2}
STEPS = (100, 1000, 10_000, 25_000)
INTERFACES = "/etc/network/interfaces"


def lean(host: SimHost) -> str:
    """What changes by itself."""
    return "".join(_part(name, lines) for name, lines in _lean(host))


def full(host: SimHost) -> str:
    """All of it: with addresses, supported modes and neighbours."""
    more = (("addresses", [_addresses(host)]), ("ethtool", list(_ethtool(host))), ("lldp", _lldp(host)))
    return lean(host) + "".join(_part(name, lines) for name, lines in more)


def files(host: SimHost) -> str:
    """Its configuration: Debian's ifupdown, one file."""
    text = "".join(_stanzas(host))
    lines = [f"#644 {len(text)} {INTERFACES}", f"={INTERFACES}", *(f"|{line}" for line in text.splitlines())]
    told = (("managers", ["inactive inactive active inactive"]), ("tools", ["ip", "ifup", "ifdown", "ifenslave"]))
    return "".join(_part(name, said) for name, said in (*told, ("files", lines)))


def _stanzas(host: SimHost) -> Iterator[str]:
    for index, bond in enumerate(host.bonds, 10):
        words = {"slaves": " ".join(bond.ports), "mode": bond.mode, "miimon": str(bond.miimon)}
        if bond.primary:
            words |= {"primary": bond.primary, "primary-reselect": bond.filed or bond.reselect}
        method = "manual" if bond.vlan else "static"
        yield f"auto {bond.name}\niface {bond.name} inet {method}\n"
        yield "" if bond.vlan else f"    address {_address(host, index)}\n"
        yield from (f"    bond-{name} {value}\n" for name, value in words.items())


def _lean(host: SimHost) -> Iterator[tuple[str, list[str]]]:
    yield (
        "host",
        [
            f"machine_id={host.boot[32:]}",
            f"boot_id={host.boot[:8]}-{host.boot[8:12]}-{host.boot[12:16]}-{host.boot[16:20]}-{host.boot[20:32]}",
            f"hostname={host.name}",
            "kernel=6.1.0-31-amd64",
        ],
    )
    yield "values", [f"{path}:{line}" for path, text in _files(host) for line in text.split("\n")]
    yield "links", list(_links(host))


def _part(name: str, lines: list[str]) -> str:
    return "\n".join([f"@@begin {name}", *lines, "", f"@@end {name} 0", ""])


def _files(host: SimHost) -> Iterator[tuple[str, str]]:
    for bond in host.bonds:
        yield f"/proc/net/bonding/{bond.name}", proc(host, bond)
    yield f"{NET}/bonding_masters", " ".join(bond.name for bond in host.bonds)
    for bond in host.bonds:
        yield from _options(bond)
    for index, port in enumerate(host.ports, 2):
        yield from _port_files(host, port, index)
    for index, bond in enumerate(host.bonds, 10):
        yield from _upper_files(host, bond, bond.name, index)
        if bond.vlan:
            yield from _upper_files(host, bond, f"{bond.name}.{bond.vlan}", index + 10)
            yield f"{NET}/{bond.name}.{bond.vlan}/uevent", "DEVTYPE=vlan"


def proc(host: SimHost, bond: SimBond) -> str:
    """/proc/net/bonding/<bond> of a kernel of today."""
    lines = [f"Ethernet Channel Bonding Driver: v{'6.1.0-31-amd64'}", "", f"Bonding Mode: {MODES[bond.mode]}"]
    if bond.mode == "active-backup":
        primary = f"{bond.primary} (primary_reselect {bond.reselect})" if bond.primary else "None"
        lines += [f"Primary Slave: {primary}", f"Currently Active Slave: {bond.active or 'None'}"]
    up = any(host.port(name).carrier for name in bond.ports)
    lines += [f"MII Status: {'up' if up else 'down'}", f"MII Polling Interval (ms): {bond.miimon}"]
    lines += ["Up Delay (ms): 0", "Down Delay (ms): 0", "Peer Notification Delay (ms): 0"]
    for name in bond.ports:
        port = host.port(name)
        lines += ["", f"Slave Interface: {name}", f"MII Status: {'up' if port.carrier else 'down'}"]
        known = port.carrier and port.speed
        lines += [f"Speed: {port.speed} Mbps" if known else "Speed: Unknown"]
        lines += ["Duplex: full" if known else "Duplex: Unknown", f"Link Failure Count: {port.failures}"]
        lines += [f"Permanent HW addr: {port.mac}", "Slave queue ID: 0"]
    return "\n".join(lines)


def _options(bond: SimBond) -> Iterator[tuple[str, str]]:
    options = {
        "active_slave": bond.active,
        "fail_over_mac": "none 0",
        "miimon": str(bond.miimon),
        "mode": f"{bond.mode} {MODE_NUMBER[bond.mode]}",
        "primary": bond.primary,
        "primary_reselect": f"{bond.reselect} {RESELECT_NUMBER[bond.reselect]}",
        "slaves": " ".join(bond.ports),
    }
    for name, value in options.items():
        yield f"{NET}/{bond.name}/bonding/{name}", value


def _port_files(host: SimHost, port: Port, index: int) -> Iterator[tuple[str, str]]:
    bond = next((bond for bond in host.bonds if port.name in bond.ports), None)
    folder = f"{NET}/{port.name}"
    yield f"{folder}/address", host.port(bond.ports[0]).mac if bond else port.mac
    yield f"{folder}/addr_assign_type", "0" if bond is None or bond.ports[0] == port.name else "3"
    if bond:
        yield f"{folder}/carrier", "1" if port.carrier else "0"
    yield f"{folder}/flags", "0x1803" if bond else "0x1002"
    yield f"{folder}/ifindex", str(index)
    yield f"{folder}/mtu", "1500"
    if port.carrier:
        yield f"{folder}/speed", str(port.speed or -1)
        yield f"{folder}/duplex", "full" if port.speed else "unknown"
    yield f"{folder}/type", "1"
    yield f"{folder}/device/uevent", f"DRIVER={port.driver}"
    if bond:
        yield f"{folder}/bonding_slave/perm_hwaddr", port.mac


def _upper_files(host: SimHost, bond: SimBond, name: str, index: int) -> Iterator[tuple[str, str]]:
    yield f"{NET}/{name}/address", host.port(bond.ports[0]).mac
    yield f"{NET}/{name}/carrier", "1" if any(host.port(port).carrier for port in bond.ports) else "0"
    yield f"{NET}/{name}/flags", "0x1403"
    yield f"{NET}/{name}/ifindex", str(index)
    yield f"{NET}/{name}/mtu", "1500"
    yield f"{NET}/{name}/type", "1"


def _links(host: SimHost) -> Iterator[str]:
    for number, port in enumerate(host.ports):
        place = f"../../devices/pci0000:00/0000:00:1c.{number}/0000:0{number + 1}:00.0"
        yield _link(port.name, f"{place}/net/{port.name}")
        yield _link(f"{port.name}/device", f"../../../0000:0{number + 1}:00.0")
        yield _link(f"{port.name}/device/driver", f"../../../../bus/pci/drivers/{port.driver}")
        bond = next((bond for bond in host.bonds if port.name in bond.ports), None)
        if bond:
            yield _link(f"{port.name}/master", f"../../../../../virtual/net/{bond.name}")
            yield _link(f"{port.name}/upper_{bond.name}", f"../../../../../virtual/net/{bond.name}")
    for bond in host.bonds:
        yield _link(bond.name, f"../../devices/virtual/net/{bond.name}")
        if bond.vlan:
            yield _link(f"{bond.name}/upper_{bond.name}.{bond.vlan}", f"../{bond.name}.{bond.vlan}")
            yield _link(f"{bond.name}.{bond.vlan}", f"../../devices/virtual/net/{bond.name}.{bond.vlan}")


def _link(name: str, target: str) -> str:
    return f"lrwxrwxrwx 1 root root 0 Nov 25 16:12 {NET}/{name} -> {target}"


def _addresses(host: SimHost) -> str:
    rows: list[dict[str, object]] = [{"ifindex": 1, "ifname": "lo", "addr_info": []}]
    for index, port in enumerate(host.ports, 2):
        rows.append({"ifindex": index, "ifname": port.name, "permaddr": port.mac, "addr_info": []})
    for index, bond in enumerate(host.bonds, 10):
        address, _, length = _address(host, index).partition("/")
        info = [{"family": "inet", "local": address, "prefixlen": int(length), "scope": "global"}]
        rows.append(_addressed(index, bond.name, "bond", [] if bond.vlan else info))
        if bond.vlan:
            rows.append(_addressed(index + 10, f"{bond.name}.{bond.vlan}", "vlan", info))
    return json.dumps(rows)


def _address(host: SimHost, index: int) -> str:
    return f"{ip_address(int(ip_address(f'10.{20 + index}.0.10')) + host.number)}/16"


def _addressed(index: int, name: str, kind: str, info: list[dict[str, object]]) -> dict[str, object]:
    return {"ifindex": index, "ifname": name, "linkinfo": {"info_kind": kind}, "addr_info": info}


def _ethtool(host: SimHost) -> Iterator[str]:
    for port in host.ports:
        yield f"nic={port.name}"
        yield f"Settings for {port.name}:"
        if port.modes:
            modes = [f"{step}base{'T' if step <= 10_000 else 'CR'}/Full" for step in STEPS if step <= port.nominal]
            yield f"\tSupported link modes:   {modes[0]}"
            yield from (f"\t                        {mode}" for mode in modes[1:])
            yield "\tSupported pause frame use: Symmetric"
        yield f"\tLink detected: {'yes' if port.carrier else 'no'}"


def _lldp(host: SimHost) -> list[str]:
    if not host.lldp:
        return []
    heard = [port for port in host.ports if port.switch and port.carrier]
    interfaces = [
        {
            "name": port.name,
            "via": "LLDP",
            "chassis": [
                {
                    "id": [{"type": "mac", "value": f"02:aa:{sum(map(ord, port.switch)) % 256:02x}:00:00:01"}],
                    "name": [{"value": port.switch}],
                    "capability": [{"type": "Bridge", "enabled": True}],
                }
            ],
            "port": [{"id": [{"type": "ifname", "value": port.switch_port}]}],
        }
        for port in heard
    ]
    return ["by=lldpctl", json.dumps({"lldp": [{"interface": interfaces}]})]
