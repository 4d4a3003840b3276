"""The old VM's fstab, pasted into the form, names the mount points; what was typed by hand stays."""

from __future__ import annotations

import re

from changes.models import Change
from tests.recovery.test_form import URL, desk, filled, read
from tests.recovery.test_form_source import blind

__all__ = ["desk"]

FSTAB = "# of vm42\r\n/dev/mapper/RootVG-root / ext4 defaults 0 1\r\n/dev/RootVG/var /var/log xfs defaults 0 2\r\n"


def points(answer) -> list[str]:
    return re.findall(r'name="at-\d" value="([^"]*)"', answer.content.decode())


def test_mount_points_follow_the_old_ones_and_the_old_ones_are_shown(desk):
    answer, _ = read(desk, fstab=FSTAB)
    assert points(answer) == ["/recovered/vm42/root", "/recovered/vm42/var-log", "/recovered/vm42/swap"]
    assert 'was on <span class="mono">/var/log</span>' in answer.content.decode()


def test_a_later_fstab_moves_what_was_suggested_and_keeps_what_was_typed(desk):
    answer, number = read(desk)
    was = {f"was-{n}": point for n, point in enumerate(points(answer))}
    typed = {"at-0": "/srv/old-root", "at-1": was["was-1"], "on-1": "1"}
    again = desk.post(URL, filled(number, fstab=FSTAB, go="read", **was, **typed))
    assert points(again)[:2] == ["/srv/old-root", "/recovered/vm42/var-log"]


def test_it_is_kept_with_the_change_and_comes_back_when_the_request_is_edited(desk):
    _, number = read(desk, fstab=FSTAB)
    assert desk.post(URL, filled(number, fstab=FSTAB)).status_code == 302
    change = Change.objects.get()
    assert change.params["fstab"] == FSTAB.replace("\r\n", "\n").strip()
    assert "/dev/RootVG/var /var/log" in desk.get(f"/changes/{change.pk}/edit").content.decode()


def test_what_is_no_fstab_gets_one_sentence_at_its_field(desk):
    _, number = read(desk)
    answer = desk.post(URL, filled(number, fstab="one two"))
    assert answer.status_code == 422
    assert re.search(r'id="id_fstab-error"[^>]*>\s*Line 1', answer.content.decode())


def test_mounts_that_last_are_asked_for_with_the_disk_only(desk):
    _, number = read(desk)
    assert desk.post(URL, filled(number, lasting="on")).status_code == 302
    assert "lasting" not in Change.objects.latest("pk").params
    assert desk.post(URL, filled(number, lasting="on", disk="vm42-root")).status_code == 302
    change = Change.objects.latest("pk")
    assert change.params["lasting"] is True
    assert re.search(r'name="lasting"[^>]* checked', desk.get(f"/changes/{change.pk}/edit").content.decode())


def test_the_disks_own_is_offered_where_nothing_else_tells_the_volumes(desk):
    wanted = {"disk": "vm42-root", "fstab_from_disk": "on"}
    assert 'name="fstab_from_disk"' in desk.post(URL, blind(**wanted, go="read")).content.decode()
    assert desk.post(URL, blind(**wanted)).status_code == 302
    change = Change.objects.latest("pk")
    assert change.params["fstab_from_disk"] is True
    assert re.search(r'name="fstab_from_disk"[^>]* checked', desk.get(f"/changes/{change.pk}/edit").content.decode())
    answer, number = read(desk, **wanted)
    assert 'name="fstab_from_disk"' not in answer.content.decode()
    assert desk.post(URL, filled(number, **wanted)).status_code == 302
    assert "fstab_from_disk" not in Change.objects.latest("pk").params
