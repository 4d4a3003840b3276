"""The network managers that a bond host can have: which units run, and the files that address eth0. Values only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

GATEWAY = "10.0.2.2"
"""Where QEMU's user network has its router."""

STAND_IN = Path(__file__).parent / "standin"

Files = Mapping[str, tuple[str, int]]
"""Path without its leading slash → text and mode."""


@dataclass(frozen=True)
class Manager:
    """One network manager: its key (as `networking.backends` names it), its units, and its files for one host.

    `files` takes the address with prefix ("10.0.2.15/24") and eth0's MAC address; `removed` are paths of the image that
    this host shall not have.
    """

    key: str
    title: str
    units: tuple[str, ...]
    files: Callable[[str, str], Files]
    removed: tuple[str, ...] = ()


def _ifupdown(address: str, mac: str) -> Files:
    stanza = f"auto eth0\niface eth0 inet static\n    address {address}\n    gateway {GATEWAY}\n"
    text = f"source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\n{stanza}"
    return {"etc/network/interfaces": (text, 0o644)}


def _keyfile(address: str, mac: str) -> Files:
    uuid = hashlib.sha256(f"regroup-lab {mac}".encode()).hexdigest()
    uuid = f"{uuid[:8]}-{uuid[8:12]}-4{uuid[13:16]}-8{uuid[17:20]}-{uuid[20:32]}"
    connection = f"[connection]\nid=eth0\nuuid={uuid}\ntype=ethernet\ninterface-name=eth0\n"
    addressing = f"[ipv4]\nmethod=manual\naddress1={address},{GATEWAY}\n\n[ipv6]\nmethod=disabled\n"
    # As on a server of Red Hat's: no profile is made up for a NIC that has none.
    server = "[main]\nno-auto-default=*\nignore-carrier=*\n"
    return {
        "etc/NetworkManager/system-connections/eth0.nmconnection": (f"{connection}\n{addressing}", 0o600),
        "etc/NetworkManager/conf.d/00-server.conf": (server, 0o644),
    }


def _networkd(address: str, mac: str) -> Files:
    text = f"[Match]\nName=eth0\n\n[Network]\nAddress={address}\nGateway={GATEWAY}\n"
    return {"etc/systemd/network/10-eth0.network": (text, 0o644)}


def _netplan(address: str, mac: str) -> Files:
    text = f"""network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:
      addresses: [{address}]
      routes:
        - to: default
          via: {GATEWAY}
"""
    return {"etc/netplan/01-network.yaml": (text, 0o600)}


def _ifcfg(address: str, mac: str) -> Files:
    ip, prefix = address.split("/")
    mask = {"24": "255.255.255.0"}[prefix]
    lines = ["DEVICE=eth0", f"HWADDR={mac.upper()}", "ONBOOT=yes", "BOOTPROTO=static"]
    lines += [f"IPADDR={ip}", f"NETMASK={mask}", f"GATEWAY={GATEWAY}"]
    scripts = "etc/sysconfig/network-scripts"
    return {
        "etc/sysconfig/network": ("NETWORKING=yes\n", 0o644),
        f"{scripts}/ifcfg-eth0": ("\n".join(lines) + "\n", 0o644),
        f"{scripts}/network-functions": (_stand_in("network-functions"), 0o644),
        "usr/sbin/ifup": (_stand_in("ifup"), 0o755),
        "usr/sbin/ifdown": (_stand_in("ifdown"), 0o755),
        "etc/rc.d/init.d/network": (_stand_in("network"), 0o755),
        "etc/systemd/system/network.service": (_stand_in("network.service"), 0o644),
    }


def _stand_in(name: str) -> str:
    return (STAND_IN / name).read_text()


DEBIANS = ("/usr/sbin/ifquery", "/usr/lib/udev/rules.d/80-ifupdown.rules")
"""Parts of Debian's ifupdown that would call what the stand-in takes the place of."""

HOOKS = tuple(f"/etc/network/{when}.d/ifenslave" for when in ("if-pre-up", "if-up", "if-post-down"))
"""Of ifenslave, for ifupdown: NetworkManager's dispatcher would run the last, and so take ports out of their bond."""

MANAGERS = {
    manager.key: manager
    for manager in (
        Manager("ifupdown", "Debian's ifupdown", ("networking.service",), _ifupdown),
        Manager("keyfile", "NetworkManager", ("NetworkManager.service",), _keyfile, HOOKS),
        Manager("networkd", "systemd-networkd", ("systemd-networkd.service",), _networkd),
        Manager("netplan", "netplan over systemd-networkd", ("systemd-networkd.service",), _netplan),
        Manager("ifcfg", "a stand-in for Red Hat's network scripts", ("network.service",), _ifcfg, DEBIANS),
    )
}
