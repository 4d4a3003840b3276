"""A recovery whose workers die in its commands, whose host fills up and is reset: what the page says is so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from changes.models import Change
from changes.services import Denied, change_replan
from changes.states import STEP_DONE, State
from execution import engine, services
from lab import Disk, Host, Lab, old_disk
from tests.lab.striking import begin, counted, killed, looked_at, shown
from tests.lab.test_recovery_story import asked, nameless, readable, running

pytestmark = pytest.mark.chaos

NEW = "vm42_RootVG"
POINTS = {"mount-root": "/recovered/vm42/root", "mount-var": "/recovered/vm42/var"}
HELD = r"""
cat >/usr/local/sbin/held <<'END'
#!/bin/sh
# held COMMAND words…: runs it, and waits before that while /run/hold is there, which a restart takes away
case "$*" in
*--list*) ;;
vgcfgrestore*|*" /recovered/"*)
    echo "$*" >>/root/called
    sync /root/called
    while [ -e /run/hold ]; do sleep 0.2; done ;;
esac
[ "$1" != mount ] || { shift; exec /usr/bin/mount.real "$@"; }
exec lvm "$@"
END
chmod 755 /usr/local/sbin/held
rm /usr/sbin/vgcfgrestore
mv /usr/bin/mount /usr/bin/mount.real
printf '#!/bin/sh\nexec /usr/local/sbin/held vgcfgrestore "$@"\n' >/usr/sbin/vgcfgrestore
printf '#!/bin/sh\nexec /usr/local/sbin/held mount "$@"\n' >/usr/bin/mount
chmod 755 /usr/sbin/vgcfgrestore /usr/bin/mount
: >/root/called
sync
"""
FILL = (
    'fallocate -l $(($(stat -f -c "%f * %S" /var/lib/regroup))) /var/lib/ballast || true;'
    " dd if=/dev/zero of=/var/lib/rest bs=4k 2>/dev/null || true; sync"
)


def fill(host: Host) -> None:
    host.run(FILL, sudo=True)


def make_room(host: Host) -> None:
    host.run("rm /var/lib/ballast /var/lib/rest; sync", sudo=True)


def calls(host: Host, command: str) -> int:
    """How often a command was begun on the host, by the host's own list."""
    return sum(line.startswith(command) for line in host.run("cat /root/called", sudo=True).splitlines())


def is_true(client: Client, change: Change, host: Host, *sentences: str) -> None:
    """The page has the state and its reason, and what the steps say is what LVM and the kernel say."""
    steps = {step.key: step for step in change.runs.get().steps.filter(phase="do")}
    done = {key for key, step in steps.items() if step.state in STEP_DONE}
    groups = host.run("vgs --noheadings -o vg_name", sudo=True).split()
    mounted = {point for point in host.run("findmnt -rn -o TARGET").split() if point.startswith("/recovered/")}
    assert ("restore" in done) == (NEW in groups)
    assert mounted == {point for key, point in POINTS.items() if key in done}
    shown(client, change, *sentences)


def in_the_command(acts: dict, host: Host, step: str, command: str, strike: Callable[[], object]) -> None:
    """Strike, and kill the worker, while the step's command is at work on the host."""

    def struck() -> None:
        assert host.run(f"pgrep -fc '/usr/local/sbin/held {command}'", sudo=True).strip() != "0"
        strike()
        killed()

    acts["before-intent", step] = lambda: host.run("touch /run/hold", sudo=True)
    acts["after-start", step] = struck


def let_go(acts: dict, host: Host, step: str) -> Callable[[], None]:
    """The command goes on once the next worker has come back to it."""
    return lambda: acts.update({("before-entered", step): lambda: host.run("rm /run/hold", sudo=True)})


