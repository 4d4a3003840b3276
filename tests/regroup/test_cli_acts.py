"""Deciding and running from a shell, on a host where commands really run; the exit code says how it ended."""

import hashlib
import json
import os

import pytest

from changes.models import Change
from changes.services import Request, change_create
from changes.states import StepState
from execution import engine
from inventory.models import Host
from regroup.client import Client, Trouble
from regroup.outcome import Exit
from regroup.watch import Watch
from ssh.session import Unreachable
from tests.pages.scene import log, run_of


@pytest.fixture
def world(tmp_path):
    place = tmp_path / "world"
    place.mkdir()
    (place / "journal").touch()
    return place


@pytest.fixture
def toy(transactional_db, rosa, world):
    """Rosa asks for a toy change of these steps; it is planned."""

    def ask(*steps: str) -> Change:
        host, _ = Host.objects.get_or_create(name="toyhost", address="127.0.0.1", port=2222)
        params = {"host": "toyhost", "world": str(world), "steps": list(steps)}
        change = change_create(rosa, Request("toy", params, host.pk, None, "to see it work"))
        engine.plan(change.pk)
        return Change.objects.get(pk=change.pk)

    return ask


@pytest.fixture
def approved(toy, shell, rosa, amir):
    """The same, submitted and approved from a shell."""

    def approve(*steps: str) -> int:
        change = toy(*steps)
        assert shell(rosa, "submit", change.pk).code == 0
        assert shell(amir, "approve", change.pk, "--digest", change.digest[:12], "--comment", "Read it.").code == 0
        return change.pk

    return approve


def test_run_and_watch_and_undo(shell, olu, approved, world):
    number = approved("one", "two")
    said = shell(olu, "run", number, "--watch")
    assert said.code == Exit.DONE
    assert [line for line in said.out.splitlines() if "doing" in line] == ["[one] doing one", "[two] doing two"]
    assert "✔ one: ok" in said.err
    assert (world / "journal").read_text() == "one\ntwo\n"
    said = shell(olu, "undo", number, "--watch")
    assert said.code == Exit.DONE
    assert "doing" not in said.out, "what was said before the undo is not said again"
    assert (world / "journal").read_text() == ""
    assert shell(olu, "watch", number).code == Exit.UNDONE


def test_a_run_that_fails_ends_with_its_own_code(shell, olu, approved):
    number = approved("one", "bad")
    said = shell(olu, "run", number, "--watch")
    assert said.code == Exit.FAILED
    assert "✖ bad: failed" in said.err
    assert f"recover undo {number}" in said.err


def test_what_the_run_waits_for_is_said_and_confirmed(shell, olu, approved, world):
    number = approved("wait", "one")
    said = shell(olu, "run", number, "--watch", "--timeout", "0s")
    assert said.code == Exit.NOT_YET
    assert "waits for: Make the file." in said.err
    (world / "journal").write_text("wait\n")
    assert shell(olu, "confirm", number, "--watch").code == Exit.DONE


def test_an_unknown_end_has_its_own_code(shell, vera, scene):
    said = shell(vera, "watch", scene.failed(state=StepState.UNKNOWN).pk)
    assert said.code == Exit.UNKNOWN
    assert "recover look" in said.err and "recover ask" in said.err


@pytest.fixture
def unknown(approved, shell, olu, monkeypatch) -> int:
    """Its first step was begun, and then nobody could ask the host any more."""

    def lose(*_: object, **__: object) -> None:
        raise Unreachable("No answer.")

    number = approved("one", "two")
    with monkeypatch.context() as away:
        away.setattr("execution.hands.PAUSES", ())
        away.setattr("ssh.detached.read", lose)
        away.setattr("ssh.detached.follow", lose)
        assert shell(olu, "run", number, "--watch").code == Exit.UNKNOWN
    return number


def test_a_look_at_an_unknown_step_says_what_the_host_says_and_how_to_settle_it(shell, olu, unknown):
    said = shell(olu, "look", unknown)
    assert said.code == Exit.DONE
    assert "host says  Its effect is there: one is there." in said.out
    assert "host says  So it is done. Asked at" in said.out
    assert f"recover settle {unknown} done|failed --look " in said.out
    assert Change.objects.get(pk=unknown).status == "unknown"
    assert json.loads(shell(olu, "look", unknown, "--json").out)["host_says"]["outcome"] == "done"


def test_an_unknown_step_is_settled_and_the_run_goes_on(shell, olu, unknown, world):
    words = shell(olu, "look", unknown).out.split()
    told = words[words.index("--look") + 1]
    said = shell(olu, "settle", unknown, "done", "--look", told, "--reason", "I saw the line.")
    assert (said.code, "who looked: I saw the line." in said.out) == (Exit.DONE, True)
    assert shell(olu, "resume", unknown, "--watch").code == Exit.DONE
    assert (world / "journal").read_text() == "one\ntwo\n"


def test_an_older_answer_settles_nothing(shell, olu, unknown):
    shell(olu, "look", unknown)
    said = shell(olu, "settle", unknown, "done", "--look", "2026-01-01T00:00:00Z", "--reason", "I saw the line.")
    assert (said.code, "was asked again since you read" in said.err) == (Exit.REFUSED, True)


@pytest.mark.parametrize("look", ["yesterday", "2026-01-01T00:00:00"])
def test_a_time_without_a_zone_is_refused_before_anything_is_sent(shell, olu, look):
    said = shell(olu, "settle", 7, "done", "--look", look, "--reason", "I saw the line.")
    assert (said.code, "is no time with its zone" in said.err) == (Exit.USAGE, True)


