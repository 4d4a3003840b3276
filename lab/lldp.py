"""What a switch says of itself on a port: one LLDP frame (IEEE 802.1AB), as bytes."""

from __future__ import annotations

import struct

MULTICAST = bytes.fromhex("0180c200000e")
ETHERTYPE = 0x88CC


def announcement(switch: str, port: str, vlan: int, lifetime: int) -> bytes:
    """The frame by which the switch `switch` names itself and its port `port`; good for `lifetime` seconds."""
    chassis = bytes((0x02, *switch.encode()[:5].ljust(5, b"\0")))  # a local address made of the name
    pieces = [
        _piece(1, b"\x04" + chassis),
        _piece(2, b"\x05" + port.encode()),
        _piece(3, struct.pack("!H", lifetime)),
        _piece(4, f"{switch} {port}".encode()),
        _piece(5, switch.encode()),
        _piece(6, b"Regroup lab switch"),
        _piece(7, struct.pack("!HH", 0x0004, 0x0004)),  # a bridge, and enabled
        _piece(127, b"\x00\x80\xc2\x01" + struct.pack("!H", vlan)),
        _piece(0, b""),
    ]
    return (MULTICAST + chassis + struct.pack("!H", ETHERTYPE) + b"".join(pieces)).ljust(60, b"\0")


def _piece(kind: int, value: bytes) -> bytes:
    return struct.pack("!H", kind << 9 | len(value)) + value
