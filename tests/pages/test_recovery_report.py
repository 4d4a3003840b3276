"""The report of a recovery on the change's page, as files, and over the API; for those who may look."""

from __future__ import annotations

import json
import re

import pytest

from changes.services import move
from changes.states import State
from execution.services import run_of
from recovery.telling import NothingToReport, report_of
from tests.pages.scene import Scene

ENDED = ["succeeded", "failed", "undone"]


@pytest.fixture
def scene(rosa, amir, olu):
    return Scene(rosa, amir, olu)


@pytest.fixture
def get(client, as_user, vera):
    """`get("/changes/7/")`: the answer that Vera gets, who only views."""
    as_user(client, vera)
    return client.get


def told(answer):
    """The text of a page, its tags gone."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_page_shows_the_report_of_a_recovery(get, scene):
    text = told(get(f"/changes/{scene.succeeded().pk}/"))
    assert "Recovery report" in text
    assert "Recovered: 2 volumes of vm42&#x27;s RootVG are mounted on app01" in text
    assert "What the owner should check" in text
    assert "its journal is not replayed" in text
    assert "lib/x&#x27;: Input/output error" in text
    assert "1,204" in text


def test_the_page_of_a_failed_run_says_what_is_not_there(get, scene):
    text = told(get(f"/changes/{scene.failed().pk}/"))
    assert "The recovery failed." in text
    assert "No volume is mounted on app01." in text


def test_the_page_of_an_undone_change_says_that_nothing_is_recovered(get, scene):
    assert "Undone: nothing of it is recovered any more. 2 volumes were unmounted" in told(
        get(f"/changes/{scene.undone().pk}/")
    )


@pytest.mark.parametrize("state", ["in_review", "running", "undoing"])
def test_the_page_of_a_change_that_has_not_ended_has_none(get, scene, state):
    assert "Recovery report" not in told(get(f"/changes/{getattr(scene, state)().pk}/"))


@pytest.mark.parametrize("state", ENDED)
def test_the_file_needs_nothing_else(get, scene, state):
    change = getattr(scene, state)()
    answer = get(f"/changes/{change.pk}/report.html")
    text = answer.content.decode()
    assert answer["Content-Disposition"] == f'attachment; filename="recovery-{change.pk}.html"'
    assert not re.search(r"<(script|link|img|iframe)|(src|href)=", text)
    assert change.digest in text
    assert re.search(r"<style>[^<>&]*@media print[^<>&]*</style>", text)
    assert report_of(change).outcome.split(".")[0].replace("'", "&#x27;") in text


@pytest.mark.parametrize("state", [*ENDED, "running", "undoing", "waiting"])
def test_page_and_api_give_the_same_data(get, scene, state, vera, settings):
    from people.services import token_issue

    change = getattr(scene, state)()
    page = get(f"/changes/{change.pk}/report.json")
    token = token_issue(vera, "look")[1]
    api = get(f"/api/v1/changes/{change.pk}/report", headers={"Authorization": f"Bearer {token}"})
    assert json.loads(page.content) == api.json() == report_of(change).to_json()
    assert api.json()["state"] == change.status


def test_who_asked_approved_and_ran_is_told_in_order(scene):
    acts = [(act.what, act.who) for act in report_of(scene.undone()).acts]
    assert acts == [
        *(("asked for it", "Rosa"), ("approved", "Amir"), ("asked to run", "Olu")),
        *(("ended: succeeded", "Regroup"), ("asked to undo", "Olu"), ("ended: undone", "Regroup")),
    ]


def test_a_change_closed_as_it_was_says_who_closed_it(scene, olu):
    change = scene.failed()
    move(change, State.CLOSED, olu, "The disk stays where it is.")
    change.refresh_from_db()
    assert "who said “The disk stays where it is.”" in report_of(change).outcome


def test_hostile_names_are_harmless(get, scene):
    change = scene.succeeded()
    row = run_of(change).steps.get(key="count")
    row.found["counts"][0] |= {"errors": 1, "complaints": ["'<script>alert(1)</script>\u202e': gone"]}
    row.save()
    for address in (f"/changes/{change.pk}/", f"/changes/{change.pk}/report.html"):
        text = get(address).content.decode()
        assert "<script>alert" not in text
        assert "\u202e" not in text


def test_what_never_ran_has_no_report(get, scene, vera):
    change = scene.in_review()
    assert get(f"/changes/{change.pk}/report.html").status_code == 404
    with pytest.raises(NothingToReport, match="nothing of it was run"):
        report_of(change)


def test_a_change_that_is_not_there_has_no_report(get, db):
    assert get("/changes/999/report.json").status_code == 404


def test_nobody_reads_it_without_signing_in(client, scene):
    answer = client.get(f"/changes/{scene.succeeded().pk}/report.html")
    assert answer.status_code == 302
