"""Whatever is changed between approval and run, nothing runs: each leaf of the plan, the request, host, people (S2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from changes.models import Approval, Change
from changes.services import change_withdraw, move
from changes.states import State
from execution import engine, services
from execution.models import Run
from inventory.models import Host
from people.models import User
from people.roles import Role
from people.services import role_grant, role_revoke
from ssh.session import HostKeyChanged
from tests.execution.changed import BEFORE, WHILE_ASKED, looked_at
from tests.execution.local_session import LocalSession
from tests.execution.toy import ToyKind

pytestmark = pytest.mark.django_db
STEPS = ("a", "wait")
SAMPLE = ToyKind().plan({"host": "toyhost", "world": "/w", "steps": list(STEPS)}, {"colour": ""})
OTHER = "0" * 64


def leaves(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The way to each value in the plan that is not made of others; and to each empty list, which may get something."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner or not value:
        yield path
    for key, one in inner if value else ():
        yield from leaves(one, *path, key)


LEAVES = list(leaves(json.loads(SAMPLE.to_json())))


def another(value: Any) -> Any:
    """Something else of the same sort."""
    if isinstance(value, bool) or value is None:
        return "changed" if value is None else not value
    if isinstance(value, int):
        return value + 1
    return [*value, "changed"] if isinstance(value, list) else f"{value} changed"


def altered(text: str, path: tuple[Any, ...]) -> str:
    """The plan's canonical text with one leaf changed."""
    plan = json.loads(text)
    place = plan
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = another(place[path[-1]]) if place[path[-1]] != {} else {"changed": 1}
    return json.dumps(plan, sort_keys=True, separators=(",", ":"))


@pytest.fixture
def approved(queued_toy) -> Change:
    return queued_toy(*STEPS)


@pytest.fixture
def refused(approved, journal, monkeypatch) -> Callable[..., Change]:
    """Do it, before the gate or while the gate asks the host; nothing may have run."""

    def see(do: Callable[[Change], object], when: str = BEFORE) -> Change:
        change = looked_at(approved, do, when, monkeypatch)
        assert journal() == [] and not change.runs.filter(steps__isnull=False).exists()
        assert change.state not in (State.RUNNING, State.WAITING, State.SUCCEEDED)
        return change

    return see


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: "-".join(map(str, path)))
def test_a_plan_that_differs_in_one_place_is_not_run(path, refused) -> None:
    change = refused(lambda it: Change.objects.filter(pk=it.pk).update(plan_json=altered(it.plan_json, path)))
    assert change.state is State.STALE


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: "-".join(map(str, path)))
def test_a_plan_that_differs_with_its_digest_and_approval_is_not_run(path, refused) -> None:
    """Somebody in the database altered all of it alike: the host, asked again, gives the plan as it was."""

    def alter(change: Change) -> None:
        text = altered(change.plan_json, path)
        digest = hashlib.sha256(text.encode()).hexdigest()
        Change.objects.filter(pk=change.pk).update(plan_json=text, digest=digest)
        Approval.objects.update(digest=digest)
        Run.objects.update(digest=digest)

    assert refused(alter).state is State.STALE


def params(**changed: Any) -> Callable[[Change], object]:
    return lambda change: Change.objects.filter(pk=change.pk).update(params={**change.params, **changed})


def host(**changed: Any) -> Callable[[Change], object]:
    return lambda change: Host.objects.filter(pk=change.host_id).update(**changed)


def amir_is(field: str) -> Callable[[Change], object]:
    return lambda change: Change.objects.filter(pk=change.pk).update(**{field: User.objects.get(username="amir")})


def swapped(change: Change) -> None:
    """Two hosts have changed names: the plan's host is another machine now."""
    Host.objects.filter(pk=change.host_id).update(name="was-toyhost")
    Host.objects.create(name="toyhost", address="192.0.2.9")


