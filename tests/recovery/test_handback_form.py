"""Asking for a hand back: on the recovery's page, in the form."""

import pytest
from django.urls import reverse

from changes.models import Change
from changes.services import move
from changes.states import State
from people.roles import Role
from recovery.handback.kind import KIND
from tests.conftest import a_person
from tests.pages.scene import Scene

WHY = "The ledger was copied."


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def scene(rosa, amir, olu):
    return Scene(rosa, amir, olu)


@pytest.fixture
def recovery(scene) -> Change:
    return scene.succeeded()


def page(client, change) -> str:
    return client.get(f"/changes/{change.pk}/").content.decode()


def done(recovery) -> Change:
    """A hand back of this recovery that succeeded."""
    return Change.objects.create(
        kind=KIND.key, params={"recovery": recovery.pk, "vm": "vm42"}, title="x", host=recovery.host,
        requester=recovery.requester, editor=recovery.requester, status=State.SUCCEEDED,
    )  # fmt: skip


def test_the_recoverys_page_leads_to_the_form_and_the_form_makes_a_change(client, as_user, rosa, recovery):
    as_user(client, rosa)
    address = f"{reverse('handback_new')}?recovery={recovery.pk}"
    assert address in page(client, recovery)
    assert f'value="{recovery.pk}" selected' in client.get(address).content.decode()
    answer = client.post(reverse("handback_new"), {"recovery": recovery.pk, "reason": WHY, "ticket": "T-1"})
    change = Change.objects.get(kind=KIND.key)
    assert answer.url == f"/changes/{change.pk}/"
    assert (change.host.name, change.vm.name, change.reason, change.ticket) == ("app01", "vm42", WHY, "T-1")
    assert change.params["recovery"] == recovery.pk
    assert change.params["old"] == "RootVG"
    assert change.params["made"]["/recovered/vm42/var"].endswith("/made/mount-var")
    assert change.planning


def test_a_viewer_reads_of_it_and_has_no_button(client, as_user, vera, recovery):
    said = page(as_user(client, vera), recovery)
    assert "When the files are no longer needed" in said
    assert reverse("handback_new") + "?" not in said
    assert client.get(reverse("handback_new")).status_code == 403


def test_only_a_recovery_that_is_over_can_be_chosen(client, as_user, rosa, scene):
    as_user(client, rosa)
    assert "No disk to hand back" in client.get(reverse("handback_new")).content.decode()
    running = scene.running("activate")
    answer = client.post(reverse("handback_new"), {"recovery": running.pk, "reason": WHY})
    assert answer.status_code == 422
    assert "There is no such recovery, or it was handed back already." in answer.content.decode()
    assert not Change.objects.filter(kind=KIND.key).exists()


def test_a_recovery_undone_since_the_page_was_opened_is_refused(client, as_user, rosa, recovery, monkeypatch):
    monkeypatch.setattr("recovery.handback.forms.candidates", lambda actor: Change.objects.all())
    move(recovery, State.UNDOING, None, "Undo requested")
    answer = as_user(client, rosa).post(reverse("handback_new"), {"recovery": recovery.pk, "reason": WHY})
    assert answer.status_code == 422
    assert "otherwise undo it" in answer.content.decode()


def test_a_reason_is_asked_for(client, as_user, rosa, recovery):
    answer = as_user(client, rosa).post(reverse("handback_new"), {"recovery": recovery.pk, "reason": " "})
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()


def test_what_was_handed_back_is_said_and_not_offered_again(client, as_user, rosa, recovery):
    back = done(recovery)
    said = page(as_user(client, rosa), recovery)
    assert f'handed back by <a href="/changes/{back.pk}/">' in said
    assert "What is mounted on app01" not in said
    assert "When the files are no longer needed" not in said
    assert "No disk to hand back" in client.get(reverse("handback_new")).content.decode()


def test_it_can_be_asked_otherwise_until_it_is_decided(client, as_user, rosa, recovery):
    as_user(client, rosa).post(reverse("handback_new"), {"recovery": recovery.pk, "reason": WHY})
    change = Change.objects.get(kind=KIND.key)
    address = reverse("handback_edit", args=[change.pk])
    assert WHY in client.get(address).content.decode()
    client.post(address, {"recovery": recovery.pk, "reason": "Another one."})
    assert Change.objects.get(pk=change.pk).reason == "Another one."
    assert client.get(reverse("handback_edit", args=[recovery.pk])).status_code == 404


def test_somebody_else_does_not_edit_it(client, as_user, rosa, recovery):
    as_user(client, rosa).post(reverse("handback_new"), {"recovery": recovery.pk, "reason": WHY})
    change = Change.objects.get(kind=KIND.key)
    other = a_person("rolf", Role.REQUESTER, Role.VIEWER)
    assert as_user(client, other).get(reverse("handback_edit", args=[change.pk])).status_code == 403


def test_after_it_the_site_may_detach_the_disk(client, as_user, olu, recovery, settings):
    settings.DETACH_COMMAND = "true {host} {vm}"
    back = done(recovery)
    answer = as_user(client, olu).post(reverse("recovery_detach", args=[back.pk]), follow=True)
    assert "The disk is detached." in answer.content.decode()
