"""The log's pages and answers: any line by its number, hits on the server, and one sentence for what is not there."""

import pytest

from execution import log_search
from execution.retention import forget
from execution.services import run_of
from tests.pages.scene import log_many

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(scene):
    change = scene.succeeded()
    log_many(run_of(change), "save", [f"line {number}" for number in range(5000)])
    return change


@pytest.fixture
def ask(client, vera, change):
    client.force_login(vera)
    return lambda what, **query: client.get(f"/changes/{change.pk}/log/{what}", query)


def numbers(told) -> list[int]:
    return [piece["first"] + at for piece in told["pieces"] for at in range(len(piece["lines"]))]


def test_lines_come_by_number_and_never_more_than_asked_for(ask, change):
    run = run_of(change)
    told = ask("lines", first=3000, count=5).json()
    assert numbers(told) == [3000, 3001, 3002, 3003, 3004]
    assert (told["run"], told["last_seq"]) == (run.pk, run.last_seq)
    assert numbers(ask("lines", first=1, count=99999).json()) == list(range(1, 1001))
    tail = ask("lines", tail=1, count=3, parts=1).json()
    assert numbers(tail) == [run.last_seq - 2, run.last_seq - 1, run.last_seq]
    assert tail["parts"][0]["first"] == 1
    assert tail["parts"][-1]["last"] == run.last_seq
    assert all(a["last"] + 1 == b["first"] for a, b in zip(tail["parts"], tail["parts"][1:], strict=False))


def test_what_is_no_number_counts_as_not_given(ask):
    assert numbers(ask("lines", first="x", count="-3").json())[0] == 1
    assert ask("", line="²").status_code == 200


def test_a_hit_is_found_after_a_line_and_before_it(ask, change):
    start = run_of(change).last_seq - 5000
    assert ask("find", **{"q": "LINE 4321", "from": 1}).json()["seq"] == start + 4322
    assert ask("find", **{"q": "line 43", "from": start + 4000, "back": 1}).json()["seq"] == start + 440
    assert ask("find", **{"q": "nowhere", "from": 1}).json() == {"seq": None, "reached": None}
    assert ask("find", **{"q": " ", "from": 1}).json()["seq"] is None


def test_a_long_search_is_gone_on_with_from_where_it_stopped(ask, change, monkeypatch):
    monkeypatch.setattr(log_search, "AT_MOST", 1500)
    at, rounds, start = 1, 0, run_of(change).last_seq - 5000
    while (told := ask("find", **{"q": "line 4999", "from": at}).json())["seq"] is None:
        assert told["reached"] > at
        at, rounds = told["reached"], rounds + 1
    assert told["seq"] == start + 5000
    assert rounds > 1
    at = start + 5000
    while (told := ask("find", **{"q": "line 0", "from": at, "back": 1}).json())["seq"] is None:
        assert told["reached"] < at
        at = told["reached"]
    assert told["seq"] == start + 1


def test_a_search_without_javascript_goes_to_the_hit_or_says_that_there_is_none(ask, change):
    hit = run_of(change).last_seq - 5000 + 78
    assert ask("", q="line 77", go="next").headers["Location"].endswith(f"?line={hit}&q=line+77#L{hit}")
    assert "has “nowhere”" in ask("", q="nowhere", go="next").content.decode()


def test_a_line_beyond_the_end_is_said_to_be_none(ask):
    assert "There is no line 999999" in ask("", line=999999).content.decode()


def test_a_change_that_was_not_run_has_an_empty_page_and_no_lines(client, vera, scene):
    change = scene.planned()
    client.force_login(vera)
    assert "Nothing written yet" in client.get(f"/changes/{change.pk}/log/").content.decode()
    assert client.get(f"/changes/{change.pk}/log/lines").status_code == 404


def test_what_was_forgotten_is_said_on_the_page(client, vera, scene, settings):
    change = scene.succeeded()
    run = run_of(change)
    assert forget(run)
    client.force_login(vera)
    page = client.get(f"/changes/{change.pk}/log/").content.decode()
    assert f"Lines 1 to {run.last_seq} were forgotten for their age" in page
    assert client.get(f"/changes/{change.pk}/log/lines").json()["gone"] == run.last_seq


@pytest.mark.parametrize("what", ["", "lines", "find?q=x"])
def test_nobody_without_a_role_may_read(client, mallory, change, what):
    client.force_login(mallory)
    assert client.get(f"/changes/{change.pk}/log/{what}").status_code == 403
