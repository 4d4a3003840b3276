"""The form of a recovery, round by round."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from changes.models import Change
from execution.models import FactsWish
from inventory.models import HostFacts
from recovery.models import Upload
from tests.pages.scene import BACKUP, ROOT_VG, Scene, a_host, a_vm, host_facts

URL = "/changes/recovery/new"
REASON = "It does not boot."


@pytest.fixture
def desk(client, as_user, rosa):
    """Rosa's browser, a host that has answered, and a lost VM."""
    a_vm()
    HostFacts.objects.create(host=a_host(), facts={"recovery": host_facts()}, at=timezone.now())
    return as_user(client, rosa)


def the_file(data=BACKUP):
    data = data.encode() if isinstance(data, str) else data
    return SimpleUploadedFile("RootVG", data)


def filled(upload="", **more):
    volumes = {"on-0": "1", "at-0": "/recovered/vm42/root", "mode-0": "ro"}
    fields = {"vm": "vm42", "host": "app01", "new_vg": "vm42_RootVG", "reason": REASON, "attach_deadline": "14400"}
    return {**fields, **volumes, "upload": str(upload), "go": "create", **more}


def read(desk, **more):
    """The round in which the file is read; its number."""
    answer = desk.post(URL, {"vm": "vm42", "host": "app01", "file": the_file(), "go": "read", **more})
    assert answer.status_code == 200
    return answer, Upload.objects.latest("pk").pk


def test_the_first_round_asks_and_blames_nobody(desk):
    text = desk.get(URL).content.decode()
    assert 'aria-invalid="true"' not in text
    assert "Lost VM" in text


def test_a_chosen_vm_shows_owner_criticality_and_last_backup(desk):
    text = desk.post(URL, {"vm": "vm42"}, headers={"HX-Request": "true"}).content.decode()
    assert "Ledger team" in text
    assert "critical" in text
    assert "2 days ago" in text
    assert "<html" not in text


def test_a_chosen_host_shows_its_groups_and_disks_with_the_root_marked(desk):
    text = desk.post(URL, {"host": "app01"}, headers={"HX-Request": "true"}).content.decode()
    assert ROOT_VG in text
    assert "the running system&#x27;s root disk" in text


def test_a_host_never_asked_is_asked_and_polled_for(desk):
    host = a_host("app02", "192.0.2.12")
    text = desk.post(URL, {"host": "app02"}).content.decode()
    assert FactsWish.objects.filter(host=host).exists()
    assert "Asking app02" in text
    assert "/changes/recovery/host?host=app02" in text


def test_the_poll_ends_with_the_facts_and_has_the_form_judged_again(desk):
    FactsWish.objects.create(host=a_host(), asked_at=timezone.now())
    waiting = desk.get("/changes/recovery/host?host=app01")
    assert b"hx-get" in waiting.content
    assert "HX-Trigger-After-Settle" not in waiting
    FactsWish.objects.all().delete()
    came = desk.get("/changes/recovery/host?host=app01")
    assert b"hx-get" not in came.content
    assert came["HX-Trigger-After-Settle"] == "facts-came"


def test_a_host_that_cannot_be_asked_shows_the_sentence(desk):
    HostFacts.objects.create(host=a_host("app02", "192.0.2.12"), error="app02 has no trusted host key yet.")
    assert "app02 has no trusted host key yet." in desk.post(URL, {"host": "app02"}).content.decode()


def test_facts_of_another_version_of_regroup_are_passed_over(desk):
    HostFacts.objects.update(facts={"recovery": {"host": {"old": "shape"}}})
    assert desk.post(URL, {"host": "app01"}).status_code == 200


def test_the_file_is_read_at_once_and_gives_names_and_volumes(desk):
    answer, _ = read(desk)
    text = answer.content.decode()
    assert "y7XcTq-1nVb-8d2K-Zq0p-R4mW-u6Le-Jk93Fq" in text
    assert 'value="vm42_RootVG"' in text
    assert 'value="/recovered/vm42/var"' in text
    wanted = {row.lv: row.wanted for row in answer.context["draft"].rows}
    assert wanted == {"root": True, "var": True, "swap": False}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x1f\x8b\x08\x00rest", "packed with gzip"),
        (b"\xef\xbb\xbf" + BACKUP.encode(), "byte-order mark"),
        (b"", "empty"),
        (b"\x00\x01\x02\xff" * 50, "binary"),
        (b"x" * (2 * 1024 * 1024), "2 MiB"),
        (BACKUP[: len(BACKUP) // 2].encode(), "end"),
        (BACKUP.encode().replace(b"lvm2", b"\xff\xfe lvm2 }"), "line"),
    ],
)
def test_a_bad_file_gets_one_sentence_at_its_field(desk, data, words):
    answer = desk.post(URL, {"vm": "vm42", "file": the_file(data)})
    assert answer.status_code == 200
    (sentence,) = answer.context["form"].errors.get("file", ["—"])
    assert words in sentence