def moved_to_another_host(change: Change) -> None:
    Change.objects.filter(pk=change.pk).update(host=Host.objects.create(name="twin", address="192.0.2.9"))


def started_by_amir(change: Change) -> None:
    amir = User.objects.get(username="amir")
    role_grant(amir, Role.OPERATOR)
    Run.objects.update(started_by=amir)


def only_a_superuser(change: Change) -> None:
    amir = User.objects.get(username="amir")
    role_revoke(amir, Role.APPROVER)
    User.objects.filter(pk=amir.pk).update(is_superuser=True, is_staff=True)


def withdrawn(change: Change) -> None:
    change_withdraw(change.requester, Change.objects.get(pk=change.pk))


POINTS: dict[str, Callable[[Change], object]] = {
    "one step more": params(steps=["a", "wait", "b"]),
    "one step less": params(steps=["a"]),
    "steps in another order": params(steps=["wait", "a"]),
    "another world": params(world="/elsewhere"),
    "another host in the request": params(host="twin"),
    "the host has another name": host(name="renamed"),
    "two hosts have changed names": swapped,
    "it is another host's change": moved_to_another_host,
    "the approver is switched off": lambda change: User.objects.filter(username="amir").update(is_active=False),
    "the approver has no role": lambda change: User.objects.get(username="amir").groups.clear(),
    "the approver is only a superuser": only_a_superuser,
    "the approval is gone": lambda change: Approval.objects.all().delete(),
    "the approval is a rejection": lambda change: Approval.objects.update(decision=Approval.REJECTED),
    "the approval is of another plan": lambda change: Approval.objects.update(digest=OTHER),
    "the approver is the requester": amir_is("requester"),
    "the approver was the last to edit": amir_is("editor"),
    "the approver starts it": started_by_amir,
    "the run is of another plan": lambda change: Run.objects.update(digest=OTHER),
    "the change is of another plan": lambda change: Change.objects.filter(pk=change.pk).update(digest=OTHER),
    "the plan is gone": lambda change: Change.objects.filter(pk=change.pk).update(plan_json="", digest=""),
}


@pytest.mark.parametrize("when", [BEFORE, WHILE_ASKED])
@pytest.mark.parametrize("point", POINTS)
def test_a_change_at_one_point_is_refused(point, when, refused) -> None:
    change = refused(POINTS[point], when)
    assert change.state in (State.STALE, State.BLOCKED)
    assert change.transitions.last().reason


@pytest.mark.parametrize(
    "do", [withdrawn, lambda change: move(change, State.EXPIRED, None)], ids=["withdrawn", "expired"]
)
def test_what_was_withdrawn_or_has_expired_is_not_run(do, refused) -> None:
    assert refused(do).state in (State.WITHDRAWN, State.EXPIRED)


@pytest.mark.parametrize("colour", ["blue\n", " ", "red\n", "\u00e4"])
def test_a_host_that_tells_another_fact_is_not_touched(colour, refused, world) -> None:
    assert refused(lambda change: (world / "colour").write_text(colour)).state is State.STALE


def test_a_host_with_another_key_is_not_touched(refused, monkeypatch) -> None:
    def stranger(host: Host) -> None:
        raise HostKeyChanged("Another key.", algorithm="", key="", fingerprint="")

    assert refused(lambda change: monkeypatch.setattr("execution.lines.open_session", stranger)).state is State.BLOCKED


def test_a_run_that_waits_goes_on_on_its_own_host_though_names_were_swapped(approved, monkeypatch, world, olu) -> None:
    engine.look(approved.pk)
    swapped(approved)
    asked: list[int] = []
    monkeypatch.setattr("execution.lines.open_session", lambda host: asked.append(host.pk) or LocalSession())
    services.run_confirm(olu, approved)
    (world / "journal").write_text("a\nwait\n")
    engine.look(approved.pk)
    assert Change.objects.get(pk=approved.pk).state is State.SUCCEEDED
    assert set(asked) == {approved.host_id}
