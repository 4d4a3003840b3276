"""What the change page shows in each state."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changes.states import StepState
from execution.models import UNDO, Run
from execution.services import run_of
from tests.pages.scene import log

STATES = ["draft", "refused", "planned", "in_review", "approved", "queued", "running", "waiting", "failed",
          "succeeded", "undoing", "undone"]  # fmt: skip


@pytest.fixture
def page(client, as_user, olu):
    def get(change, query=""):
        return as_user(client, olu).get(f"/changes/{change.pk}/{query}").content.decode()

    return get


@pytest.mark.parametrize("state", STATES)
def test_the_page_costs_few_queries_in_every_state(client, as_user, olu, scene, state, django_assert_max_num_queries):
    change = getattr(scene, state)()
    as_user(client, olu)
    with django_assert_max_num_queries(24):
        assert client.get(f"/changes/{change.pk}/").status_code == 200


def test_more_lines_cost_no_more_queries(client, as_user, olu, scene):
    change = scene.running()
    as_user(client, olu)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/changes/{change.pk}/")
        return len(asked)

    queries()
    few = queries()
    for number in range(100):
        log(run_of(change), "save", f"line {number}")
    assert queries() == few


def test_a_refused_change_shows_why_and_no_plan(page, scene):
    text = page(scene.refused())
    assert "own running root volume group" in text
    assert "steps-list" not in text


def test_a_step_shows_its_number_in_the_procedure(page, scene):
    assert "Step 6 of the procedure" in page(scene.in_review())


def test_a_step_shows_checks_command_script_files_and_undo(page, scene):
    text = page(scene.in_review(), "?open=all")
    assert "No volume group, device or mapping is called vm42_RootVG." in text
    assert "lines of POSIX sh" in text
    assert "<del>RootVG</del>" in text
    assert "<ins>vm42_RootVG</ins>" in text
    assert "Unmount /recovered/vm42/root" in text


def test_the_running_step_is_open_and_the_others_are_folded(page, scene):
    text = page(scene.running("save"))
    assert 'data-keep-open="step-save" open' in text
    assert 'data-keep-open="step-copy" open' not in text
    assert "Restored volume group vm42_RootVG." in text


def test_a_failed_step_opens_and_says_what_the_host_said_and_what_is_true(page, scene):
    text = page(scene.failed("restore"))
    assert 'data-keep-open="step-restore-broken" open' in text
    assert "app01 answered last" in text
    assert "Restore failed." in text
    assert "Done and verified: steps 1–8. Not begun: steps 10–16." in text
    assert "Resume with step 9" in text
    assert "give the group its old name RootVG back" in text


def test_an_unknown_step_offers_to_ask_the_host_again(page, scene):
    text = page(scene.failed("restore", StepState.UNKNOWN))
    assert "Go by what app01 says" in text and "Look at app01 now" in text
    assert "Still at work" in text and "Cannot be told" in text
    assert "Resume with step" not in text


def test_a_waiting_run_says_what_it_waits_for_and_until_when(page, scene):
    text = page(scene.waiting())
    assert "Attach vm42&#x27;s old disk to app01 now, then confirm." in text
    assert "It waits until" in text
    assert "The disk is attached" in text


def test_the_result_shows_mounts_use_and_files(page, scene):
    text = page(scene.succeeded())
    assert "/recovered/vm42/root" in text
    assert "33 %" in text
    assert "dirty journal" in text
    assert "ledger.db" in text
    assert "Undo: unmount 2 volumes, give the group its old name RootVG back, remove the disk" in text


def test_the_undo_shows_in_the_same_list_with_its_own_log(page, scene):
    change = scene.undoing("restore")
    text = page(change)
    assert "undo: running" in text
    assert 'data-log-of="undo-restore"' in text
    assert "writing the saved areas back" in text
    assert Run.objects.get(change=change).phase == UNDO


def test_a_moving_change_is_followed_and_a_still_one_is_not(page, scene):
    assert "data-events-url" in page(scene.running())
    scene.asked = {**scene.asked, "vm": "vm43"}
    assert "data-events-url" not in page(scene.planned())


def test_htmx_gets_the_partial_alone(client, as_user, olu, scene):
    change = scene.running()
    text = as_user(client, olu).get(f"/changes/{change.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert text.startswith('<div id="change"')
    assert "<html" not in text


def test_a_page_that_stood_still_is_loaded_anew_when_the_change_moves(client, as_user, olu, scene):
    change = scene.running()
    as_user(client, olu)
    answer = client.get(f"/changes/{change.pk}/?still=1", headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"


def test_the_whole_log_is_text_with_numbers_and_steps(client, as_user, vera, scene):
    change = scene.undoing("restore")
    answer = as_user(client, vera).get(f"/changes/{change.pk}/log.txt")
    assert answer["Content-Type"].startswith("text/plain")
    lines = answer.getvalue().decode().splitlines()
    assert len(lines) == Run.objects.get(change=change).last_seq + 1
    assert lines[1].split()[:2] == ["1", "baseline"]
    assert "undo restore" in lines[-1]


def test_a_change_that_is_not_there_says_so(client, as_user, vera):
    answer = as_user(client, vera).get("/changes/999/")
    assert answer.status_code == 404