def test_crlf_is_fine_as_it_is_to_lvm(desk):
    answer = desk.post(URL, {"vm": "vm42", "file": the_file(BACKUP.replace("\n", "\r\n"))})
    assert answer.context["draft"].is_read


def test_the_hosts_own_file_is_refused_as_soon_as_both_are_known(desk):
    own = BACKUP.replace("y7XcTq-1nVb-8d2K-Zq0p-R4mW-u6Le-Jk93Fq", ROOT_VG)
    answer = desk.post(URL, {"vm": "vm42", "host": "app01", "file": the_file(own)})
    assert "own running root volume group" in str(answer.context["form"].errors["file"])


def test_an_error_elsewhere_loses_nothing(desk):
    _, upload = read(desk)
    answer = desk.post(URL, filled(upload, reason="", ticket="INC-1", **{"at-0": "/srv/old"}))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Say why" in text
    assert f'name="upload" value="{upload}"' in text
    assert 'value="/srv/old"' in text
    assert 'value="INC-1"' in text
    assert "It is kept; choose another only to replace it." in text
    assert not Change.objects.exists()


def test_asking_makes_a_change_that_waits_to_be_planned(desk, rosa):
    _, upload = read(desk)
    answer = desk.post(URL, filled(upload, ticket="INC-1", **{"mode-0": "rw"}))
    change = Change.objects.get()
    assert answer["Location"] == f"/changes/{change.pk}/"
    assert (change.planning, change.requester, change.ticket, change.reason) == (True, rosa, "INC-1", REASON)
    assert change.params["metadata"] == BACKUP
    assert change.params["volumes"] == [{"lv": "root", "mount_point": "/recovered/vm42/root", "read_write": True}]
    assert change.vm.name == "vm42"
    page = desk.get(answer["Location"]).content.decode()
    assert "Reading app01’s facts and planning …" in page
    assert "every 2s" in page


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"new_vg": "bad name"}, "new_vg", "space"),
        ({"new_vg": "RootVG"}, "new_vg", "old name"),
        ({"new_vg": ""}, "new_vg", "Give the group a name"),
        ({"vm": ""}, "vm", "Choose the VM"),
        ({"host": "nowhere"}, "host", "no host"),
        ({"attach_deadline": "7"}, "attach_deadline", "7"),
    ],
)
def test_each_mistake_stands_at_its_field(desk, more, field, words):
    _, upload = read(desk)
    answer = desk.post(URL, filled(upload, **more))
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    assert not Change.objects.exists()


def test_a_mount_point_over_the_system_is_refused_in_its_row(desk):
    _, upload = read(desk)
    answer = desk.post(URL, filled(upload, **{"at-0": "/etc"}))
    assert "belongs to the host" in answer.context["draft"].rows[0].error
    assert not Change.objects.exists()


def test_no_volume_at_all_is_said_under_the_table(desk):
    _, upload = read(desk)
    posted = filled(upload)
    del posted["on-0"]
    assert "Choose at least one logical volume to mount." in desk.post(URL, posted).content.decode()


def test_without_a_file_nothing_is_asked_for(desk):
    answer = desk.post(URL, filled())
    assert "Upload the old VM" in str(answer.context["form"].errors["file"])
    assert not Change.objects.exists()


def test_a_file_that_came_with_the_last_button_is_shown_before_anything_is_made_of_it(desk):
    posted = {name: value for name, value in filled().items() if name in ("vm", "host", "reason", "go")}
    answer = desk.post(URL, {**posted, "attach_deadline": "14400", "file": the_file()})
    assert answer.status_code == 200
    assert answer.context["draft"].is_read
    assert not Change.objects.exists()


def test_the_same_file_sent_again_changes_nothing_that_was_typed(desk):
    _, upload = read(desk)
    answer = desk.post(URL, {**filled(upload, go=""), "at-0": "/srv/x", "file": the_file()})
    assert answer.context["draft"].upload.pk == upload
    assert answer.context["draft"].rows[0].mount_point == "/srv/x"


def test_the_lost_vm_itself_is_no_target(desk):
    host = a_host()
    host.vm = a_vm()
    host.save()
    answer = desk.post(URL, {"vm": "vm42", "host": "app01"})
    assert "is the lost VM itself" in str(answer.context["form"].errors["host"])


def test_another_vm_gets_its_own_name_and_mount_points_unless_they_were_typed(desk):
    _, upload = read(desk)
    a_vm("db07")
    typed = {"suggested": "vm42_RootVG", "for_vm": "vm42", "at-1": "/srv/kept", "on-1": "1", "go": ""}
    draft = desk.post(URL, filled(upload, vm="db07", **typed)).context["draft"]
    assert draft.form["new_vg"].value() == "db07_RootVG"
    assert [row.mount_point for row in draft.rows[:2]] == ["/recovered/db07/root", "/srv/kept"]


