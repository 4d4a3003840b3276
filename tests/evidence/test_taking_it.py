"""Who gets the evidence of a change, when, and how."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from audit.models import Entry
from audit.services import seal_all
from evidence import services
from evidence.archive import signed_zip
from evidence.keys import public_keys, signing_key
from people.vault import new_key_line

pytestmark = pytest.mark.django_db


def test_a_viewer_downloads_it_from_the_page(ran, client, as_user, vera, verified):
    answer = as_user(client, vera).get(f"/changes/{ran.pk}/evidence")
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{ran.pk}.zip"'
    assert "is whole" in verified(b"".join(answer.streaming_content))


def test_mallory_gets_nothing_and_nothing_is_noted(ran, client, as_user, mallory):
    assert as_user(client, mallory).get(f"/changes/{ran.pk}/evidence").status_code == 403
    assert not Entry.objects.filter(action="change.evidence").exists()


def test_a_change_that_is_not_there_is_not_found(client, as_user, vera):
    assert as_user(client, vera).get("/changes/4711/evidence").status_code == 404


def test_the_api_gives_the_same(ran, client, vera, verified):
    from people.services import token_issue

    headers = {"Authorization": f"Bearer {token_issue(vera, 'x')[1]}"}
    answer = client.get(f"/api/v1/changes/{ran.pk}/evidence", headers=headers)
    assert answer["Content-Type"] == "application/zip"
    assert "is whole" in verified(b"".join(answer.streaming_content))


def test_while_it_runs_there_is_none_and_both_doors_say_why(queued_toy, client, as_user, vera):
    from people.services import token_issue

    change = queued_toy("a")
    answer = as_user(client, vera).get(f"/changes/{change.pk}/evidence")
    assert answer.status_code == 409
    assert "can be taken once it stands still" in answer.content.decode()
    headers = {"Authorization": f"Bearer {token_issue(vera, 'x')[1]}"}
    answer = client.get(f"/api/v1/changes/{change.pk}/evidence", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert "once it stands still" in answer.json()["detail"]


def test_what_is_not_sealed_is_not_given_away(approved_toy, take, monkeypatch):
    monkeypatch.setattr(services, "PATIENCE", 0.0)
    change = approved_toy("a")
    with pytest.raises(services.NotYet, match="not sealed yet"):
        take(change)
    assert not Entry.objects.filter(action="change.evidence").exists()
    seal_all()
    assert take(change)


def test_keys_that_others_may_read_sign_nothing(ran, client, as_user, vera, settings):
    signing_key()
    os.chmod(settings.EVIDENCE_KEYS, 0o644)
    answer = as_user(client, vera).get(f"/changes/{ran.pk}/evidence")
    assert answer.status_code == 503
    assert "Others may read the evidence key list" in answer.content.decode()


def test_the_key_is_made_once_and_private(settings):
    assert public_keys() == []
    first = signing_key().public
    assert Path(settings.EVIDENCE_KEYS).stat().st_mode & 0o777 == 0o600
    assert signing_key().public == first and public_keys() == [first]


def test_a_new_key_in_front_signs_and_the_old_one_stays_known(ran, take, settings, verified):
    old = signing_key().public
    path = Path(settings.EVIDENCE_KEYS)
    path.write_text(new_key_line() + path.read_text())
    new, known = public_keys()
    assert known == old and new != old
    assert f"key {new.id}" in verified(take(ran), new.hex)


def test_the_pages_show_the_public_keys_and_the_link(ran, client, as_user, vera):
    key = signing_key().public
    page = as_user(client, vera).get("/audit/").content.decode()
    assert key.hex in page and key.id in page
    assert f'href="/changes/{ran.pk}/evidence"' in client.get(f"/changes/{ran.pk}/").content.decode()


def test_a_change_that_was_never_run_has_no_link(approved_toy, client, as_user, vera):
    change = approved_toy("a")
    assert "/evidence" not in as_user(client, vera).get(f"/changes/{change.pk}/").content.decode()


def test_an_archive_of_any_size_takes_no_more_memory_than_a_small_one():
    """What was written is given away before more is asked for."""
    from datetime import UTC, datetime

    asked, given = [0], [0]

    def content():
        for _ in range(400):
            asked[0] += 1
            yield os.urandom(100_000)

    blocks = signed_zip("x", [("big.jsonl", content())], {}, signing_key(), datetime.now(UTC))
    data = io.BytesIO()
    for block in blocks:
        given[0] += len(block)
        assert asked[0] * 100_000 - given[0] < 2_000_000
        assert len(block) < 1_000_000
        data.write(block)
    with zipfile.ZipFile(data) as zip:
        assert zip.getinfo("x/big.jsonl").file_size == 40_000_000
