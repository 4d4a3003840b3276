"""Peers' bug: what tells how long things took, or that something is there at all, is told to everybody."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from networking.models import SweepWish
from people.services import token_issue
from tests.rights import world as worlds

TOKEN = re.compile(r'(?<=content=")\w{64}|(?<=value=")\w{64}')
"""Django's, against forged requests: another in every answer."""


@pytest.fixture
def ran(db):
    return worlds.make()


def test_what_is_not_theirs_answers_like_what_is_not_there(ran, client):
    """In the same words, after the same number of queries."""
    client.force_login(ran.people["mina"])
    headers = {"Authorization": f"Bearer {token_issue(ran.people['mina'], 'timing')[1]}"}
    unseen, none = ran.theirs.change.pk, 10_000_000
    for form in ("/changes/{}/", "/changes/{}/log/lines", "/changes/{}/slot", "/api/v1/changes/{}/now",
                 "/api/v1/changes/{}/slots", "/api/v1/changes/{}/log"):  # fmt: skip
        told = []
        for number in (unseen, none):
            client.get(form.format(number), headers=headers)  # the second time notes no use of the token
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(form.format(number), headers=headers)
            text = TOKEN.sub("", answer.content.decode()).replace(f"#{number}", "#N").replace(f"/{number}/", "/N/")
            told.append((answer.status_code, text, len(asked)))
        assert told[0] == told[1], form
        assert told[0][0] == 404


def test_the_engines_times_are_for_those_who_look_after_it(ran, client):
    for who, status in (("mina", 403), ("vera", 403), ("amir", 403), ("olu", 200)):
        client.force_login(ran.people[who])
        assert client.get("/engine/").status_code == status


def test_metrics_are_off_without_a_token_and_closed_with_one(client, db, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a token that is long enough"  # noqa: S105
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 401


def test_how_far_the_fleets_sweep_is_and_who_wished_it_is_told_to_those_who_see_the_fleet(ran, client):
    SweepWish.objects.create(asked_by=ran.people["olu"], total=4711)
    for who, sees in (("vera", True), ("mina", False)):
        client.force_login(ran.people[who])
        assert ("4,711" in client.get("/bonds/progress").content.decode()) is sees


def test_slots_of_others_are_in_no_calendar(ran, client):
    headers = {"Authorization": f"Bearer {token_issue(ran.people['mina'], 'timing')[1]}"}
    told = client.get("/api/v1/calendar", headers=headers).json()
    assert [row["change"] for row in told["items"]] == [ran.mine.drafts["drill"].pk]
