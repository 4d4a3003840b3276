"""Which interface the asking SSH session runs over, and who is at its other end.

sudo drops SSH_CONNECTION; the host's script finds it in the environment of the processes above it, where sshd put
it, and where it is not, the socket that one of them holds open. See `part_session` in scripts/network.sh.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from networking.facts.values import Nic


def parse_session(text: str, nics: Iterable[Nic]) -> tuple[str, str]:
    """Interface and the peer's address; both empty where nothing tells. The interface is the one that has the
    address which the peer speaks to; if none has it (translated on the way), the one that answers leave by.

    Real answers: `connection=10.0.2.2 40604 10.0.2.15 22` and
    `route=10.0.2.2 dev eth2 src 10.0.2.15 uid 0 \\    cache`, or `socket=10.0.2.15:22 10.0.2.2:40604`.
    """
    said = dict(line.partition("=")[::2] for line in text.splitlines())
    words = said.get("connection", "").split()
    if len(words) == 4:
        peer, local = words[0], words[2]
    else:
        local, _, peer = said.get("socket", "").partition(" ")
        local, peer = local.rpartition(":")[0].strip("[]"), peer.rpartition(":")[0].strip("[]")
    if not peer:
        return "", ""
    return _device(_plain(local), said.get("route", ""), nics), _plain(peer)


def _device(local: str, route: str, nics: Iterable[Nic]) -> str:
    address, _, zone = local.partition("%")
    if zone:
        return zone
    owners = [nic.name for nic in nics if address in (own.partition("/")[0] for own in nic.addresses)]
    leaves = re.search(r"\bdev (\S+)", route)
    by_route = leaves[1] if leaves else ""
    return by_route if by_route in owners or not owners else owners[0]


def _plain(address: str) -> str:
    return address.removeprefix("::ffff:")