def test_whatever_strikes_a_recovery_its_page_is_true_and_it_ends_whole(
    lab: Lab, app01: Host, vm42_disk: Disk, acts, started, olu, vera, client: Client
) -> None:
    client.force_login(vera)
    before, as_it_was = vm42_disk.sha256(), running(app01)
    app01.run(HELD, sudo=True)
    text = lab.backup_path("story").read_text()
    change = looked_at(started("recovery", app01, asked(text)))
    assert change.state is State.WAITING
    app01.attach(vm42_disk)
    services.run_confirm(olu, change)

    acts["before-intent", "restore"] = lambda: fill(app01)
    change = looked_at(change)
    sentence = change.runs.get().steps.get(key="restore").sentence
    assert change.state is State.FAILED and "no space left" in sentence, sentence
    assert calls(app01, "vgcfgrestore") == 0
    is_true(client, change, app01, sentence)
    make_room(app01)

    def page_in_the_middle() -> None:
        shown(client, Change.objects.get(pk=change.pk), "running")

    for step, command in (("restore", "vgcfgrestore"), ("mount-root", "mount")):
        go_on = let_go(acts, app01, step)
        in_the_command(acts, app01, step, command, lambda go_on=go_on: (page_in_the_middle(), go_on()))
    in_the_command(acts, app01, "mount-var", "mount", app01.reset)
    services.run_resume(olu, change)
    change = looked_at(change)
    assert acts == {}
    assert (calls(app01, "vgcfgrestore"), calls(app01, "mount")) == (1, 2)
    step = change.runs.get().steps.get(key="mount-var")
    assert change.state is State.UNKNOWN, (change.state, step.sentence)
    assert "rebooted while the step ran, and what does not outlast a restart is gone" in step.sentence
    assert "/recovered" not in app01.run("findmnt -rn -o TARGET")
    shown(client, change, step.sentence)

    services.run_look(olu, change)
    change = looked_at(change)
    shown(client, change, "the host was rebooted since", "Its effect is not there")
    services.run_probe(olu, change)
    change = looked_at(change)
    assert change.state is State.FAILED
    with pytest.raises(Denied, match="only this change can give the old one back"):
        services.run_continue(olu, change, "It was reset.")

    services.run_resume(olu, change)
    change = looked_at(change)
    assert change.state is State.SUCCEEDED, [(s.key, s.state, s.sentence) for s in change.runs.get().steps.all()]
    is_true(client, change, app01)
    assert calls(app01, "vgcfgrestore") == 1
    assert (
        f"{1 + int(text.split('seqno = ')[1].split()[0])}"
        == app01.run(f"vgs --noheadings -o vg_seqno {NEW}", sudo=True).strip()
    )
    assert app01.run(f"blockdev --getro /dev/{NEW}/root /dev/{NEW}/var", sudo=True).split() == ["1", "1"]
    for lv in ("root", "var"):
        assert readable(app01, lv) == old_disk("vm42").sha256(lv)

    services.run_undo(olu, change)
    change = looked_at(change)
    assert change.state is State.UNDONE, [(s.key, s.state, s.sentence) for s in change.runs.get().steps.all()]
    shown(client, change)
    assert nameless(running(app01)) == nameless(as_it_was)
    assert app01.run("ls -d /recovered || echo none", sudo=True).strip() == "none"
    app01.detach(vm42_disk.serial)
    assert vm42_disk.sha256() == before
    counted("R1", 2)
    counted("R8", 2)


def test_one_that_broke_off_before_it_wrote_to_the_disk_is_planned_anew_to_its_end(
    lab: Lab, app01: Host, vm42_disk: Disk, acts, started, rosa, amir, olu, vera, client: Client
) -> None:
    client.force_login(vera)
    before, as_it_was = vm42_disk.sha256(), running(app01)
    broken = looked_at(started("recovery", app01, asked(lab.backup_path("story").read_text())))
    app01.attach(vm42_disk)
    services.run_confirm(olu, broken)
    acts["before-intent", "save"] = lambda: fill(app01)
    broken = looked_at(broken)
    assert broken.state is State.FAILED
    is_true(client, broken, app01, broken.runs.get().steps.get(key="save").sentence)
    make_room(app01)

    rest = services.run_continue(olu, broken, "Its disk was full.")
    broken.refresh_from_db()
    shown(client, broken, f"anew as #{rest.pk}")
    engine.plan(rest.pk)
    rest.refresh_from_db()
    assert rest.state is State.REFUSED
    shown(client, rest, "is attached to app01 already, as RootVG, and idle. Detach its disk first")
    app01.run("echo 1 > /sys/block/sdb/device/delete", sudo=True)
    app01.detach(vm42_disk.serial)

    change_replan(rosa, rest)
    rest = looked_at(begin(rosa, amir, olu, rest))
    assert rest.state is State.WAITING
    app01.attach(vm42_disk)
    services.run_confirm(olu, rest)
    rest = looked_at(rest)
    assert rest.state is State.SUCCEEDED, [(s.key, s.state, s.sentence) for s in rest.runs.get().steps.all()]
    is_true(client, rest, app01)
    services.run_undo(olu, rest)
    rest = looked_at(rest)
    assert rest.state is State.UNDONE
    shown(client, rest)
    assert running(app01) == as_it_was
    app01.detach(vm42_disk.serial)
    assert vm42_disk.sha256() == before
    counted("R8", 1)
