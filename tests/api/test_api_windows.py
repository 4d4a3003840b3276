"""Windows, freezes and slots over the API: the same forms, services and sentences as the pages."""

from datetime import timedelta

import pytest

from changes.models import Freeze, MaintenanceWindow, PickedSlot
from changes.services import Request, change_create
from recovery.kind import KIND
from tests.execution.windowed import a_freeze, a_window, from_now, shut

pytestmark = pytest.mark.django_db
WINDOW = {"name": "Sunday night", "scope": "hosts", "hosts": ["app02"], "rule": "FREQ=WEEKLY;BYDAY=SU",
          "day": "2026-11-01", "at": "02:00", "minutes": 120, "zone": "Europe/Berlin"}  # fmt: skip
FREEZE = {"name": "Year’s end", "scope": "owners", "owners": ["Payments"], "starts": "2026-12-20T18:00:00",
          "ends": "2027-01-03T08:00:00+01:00", "zone": "Europe/Berlin", "reason": "Books."}  # fmt: skip


@pytest.fixture
def change(app02, vm42, rosa):
    params = {"vm": "vm42", "host": "app02", "metadata": "", "file_name": "x", "new_vg": "y", "volumes": []}
    return change_create(rosa, Request(KIND.key, params, app02.pk, vm42.pk, "to see it"))


def test_a_window_is_made_said_anew_and_switched_off(api, ada, app02):
    status, row = api(ada).post("/windows", WINDOW)
    assert (status, row["hosts"], row["at"]) == (201, ["app02"], "02:00") and "02:00–04:00 CE" in row["next"][0]
    status, row = api(ada).post(f"/windows/{row['id']}", {**WINDOW, "scope": "everything"}, method="put")
    assert (status, row["hosts"]) == (200, [])
    status, row = api(ada).post(f"/windows/{row['id']}/switch", {"enabled": False})
    assert (status, row["enabled"]) == (200, False)


def test_a_freeze_is_made_said_anew_and_switched_off(api, ada, vm42):
    status, row = api(ada).post("/freezes", FREEZE)
    assert (status, row["owners"], row["starts"]) == (201, ["Payments"], "2026-12-20T18:00:00+01:00")
    status, row = api(ada).post(f"/freezes/{row['id']}", {**FREEZE, "reason": "Audit."}, method="put")
    assert (status, row["reason"]) == (200, "Audit.")
    status, row = api(ada).post(f"/freezes/{row['id']}/switch", {"enabled": False})
    assert (status, row["enabled"]) == (200, False)


@pytest.mark.parametrize(
    ("path", "wrong", "field"),
    [
        ("windows", {"hosts": ["nohost"]}, "hosts"),
        ("windows", {"rule": "FREQ=HOURLY"}, "rule"),
        ("windows", {"zone": "Berlin"}, "zone"),
        ("freezes", {"owners": ["none"]}, "owners"),
        ("freezes", {"ends": "2026-01-01T00:00:00"}, "ends"),
    ],
)
def test_what_does_not_hold_is_a_problem_at_its_field(api, ada, app02, vm42, path, wrong, field):
    status, problem = api(ada).post(f"/{path}", {**(WINDOW if path == "windows" else FREEZE), **wrong})
    assert status == 422 and field in problem["errors"]
    assert not MaintenanceWindow.objects.exists() and not Freeze.objects.exists()


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera"])
def test_everybody_reads_and_nobody_but_an_administrator_writes(api, request, who, app02):
    caller, window, freeze = api(request.getfixturevalue(who)), a_window("Always"), a_freeze()
    assert [row["name"] for row in caller.get("/windows")[1]["items"]] == ["Always"]
    assert [row["name"] for row in caller.get("/freezes")[1]["items"]] == ["Year’s end"]
    for path, number, body in (("windows", window.pk, WINDOW), ("freezes", freeze.pk, FREEZE)):
        assert caller.post(f"/{path}", body)[0] == 403
        assert caller.post(f"/{path}/{number}", body, method="put")[0] == 403
        assert caller.post(f"/{path}/{number}/switch", {"enabled": False})[0] == 403


def test_a_slot_is_found_picked_shown_and_taken_back(api, rosa, vera, change, app02):
    shut("Sunday night", app02)
    caller = api(rosa)
    first = caller.get(f"/changes/{change.pk}/slots")[1][0]
    assert first["others"] == []
    status, found = caller.post(f"/changes/{change.pk}/slot", {name: first[name] for name in ("starts", "ends")})
    assert (status, found["slot"]["missed_at"]) == (200, None)
    assert [row["change"] for row in api(vera).get("/calendar")[1]["items"]] == [change.pk]
    status, found = caller.post(f"/changes/{change.pk}/slot/drop")
    assert (status, found["slot"]) == (200, None)


def test_a_slot_that_does_not_fit_is_refused_with_the_pages_sentence(api, rosa, vera, change, app02):
    shut("Sunday night", app02)
    slot = from_now(timedelta(hours=1), timedelta(hours=2))
    sent = {"starts": slot.start.isoformat(), "ends": slot.end.isoformat()}
    status, problem = api(rosa).post(f"/changes/{change.pk}/slot", sent)
    assert status == 403 and "It is not within Window “Sunday night” of app02" in problem["detail"]
    assert api(vera).post(f"/changes/{change.pk}/slot", sent)[0] == 403
    assert api(rosa).post(f"/changes/{change.pk}/slot", {"starts": "2026-12-01T02:00", "ends": "x"})[0] == 422
    assert not PickedSlot.objects.exists()


def test_the_gate_tells_of_window_and_freeze(api, vera, change, app02):
    a_freeze(app02)
    gate = {line["title"]: line for line in api(vera).get(f"/changes/{change.pk}")[1]["gate"]}
    assert gate["Freeze"]["ok"] is False and gate["Window"]["ok"] is True