def test_another_file_brings_its_own_volumes(desk):
    _, upload = read(desk)
    other = the_file(BACKUP.replace("\t\troot {", "\t\tdata {"))
    draft = desk.post(URL, {**filled(upload), "file": other, "go": "read"}).context["draft"]
    assert [row.lv for row in draft.rows] == ["data", "var", "swap"]
    assert draft.rows[0].mount_point == "/recovered/vm42/data"


@pytest.mark.parametrize(
    ("field", "more", "words"),
    [
        ("new_vg", {"new_vg": "-x"}, "hyphen"),
        ("new_vg", {"new_vg": "RootVG"}, "old name"),
        ("new_vg", {}, ""),
        ("at-0", {"at-0": "/usr/x"}, "belongs to the host"),
        ("at-0", {}, ""),
        ("nonsense", {}, ""),
    ],
)
def test_a_field_is_checked_as_it_is_typed(desk, field, more, words):
    _, upload = read(desk)
    answer = desk.post(f"/changes/recovery/check?field={field}", filled(upload, **more)).content.decode()
    assert words in answer
    assert bool(answer) == bool(words)


def test_an_answer_while_typing_is_no_markup(desk):
    _, upload = read(desk)
    answer = desk.post("/changes/recovery/check?field=at-0", filled(upload, **{"at-0": "<b>x"})).content.decode()
    assert "<b>" not in answer


def test_somebody_elses_upload_is_nobodys(desk, client, as_user, db):
    from people.roles import Role
    from tests.conftest import a_person

    _, upload = read(desk)
    answer = as_user(client, a_person("other", Role.REQUESTER)).post(URL, filled(upload))
    assert answer.context["draft"].upload is None
    assert not Change.objects.exists()


@pytest.mark.parametrize("who", ["vera", "amir", "olu", "mallory"])
def test_only_a_requester_may_ask(client, as_user, request, who):
    assert as_user(client, request.getfixturevalue(who)).get(URL).status_code == 403


def test_editing_begins_with_what_was_asked_and_plans_anew(desk, rosa, amir, olu):
    change = Scene(rosa, amir, olu).planned()
    page = desk.get(f"/changes/{change.pk}/edit")
    assert page.context["draft"].is_read
    assert [row.wanted for row in page.context["draft"].rows] == [True, True, False]
    upload = page.context["draft"].upload.pk
    answer = desk.post(f"/changes/{change.pk}/edit", filled(upload, new_vg="old42"))
    assert answer["Location"] == f"/changes/{change.pk}/"
    change.refresh_from_db()
    assert (change.status, change.planning, change.digest) == ("draft", True, "")
    assert change.params["new_vg"] == "old42"


def test_an_approved_change_cannot_be_edited(desk, rosa, amir, olu):
    change = Scene(rosa, amir, olu).approved()
    assert desk.get(f"/changes/{change.pk}/edit").status_code == 403


def test_a_new_request_may_begin_with_an_old_one(desk, rosa, amir, olu):
    change = Scene(rosa, amir, olu).planned()
    page = desk.get(f"{URL}?from={change.pk}")
    assert page.context["form"]["reason"].value() == change.reason


def test_old_uploads_are_dropped(desk, rosa):
    from datetime import timedelta

    _, first = read(desk)
    Upload.objects.update(at=timezone.now() - timedelta(days=2))
    read(desk)
    assert not Upload.objects.filter(pk=first).exists()


def test_bytes_that_are_no_utf8_are_kept_and_shown(desk):
    data = BACKUP.encode().replace(b"lvcreate", b"lvcr\xe9ate")
    answer = desk.post(URL, {"vm": "vm42", "host": "app01", "file": the_file(data)})
    assert answer.context["draft"].is_read
    desk.post(URL, filled(Upload.objects.latest("pk").pk))
    assert Change.objects.get().params["metadata"].encode("utf-8", "surrogateescape") == data


def test_a_disk_that_is_attached_needs_no_file(desk):
    fields = {"vm": "vm42", "host": "app01", "disk": "vm42-root", "strategy": "", "go": "read"}
    text = desk.post(URL, fields).content.decode()
    assert 'value="vm42_old"' in text
    assert "How it gets its new name" in text
    sent = {**fields, "new_vg": "vm42_old", "reason": REASON, "attach_deadline": "14400", "go": "create"}
    assert desk.post(URL, sent).status_code == 302
    change = Change.objects.get()
    assert (change.params["disk"], change.params["metadata"], change.params["volumes"]) == ("vm42-root", "", [])
    again = desk.get(f"/changes/{change.pk}/edit").content.decode()
    assert 'value="vm42-root"' in again


def test_a_device_name_is_no_disk_to_be_sure_of(desk):
    fields = {"vm": "vm42", "host": "app01", "disk": "/dev/sdb", "new_vg": "vm42_old", "reason": REASON}
    text = desk.post(URL, {**fields, "attach_deadline": "14400", "go": "create"}).content.decode()
    assert "is a name that changes with the order of arrival" in text
    assert not Change.objects.exists()
