"""What may be wrong with how a bond is set up, whatever its links do."""

from __future__ import annotations

from collections.abc import Iterator

from networking.bonding.model import ACTIVE_BACKUP, BETTER
from networking.bonding.seen import Seen
from networking.bonding.states import Finding, HealthState
from networking.bonding.words import names, speed


def misconfigured(seen: Seen) -> Iterator[Finding]:
    """A finding for each misfit."""
    if not seen.is_active_backup:
        yield _finding(
            f"The mode is {seen.status.mode}, not active-backup: the ports are not one that carries and one that"
            " stands by. To change the mode is to build the bond anew.",
            f"mode {seen.status.mode}",
        )
    else:
        for sentence, *evidence in (*_primary(seen), *_policy(seen)):
            yield _finding(sentence, *evidence)
    yield from _one_switch(seen)


def _finding(sentence: str, *evidence: str) -> Finding:
    return Finding(HealthState.MISCONFIGURED, sentence, evidence)


def _primary(seen: Seen) -> Iterator[tuple[str, ...]]:
    primary, wanted = seen.primary, seen.wanted.primary if seen.wanted else ""
    others = [port for port in seen.status.ports if port != primary]
    if wanted and (not primary or primary.name != wanted):
        have = f"{primary.name} is the primary" if primary else "There is no primary"
        yield f"{have}, but {wanted} is wanted as such. Write primary={wanted}.", f"primary {wanted} wanted"
    elif not primary and len(others) > 1:
        yield (
            "There is no primary: which port carries the traffic after a boot is chance, and it stays with a slow port"
            f" until that fails. Make the faster of {names(port.name for port in others)} the primary.",
            "primary none",
        )
    if not primary:
        return
    nominal = {port.name: seen.nominal.get(port.name) for port in seen.status.ports}
    ours = nominal[primary.name]
    faster = [port.name for port in others if ours and (nominal[port.name] or 0) > ours]
    equal = [port.name for port in others if ours and nominal[port.name] == ours]
    lines = [f"{name}: nominal {speed(value)}" for name, value in nominal.items()]
    if faster:
        yield (
            f"The primary {primary.name} is the slower port: {speed(ours)}, while {names(faster)} has"
            f" {speed(nominal[faster[0]])}. Make {faster[0]} the primary.",
            *lines,
        )
    elif equal and seen.policy == BETTER:
        yield (
            f"{primary.name} and {names(equal)} are equally fast, and equal is not better: with primary_reselect=better"
            " the traffic never returns to the primary. Choose always, or failure if it may stay.",
            *lines,
        )


def _policy(seen: Seen) -> Iterator[tuple[str, ...]]:
    wanted = seen.wanted.primary_reselect if seen.wanted else ""
    if wanted and seen.policy and seen.policy != wanted and seen.wanted and seen.wanted.mode == ACTIVE_BACKUP:
        yield (
            f"primary_reselect is {seen.policy}, but {wanted} is wanted. Write primary_reselect={wanted}; the kernel"
            " then chooses again at once.",
            f"primary_reselect {seen.policy}",
        )


def _one_switch(seen: Seen) -> Iterator[Finding]:
    ports = [port.name for port in seen.status.ports]
    known = {name: seen.switches[name] for name in ports if seen.switches.get(name)}
    if len(ports) > 1 and len(known) == len(ports) and len(set(known.values())) == 1:
        switch = known[ports[0]]
        yield _finding(
            f"{names(ports)} hang on one switch, {switch}: if it dies, the host is cut off in spite of the bond. Move"
            " one of the cables to another switch.",
            *(f"{name} at {switch}" for name in ports),
        )
