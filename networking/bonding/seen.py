"""A bond as its health is judged: what it says, what its ports could do, what was wanted of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from networking.bonding.model import ACTIVE_BACKUP, Options
from networking.bonding.status import BondStatus, PortStatus
from networking.bonding.words import speed


@dataclass(frozen=True, slots=True)
class Seen:
    """The arguments of `health.assess`, and the questions that its findings ask of them."""

    status: BondStatus
    nominal: Mapping[str, int | None]
    options: Mapping[str, str]
    wanted: Options | None
    drift: Sequence[str]
    failures_window: Mapping[str, int]
    seen_age: float | None
    stale_after: float
    switches: Mapping[str, str]
    speeds: Mapping[str, int | None]

    @property
    def is_active_backup(self) -> bool:
        """Text whose head is cut off counts as such: only modes with an active port have it."""
        return self.status.mode in (ACTIVE_BACKUP, "")

    @property
    def primary(self) -> PortStatus | None:
        return self.status.port(self.status.primary or self.options.get("primary"))

    @property
    def active(self) -> PortStatus | None:
        return self.status.port(self.status.active)

    @property
    def policy(self) -> str:
        """Empty where nothing tells it: /proc hides it without a primary, and RHEL 5 has none."""
        return self.status.primary_reselect or self.options.get("primary_reselect", "")

    @property
    def miimon(self) -> int | None:
        return self.status.miimon if self.status.miimon is not None else self._number("miimon")

    @property
    def arp_interval(self) -> int:
        return self.status.arp_interval or self._number("arp_interval") or 0

    @property
    def up(self) -> tuple[PortStatus, ...]:
        return tuple(port for port in self.status.ports if port.mii_status == "up")

    def speed(self, port: PortStatus) -> int | None:
        """Now, in Mb/s. A port that is down has none, whatever the text still says (RHEL 6, virtio).

        sysfs asks the driver; /proc has what the bond noted when the link last changed.
        """
        if port.mii_status not in ("up", "going down"):
            return None
        return self.speeds.get(port.name) or port.speed_mbps or None

    def counted(self, port: PortStatus) -> int | None:
        """What the kernel compares with other ports: the speed that it noted when the link last changed."""
        return port.speed_mbps or self.speed(port)

    def described(self, port: PortStatus) -> str:
        """A line of evidence."""
        now, nominal, counted = self.speed(port), self.nominal.get(port.name), self.counted(port)
        said = f"{port.name}: link {port.mii_status or 'not told'}"
        if port.mii_status in ("up", "going down"):
            said += f", {speed(now)}"
        if nominal:
            said += f", nominal {speed(nominal)}"
        return f"{said}; the bond still counts it as {speed(counted)}" if now and counted != now else said

    def evidence(self, *lines: str) -> tuple[str, ...]:
        return (*lines, *(self.described(port) for port in self.status.ports))

    def _number(self, option: str) -> int | None:
        text = self.options.get(option, "")
        return int(text) if text.isascii() and text.isdigit() else None
