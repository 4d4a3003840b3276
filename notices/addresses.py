"""Where a webhook may go: no address inside, unless a setting names it. Pure, but for asking the resolver.

A name is resolved once, every address that it has is judged, and whoever connects takes the very addresses that were:
a name that answers otherwise a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Net = ipaddress.IPv4Network | ipaddress.IPv6Network
UNICAST, PROTOCOLS = ipaddress.ip_network("2000::/3"), ipaddress.ip_network("192.0.0.0/24")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(ValueError):
    """The message is the sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """A host and the addresses that were judged, as `socket.connect` takes them."""

    host: str
    port: int
    tls: bool
    path: str
    addresses: tuple[tuple[int, tuple[str, int]], ...]


def split(url: str) -> SplitResult:
    """The parts of an address that could be a webhook's. Raises AddressRefused; resolves nothing."""
    sentence = "A webhook's address looks like https://example.org/path, without a user or a password in it."
    if len(url) > 500 or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused(sentence)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused(sentence) from None
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or port == 0:
        raise AddressRefused(sentence)
    return parts


def place_of(url: str, allowed: Sequence[Net]) -> Place:
    """Resolve and judge. Raises AddressRefused, also where one of many addresses is inside, or nothing is found."""
    parts = split(url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused(f"{host} has no address that could be found.") from None
    addresses = dict.fromkeys((int(family), (str(where[0]), port)) for family, _, _, _, where in found)
    for _, (text, _) in addresses:
        judge(text, allowed, tls=tls)
    path = parts.path or "/"
    return Place(host, port, tls, f"{path}?{parts.query}" if parts.query else path, tuple(addresses))


def judge(text: str, allowed: Sequence[Net], *, tls: bool) -> None:
    """Raises AddressRefused for an address inside that no network of `allowed` has, or without TLS outside of them."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise AddressRefused(f"{text} is no address.") from None
    inner = _within(address)
    if any((inner or address) in net for net in allowed if net.version == (inner or address).version):
        return
    if _inside(address) or (inner is not None and _inside(inner)):
        raise AddressRefused(
            f"{address} is not an address of the public internet. REGROUP_WEBHOOK_NETS names the networks inside that "
            "webhooks may go to."
        )
    if not tls:
        raise AddressRefused("A webhook outside of REGROUP_WEBHOOK_NETS goes by https only.")


def _inside(address: Address) -> bool:
    """What `is_global` says differs from one Python to the next: of IPv6 nothing counts but global unicast."""
    if isinstance(address, ipaddress.IPv4Address):
        return address in PROTOCOLS or address.is_multicast or not address.is_global
    if address.ipv4_mapped or address in NAT64:
        return False  # it is what is within it
    return address not in UNICAST or not address.is_global


def _within(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
