"""What only a recovery has in the API: asking otherwise, and the site's own commands for its disk."""

import shlex
import sys

import pytest
from django.utils import timezone

from audit.models import Entry
from changes.models import Change
from inventory.models import HostFacts
from tests.pages.scene import BACKUP, Scene, host_facts

SAY = f"{shlex.quote(sys.executable)} -c 'import sys; print(sys.argv[1:])' {{host}} {{vm}}"
NO = f"{shlex.quote(sys.executable)} -c 'import sys; sys.exit(\"the pool is full\")'"


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    """No worker here: a request is answered as a draft at once."""
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def scene(rosa, amir, olu):
    return Scene(rosa, amir, olu)


@pytest.fixture
def body():
    return {"vm": "vm42", "host": "app02", "disk": "vm42-root", "new_vg": "vm42_RootVG", "reason": "It does not boot."}


def test_asking_otherwise_makes_it_a_draft_that_is_planned_anew(api, rosa, app02, vm42, body):
    number = api(rosa).post("/changes/recovery", body)[1]["number"]
    status, change = api(rosa).post(
        f"/changes/{number}/recovery",
        {**body, "strategy": "rename", "lasting": True, "fstab_from_disk": True},
        method="put",
    )
    assert (status, change["state"], change["planning"]) == (200, "draft", True)
    kept = Change.objects.get(pk=number).params
    assert (kept["strategy"], kept["lasting"], kept["fstab_from_disk"]) == ("rename", True, True)


def test_only_the_requester_asks_otherwise(api, rosa, olu, app02, vm42, body):
    number = api(rosa).post("/changes/recovery", body)[1]["number"]
    status, problem = api(olu).post(f"/changes/{number}/recovery", body, method="put")
    assert (status, problem["detail"]) == (403, "Only the requester, or an administrator, may do this.")


def test_a_host_that_is_the_lost_vm_is_no_target(api, rosa, app02, vm42, body):
    app02.vm = vm42
    app02.save()
    status, problem = api(rosa).post("/changes/recovery", body)
    assert status == 422
    assert "the lost VM itself" in problem["errors"]["host"][0]


def test_an_operator_attaches_by_the_sites_command(api, olu, scene, settings):
    settings.ATTACH_COMMAND = SAY
    change = scene.waiting()
    assert api(olu).post(f"/changes/{change.pk}/attach")[1]["state"] == "running"
    assert Entry.objects.get(action="change.attach").actor_name == "olu"


@pytest.mark.parametrize(
    ("command", "words"), [("", "has set no such command"), (NO, "ended with 1: the pool is full")]
)
def test_an_attach_that_does_not_work_confirms_nothing(api, olu, scene, settings, command, words):
    settings.ATTACH_COMMAND = command
    change = scene.waiting()
    status, problem = api(olu).post(f"/changes/{change.pk}/attach")
    assert status == 503
    assert words in problem["detail"]
    assert Change.objects.get(pk=change.pk).status == "waiting"


@pytest.mark.parametrize("act", ["attach", "detach"])
def test_only_an_operator_attaches_or_detaches(api, rosa, scene, settings, act):
    settings.ATTACH_COMMAND = settings.DETACH_COMMAND = SAY
    change = scene.waiting()
    assert api(rosa).post(f"/changes/{change.pk}/{act}")[0] == 403
    assert not Entry.objects.filter(action=f"change.{act}").exists()


@pytest.mark.parametrize(("moment", "status"), [("waiting", 403), ("undone", 200)])
def test_the_disk_is_given_back_only_after_the_undo(api, olu, scene, settings, moment, status):
    settings.DETACH_COMMAND = SAY
    change = getattr(scene, moment)()
    assert api(olu).post(f"/changes/{change.pk}/detach")[0] == status


def test_where_a_change_stands_is_told_without_its_plan(api, vera, scene):
    change = scene.waiting()
    status, now = api(vera).get(f"/changes/{change.pk}/now")
    assert (status, now["state"]) == (200, "waiting")
    assert now["waiting_for"]
    assert "plan" not in now


def test_who_decided_what_and_when_is_told(api, vera, scene):
    change = api(vera).get(f"/changes/{scene.approved().pk}")[1]
    assert [(row["approver"], row["decision"]) for row in change["approvals"]] == [("amir", "approved")]
    assert change["history"][-1]["new"] == "approved"


def test_an_old_fstab_is_kept_with_the_request_and_names_missing_mount_points(api, rosa, app02, vm42, body):
    backup = {"metadata": BACKUP, "disk": "", "volumes": [{"lv": "var"}]}
    fstab = "\ufeff/dev/RootVG/var /var/log xfs\r\n"
    assert api(rosa).post("/changes/recovery", {**body, **backup, "fstab": fstab})[0] == 201
    params = Change.objects.get().params
    assert params["fstab"] == "/dev/RootVG/var /var/log xfs\n"
    assert params["volumes"][0]["mount_point"] == "/recovered/vm42/var-log"


def test_what_is_no_fstab_is_told_at_its_field(api, rosa, app02, vm42, body):
    for wrong, words in (("one two", "Line 1"), ("a\0b", "zero byte"), ("#" * 70000, "64 KiB")):
        status, problem = api(rosa).post("/changes/recovery", {**body, "fstab": wrong})
        assert status == 422
        assert words in problem["errors"]["fstab"][0]
    assert not Change.objects.exists()


def test_a_file_on_a_host_is_named_instead_of_sent(api, rosa, app02, vm42, body):
    wanted = {**body, "metadata": "", "disk": "", "volumes": [], "source": {"host": "app02", "path": "/restore/RootVG"}}
    assert api(rosa).post("/changes/recovery", wanted)[0] == 201
    assert Change.objects.get().params["source"] == {"host": "app02", "path": "/restore/RootVG"}
    for host, path in (("nowhere", "/x"), ("app02", "x")):
        status, problem = api(rosa).post("/changes/recovery", {**wanted, "source": {"host": host, "path": path}})
        assert status == 422
        assert "source" in problem["errors"]


def test_lvms_own_copies_on_a_host_are_listed_as_sources(api, rosa, app02):
    running = host_facts()["host"]["groups"][0]["uuid"]
    paths = ("/etc/lvm/backup/RootVG", "/etc/lvm/archive/Old_00003-1120.vg")
    files = [
        {"path": path, "group": "G", "uuid": uuid, "seqno": 3, "created": 1795383073, "description": "Created"}
        for path, uuid in zip(paths, (running, "gone"), strict=True)
    ]
    HostFacts.objects.create(host=app02, facts={"recovery": {**host_facts(), "archives": files}}, at=timezone.now())
    status, rows = api(rosa).get("/changes/recovery/copies?host=app02")
    assert (status, [(row["source"]["path"], row["is_own"]) for row in rows]) == (
        200,
        [(paths[1], False), (paths[0], True)],
    )
    assert api(rosa).get("/changes/recovery/copies?host=app07")[0] == 422


def test_a_host_that_was_never_asked_has_no_copies_to_offer(api, rosa, app02):
    assert api(rosa).get("/changes/recovery/copies?host=app02") == (200, [])
