"""How well a bond is: everything that holds, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from networking.bonding import findings
from networking.bonding.misfits import misconfigured
from networking.bonding.model import Options
from networking.bonding.seen import Seen
from networking.bonding.states import WORST_FIRST, Finding, Health, HealthState
from networking.bonding.status import BondStatus
from networking.bonding.words import names, speed

CHECKS = (
    findings.down,
    findings.no_monitor,
    findings.degraded_in_place,
    findings.held,
    findings.failed_over,
    findings.no_redundancy,
    findings.speed_unknown,
    misconfigured,
    findings.drift,
    findings.flapping,
    findings.stale,
)


def assess(
    status: BondStatus,
    *,
    nominal: Mapping[str, int | None] | None = None,
    options: Mapping[str, str] | None = None,
    wanted: Options | None = None,
    drift: Sequence[str] = (),
    failures_window: Mapping[str, int] | None = None,
    seen_age: float | None = None,
    stale_after: float = 900.0,
    switches: Mapping[str, str] | None = None,
    speeds: Mapping[str, int | None] | None = None,
) -> Health:
    """Every finding that holds, worst first; OK alone where there is none.

    nominal          port → the speed that it is made for, Mb/s; without it no port can be seen to be degraded
    options          sysfs's options by name, which tell what /proc hides
    wanted           as the bond was asked for; without it nothing is compared with wishes
    drift            sentences in which files and kernel differ
    failures_window  port → link failures within the window that flapping is judged by (an hour)
    seen_age         seconds since the host told this
    switches         port → switch by LLDP
    speeds           port → speed now by sysfs or ethtool. Without it no port is seen to degrade in place: /proc has the
                     speed that the bond noted when the link last changed, and before RHEL 6 none
    """
    seen = Seen(
        status=status,
        nominal=nominal or {},
        options=options or {},
        wanted=wanted,
        drift=drift,
        failures_window=failures_window or {},
        seen_age=seen_age,
        stale_after=stale_after,
        switches=switches or {},
        speeds=speeds or {},
    )
    found = [finding for check in CHECKS for finding in check(seen)]
    return Health(tuple(sorted(found, key=lambda finding: WORST_FIRST.index(finding.state))) or (_ok(seen),))


def _ok(seen: Seen) -> Finding:
    active = seen.active
    if not active:  # another mode would be told as a misfit; this is text that breaks off
        return Finding(HealthState.OK, "Nothing is wrong that this text tells.", seen.evidence())
    standing_by = [f"{port.name} at {speed(seen.speed(port))}" for port in seen.up if port != active]
    return Finding(
        HealthState.OK,
        f"{active.name} carries the traffic at {speed(seen.speed(active))}; standing by: {names(standing_by)}.",
        seen.evidence(f"primary_reselect {seen.policy or 'not told'}"),
    )
