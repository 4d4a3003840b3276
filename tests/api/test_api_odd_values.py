"""Zero bytes and numbers beyond any column: a sentence or nothing found, on each database; nothing breaks."""

from urllib.parse import quote

import pytest

from changes.models import Change
from inventory.models import Host, Owner

NUL = "a\0b"
HUGE = 2**70
READS = [
    *("/hosts?after=", "/owners?after=", "/vms?after=", "/changes?state=", "/changes?host=", "/calendar?after="),
    *("/bonds?health=", "/bonds?site=", "/bonds?switch=", "/bonds?text=", "/bonds?after=", "/topology?site="),
    *("/topology/", "/idle-ports?site=", "/idle-ports?after=", "/unowned?after=", "/changes/recovery/copies?host="),
    *("/hosts/", "/policies?after=", "/windows?after="),
]
NUMBERS = ["/changes/", "/changes?before=", "/rollouts/", "/rollouts?before=", "/audit?before=", "/freezes?before="]


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.mark.parametrize("path", READS)
def test_a_zero_byte_in_an_address_finds_nothing(api, vera, path):
    assert api(vera).get(path + quote(NUL))[0] in (200, 404, 422)


@pytest.mark.parametrize("number", [HUGE, -HUGE, 2**63, 0, -1])
@pytest.mark.parametrize("path", NUMBERS)
def test_a_number_beyond_the_column_finds_nothing(api, vera, path, number):
    assert api(vera).get(f"{path}{number}")[0] in (200, 404, 422)


@pytest.mark.parametrize("number", [HUGE, -HUGE, 2**63])
def test_a_log_is_asked_for_behind_any_line(api, vera, rosa, app02, number):
    change = Change.objects.create(kind="recovery", params={}, host=app02, requester=rosa, editor=rosa)
    assert api(vera).get(f"/changes/{change.pk}/log?after={number}")[0] in (200, 422)


OWNER = {"name": "Payments", "email": "p@example.com", "phone": "1", "deputy": "d", "note": "n"}
HOST = {"name": "h1", "address": "192.0.2.1", "user": "u", "credential": "c", "owner": "o", "service": "s", "tags": "t",
        "site": "x", "rack": "r", "pair": "p", "note": "n"}  # fmt: skip
RULE = {"name": "r", "kinds": ["k"], "owners": ["o"], "sites": ["s"], "tags": ["t"], "named": ["n"], "role": "approver"}
WINDOW = {"name": "w", "rule": "FREQ=DAILY", "day": "2026-01-01", "at": "02:00", "minutes": 60, "scope": "hosts",
          "hosts": ["h"], "owners": ["o"], "sites": ["s"], "zone": "UTC"}  # fmt: skip
RECOVERY = {"vm": "vm42", "host": "app02", "metadata": "x {}", "new_vg": "v", "reason": "So.", "ticket": "t",
            "file_name": "f", "disk": "d", "fstab": "f"}  # fmt: skip
BOND = {"host": "app02", "name": "bond0", "ports": ["eth0", "eth1"], "reason": "So.", "ticket": "t"}
DRILL = {"host": "app02", "bond": "bond0", "witness": "w", "reason": "So.", "ticket": "t"}
IMPORT = {"source": "csv", "text": "name,address\n", "digest": "d"}
BODIES = {
    "/owners": OWNER,
    "/hosts": HOST,
    "/policies": RULE,
    "/windows": WINDOW,
    "/changes/recovery": RECOVERY,
    "/changes/bond": BOND,
    "/changes/drill": DRILL,
    "/changes/reboot": {"host": "app02", "reason": "So.", "ticket": "t"},
    "/import": IMPORT,
}
FIELDS = [(path, field) for path, body in BODIES.items() for field in body if field not in ("day", "at", "minutes")]


@pytest.fixture
def everybody(api, ada):
    from django.contrib.auth.models import Group

    ada.groups.set(Group.objects.all())
    return api(ada)


@pytest.mark.parametrize(("path", "field"), FIELDS)
def test_a_zero_byte_in_a_field_is_refused(everybody, app02, vm42, path, field):
    body = BODIES[path]
    wrong = [NUL] if isinstance(body[field], list) else NUL
    status, problem = everybody.post(path, {**body, field: wrong})
    assert (status, problem["status"]) == (422, 422)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/hosts", {"name": "h1", "address": "192.0.2.1", "port": HUGE}),
        ("/policies", {"name": "r", "people_needed": HUGE}),
        ("/policies", {"name": "r", "hours": HUGE}),
        ("/windows", {**WINDOW, "minutes": HUGE}),
        ("/rollouts", {"title": "t", "reason": "So.", "changes": [HUGE]}),
        ("/rollouts", {"title": "t", "reason": "So.", "changes": [], "wave_size": HUGE}),
        ("/changes/handback", {"recovery": HUGE, "reason": "So."}),
        ("/changes/bond", {**BOND, "seconds": HUGE}),
        ("/changes/bond", {**BOND, "mtu": HUGE}),
        ("/changes/drill", {"host": "app02", "bond": "bond0", "seconds": HUGE, "reason": "So."}),
        ("/changes/reboot", {"host": "app02", "seconds": HUGE, "reason": "So."}),
        ("/changes/recovery", {**RECOVERY, "disk": "", "fstab": "", "attach_deadline": HUGE, "volumes": [{"lv": "r"}]}),
    ],
)
def test_a_number_beyond_the_column_is_refused(everybody, app02, vm42, path, body):
    status, problem = everybody.post(path, body)
    assert status in (403, 404, 422), problem
    assert (Host.objects.count(), Owner.objects.count(), Change.objects.count()) == (1, 1, 0)
