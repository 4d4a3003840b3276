"""Rules that only a drill has; the others are the bond's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from changes.answers import no, not_yet, yes
from changes.kinds import Context, Verdict
from changes.plan import Check, Json
from networking import judges
from networking.drill.facts import AskDrill, AskPings
from networking.facts.nics import AskNetwork

Args = Mapping[str, Json]


def drill_ready(args: Args, context: Context) -> Verdict:
    network, target, settings = context.ask(AskNetwork()), context.plan.target, context.plan.settings
    if network.machine_id != target["machine_id"]:
        return no(f"This is another machine than planned: its machine-id is {network.machine_id}.")
    bond = network.bond(str(target["bond"]))
    if bond is None:
        return no(f"There is no {target['bond']} any more.")
    if bond.status.active != settings["primary"]:
        return no(f"{bond.status.active or 'No port'} carries the traffic, not {settings['primary']}.")
    standby = bond.status.port(str(settings["standby"]))
    if standby is None or standby.mii_status != "up":
        return no(f"{settings['standby']} has no link, so nothing would carry the traffic.")
    return yes(f"{settings['primary']} carries the traffic, {settings['standby']} stands by.")


def watching(args: Args, context: Context) -> Verdict:
    pings = context.ask(AskPings(f"{context.run_dir}/pings"))
    return yes(f"{pings.received} packets have come back.") if pings.received else no("No packet has come back.")


def drilled(args: Args, context: Context) -> Verdict:
    said, settings = context.ask(AskDrill(f"{context.run_dir}/guard")), context.plan.settings
    if said.get("failed"):
        return Verdict(False, said["failed"], dict(said))
    if said.get("done") != "yes":
        return no("The drill has not come to its end.")
    wrong = [
        f"After {name} the traffic was on {said.get(key)}, where {settings['policy']} wants {wanted}."
        for name, key, wanted in expected(settings)
        if said.get(key) != wanted
    ]
    if wrong:
        return Verdict(False, " ".join(wrong), dict(said))
    moved = int(said.get("plain_moved_ms", 0))
    return yes(
        f"The traffic moved to {said['plain_moved_to']} within {moved} ms, and then did as {settings['policy']} says.",
        dict(said),
    )


def expected(settings: Mapping[str, Json]) -> list[tuple[str, str, str]]:
    """What was done, the line that tells, and where the traffic has to be then."""
    primary, standby, slow = str(settings["primary"]), str(settings["standby"]), settings["slow"]
    rows = [("its link came back", "plain_then", standby if settings["policy"] == "failure" else primary)]
    if slow:
        rows += [
            ("the primary came back slowed", "slowed_then", standby),
            ("it had its speed", "restored_then", primary),
        ]
    return rows


def drill_over(args: Args, context: Context) -> Verdict:
    bond = context.ask(AskNetwork()).bond(str(context.plan.target["bond"]))
    active = bond.status.active if bond else None
    if active != context.plan.settings["primary"]:
        return not_yet(f"{active or 'No port'} carries the traffic, not {context.plan.settings['primary']}.")
    return yes(f"{active} carries the traffic, as before.")


def counted(args: Args, context: Context) -> Verdict:
    pings, interval = context.ask(AskPings(f"{context.run_dir}/pings")), int(context.plan.settings["interval_ms"])
    if not pings.ended:
        return no("The packets are not counted yet.")
    if not pings.received:
        return no("No packet came back at all, so nothing was measured.")
    return yes(
        f"{pings.lost} of {pings.last} packets were lost; the longest gap was {pings.longest * interval} ms.",
        pings.to_json(interval),
    )


RULES: Mapping[str, judges.Rule] = {
    "drill-ready": drill_ready,
    "watching": watching,
    "drilled": drilled,
    "drill-over": drill_over,
    "counted": counted,
}


def judge(check: Check, context: Context) -> Verdict:
    """The verdict on one check. Raises FactError or SessionError where the host cannot be asked."""
    rule = RULES.get(check.rule)
    return rule(check.args, context) if rule else judges.judge(check, context)
