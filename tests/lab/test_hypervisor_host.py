"""The lab's hypervisor as Regroup meets one: over SSH, with sudo; what boots there boots by its own loader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hypervisors.libvirt import Libvirt
from hypervisors.protocol import Clone
from lab.template_image import LETTER, MADE, disk
from ssh.command import Command
from tests.lab.reaching import logged_in

pytestmark = pytest.mark.repeated
"""Not in each run: a boot takes half a minute. `sh scripts/debian.sh need hypervisor`, then `pytest -m repeated`."""

PV = """pvs --noheadings -o pv_uuid,vg_name,vg_uuid --config 'devices{filter=["a|^DISK$|","r|.*|"]}'"""


@pytest.fixture(scope="module")
def clone(hypervisor):
    """A clone that our driver made of the template, booted and logged in to, for tests that leave it running."""
    hypervisor.clear()
    hypervisor.template()
    with logged_in(hypervisor) as session:
        driver = Libvirt(session, hypervisor.uri, sudo=True)
        driver.clone(Clone("template", "helper", "change 7"))
        driver.power_on("helper")
        guest = hypervisor.enter("helper")
        yield guest
    hypervisor.clear()


def test_regroup_logs_in_and_is_root_by_sudo(hypervisor):
    with logged_in(hypervisor) as session:
        assert session.run(Command(("id", "-un"))).text.strip() == "regroup"
        assert session.run(Command(("hostname",))).text.strip() == "hv01"
        listed = session.run(Command(("virsh", "-c", "qemu:///system", "list", "--all"), sudo=True))
        assert listed.status == 0, listed.error_text
        assert "State" in listed.text
        refused = session.run(Command(("virsh", "-c", "qemu:///system", "list", "--all")))
        assert refused.status != 0


def test_what_is_written_on_it_is_not_on_this_machine(hypervisor):
    places = ["/etc/lab-trace", "/var/lib/regroup/lab-trace", "/run/lab-trace", "/etc/libvirt/lab-trace"]
    hypervisor.run(f"touch {' '.join(places)}; ls {' '.join(places)}", sudo=True)
    assert not any(Path(place).exists() for place in places)


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
    with logged_in(hypervisor) as session:
        driver = Libvirt(session, hypervisor.uri, sudo=True)
        path = driver.vm("vm42").next_disks[0].source
        given = driver.attach("helper", path, "old-rootvg", format="qcow2")
        device = f"/dev/disk/by-id/{given.by_id}"
        clone.run(f"udevadm settle; for n in 1 2 3 4 5 6 7 8 9 10; do [ -e {device}-part2 ] && break; sleep 1; done")
        assert clone.run(f"lsblk -dno SERIAL {device}").strip() == "old-rootvg"
        part = clone.run(f"readlink -f {device}-part2").strip()
        ours, old = (clone.run(PV.replace("DISK", disk), sudo=True).split() for disk in ("/dev/sda2", part))
        assert ours == old and ours[1] == "RootVG"
        clone.run(f"echo 1 >/sys/block/$(basename $(readlink -f {device}))/device/delete", sudo=True)
        driver.detach("helper", path, "old-rootvg")


def test_the_dead_vm_has_a_letter_of_its_own_and_does_not_come_up(hv01):
    hv01.virsh("start", hv01.dead())
    has_it = {name: LETTER.encode() in disk(hv01.build, name).read_bytes() for name in MADE}
    assert has_it == {"template": False, "vm42": True}
    console = hv01.wait_console("vm42", "Kernel panic")
    assert "login:" not in console
