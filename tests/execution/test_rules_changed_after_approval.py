"""Time, policies, owners and glasses that change between approval and run (S2).

What the policy asks for is frozen when it is submitted; who people are, what time it is and whether a glass holds are
asked again at the gate. So the one half of these is refused, and the other half runs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from changes.glass import HOLDS
from changes.glasses import glass_ask, glass_decide
from changes.models import Approval, ApprovalRule, Change, Freeze, Glass, MaintenanceWindow, PickedSlot
from changes.services import change_approve, change_submit
from changes.states import State
from changes.timing import Lift
from execution import services
from execution.models import Run
from inventory.models import Criticality, Host, Membership, Owner
from people.models import Token, User
from people.roles import Role
from people.scopes import Scope
from people.selectors import actor_of
from people.services import role_grant, role_revoke, token_issue
from tests.conftest import a_person
from tests.execution.changed import BEFORE, WHILE_ASKED, looked_at
from tests.execution.windowed import AN_HOUR, a_freeze, a_window, from_now, over, picked, shut

pytestmark = pytest.mark.django_db
Point = Callable[[Change], object]
A_DAY = timedelta(days=1)


def again(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def who(name: str) -> User:
    return User.objects.get(username=name)


def off(name: str) -> Point:
    return lambda change: User.objects.filter(username=name).update(is_active=False)


def demoted(name: str, role: Role) -> Point:
    return lambda change: role_revoke(who(name), role)


def rows(model: type, **values: object) -> Point:
    """Every row of that model says so by now."""
    return lambda change: model.objects.update(**{key: one() if callable(one) else one for key, one in values.items()})


def given_by(name: str, to: str = "") -> Point:
    """Somebody gives the host to its owner once more, or to another one."""

    def give(change: Change) -> None:
        host = Host.objects.get(pk=change.host_id)
        host.owner = Owner.objects.get_or_create(name=to)[0] if to else host.owner
        host.owner_given(actor_of(who(name)))
        host.save()

    return give


@pytest.fixture
def bea(db) -> User:
    return a_person("bea", Role.APPROVER)


@pytest.fixture
def timed(approved_toy, rosa, olu, toyhost) -> Change:
    """Queued in its slot, while its window is open."""
    a_window("Nights", toyhost)
    change = approved_toy("a")
    picked(change, rosa)
    services.run_request(olu, again(change))
    return again(change)


@pytest.fixture
def owned(request_toy, rosa, amir, olu, toyhost) -> Change:
    """Queued: Amir approved it, and so did Vic, who is a deputy of the owner."""
    ApprovalRule.objects.update(owners_needed=1, hours=12)
    toyhost.owner = Owner.objects.create(name="Toy team")
    toyhost.save()
    today = timezone.localdate()
    vic = a_person("vic", Role.VIEWER)
    Membership.objects.create(owner=toyhost.owner, user=vic, deputy=True, since=today - A_DAY, until=today)
    change = change_submit(rosa, request_toy("a"))
    for voter in (amir, vic):
        change = change_approve(voter, again(change), change.digest, "read it")
    services.run_request(olu, again(change))
    return again(change)


@pytest.fixture
def by_glass(approved_toy, olu, bea, toyhost) -> Change:
    """Queued in a freeze: Olu asked, Bea broke the glass."""
    change = approved_toy("a")
    a_freeze(toyhost)
    glass_decide(bea, glass_ask(olu, change, [Lift.FREEZE], "it cannot wait"), change.digest, "I looked", grant=True)
    services.run_request(olu, again(change))
    return again(change)


def picks(**span: timedelta) -> Point:
    return lambda change: picked(change, who("rosa"), from_now(**span))


def is_bea(field: str) -> Point:
    return lambda change: Change.objects.filter(pk=change.pk).update(**{field: who("bea")})


def started_by_bea(change: Change) -> None:
    role_grant(who("bea"), Role.OPERATOR)
    Run.objects.update(started_by=who("bea"))


REFUSED: dict[str, dict[str, Point]] = {
    "timed": {
        "a freeze begins": lambda change: a_freeze(change.host),
        "everything is frozen": lambda change: a_freeze(),
        "its slot is over": over,
        "another slot is picked": picks(since=AN_HOUR, until=2 * AN_HOUR),
        "its slot is dropped": lambda change: PickedSlot.objects.all().delete(),
        "its window is written anew": rows(MaintenanceWindow, day=lambda: timezone.localdate() + 9 * A_DAY),
        "its window is off, and everybody’s is shut": lambda change: (
            rows(MaintenanceWindow, enabled=False)(change), shut("Everybody’s"),
        ),
        "whoever starts it is switched off": off("olu"),
        "whoever starts it is no operator": demoted("olu", Role.OPERATOR),
        "the frozen policy is gone": lambda change: Change.objects.filter(pk=change.pk).update(policy={}),
    },
    "owned": {
        "the owner’s person is removed": lambda change: Membership.objects.all().delete(),
        "the owner’s person is switched off": off("vic"),
        "the deputy’s days are over": rows(Membership, until=lambda: timezone.localdate() - A_DAY),
        "the deputy’s days are still to come": rows(
            Membership, since=lambda: timezone.localdate() + A_DAY, until=lambda: timezone.localdate() + 2 * A_DAY
        ),
        "whoever approved gave it to the owner": given_by("vic"),
        "it is another owner’s": given_by("amir", "Other team"),
        "it is nobody’s": rows(Host, owner=None),
        "the approvals are too old": rows(Approval, at=lambda: timezone.now() - 12 * AN_HOUR),
        "the owner asked for it": lambda change: Change.objects.filter(pk=change.pk).update(requester=who("vic")),
        "the approver has no role": demoted("amir", Role.APPROVER),
    },
    "by_glass": {
        "the glass is of another plan": rows(Glass, digest="0" * 64),
        "the glass was broken four hours ago": rows(Glass, until=timezone.now),
        "the glass was refused": rows(Glass, granted=False, until=None),
        "the glass is for a window": rows(Glass, lifts=["window", "approval"]),
        "the glass waits for a second person": rows(Glass, granted=False, until=None, decided_by=None, decided_at=None),
        "the glass is gone": lambda change: Glass.objects.all().delete(),
        "the glass is reviewed": rows(Glass, reviewed_at=timezone.now),
        "whoever asked is switched off": off("olu"),
        "whoever asked is no operator": demoted("olu", Role.OPERATOR),
        "the second person is switched off": off("bea"),
        "the second person is no approver": demoted("bea", Role.APPROVER),
        "the second person is a superuser": lambda _: User.objects.filter(username="bea").update(is_superuser=True),
        "the second person asked for the glass": lambda change: Glass.objects.update(asked_by=who("bea")),
        "the second person asked for the change": is_bea("requester"),
        "the second person edited it last": is_bea("editor"),
        "the second person starts it": started_by_bea,
    },
}  # fmt: skip


@pytest.mark.parametrize("when", [BEFORE, WHILE_ASKED])
@pytest.mark.parametrize(("by", "point"), [(by, point) for by, points in REFUSED.items() for point in points])
def test_it_is_refused(by, point, when, request, monkeypatch, journal) -> None:
    change = looked_at(request.getfixturevalue(by), REFUSED[by][point], when, monkeypatch)
    assert (change.state, journal()) == (State.BLOCKED, []) and not change.runs.filter(steps__isnull=False).exists()
    assert Entry.objects.filter(action="change.gate_refused").count() == 1
    assert change.transitions.last().reason and not Glass.objects.filter(used_at__isnull=False).exists()


ALLOWED: dict[str, dict[str, Point]] = {
    "timed": {
        "a freeze of another host begins": lambda change: a_freeze(Host.objects.create(name="b", address="192.0.2.9")),
        "a freeze is over": lambda change: a_freeze(change.host, since=-2 * AN_HOUR, until=-AN_HOUR),
        "a freeze is lifted": lambda change: (a_freeze(change.host), Freeze.objects.update(enabled=False)),
        "another slot is now as well": picks(until=2 * AN_HOUR),
        "its window is open for less": rows(MaintenanceWindow, minutes=1439),
        "everybody’s window is shut": lambda change: shut("Everybody’s"),
        "no window is left": rows(MaintenanceWindow, enabled=False),
    },
    "owned": {
        "the rule asks for two": rows(ApprovalRule, people_needed=2),
        "the rule is off": rows(ApprovalRule, enabled=False),
        "another rule asks for more": lambda change: ApprovalRule.objects.create(name="Three", people_needed=3),
        "it is critical, and a rule asks for more": lambda change: (
            ApprovalRule.objects.create(name="Critical", people_needed=2, criticality=[Criticality.CRITICAL.value]),
            rows(Host, criticality=Criticality.CRITICAL.value)(change),
        ),
        "it has a tag, and a rule asks for more": lambda change: (
            ApprovalRule.objects.create(name="Ledger", people_needed=2, tags=["ledger"]),
            rows(Host, tags="ledger")(change),
        ),
        "it stands elsewhere, and a rule asks for more": lambda change: (
            ApprovalRule.objects.create(name="Berlin", people_needed=2, sites=["berlin"]),
            rows(Host, site="berlin")(change),
        ),
        "somebody else gave it to the owner": given_by("amir"),
        "another of the owner’s people comes": lambda change: Membership.objects.create(
            owner=Owner.objects.get(), user=who("olu")
        ),
        "the approvals are nearly too old": rows(Approval, at=lambda: timezone.now() - 12 * AN_HOUR + AN_HOUR / 2),
    },
    "by_glass": {
        "the freeze is lifted": rows(Freeze, enabled=False),
        "the glass has a minute left": rows(Glass, until=lambda: timezone.now() + AN_HOUR / 60),
        "the approver is another second person": lambda change: Glass.objects.update(decided_by=who("amir")),
    },
}


@pytest.mark.parametrize(("by", "point"), [(by, point) for by, points in ALLOWED.items() for point in points])
def test_it_runs(by, point, request, monkeypatch, journal) -> None:
    """Policies are frozen; windows and freezes count as they are, and these let it pass."""
    change = looked_at(request.getfixturevalue(by), ALLOWED[by][point], BEFORE, monkeypatch)
    assert (change.state, journal()) == (State.SUCCEEDED, ["a"])
    assert Glass.objects.filter(used_at__isnull=False).exists() == (by == "by_glass" and "lifted" not in point)


def test_a_glass_holds_for_four_hours(by_glass) -> None:
    glass = Glass.objects.get()
    assert glass.until == glass.decided_at + HOLDS == glass.decided_at + timedelta(hours=4)


# the doors, for what is approved already


def narrowed(token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(scopes="read request approve administer")


def ended(token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(expires=timezone.now())


@pytest.mark.parametrize(("do", "status"), [(narrowed, 403), (ended, 401)])
def test_a_token_that_may_do_less_by_now_starts_nothing(do, status, approved_toy, olu, client, journal) -> None:
    change = approved_toy("a")
    token, text = token_issue(olu, "night", scopes=[Scope.RUN])
    post = partial(client.post, f"/api/v1/changes/{change.pk}/run", headers={"Authorization": f"Bearer {text}"})
    do(token)
    assert post().status_code == status
    assert (looked_at(change, lambda _: None, BEFORE, pytest.MonkeyPatch()).state, journal()) == (State.APPROVED, [])


def test_where_a_second_factor_is_demanded_by_now_nothing_is_started(
    approved_toy, olu, client, settings, journal
) -> None:
    change = approved_toy("a")
    client.force_login(olu)
    settings.SECOND_FACTOR_ROLES = frozenset({Role.OPERATOR})
    assert client.post(reverse("change_act", args=[change.pk, "run"])).status_code == 403
    assert (looked_at(change, lambda _: None, BEFORE, pytest.MonkeyPatch()).state, journal()) == (State.APPROVED, [])
