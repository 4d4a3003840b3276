"""The chain's end is written down once a minute, to a file that only grows or to syslog."""

import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from audit.anchors import put
from audit.chain import Anchor, anchors_in, anchors_of
from audit.models import Anchor as Row
from audit.models import Entry
from audit.selectors import anchoring
from audit.services import anchor, record, seal_all
from config import sealer
from config.environment import anchor_place


@pytest.fixture
def place(settings, tmp_path: Path) -> Path:
    settings.AUDIT_ANCHOR = str(tmp_path / "anchors")
    return tmp_path / "anchors"


def sealed() -> None:
    record("host.edit")
    seal_all()


def a_minute_passes() -> None:
    Row.objects.update(at=timezone.now() - timedelta(seconds=61))


@pytest.mark.django_db
def test_the_file_gets_a_line_with_place_hash_and_time(place):
    sealed()
    assert anchor()
    (found,) = anchors_in(str(place))
    assert (found.position, found.hash) == (1, Entry.objects.get().hash)
    assert Row.objects.get().at.isoformat() == found.at
    assert place.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_it_is_once_a_minute_and_only_where_something_is_new(place):
    assert not anchor()
    sealed()
    assert anchor()
    sealed()
    assert not anchor()
    a_minute_passes()
    assert anchor() and not anchor()
    a_minute_passes()
    assert not anchor()
    assert [found.position for found in anchors_in(str(place))] == [1, 2]


@pytest.mark.django_db
def test_a_clock_that_was_set_back_does_not_stop_it(place):
    sealed()
    assert anchor()
    Row.objects.update(at=timezone.now() + timedelta(hours=1))
    sealed()
    assert anchor()


def test_a_line_that_a_power_cut_tore_spoils_no_other(tmp_path):
    path = tmp_path / "anchors"
    put(str(path), Anchor(1, "aa", "then"))
    with path.open("a") as file:
        file.write('regroup audit anchor {"at": "no')
    put(str(path), Anchor(2, "bb", "now"))
    assert anchors_in(str(path)) == [Anchor(1, "aa", "then"), Anchor(2, "bb", "now")]


@pytest.mark.django_db
def test_syslog_gets_a_message_that_reads_back(settings, tmp_path):
    settings.AUDIT_ANCHOR = f"syslog:{tmp_path / 'log'}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind(str(tmp_path / "log"))
        syslog.settimeout(30)
        sealed()
        assert anchor()
        message = syslog.recv(4096).decode()
    assert message.startswith("<37>regroup[")
    (found,) = anchors_of([f"Nov 26 09:00:00 host {message[4:]}"])
    assert found.hash == Entry.objects.get().hash


@pytest.mark.django_db
def test_a_place_that_cannot_be_written_is_logged_and_told_as_late(settings, tmp_path, caplog):
    settings.AUDIT_ANCHOR = str(tmp_path / "nowhere" / "anchors")
    Entry.objects.create(action="host.edit", actor_name="ada", at=timezone.now() - timedelta(minutes=6))
    seal_all()
    sealer.anchor_turn()
    assert "could not be anchored in" in caplog.text
    assert not Row.objects.exists() and anchoring().late


@pytest.mark.parametrize("text", ["anchors", "syslog:log", "s3://bucket/key", "/"])
def test_a_bad_place_stops_the_start_with_one_sentence(monkeypatch, tmp_path, text):
    monkeypatch.setenv("REGROUP_AUDIT_ANCHOR", text)
    with pytest.raises(ImproperlyConfigured, match="must be the whole path of a file, or syslog:"):
        anchor_place(tmp_path)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/srv/anchors", "/srv/anchors"),
        ("syslog:", "syslog:/dev/log"),
        ("syslog:/run/other/log", "syslog:/run/other/log"),
    ],
)
def test_good_places(monkeypatch, tmp_path, text, place):
    monkeypatch.setenv("REGROUP_AUDIT_ANCHOR", text)
    assert anchor_place(tmp_path) == place


def test_without_a_setting_it_is_a_file_beside_the_rest(monkeypatch, tmp_path):
    monkeypatch.delenv("REGROUP_AUDIT_ANCHOR", raising=False)
    assert anchor_place(tmp_path) == str(tmp_path / "audit_anchors")


def test_what_is_no_anchor_is_passed_over():
    assert anchors_of(["", "regroup audit anchor", 'regroup audit anchor {"position": "x"}', json.dumps({})]) == []
