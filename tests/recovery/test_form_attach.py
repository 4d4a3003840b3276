"""The site's own commands that attach and detach the old disk."""

import shlex
import sys

import pytest

from audit.models import Entry
from changes.models import Change
from recovery import attach
from recovery.attach import AttachFailed, run_site_command
from tests.pages.scene import Scene

SAY = f"{shlex.quote(sys.executable)} -c 'import sys; print(sys.argv[1:])' on {{host}} disk={{vm}}"
NO = f"{shlex.quote(sys.executable)} -c 'import sys; sys.exit(\"the pool is full\")'"


@pytest.fixture
def scene(rosa, amir, olu):
    return Scene(rosa, amir, olu)


def test_names_are_filled_in_word_by_word():
    assert run_site_command(SAY, host="app01", vm="vm42") == "['on', 'app01', 'disk=vm42']"


@pytest.mark.parametrize("name", ["-rf", "a b", "a;b", "$(x)", "", "a/b", "{host}"])
def test_a_name_that_is_none_never_reaches_the_command(name):
    with pytest.raises(AttachFailed, match="no machine name"):
        run_site_command(SAY, host="app01", vm=name)


def test_a_command_that_fails_gives_its_last_line():
    with pytest.raises(AttachFailed, match="ended with 1: the pool is full"):
        run_site_command(NO, host="app01", vm="vm42")


def test_a_command_that_is_not_there_is_said_so():
    with pytest.raises(AttachFailed, match="cannot be started"):
        run_site_command("/no/such/program {vm}", host="app01", vm="vm42")


def test_a_command_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(attach, "TIMEOUT", 0.2)
    with pytest.raises(AttachFailed, match="did not end"):
        run_site_command("sleep 20", host="app01", vm="vm42")


def test_the_button_is_there_only_where_the_site_has_a_command(client, as_user, olu, scene, settings):
    change = scene.waiting()
    as_user(client, olu)
    settings.ATTACH_COMMAND = ""
    assert "old disk now" not in client.get(f"/changes/{change.pk}/").content.decode()
    settings.ATTACH_COMMAND = SAY
    assert "Attach vm42’s old disk now" in client.get(f"/changes/{change.pk}/").content.decode()


def test_attaching_runs_the_command_confirms_and_is_audited(client, as_user, olu, scene, settings):
    settings.ATTACH_COMMAND = SAY
    change = scene.waiting()
    as_user(client, olu).post(f"/changes/{change.pk}/attach")
    assert Change.objects.get(pk=change.pk).status == "running"
    entry = Entry.objects.get(action="change.attach")
    assert (entry.actor_name, entry.detail) == ("olu", {"host": "app01", "vm": "vm42"})


def test_a_failed_attach_says_why_and_confirms_nothing(client, as_user, olu, scene, settings):
    settings.ATTACH_COMMAND = NO
    change = scene.waiting()
    page = as_user(client, olu).post(f"/changes/{change.pk}/attach", follow=True).content.decode()
    assert "the pool is full" in page
    assert Change.objects.get(pk=change.pk).status == "waiting"
    assert Entry.objects.filter(action="change.attach_failed").exists()


@pytest.mark.parametrize("who", ["rosa", "amir", "vera"])
def test_only_an_operator_attaches(client, as_user, request, scene, settings, who):
    settings.ATTACH_COMMAND = SAY
    change = scene.waiting()
    assert as_user(client, request.getfixturevalue(who)).post(f"/changes/{change.pk}/attach").status_code == 403
    assert not Entry.objects.filter(action="change.attach").exists()


def test_nothing_is_attached_to_a_run_that_does_not_wait(client, as_user, olu, scene, settings):
    settings.ATTACH_COMMAND = SAY
    change = scene.approved()
    assert as_user(client, olu).post(f"/changes/{change.pk}/attach").status_code == 403
    assert not Entry.objects.filter(action="change.attach").exists()


def test_after_the_undo_the_disk_is_given_back(client, as_user, olu, scene, settings):
    settings.DETACH_COMMAND = SAY
    change = scene.undone()
    as_user(client, olu)
    assert "Give vm42’s disk back" in client.get(f"/changes/{change.pk}/").content.decode()
    page = client.post(f"/changes/{change.pk}/detach", follow=True).content.decode()
    assert "The disk is detached." in page
    assert Entry.objects.filter(action="change.detach").exists()


def test_before_the_undo_ended_nothing_is_detached(client, as_user, olu, scene, settings):
    settings.DETACH_COMMAND = SAY
    change = scene.succeeded()
    assert as_user(client, olu).post(f"/changes/{change.pk}/detach").status_code == 403
