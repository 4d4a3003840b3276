"""Changing the options of a bond that runs: writes to sysfs, in the order that interrupts nothing it need not.

The monitor first, since delays are multiples of it; then what a move of the traffic needs to be announced; the policy
before the primary, and the primary only if it differs, since writing it moves traffic at once whatever the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from networking.bonding.model import Options
from networking.bonding.selection import candidates, choose
from networking.bonding.status import BondStatus

SYSFS = "/sys/class/net/{bond}/bonding/{option}"
DELAYS = ("updelay", "downdelay", "peer_notif_delay")
BESIDE = ("num_grat_arp", "resend_igmp", "all_slaves_active", "min_links")
"""Options that neither interrupt nor move anything."""

EMPTY = ("primary", "arp_ip_target")
"""Files of sysfs without a line where nothing is set: not to be seen, and there all the same."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write: `value` is written to `path`, with a newline after it.

    moves  a sentence where it moves traffic at once, and why; empty where it does not
    """

    path: str
    option: str
    value: str
    why: str
    moves: str = ""


@dataclass(frozen=True, slots=True)
class LiveChange:
    """How a running bond becomes what is wanted.

    writes   in their order; empty if nothing differs
    rebuild  sentences why the bond has to be built anew, which interrupts traffic; the writes then count for nothing
    lacks    options that this kernel has not, with a sentence each
    warning  sentences about what the writes leave behind
    """

    writes: tuple[Write, ...] = ()
    rebuild: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def moves_traffic(self) -> bool:
        return any(write.moves for write in self.writes)


def live_change(bond: str, status: BondStatus, running: Mapping[str, str], wanted: Options) -> LiveChange:
    """What to write so that a running bond has the wanted options.

    `running` are sysfs's options by name (`BondNow.options`).
    """
    rebuild = tuple(_rebuild(running, wanted))
    pending, lacks = list[Write](), list[str]()
    for write in (*_monitor(bond, running, wanted), *_beside(bond, running, wanted), *_choice(bond, running, wanted)):
        if write.option in running or write.option in EMPTY:
            pending.append(write)
        else:
            lacks.append(f"This kernel has no {write.option}; it stays as it is there.")
    return LiveChange(tuple(_foreseen(pending, status, running)), rebuild, tuple(lacks), tuple(_left(status, pending)))


def _rebuild(running: Mapping[str, str], wanted: Options) -> Iterator[str]:
    for option, value in (("mode", wanted.mode), ("fail_over_mac", wanted.fail_over_mac)):
        if option in running and running[option] != value:
            yield f"{option} is {running[option]} and is to be {value}: the kernel changes it only without ports."


def _write(bond: str, option: str, value: str, why: str) -> Write:
    return Write(SYSFS.format(bond=bond, option=option), option, value, why)


def _monitor(bond: str, running: Mapping[str, str], wanted: Options) -> Iterator[Write]:
    """miimon and arp_interval exclude one another: writing one sets the other to 0."""
    targets, now = set(wanted.arp_ip_targets), set(running.get("arp_ip_target", "").split())
    for target in (target for target in wanted.arp_ip_targets if target not in now):
        yield _write(bond, "arp_ip_target", f"+{target}", "adds an address that answers as long as the link is good")
    if str(wanted.arp_interval) != running.get("arp_interval", "0") and not wanted.miimon:
        yield _write(bond, "arp_interval", str(wanted.arp_interval), "watches by ARP, which ends watching by miimon")
    new_miimon = str(wanted.miimon) != running.get("miimon", "")
    if new_miimon and wanted.miimon:
        yield _write(bond, "miimon", str(wanted.miimon), "looks at the links at this interval")
    elif new_miimon and not wanted.arp_interval:
        yield _write(bond, "miimon", "0", "ends looking at the links")
    if wanted.arp_interval and running.get("arp_validate", wanted.arp_validate) != wanted.arp_validate:
        yield _write(bond, "arp_validate", wanted.arp_validate, "says which answers count")
    for option in DELAYS:
        value = str(getattr(wanted, option))
        if wanted.miimon and (value != running.get(option, "0") or (new_miimon and value != "0")):
            why = "is kept as a multiple of miimon, so it follows it" if new_miimon else "is a multiple of miimon"
            yield _write(bond, option, value, why)
    for target in sorted(now - targets):
        yield _write(bond, "arp_ip_target", f"-{target}", "takes an address away")


def _beside(bond: str, running: Mapping[str, str], wanted: Options) -> Iterator[Write]:
    defaults = Options()
    for option in BESIDE:
        value = str(int(getattr(wanted, option)))
        if value != running.get(option, str(int(getattr(defaults, option)))):
            yield _write(bond, option, value, "takes effect at the next change of port")


def _choice(bond: str, running: Mapping[str, str], wanted: Options) -> Iterator[Write]:
    if wanted.primary_reselect != running.get("primary_reselect", ""):
        why = "the policy first: the kernel chooses again by it at once"
        yield _write(bond, "primary_reselect", wanted.primary_reselect, why)
    if wanted.primary != running.get("primary", ""):
        why = "last, since it moves traffic to that port at once" if wanted.primary else "there is to be no primary"
        yield _write(bond, "primary", wanted.primary, why)


def _foreseen(writes: list[Write], status: BondStatus, running: Mapping[str, str]) -> Iterator[Write]:
    """The same writes, each with what it does to the traffic."""
    ports, active = candidates(status), status.active
    primary, policy = running.get("primary") or status.primary, running.get("primary_reselect", "")
    for write in writes:
        if write.option == "primary_reselect":
            policy = write.value
        elif write.option == "primary":
            primary = write.value
        else:
            yield write
            continue
        chosen = choose(ports, active, primary, policy, forced=write.option == "primary")
        yield replace(write, moves=_move(active, chosen, write)) if chosen != active else write
        active = chosen


def _move(active: str | None, chosen: str | None, write: Write) -> str:
    reason = (
        "whatever primary_reselect says"
        if write.option == "primary" and write.value
        else f"by {write.option} as written"
    )
    return f"Traffic moves from {active or 'no port'} to {chosen or 'no port'} at once, {reason}."


def _left(status: BondStatus, writes: list[Write]) -> Iterator[str]:
    for write in writes:
        port = status.port(write.value) if write.option == "primary" else None
        if port and port.mii_status != "up":
            yield (
                f"{port.name} is down now: when its link comes up, the kernel makes it the active port once, whatever"
                " primary_reselect says."
            )
