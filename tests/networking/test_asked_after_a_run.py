"""Once a bond's run has ended, its host is seen anew at once: nobody waits for the sweep to know the new truth."""

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.services import move
from changes.states import State
from execution.models import UNDO
from inventory.models import Credential, Host, HostKey
from inventory.states import KeyState
from networking.asking import ask
from networking.models import HostNetwork, SweepWish
from networking.recording import Heard, record
from tests.networking.plans import asked, planned
from tests.networking.runs import under_way

pytestmark = pytest.mark.django_db


@pytest.fixture
def web01(db) -> Host:
    """A host that can be asked, and is not due for long."""
    login = Credential.objects.create(name="login", kind=Credential.Kind.AGENT, user="regroup")
    host = Host.objects.create(name="web01", address="127.0.0.1", credential=login)
    HostKey.objects.create(
        host=host, algorithm="ssh-ed25519", key_base64="AAAA", fingerprint="SHA256:x", state=KeyState.TRUSTED
    )
    HostNetwork.objects.create(host=host, next_at=timezone.now() + timedelta(hours=1), full_at=timezone.now())
    return host


@pytest.fixture(autouse=True)
def rung(monkeypatch) -> list[int]:
    told: list[int] = []
    monkeypatch.setattr("networking.asking.give", lambda task: told.append(1))
    return told


def due() -> bool:
    row = HostNetwork.objects.get()
    return row.next_at <= timezone.now()


@pytest.mark.parametrize("end", [State.SUCCEEDED, State.FAILED, State.UNKNOWN])
def test_a_run_that_ended_has_its_host_asked(web01, rosa, olu, rung, django_capture_on_commit_callbacks, end):
    run = under_way(web01, rosa, olu, planned(), asked())
    with django_capture_on_commit_callbacks(execute=True):
        move(run.change, end, None, "It is over.")
    assert due() and rung
    assert HostNetwork.objects.get().full_at is None


def test_so_has_an_undo(web01, rosa, olu, rung, django_capture_on_commit_callbacks):
    run = under_way(web01, rosa, olu, planned(), asked(), UNDO)
    with django_capture_on_commit_callbacks(execute=True):
        move(run.change, State.UNDONE, None, "")
    assert due() and rung


def test_a_run_that_waits_has_not_ended(web01, rosa, olu, rung, django_capture_on_commit_callbacks):
    run = under_way(web01, rosa, olu, planned(), asked())
    with django_capture_on_commit_callbacks(execute=True):
        move(run.change, State.WAITING, None, "web01 cannot be reached.")
    assert not rung and not due()


def test_a_host_that_cannot_be_asked_ends_no_less(web01, rosa, olu, django_capture_on_commit_callbacks):
    run = under_way(web01, rosa, olu, planned(), asked())
    HostKey.objects.update(state=KeyState.REVOKED)
    with django_capture_on_commit_callbacks(execute=True):
        move(run.change, State.SUCCEEDED, None, "")
    assert not SweepWish.objects.exists()


def test_an_answer_from_before_it_was_asked_for_is_not_the_last(web01):
    begun = timezone.now() - timedelta(seconds=5)
    HostNetwork.objects.update(lease_owner="a sweep")
    ask(web01)
    record([Heard(web01.pk, begun=begun)], "a sweep", timezone.now())
    assert due()


def test_an_answer_from_after_it_is(web01):
    ask(web01)
    HostNetwork.objects.update(lease_owner="a sweep")
    record([Heard(web01.pk, begun=timezone.now())], "a sweep", timezone.now())
    assert not due()
