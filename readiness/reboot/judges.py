"""Whether it is still that boot, or the next one, and whether everything is there again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from changes.answers import no, not_yet, yes
from changes.kinds import Context, Verdict
from changes.plan import Check, Json
from readiness.reboot.facts import AskBoot, AskRunning, Boot
from readiness.reboot.steps import COMES_UP

Rule = Callable[[Mapping[str, Json], Context], Verdict]

GOES_ON = frozenset(("running", "degraded", "maintenance", "starting", "initializing"))
"""What systemd says of a boot that nobody ends; late in a shutdown it says nothing at all."""

GRACE = 90
"""Seconds of a boot in which a service that is not there may still be begun by something that we do not see."""


def same_boot(args: Mapping[str, Json], context: Context) -> Verdict:
    boot, target = context.ask(AskBoot()), context.plan.target
    if said := _another_machine(boot, context):
        return no(said)
    if boot.boot_id != target["boot_id"]:
        return no(
            f"{target['host']} was rebooted since the plan was made, {boot.uptime} s ago."
            " Plan it anew if it is still needed."
        )
    return yes(f"{target['host']} is in boot {boot.boot_id}, up for {boot.uptime} s.")


def remembered(args: Mapping[str, Json], context: Context) -> Verdict:
    found = context.ask(AskRunning())
    return yes(
        f"{len(found.services)} services run and {len(found.mounts)} file systems are mounted.",
        {
            "boot_id": found.boot.boot_id,
            "kernel": found.boot.kernel,
            "services": list(found.services),
            "mounts": list(found.mounts),
        },
    )


def another_boot(args: Mapping[str, Json], context: Context) -> Verdict:
    """Not yet while the old boot is on its way down, and no where it only goes on."""
    boot, target = context.ask(AskBoot()), context.plan.target
    if said := _another_machine(boot, context):
        return no(said)
    if boot.boot_id != target["boot_id"]:
        return yes(
            f"{target['host']} answers from another boot, {boot.boot_id}, with kernel {boot.kernel}.",
            {"boot_id": boot.boot_id, "kernel": boot.kernel},
        )
    if boot.state not in GOES_ON:
        return not_yet(f"{target['host']} is shutting down, and answers from its old boot.")
    return no(f"{target['host']} is still in its old boot and is not shutting down (systemd says {boot.state}).")


def as_before(args: Mapping[str, Json], context: Context) -> Verdict:
    now, before = context.ask(AskRunning()), context.found.get("look", {})
    boot = now.boot
    missing = [
        *(f"service {unit}" for unit in before.get("services", ()) if unit not in now.services),
        *(f"mount {point}" for point in before.get("mounts", ()) if point not in now.mounts),
    ]
    starting = bool(now.activating) or boot.state in ("starting", "initializing")
    if missing and (boot.uptime < GRACE or (starting and boot.uptime < COMES_UP)):
        return not_yet(f"{boot.uptime} s after its boot these are not there yet: {', '.join(missing)}.")
    if missing:
        return no(
            f"It has come back, but not whole. Missing {boot.uptime} s after its boot: {', '.join(missing)}."
            " Look why on the host (systemctl status, journalctl -b), start them, then resume."
        )
    new = [unit for unit in now.services if unit not in before.get("services", ())]
    told = f" New since the reboot: {', '.join(new)}." if new else ""
    kernel = (
        f" The kernel was {before.get('kernel')}, and is {boot.kernel}." if before.get("kernel") != boot.kernel else ""
    )
    return yes(
        f"All {len(before.get('services', ()))} services run and all {len(before.get('mounts', ()))} file systems are"
        f" mounted, {boot.uptime} s after its boot.{told}{kernel}",
        {"services": list(now.services), "mounts": list(now.mounts), "new": new, "uptime": boot.uptime},
    )


def _another_machine(boot: Boot, context: Context) -> str:
    if boot.machine_id == context.plan.target["machine_id"]:
        return ""
    return f"This is another machine than planned: its machine-id is {boot.machine_id}."


RULES: Mapping[str, Rule] = {
    "same-boot": same_boot,
    "remembered": remembered,
    "another-boot": another_boot,
    "as-before": as_before,
}


def judge(check: Check, context: Context) -> Verdict:
    """The verdict on one check. Raises FactError or SessionError where the host cannot be asked."""
    return RULES[check.rule](check.args, context)
