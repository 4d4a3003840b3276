"""What may be wrong with a bond's state, one function for each: links, speeds, monitor, age."""

from __future__ import annotations

from collections.abc import Iterator

from networking.bonding.model import ALWAYS, BETTER, FAILURE
from networking.bonding.seen import Seen
from networking.bonding.states import Finding, HealthState
from networking.bonding.status import PortStatus
from networking.bonding.words import ago, names, speed

FLAPS = 3
"""Link failures of one port within the window that are no longer somebody working at a cable."""


def down(seen: Seen) -> Iterator[Finding]:
    status = seen.status
    silent = seen.is_active_backup and status.mode and status.active is None and status.mii_status != "up"
    if status.mii_status != "down" and not silent:
        return
    ports = names(port.name for port in status.ports)
    yield Finding(
        HealthState.DOWN,
        "No port is active: nothing reaches the host through this bond."
        + (f" Check the cables and switch ports of {ports}, and" if status.ports else " It has no ports; enslave them,")
        + " see whether the bond itself is set down.",
        seen.evidence(f"bond: link {status.mii_status or 'not told'}", f"active port: {status.active or 'none'}"),
    )


def no_monitor(seen: Seen) -> Iterator[Finding]:
    if seen.miimon == 0 and not seen.arp_interval:
        yield Finding(
            HealthState.NO_MONITOR,
            "Nobody watches the links: miimon and arp_interval are 0, so that a dead link goes unnoticed and the ports"
            " below count as up whatever they are. Set miimon=100.",
            ("miimon 0", "arp_interval 0"),
        )


def degraded_in_place(seen: Seen) -> Iterator[Finding]:
    active = seen.active
    if not active or not seen.is_active_backup:
        return
    now, nominal = seen.speed(active), seen.nominal.get(active.name)
    if now and nominal and now < nominal:
        faster = [port.name for port in seen.up if port != active and (seen.speed(port) or 0) > now]
        better = f" {names(faster)} would be faster now." if faster else ""
        yield Finding(
            HealthState.DEGRADED_IN_PLACE,
            f"{active.name} carries the traffic at {speed(now)} instead of its {speed(nominal)}.{better} The kernel"
            " does not choose again while its link stays up. Check its cable, transceiver and switch port; then take"
            " its link down and up.",
            seen.evidence(f"{now} is less than {nominal}"),
        )


def held(seen: Seen) -> Iterator[Finding]:
    primary, active = seen.primary, seen.active
    if seen.is_active_backup and primary and active and primary != active and primary.mii_status == "up":
        comparison, reason = _why_held(seen, primary, active)
        yield Finding(
            HealthState.HELD,
            f"The primary {primary.name} is up, but {active.name} carries the traffic: {reason}"
            f"{_primary_is_slow(seen, primary)}",
            seen.evidence(*comparison, f"primary_reselect {seen.policy or 'not told'}"),
        )


def _why_held(seen: Seen, primary: PortStatus, active: PortStatus) -> tuple[tuple[str, ...], str]:
    """A line that compares, and the reason as the end of a sentence."""
    if seen.policy == FAILURE:
        return (), f"primary_reselect=failure leaves it there until {active.name} fails."
    if seen.policy == ALWAYS:
        return (), (
            "primary_reselect=always would take it back, so somebody chose the port by hand; the next change of a link"
            " ends that."
        )
    if seen.policy != BETTER:
        return (), "what primary_reselect is cannot be told here."
    theirs, ours = seen.counted(active), seen.counted(primary)
    if theirs is None:
        return (f"unknown counts as more than {ours or 'unknown'}",), (
            f"the speed of {active.name} is unknown, which the kernel takes for the fastest, so that"
            " primary_reselect=better never sees the primary as faster."
        )
    if ours is None or ours > theirs or (ours == theirs and (primary.duplex, active.duplex) == ("full", "half")):
        line = f"{ours or 'unknown, the fastest to the kernel,'} is more than {theirs}"
        line = f"{ours} full duplex is more than {theirs} half duplex" if ours == theirs else line
        return (line,), (
            f"{line}, so primary_reselect=better would take it back. Somebody chose {active.name} by hand, or the speed"
            " changed while the link stayed up; the next change of a link ends that."
        )
    line = f"{ours} is not more than {theirs}"
    return (line,), f"primary_reselect=better takes it back only if it is faster, and {line}."


