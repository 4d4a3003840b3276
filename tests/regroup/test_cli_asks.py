"""Asking from a shell: with a file or a disk, what is refused, and what is sent."""

import json

import pytest

from changes.models import Change
from tests.pages.scene import BACKUP

ROOT_VG_OF_THE_HOST = "Bgky13-JHcS-Q4vM-0nJm-7rTe-Xo2p-L9sW3c"


@pytest.fixture
def backup(tmp_path):
    path = tmp_path / "RootVG"
    path.write_text(BACKUP)
    return path


@pytest.fixture
def wish(scene, backup):
    """The usual words of a request."""
    return (
        *("--vm", "vm42", "--host", "app01", "--name", "vm42_RootVG", "--reason", "It does not boot."),
        *("--file", backup, "--mount", "root", "--mount", "var=/recovered/vm42/data"),
    )


def test_a_plan_is_shown_with_every_command_and_nobody_is_asked(shell, rosa, wish):
    said = shell(rosa, "plan", *wish)
    change = Change.objects.get()
    assert (said.code, change.status) == (0, "planned")
    assert change.digest in said.out
    assert "vgcfgrestore" in said.out
    assert [volume["mount_point"] for volume in change.params["volumes"]] == [
        "/recovered/vm42/root",
        "/recovered/vm42/data",
    ]


def test_a_request_is_submitted_as_well(shell, rosa, wish):
    assert shell(rosa, "request", *wish).code == 0
    assert Change.objects.get().status == "in_review"


def test_the_file_is_sent_byte_for_byte(shell, rosa, wish, backup):
    backup.write_bytes(BACKUP.replace('description = "', 'description = "Zaj\xedc ').encode("latin-1"))
    assert shell(rosa, "plan", *wish).code == 0
    sent = Change.objects.get().params["metadata"]
    assert sent.encode("utf-8", "surrogateescape") == backup.read_bytes()


def test_the_wrong_file_is_refused_with_the_planners_sentence(shell, rosa, wish, backup):
    backup.write_text(BACKUP.replace("y7XcTq-1nVb-8d2K-Zq0p-R4mW-u6Le-Jk93Fq", ROOT_VG_OF_THE_HOST))
    said = shell(rosa, "request", *wish)
    assert (said.code, Change.objects.get().status) == (3, "refused")
    assert "own running root volume group" in said.out
    assert "recover look" in said.out


def test_a_disk_that_is_not_there_is_refused_and_can_be_looked_for_again(shell, rosa, scene):
    words = ("--vm", "vm42", "--host", "app01", "--name", "vm42_RootVG", "--reason", "x", "--disk", "vm42-root")
    said = shell(rosa, "plan", *words)
    assert said.code == 3
    assert "No disk called vm42-root is attached" in said.out
    assert shell(rosa, "look", Change.objects.get().pk).code == 3


def test_a_change_can_be_asked_otherwise(shell, rosa, wish):
    shell(rosa, "request", *wish)
    change = Change.objects.get()
    assert shell(rosa, "edit", change.pk, *wish, "--ticket", "OPS-7").code == 0
    change.refresh_from_db()
    assert (change.status, change.ticket) == ("planned", "OPS-7")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--file", "/no/such/file"), "cannot be read: No such file"),
        (("--host", "nowhere"), "no host called 'nowhere'"),
        (("--mount", "root=/etc"), "belongs to the host's own system"),
        (("--name", "bad name"), "name"),
        (("--mount", "root:rx"), "is not LV, LV=PATH"),
        (("--deadline", "soon"), "is no time"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(shell, rosa, wish, words, sentence):
    said = shell(rosa, "plan", *wish, *words)
    assert said.code in (2, 3)
    assert sentence in said.err
    assert not Change.objects.exists()


def test_a_file_that_is_something_else_is_named(shell, rosa, wish, backup):
    backup.write_bytes(b"\x1f\x8b\x08\x00 and so on")
    said = shell(rosa, "plan", *wish)
    assert (said.code, "packed with gzip" in said.err) == (3, True)


def test_the_apis_own_answer_can_be_had(shell, rosa, wish):
    assert json.loads(shell(rosa, "plan", "--json", *wish).out)["state"] == "planned"


def test_the_old_fstab_says_what_goes_where(shell, rosa, wish, tmp_path):
    fstab = tmp_path / "fstab"
    fstab.write_bytes(b"# Zaj\xedc\n/dev/mapper/RootVG-var /srv/data ext4\n")
    assert shell(rosa, "plan", *wish[:10], "--mount", "var", "--fstab", fstab).code == 0
    assert Change.objects.get().params["volumes"][0]["mount_point"] == "/recovered/vm42/srv-data"


def test_a_hand_back_is_asked_for_by_the_recoverys_number(shell, rosa, scene):
    said = shell(rosa, "handback", scene.succeeded().pk, "--reason", "The ledger was copied.")
    assert "Hand vm42's disk back from app01" in said.out