def test_what_broke_off_is_planned_anew_as_a_change_of_its_own(shell, olu, approved):
    number = approved("one", "bad")
    assert shell(olu, "run", number, "--watch").code == Exit.FAILED
    said = shell(olu, "continue", number, "--reason", "The host was mended by hand.")
    rest = Change.objects.get(continues=number)
    assert (said.code, rest.status, Change.objects.get(pk=number).status) == (Exit.DONE, "planned", "closed")
    assert f"#{rest.pk} " in said.out and "The host was mended by hand." in said.out


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        *(("refused", Exit.REFUSED), ("failed", Exit.FAILED), ("succeeded", Exit.DONE)),
        *(("undone", Exit.UNDONE), ("approved", Exit.NOT_YET), ("waiting", Exit.NOT_YET)),
    ],
)
def test_the_exit_code_of_a_watch_says_where_the_change_is(shell, vera, scene, moment, code):
    assert shell(vera, "watch", getattr(scene, moment)().pk, "--timeout", "0").code == code


def test_the_log_is_told_as_it_grows_each_line_once(shell, vera, scene, live_server):
    change = scene.running()
    shell(vera, "list")
    told: list[int] = []
    client = Client(live_server.url, os.environ["REGROUP_TOKEN"])
    watch = Watch(client, change.pk, lambda line: told.append(line["seq"]), lambda line: None)
    watch.once()
    before = len(told)
    log(run_of(change), "restore", "one line more")
    watch.once()
    watch.once()
    assert told == list(range(1, before + 2))


def test_regroup_may_be_away_for_a_moment(shell, vera, scene, live_server, monkeypatch):
    change, calls, really = scene.succeeded(), [], Client.get

    def get(self, path, **query):
        calls.append(path)
        if len(calls) < 3:
            raise Trouble("away", Exit.UNREACHABLE)
        return really(self, path, **query)

    monkeypatch.setattr(Client, "get", get)
    assert shell(vera, "watch", change.pk).code == Exit.DONE


def test_a_line_of_the_host_cannot_move_the_cursor(shell, vera, scene):
    change = scene.running()
    log(run_of(change), "restore", "\x1b[2Jgone\u202e")
    out = shell(vera, "watch", change.pk, "--timeout", "0").out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "gone" in out


def test_an_approval_of_another_plan_than_was_read_is_none(shell, amir, scene):
    change = scene.in_review()
    said = shell(amir, "approve", change.pk, "--digest", "0" * 12, "--comment", "x")
    assert (said.code, Change.objects.get(pk=change.pk).status) == (Exit.REFUSED, "in_review")


def test_the_requester_cannot_approve(shell, rosa, scene):
    change = scene.in_review()
    said = shell(rosa, "approve", change.pk, "--digest", change.digest, "--comment", "mine")
    assert said.code == Exit.REFUSED
    assert "Only an approver" in said.err


def test_a_rejection_says_why(shell, amir, scene):
    change = scene.in_review()
    assert shell(amir, "reject", change.pk, "--comment", "Another host, please.").code == 0
    assert Change.objects.get(pk=change.pk).status == "rejected"


def test_the_plan_alone_is_the_text_of_the_digest(shell, vera, scene):
    change = scene.planned()
    assert hashlib.sha256(shell(vera, "show", change.pk, "--plan").out.encode()).hexdigest() == change.digest


def test_all_of_a_script_is_shown_when_asked_for(shell, vera, scene):
    change = scene.planned()
    brief, full = shell(vera, "show", change.pk).out, shell(vera, "show", change.pk, "--full").out
    assert "-RootVG {" in brief
    assert "+vm42_RootVG {" in brief
    assert "      | " not in brief
    assert "        | " in full


def test_the_report_tells_what_came_back_and_what_to_check(shell, vera, scene):
    said = shell(vera, "report", scene.succeeded().pk)
    assert said.code == Exit.DONE
    assert "/recovered/vm42/var  var on /dev/mapper/vm42_RootVG-var: mounted, read-only" in said.out
    assert "1204 files with 812345678 bytes in 96 directories, 2 complaints while reading" in said.out
    assert "What the owner should check:" in said.out


def test_the_report_says_so_where_it_was_undone(shell, vera, scene):
    said = shell(vera, "report", scene.undone().pk)
    assert (said.code, "Undone: nothing of it is recovered any more." in said.out) == (Exit.UNDONE, True)


def test_the_report_of_a_failed_run_ends_like_a_failed_run(shell, vera, scene):
    said = shell(vera, "report", scene.failed().pk)
    assert (said.code, "The recovery failed." in said.out) == (Exit.FAILED, True)


def test_there_is_no_report_of_what_never_ran(shell, vera, scene):
    said = shell(vera, "report", scene.in_review().pk)
    assert (said.code, "nothing of it was run" in said.err) == (Exit.REFUSED, True)


def test_the_report_is_a_page_or_data(shell, vera, scene):
    number = scene.succeeded().pk
    assert shell(vera, "report", number, "--html").out.startswith("<!doctype html>")
    assert json.loads(shell(vera, "report", number, "--json").out)["volumes"][0]["files"] == 1204


def test_lists(shell, vera, scene):
    change = scene.planned()
    assert f"#{change.pk}" in shell(vera, "list", "--state", "planned").out
    assert shell(vera, "list", "--state", "failed").out == ""
    assert "app01" in shell(vera, "hosts").out
    assert "vm42" in shell(vera, "vms").out
    assert json.loads(shell(vera, "list", "--json").out)["items"][0]["number"] == change.pk


@pytest.mark.parametrize("act", ["withdraw", "cancel", "resume", "ask", "detach", "attach"])
def test_what_may_not_be_is_a_refusal_with_a_sentence(shell, vera, scene, act):
    said = shell(vera, act, scene.in_review().pk)
    assert said.code == Exit.REFUSED
    assert said.err.strip().endswith(".")