def _primary_is_slow(seen: Seen, primary: PortStatus) -> str:
    now, nominal = seen.speed(primary), seen.nominal.get(primary.name)
    if not (now and nominal and now < nominal):
        return ""
    return (
        f" {primary.name} should run at {speed(nominal)}: check its cable, transceiver and switch port; then take its"
        " link down and up."
    )


def failed_over(seen: Seen) -> Iterator[Finding]:
    primary, active = seen.primary, seen.active
    if not (seen.is_active_backup and primary and active and primary != active):
        return
    if primary.mii_status in ("", "up"):
        return
    waits = " It is coming back and waits for updelay." if primary.mii_status == "going back" else ""
    yield Finding(
        HealthState.FAILED_OVER,
        f"The primary {primary.name} is {primary.mii_status}; {active.name} carries the traffic at"
        f" {speed(seen.speed(active))}.{waits or f' Check the cable and switch port of {primary.name}.'}",
        seen.evidence(f"primary {primary.name}", f"active port {active.name}"),
    )


def no_redundancy(seen: Seen) -> Iterator[Finding]:
    ports = seen.status.ports
    lost = [port.name for port in ports if port != seen.active and port.mii_status not in ("", "up")]
    left = [port.name for port in ports if port.name not in lost]
    if len(ports) < 2:
        have = f"The bond has only {ports[0].name}" if ports else "The bond has no ports"
        sentence = f"{have}: there is nothing to fail over to. Enslave the second port."
    elif lost and left:
        alone = f": if {left[0]} fails too, the host is cut off" if len(left) == 1 else ""
        sentence = f"{names(lost)} cannot take over{alone}. Check the cable and switch port of {names(lost)}."
    else:
        return
    yield Finding(HealthState.NO_REDUNDANCY, sentence, seen.evidence(f"{len(seen.up)} of {len(ports)} ports up"))


def speed_unknown(seen: Seen) -> Iterator[Finding]:
    told = any(port.speed_mbps or port.duplex or port.queue_id is not None for port in seen.status.ports)
    unknown = [port.name for port in seen.up if seen.speed(port) is None]
    if unknown and told:  # RHEL 5 writes no speeds at all
        yield Finding(
            HealthState.SPEED_UNKNOWN,
            f"The speed of {names(unknown)} is unknown, which the kernel takes for the fastest there is: as the active"
            " port it keeps the traffic from any primary under primary_reselect=better, and nobody would see it"
            " degrade. Set its speed, or use a driver that tells it; until then choose primary_reselect=always.",
            seen.evidence(),
        )


def drift(seen: Seen) -> Iterator[Finding]:
    if seen.drift:
        more = f", and {len(seen.drift) - 1} more" if len(seen.drift) > 1 else ""
        yield Finding(
            HealthState.DRIFT,
            f"What runs is not what the files say: {seen.drift[0].rstrip('.')}{more}. The next boot makes it what the"
            " files say. Change this bond to what it is to be: that writes files and kernel alike.",
            tuple(seen.drift),
        )


def flapping(seen: Seen) -> Iterator[Finding]:
    often = {name: count for name, count in seen.failures_window.items() if count >= FLAPS}
    if often:
        told = names(f"{name} ({count} times)" for name, count in sorted(often.items()))
        yield Finding(
            HealthState.FLAPPING,
            f"The link failed again and again lately: {told}. Check cable, transceiver and switch port; a longer"
            " updelay keeps traffic away from a port that comes and goes.",
            tuple(f"{name}: {count} link failures" for name, count in sorted(often.items())),
        )


def stale(seen: Seen) -> Iterator[Finding]:
    if seen.seen_age is not None and seen.seen_age > seen.stale_after:
        yield Finding(
            HealthState.STALE,
            f"This is how it was {ago(seen.seen_age)} ago; the host has not answered since. See why on the host's"
            " page, and sweep again.",
            (f"seen {ago(seen.seen_age)} ago", f"stale after {ago(seen.stale_after)}"),
        )
