"""A clone of the lab's template, by our XML and our scripts, boots by its own loader and is told from its template."""

from __future__ import annotations

import re

import pytest

from hypervisors.libvirt.cloning import cloned, disk_path, own_disks
from hypervisors.libvirt.looking import look, vm_named, vms
from hypervisors.libvirt.scripts import script
from hypervisors.libvirt.words import URI, Virsh
from hypervisors.libvirt.xml import disk_xml, parsed, written
from hypervisors.safety import judge_template
from hypervisors.values import Clone
from lab.domains import IMAGES
from ssh.command import Command
from ssh.facts import SessionAsk
from ssh.paramiko_session import ParamikoSession
from tests.lab.reaching import logged_in

pytestmark = pytest.mark.repeated
"""Not in each run: a boot takes half a minute. `sh scripts/debian.sh need hypervisor`, then `pytest -m repeated`."""

PV = """pvs --noheadings -o pv_uuid,vg_name,vg_uuid --config 'devices{filter=["a|^DISK$|","r|.*|"]}'"""


def done(session: ParamikoSession, name: str, *words: str, stdin: str = "") -> str:
    """Run one of our scripts as a step's command would; what it printed."""
    result = session.run(Command(("sh", "-c", script(name), "regroup", *words), stdin=stdin, sudo=True))
    assert result.status == 0, result.text + result.error_text
    return result.text


@pytest.fixture(scope="module")
def clone(hypervisor):
    """A clone of the template by our XML and our script, booted and logged in to, which its tests leave running."""
    hypervisor.clear()
    hypervisor.template()
    wish = Clone("template", "helper", "change 7")
    with logged_in(hypervisor) as session:
        ask = SessionAsk(session)
        looked = look(ask, Virsh())
        template = vm_named("template", looked.vms)
        assert judge_template(template, looked).refusals == ()
        uuid = wish.uuid(template.uuid)
        xml = parsed(hypervisor.virsh("dumpxml", template.uuid, "--inactive"))
        for target, path, form in own_disks(xml):
            done(session, "copy_disk", "copy", form, path, disk_path(wish, uuid, path, target))
        hypervisor.virsh("define", "/dev/stdin", stdin=written(cloned(xml, wish, uuid)))
        made = vm_named(uuid, vms(ask, Virsh()))
    assert made.nics[0].mac != template.nics[0].mac
    hypervisor.virsh("start", "helper")
    yield hypervisor.enter("helper")
    hypervisor.clear()


def test_a_clone_of_the_template_boots_by_its_own_loader_to_a_login_prompt(hypervisor, clone):
    console = hypervisor.wait_console("helper", r"template login: ")
    assert "GRUB" in console
    told = clone.run(
        "cat /proc/cmdline; findmnt -no SOURCE /; findmnt -no SOURCE /boot; vgs --noheadings -o vg_name", sudo=True
    )
    cmdline, root, boot, group = (line.strip() for line in told.splitlines())
    assert cmdline.startswith("BOOT_IMAGE=/vmlinuz-")
    assert (root, boot, group) == ("/dev/mapper/RootVG-root", "/dev/sda1", "RootVG")


def test_its_host_key_is_its_own_and_the_agent_tells_the_one_that_its_sshd_offers(hypervisor, clone):
    with logged_in(clone) as session:  # the key was told by the agent; another would be refused here
        assert session.run(Command(("true",))).status == 0
    assert clone.public_key != hypervisor.public_key
    machine_id = clone.run("cat /etc/machine-id").strip()
    assert re.fullmatch("[0-9a-f]{32}", machine_id)


def test_nothing_leads_out_of_a_guest(hypervisor, clone):
    assert "10.0.2.15/24" in clone.run("ip -4 -o addr show scope global")
    tried = f"timeout 5 bash -c 'exec 3<>/dev/tcp/10.0.2.2/{hypervisor.port}' 2>/dev/null && echo led out || echo shut"
    assert clone.run(tried).strip() == "shut"


def test_the_dead_vms_disk_is_seen_in_the_guest_under_its_serial_number_and_has_the_same_group(hypervisor, clone):
    hypervisor.dead()
    xml = disk_xml(f"{IMAGES}/vm42.qcow2", "qcow2", "sdb", "scsi", "old-rootvg")
    device = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_old-rootvg"
    with logged_in(hypervisor) as session:
        uuid = hypervisor.virsh("domuuid", "helper")
        assert "sdb" in done(session, "attach_disk", URI, uuid, "sdb", stdin=xml)
        clone.run(f"udevadm wait --timeout=60 {device}-part2", sudo=True)
        assert clone.run(f"lsblk -dno SERIAL {device}").strip() == "old-rootvg"
        part = clone.run(f"readlink -f {device}-part2").strip()
        ours, old = (clone.run(PV.replace("DISK", disk), sudo=True).split() for disk in ("/dev/sda2", part))
        assert ours == old and ours[1] == "RootVG"
        clone.run(f"echo 1 >/sys/block/$(basename $(readlink -f {device}))/device/delete", sudo=True)
        left = done(session, "detach_disk", URI, uuid, "sdb", f"{IMAGES}/vm42.qcow2", "30")
        assert "sda" in left and "sdb" not in left
