"""What ethtool says of ports: the modes that they support, and their permanent address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from networking.bonding.model import MAC_ADDRESS


@dataclass(frozen=True, slots=True)
class Capability:
    """nominal_mbps: the largest supported speed, None where the driver names none (virtio, netvsc)."""

    nominal_mbps: int | None
    permanent_address: str


def parse_ethtool(text: str) -> dict[str, Capability]:
    """Interface → what it can; tolerant, since ethtool's text is for people and drivers say what they like.

    A real answer, shortened:

        nic=eth0
        Settings for eth0:
            Supported link modes:   1000baseT/Full
                                    10000baseT/Full
            Supported pause frame use: Symmetric
            Speed: 10000Mb/s
        Permanent address: 52:54:00:a0:01:00
    """
    found: dict[str, Capability] = {}
    for part in text.split("nic=")[1:]:
        name, _, said = part.partition("\n")
        found[name] = Capability(_nominal(said), _permanent(said))
    return found


def _nominal(said: str) -> int | None:
    modes = re.search(r"Supported link modes:((?:[^:\n]*\n)+)", said)
    speeds = [int(speed) for speed in re.findall(r"\b([0-9]+)base", modes[1])] if modes else []
    return max(speeds, default=None)


def _permanent(said: str) -> str:
    match = re.search(r"Permanent address: (\S+)", said)
    address = match[1].lower() if match else ""
    return address if MAC_ADDRESS.fullmatch(address) and address.strip("0:") else ""
