"""The steps of a reboot as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from changes.plan import HIGH, MEDIUM, Call, Check, Json, Step
from readiness.reboot.wish import Wish

COMES_UP = 300
"""Seconds of a new boot in which its services may still be starting."""

REBOOT = r"""
now=$(cat /proc/sys/kernel/random/boot_id)
[ "$now" = "$1" ] || { echo "This is another boot than the one that was to be ended; nothing is done."; exit 0; }
sync
systemctl --no-wall reboot || exit
# The host takes this shell down with it; who is still here has not been rebooted.
sleep 100
echo "The host took the order to reboot, and is still here."
exit 75
"""
SHOW = r"""
systemctl --no-legend --no-pager --full --type=service --state=failed list-units
systemctl --no-legend --no-pager list-jobs
uptime
"""


@dataclass(frozen=True, slots=True)
class Reboot:
    """What the steps are made from: `red` the sentences of red checks that a broken glass passes by."""

    wish: Wish
    boot_id: str
    kernel: str
    red: tuple[str, ...]


def steps_of(reboot: Reboot) -> tuple[Step, ...]:
    return look(reboot), restart(reboot), compare(reboot)


def _check(rule: str, sentence: str, **args: Json) -> Check:
    return Check(rule, sentence, args)


def look(reboot: Reboot) -> Step:
    return Step(
        key="look",
        title="Remember which services run and what is mounted",
        why="Whether it has come back is told by what was there before.",
        host=reboot.wish.host,
        precheck=(_check("same-boot", "It is the planned machine, in the boot that the plan was made in."),),
        verify=(_check("remembered", "Its running services and mounts were read."),),
        no_undo="Only reads.",
    )


def restart(reboot: Reboot) -> Step:
    wish = reboot.wish
    return Step(
        key="reboot",
        title=f"Reboot {wish.host}, and log in to its next boot within {wish.seconds} seconds",
        why=(
            "The order names the boot that it ends, so that it is never given to the next one. The host is asked over"
            " new connections until another boot answers."
        ),
        host=wish.host,
        command=Call((reboot.boot_id,), script=REBOOT, timeout=120),
        precheck=(_check("same-boot", "It is the planned machine, in the boot that the plan was made in."),),
        verify=(_check("another-boot", "The same machine answers from another boot."),),
        no_undo="A reboot cannot be undone. What went wrong in it is mended on the host.",
        writes=(f"the running system of {wish.host}",),
        danger=HIGH if reboot.red else MEDIUM,
        cancel="never",
        outage=wish.seconds,
        late=alarm(reboot),
    )


def alarm(reboot: Reboot) -> str:
    """What is said if it does not come back, in paragraphs."""
    host = reboot.wish.host
    red = [f"• {sentence}" for sentence in reboot.red]
    against = ["Before the reboot this spoke against its coming back:", *red] if red else ["No check was red before."]
    return "\n\n".join((
        f"{host} has not come back from its reboot within {reboot.wish.seconds} seconds; no second reboot was tried.",
        "\n".join(against),
        f"The way back: open {host}'s console at its hypervisor and read where its boot stands; start kernel"
        f" {reboot.kernel}, which ran before, from the boot loader's menu, or a rescue system, or go back to its last"
        " snapshot or backup.",
        "Once it answers, have it asked again: the run goes on from there.",
    ))  # fmt: skip


def compare(reboot: Reboot) -> Step:
    return Step(
        key="compare",
        title="See that the same services run and the same is mounted",
        why=(
            "A host without its services has not come back. Those that are starting are given"
            f" {COMES_UP} seconds of the boot."
        ),
        host=reboot.wish.host,
        command=Call((), script=SHOW, timeout=60),
        precheck=(_check("another-boot", "The same machine answers from another boot."),),
        verify=(_check("as-before", "Every service that ran runs, and everything that was mounted is."),),
        always_run=True,
        no_undo="Only reads.",
        outage=2 * COMES_UP,
    )
