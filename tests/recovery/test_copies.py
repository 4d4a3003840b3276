"""LVM's own copies of metadata on the target are listed, and one can be chosen instead of a path being typed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from changes.models import Change
from inventory.models import HostFacts
from recovery.facts.archives import Archive, AskArchives
from recovery.preview import copies
from recovery.scripts import script
from ssh.facts import FactError
from ssh.session import Result
from tests.pages.scene import ROOT_VG, a_host, a_vm, host_facts
from tests.recovery.story import ROOT, VG, facts, load
from tests.recovery.test_form import URL
from tests.recovery.test_form_source import blind

OLD = Archive(
    "/etc/lvm/archive/Old_00003-1120.vg", "Old", "gone", 7, 1795383073, "Created *before* executing 'vgremove Old'"
)
OWN = Archive("/etc/lvm/backup/RootVG", "RootVG", ROOT_VG, 3, 1795383999, "")


def parse(text: str) -> tuple[Archive, ...]:
    return AskArchives().parse(Result(0, text.encode(), b""))


@pytest.fixture
def lvm(tmp_path: Path) -> Path:
    """A host's /etc/lvm, with an archive, the running group's backup, a file that is none, and a link."""
    for name in ("archive", "backup"):
        (tmp_path / name).mkdir()
    text = str(load("params")["metadata"])
    (tmp_path / "archive" / "RootVG_00001-7.vg").write_text(text.replace("seqno = 4", "seqno = 2", 1))
    (tmp_path / "backup" / "RootVG").write_text(text)
    (tmp_path / "backup" / "odd name").write_text(text)
    (tmp_path / "backup" / "notes").write_text("nothing of LVM's\n")
    (tmp_path / "backup" / "link").symlink_to(tmp_path / "backup" / "RootVG")
    os.utime(tmp_path / "archive" / "RootVG_00001-7.vg", (1, 1))
    os.utime(tmp_path / "backup" / "RootVG", (2_000_000_000, 2_000_000_000))
    return tmp_path


def listed(lvm: Path, most: int = 200) -> tuple[Archive, ...]:
    text = script("list_archives").replace("/etc/lvm", str(lvm))
    return parse(
        subprocess.run(("sh", "-c", text, "regroup", str(most)), capture_output=True, text=True, check=True).stdout
    )


def test_each_file_is_told_by_its_own_words_newest_first(lvm: Path) -> None:
    found = listed(lvm)
    assert [(Path(row.path).name, row.group, row.uuid, row.seqno) for row in found] == [
        ("RootVG", "RootVG", VG, 4),
        ("RootVG_00001-7.vg", "RootVG", VG, 2),
    ]
    assert found[0].description.startswith("Created *after* executing")
    assert found[0].created > 1_700_000_000
    assert [row.seqno for row in listed(lvm, most=1)] == [4]


def test_a_host_without_any_has_none(tmp_path: Path) -> None:
    assert listed(tmp_path) == ()


def test_an_empty_description_and_odd_numbers() -> None:
    assert parse("/etc/lvm/backup/A A uuid 3 0 \n") == (Archive("/etc/lvm/backup/A", "A", "uuid", 3, 0, ""),)
    with pytest.raises(FactError, match="a number of the host's is none"):
        parse("/etc/lvm/backup/A A uuid x 0 \n")
    with pytest.raises(FactError, match="expected 6 fields"):
        parse("/etc/lvm/backup/A A\n")


def test_what_the_host_runs_from_stands_last_and_says_so() -> None:
    own = Archive("/etc/lvm/backup/RootVG", "RootVG", ROOT, 3, 2_000_000_000, "")
    known = {**facts().to_json(), "archives": [own.to_json(), OLD.to_json()]}
    rows = copies("app01", known)
    assert [row.source for row in rows] == [f"app01:{OLD.path}", "app01:/etc/lvm/backup/RootVG"]
    assert rows[0].told == (
        "Old, sequence number 7, 2026-11-22 21:31 UTC: Created *before* executing 'vgremove Old' (Old_00003-1120.vg)"
    )
    assert "this host's own group" in rows[1].told
    assert copies("app01", facts().to_json()) == ()


@pytest.fixture
def desk(client: Any, as_user: Any, rosa: Any) -> Any:
    a_vm()
    known = {**host_facts(), "archives": [OWN.to_json(), OLD.to_json()]}
    HostFacts.objects.create(host=a_host(), facts={"recovery": known}, at=timezone.now())
    return as_user(client, rosa)


def test_one_is_chosen_in_the_form_and_is_the_source(desk: Any) -> None:
    page = desk.post(URL, blind(go="read")).content.decode()
    offered = re.findall(r'<option value="(app01:[^"]*)"', page)
    assert offered == [f"app01:{OLD.path}", f"app01:{OWN.path}"]
    again = desk.post(URL, blind(copy=offered[0], go="read")).content.decode()
    assert f'value="{offered[0]}"' in again.split('name="source"')[1].split(">")[0]
    assert desk.post(URL, blind(copy=offered[0])).status_code == 302
    assert Change.objects.get().params["source"] == {"host": "app01", "path": OLD.path}
