"""Once a proof has ended, whichever way, what its clone came to is kept for the host that it was of."""

from __future__ import annotations

from django.db import transaction

from audit.text import storable
from changes.models import Change
from changes.states import STEP_DONE
from execution.facts import wish_after
from execution.models import DO, StepRun
from inventory.models import Host
from readiness.models import ProvenBackup, ProvenBoot
from readiness.proof.outcome import Outcome, Watched
from readiness.proof.wish import Wish
from readiness.services import readiness_proven


def keep_outcome(number: int) -> None:
    """Kept once: an undo long after a newer proof changes nothing."""
    wish_after(number)
    change = Change.objects.get(pk=number)
    watch = StepRun.objects.filter(run__change=change, phase=DO, key="watch", state__in=STEP_DONE).last()
    wish = Wish.from_json(change.params)
    host = Host.objects.filter(name=wish.proves).first()
    if host and watch and watch.found.get("outcome"):
        _keep(host, change, wish, watch)


@transaction.atomic
def _keep(host: Host, change: Change, wish: Wish, watch: StepRun) -> None:
    rows = ProvenBackup.objects if wish.image else ProvenBoot.objects
    before = rows.select_for_update().filter(host=host).first()
    at, seen = watch.ended_at or change.created_at, Watched.from_json(watch.found)
    if before and before.at >= at:
        return
    row = {
        "outcome": seen.outcome.value,
        "at": at,
        "seconds": seen.seconds,
        "sentence": storable(str(watch.found["sentence"])),
        "change": change,
    }
    if wish.image:
        row["image"] = wish.image
    if seen.outcome is Outcome.UP:
        row |= {"proven_at": at, "proven_by": change}
    rows.update_or_create(host=host, defaults=row)
    readiness_proven(host.pk)
