"""The pages of windows and freezes: administrators say when, everybody may read it; and a change picks its slot."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from changes.models import Change, Freeze, MaintenanceWindow, PickedSlot
from changes.slots import slot_pick
from inventory.models import Host, Owner
from tests.execution.windowed import a_freeze, a_window, from_now, over, picked, shut

pytestmark = pytest.mark.django_db
WINDOW = {"name": "Sunday night", "scope": "everything", "rule": "freq=weekly;byday=su", "day": "2026-11-01",
          "at": "02:00", "minutes": 120, "zone": "Europe/Berlin"}  # fmt: skip
FREEZE = {"name": "Year’s end", "scope": "sites", "sites": "north south", "starts": "2026-12-20T18:00",
          "ends": "2027-01-03T08:00", "zone": "Europe/Berlin", "reason": "The books are closed."}  # fmt: skip


@pytest.fixture
def admin(client, as_user, ada):
    return as_user(client, ada)


def test_a_window_is_added_audited_and_told_with_its_next_times(admin):
    assert admin.post("/windows/new", WINDOW).status_code == 302
    row = MaintenanceWindow.objects.get()
    assert (row.rule, row.zone, row.minutes) == ("FREQ=WEEKLY;BYDAY=SU", "Europe/Berlin", 120)
    assert Entry.objects.get(action="window.create").detail["after"]["at"] == "02:00"
    page = admin.get("/windows/").text
    assert "every host" in page and "FREQ=WEEKLY;BYDAY=SU" in page and "02:00–04:00 CE" in page


def test_an_edit_is_audited_with_what_it_said_before(admin):
    Host.objects.create(name="app02", address="192.0.2.2")
    admin.post("/windows/new", WINDOW)
    row = MaintenanceWindow.objects.get()
    assert 'value="Europe/Berlin"' in admin.get(f"/windows/{row.pk}/").text
    page = admin.post(f"/windows/{row.pk}/", {**WINDOW, "scope": "hosts", "hosts": "app02"}, follow=True).text
    assert "counts from now on, for what is approved already too" in page and "hosts: app02" in page
    detail = Entry.objects.get(action="window.edit").detail
    assert (detail["before"]["scope"], detail["after"]["hosts"]) == ("everything", ["app02"])
    assert "app02" in admin.get(f"/windows/{row.pk}/").text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"rule": "FREQ=HOURLY"}, "is no FREQ that a window can have"),
        ({"rule": "every Sunday"}, "cannot stand in this rule"),
        ({"zone": "Berlin"}, "There is no time zone called &#x27;Berlin&#x27;"),
        ({"minutes": 0}, "greater than or equal to 1"),
        ({"minutes": 20000}, "less than or equal to 10080"),
        ({"scope": "hosts"}, "Say which hosts"),
        ({"scope": "hosts", "hosts": "nohost"}, "There is no host called &#x27;nohost&#x27;"),
        ({"scope": "owners"}, "Say which owners"),
        ({"scope": "moon"}, "not one of the available choices"),
        ({"day": "soon"}, "Enter a valid date"),
        ({"at": "25:00"}, "Enter a valid time"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_a_window_gets_a_sentence_and_changes_nothing(admin, wrong, sentence):
    answer = admin.post("/windows/new", {**WINDOW, **wrong})
    assert answer.status_code == 422 and sentence in answer.text
    assert not MaintenanceWindow.objects.exists()


def test_a_freeze_is_added_in_the_time_of_its_zone(admin):
    assert admin.post("/freezes/new", FREEZE).status_code == 302
    row = Freeze.objects.get()
    assert row.starts.isoformat() == "2026-12-20T17:00:00+00:00" and row.sites == ["north", "south"]
    page = admin.get("/windows/").text
    assert "Sun 20 Dec 2026 18:00 – Sun 3 Jan 08:00 CET" in page and "sites: north, south" in page
    assert 'value="2026-12-20T18:00"' in admin.get(f"/freezes/{row.pk}/").text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ends": "2026-12-20T18:00"}, "ends after it begins"),
        ({"ends": "2029-12-20T18:00"}, "within 400 days"),
        ({"starts": "soon"}, "Say a day and a time"),
        ({"starts": "0001-01-01T00:00"}, "Say a day and a time"),
        ({"starts": "2026-13-01T00:00"}, "Say a day and a time"),
        ({"zone": "Moon/Base"}, "no time zone"),
        ({"reason": ""}, "This field is required"),
        ({"sites": ""}, "Say which sites"),
    ],
)
def test_what_cannot_be_a_freeze_gets_a_sentence_and_changes_nothing(admin, wrong, sentence):
    answer = admin.post("/freezes/new", {**FREEZE, **wrong})
    assert answer.status_code == 422 and sentence in answer.text
    assert not Freeze.objects.exists()


def test_a_freeze_over_an_hour_that_comes_twice_holds_to_its_last_end(admin):
    admin.post("/freezes/new", {**FREEZE, "starts": "2026-10-25T02:30", "ends": "2026-10-25T02:45"})
    row = Freeze.objects.get()
    assert row.ends - row.starts == timedelta(minutes=75)


def test_only_the_list_that_the_scope_names_is_kept(admin):
    owner = Owner.objects.create(name="Payments")
    admin.post("/windows/new", {**WINDOW, "scope": "owners", "owners": [owner.pk], "sites": "north"})
    row = MaintenanceWindow.objects.get()
    assert (row.sites, list(row.owners.all())) == ([], [owner])


@pytest.mark.parametrize("what", ["windows", "freezes"])
def test_it_is_switched_off_and_on_and_never_deleted(admin, what):
    admin.post(f"/{what}/new", WINDOW if what == "windows" else FREEZE)
    row = (MaintenanceWindow if what == "windows" else Freeze).objects.get()
    for word in ("off", "off", "on"):
        page = admin.post(f"/{what}/{row.pk}/switch", {"enabled": word}, follow=True).text
        assert f"is {word} from now on" in page
    verbs = Entry.objects.filter(object_kind=what[:-1]).order_by("pk").values_list("action", flat=True)
    assert list(verbs) == [f"{what[:-1]}.create", f"{what[:-1]}.off", f"{what[:-1]}.on"]


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
def test_nobody_but_an_administrator_writes_one(client, as_user, request, who):
    window, freeze = a_window("Always"), a_freeze()
    them = as_user(client, request.getfixturevalue(who))
    for path in (f"windows/{window.pk}/", f"windows/{window.pk}/switch", "windows/new"):
        assert them.post(f"/{path}", WINDOW).status_code == 403
    for path in (f"freezes/{freeze.pk}/", f"freezes/{freeze.pk}/switch", "freezes/new"):
        assert them.post(f"/{path}", FREEZE).status_code == 403
    assert them.get("/windows/").status_code == (403 if who == "mallory" else 200)
    assert MaintenanceWindow.objects.get().enabled and Freeze.objects.get().enabled


def test_a_slot_is_picked_from_the_list_which_shows_the_others(client, as_user, scene, olu):
    host = scene.approved().host
    shut("Sunday night", host)
    change, beside = Change.objects.get(), scene.planned()
    olu_there = as_user(client, olu)
    page = olu_there.get(f"/changes/{change.pk}/").text
    assert "Approved. Window “Sunday night” of app01 is not open now. Pick a slot. Next:" in page
    assert f"/changes/{change.pk}/slot" in page and "Run these" not in page
    choice = olu_there.get(f"/changes/{change.pk}/slot").context["choices"][0]
    sent = {"starts": choice.starts, "ends": choice.ends, "zone": "UTC"}
    assert "Its slot is" in olu_there.post(f"/changes/{change.pk}/slot", sent, follow=True).text
    assert PickedSlot.objects.get().span.start.isoformat() == choice.starts
    page = olu_there.get(f"/changes/{beside.pk}/slot").text
    assert f"#{change.pk} " in page and "nobody" in page
    page = olu_there.get(f"/changes/{change.pk}/slot").text
    assert "✓ its slot" in page and "picked by Olu" in page
    assert f"#{change.pk} " in olu_there.get("/windows/").text


def test_a_time_of_ones_own_is_picked_in_the_zone_that_is_named(client, as_user, scene, rosa):
    change, day = scene.planned(), (timezone.now() + timedelta(days=3)).date()
    sent = {"starts": f"{day}T02:00", "ends": f"{day}T03:00", "zone": "Asia/Kolkata"}
    as_user(client, rosa).post(f"/changes/{change.pk}/slot", sent)
    assert PickedSlot.objects.get().starts.isoformat() == f"{day - timedelta(days=1)}T20:30:00+00:00"


def test_what_is_no_time_is_told_at_its_field(client, as_user, scene, rosa):
    change = scene.planned()
    answer = as_user(client, rosa).post(f"/changes/{change.pk}/slot", {"starts": "x", "ends": "", "zone": "UTC"})
    assert answer.status_code == 422 and "Say a day and a time" in answer.text


def test_a_slot_that_does_not_fit_is_told_on_the_changes_page(client, as_user, scene, rosa):
    change, past = scene.planned(), from_now(timedelta(hours=-2), timedelta(hours=-1))
    sent = {"starts": past.start.isoformat(), "ends": past.end.isoformat(), "zone": "UTC"}
    page = as_user(client, rosa).post(f"/changes/{change.pk}/slot", sent, follow=True).text
    assert "This slot is over already" in page and not PickedSlot.objects.exists()


def test_who_may_not_pick_reads_why(client, as_user, scene, vera, mallory):
    change, later = scene.planned(), from_now(timedelta(hours=1), timedelta(hours=2))
    sent = {"starts": later.start.isoformat(), "ends": later.end.isoformat(), "zone": "UTC"}
    vera_there = as_user(client, vera)
    page = vera_there.get(f"/changes/{change.pk}/slot").text
    assert "Only the requester, or an administrator, may do this." in page and 'id="slot-form"' not in page
    assert vera_there.post(f"/changes/{change.pk}/slot", sent).status_code == 403
    assert as_user(client, mallory).get(f"/changes/{change.pk}/slot").status_code == 403
    assert not PickedSlot.objects.exists()


def test_a_slot_is_taken_back_on_its_page(client, as_user, scene, rosa):
    change = scene.planned()
    slot_pick(rosa, change, from_now())
    page = as_user(client, rosa).post(f"/changes/{change.pk}/slot", {"drop": "1"}, follow=True).text
    assert "It has no slot any more." in page and not PickedSlot.objects.exists()


def test_a_missed_slot_is_told_and_another_one_asked_for(client, as_user, scene, olu):
    change = scene.approved()
    picked(change, olu)
    over(change)
    page = as_user(client, olu).get(f"/changes/{change.pk}/").text
    assert "is over, and what was missed never runs late. Pick another one." in page and "Pick another slot" in page
    assert "Run these" not in page


def test_home_says_in_which_slot_it_is_to_run(client, as_user, scene, olu):
    change = scene.approved()
    slot = picked(change, olu)
    assert f"Run it in its slot, {slot}" in as_user(client, olu).get("/").text
