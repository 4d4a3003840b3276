"""A bond as the kernel tells it in /proc/net/bonding/<bond>, from RHEL 5's text to today's.

Values only here; the reader is in `bonding.proc`, and `parse_proc` is offered from here as the stable name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PortStatus:
    """A port. None where the text does not say it (old kernels), or says Unknown.

    mii_status          up, going down, down, going back; as the kernel writes it
    speed_mbps          Mb/s; None for “Unknown” and where there is no such line
    link_failure_count  since it was enslaved
    permanent_address   lower case
    unknown             lines that were not understood, kept
    """

    name: str
    mii_status: str = ""
    speed_mbps: int | None = None
    duplex: str | None = None
    link_failure_count: int | None = None
    permanent_address: str | None = None
    queue_id: int | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BondStatus:
    """A bond. Times in ms; None where the text does not say it.

    mode              the kernel's word: active-backup, balance-rr, 802.3ad …
    primary_reselect  always, better or failure; None where no primary is enslaved, since the kernel hides it then
    active            name of the active port; None if there is none
    """

    driver: str
    mode: str
    fail_over_mac: str | None = None
    primary: str | None = None
    primary_reselect: str | None = None
    active: str | None = None
    mii_status: str = ""
    miimon: int | None = None
    updelay: int | None = None
    downdelay: int | None = None
    peer_notif_delay: int | None = None
    arp_interval: int | None = None
    arp_ip_targets: tuple[str, ...] = ()
    ports: tuple[PortStatus, ...] = ()
    unknown: tuple[str, ...] = ()

    def port(self, name: str | None) -> PortStatus | None:
        return next((port for port in self.ports if port.name == name), None)


def parse_proc(text: str) -> BondStatus:
    """The bond that a file of /proc/net/bonding tells of. Raises ValueError naming the line (see `bonding.proc`)."""
    from networking.bonding.proc import parse_proc as read  # it makes the values above

    return read(text)
