"""What changes have to do with a machine's name: an open one holds it, and locks are kept by name."""

from __future__ import annotations

from changes.models import Change, Freeze, Lock, MaintenanceWindow
from changes.states import TRANSITIONS, State
from inventory.models import Host, Vm
from inventory.renaming import Follower, register

OPEN = [state for state, to in TRANSITIONS.items() if to and state not in (State.SUCCEEDED, State.REFUSED)]
"""States in which something may still be done to the machine under the name that the plan has."""


def connect() -> None:
    register(Follower(busy, renamed, taken_over))


def busy(row: Host | Vm) -> str:
    """The open change that speaks of the machine, as a sentence; empty if there is none."""
    kind = str(row._meta.model_name)
    rows = Change.objects.filter(status__in=OPEN).defer("plan_json", "facts")
    found = rows.filter(**{kind: row}).first()
    if found is None:
        lock = Lock.objects.filter(key=_key(kind, row.name), holder__isnull=False).select_related("holder").first()
        found = lock.holder if lock else None
    if found is None and isinstance(row, Host):  # the second host of a change, which its plan knows by name alone
        found = next((change for change in rows if row.name in change.the_kind.hosts(change.params)), None)
    if found is None:
        return ""
    state = found.label.word
    return f"{row.name} keeps its name while #{found.pk} is open ({state}). Finish or withdraw that change first."


def renamed(row: Host | Vm, old: str) -> None:
    """The machine remembers the highest fence that it has seen: under the new name it goes on from there."""
    _raise_fence(_key(str(row._meta.model_name), row.name), _key(str(row._meta.model_name), old))


def taken_over(kept: Host | Vm, gone: Host | Vm) -> None:
    kind = str(kept._meta.model_name)
    Change.objects.filter(**{kind: gone}).update(**{kind: kept})
    if isinstance(kept, Host):
        for model in (MaintenanceWindow, Freeze):
            for row in model.objects.filter(hosts=gone.pk):
                row.hosts.add(kept.pk)
    _raise_fence(_key(kind, kept.name), _key(kind, gone.name))


def _raise_fence(key: str, old: str) -> None:
    was = Lock.objects.filter(key=old).first()
    if was and was.fence:
        lock, _ = Lock.objects.get_or_create(key=key)
        Lock.objects.filter(pk=lock.pk, fence__lt=was.fence).update(fence=was.fence)


def _key(kind: str, name: str) -> str:
    return f"{kind}:{name}"
