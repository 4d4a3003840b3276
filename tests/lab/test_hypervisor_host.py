"""The lab's hypervisor as Regroup meets one: over SSH, with sudo, and gone without a trace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lab.domains import IMAGES, domain_xml
from lab.template_image import LETTER, MADE, disk
from ssh.command import Command
from tests.lab.reaching import logged_in

pytestmark = pytest.mark.repeated
"""Not in each run: a boot takes half a minute. `sh scripts/debian.sh need hypervisor`, then `pytest -m repeated`."""


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


def test_the_dead_vm_has_a_letter_of_its_own_and_does_not_come_up(hv01):
    hv01.virsh("start", hv01.dead())
    has_it = {name: LETTER.encode() in disk(hv01.build, name).read_bytes() for name in MADE}
    assert has_it == {"template": False, "vm42": True}
    console = hv01.wait_console("vm42", "Kernel panic")
    assert "login:" not in console


STARTER = """
import sys, time
from pathlib import Path
from lab.cache import require_build
from lab.hypervisor import LabHypervisor
made = LabHypervisor(require_build(), Path(sys.argv[1]))
made.start()
made.virsh("create", "/dev/stdin", "--paused", stdin=sys.stdin.read())
print("created", flush=True)
time.sleep(600)
"""


def test_the_hypervisor_and_its_domains_end_with_a_starter_that_is_killed(lab, tmp_path):
    folder = tmp_path / "hv01"
    bare = domain_xml("orphan", lab.build.accelerator, 32).replace(f"{IMAGES}/orphan", f"{tmp_path}/orphan")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(tmp_path / "orphan.qcow2"), "16M"], check=True)
    words = [sys.executable, "-c", STARTER, str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdin and starter.stdout
        starter.stdin.write(bare)
        starter.stdin.close()
        try:
            assert starter.stdout.readline() == "created\n"
            inside = within(folder)
            assert {"libvirtd", "sshd", "qemu-system-x86_64"} <= {process.name() for process in inside}
        finally:
            starter.kill()
    assert not psutil.wait_procs(inside, timeout=20)[1]
    assert str(folder) not in Path("/proc/mounts").read_text()


def within(folder: Path) -> list[psutil.Process]:
    """The processes of the hypervisor that was started in `folder`: its keeper and all below it."""
    keeper = psutil.Process(json.loads((folder / "pid").read_text())["pid"])
    return [keeper, *keeper.children(recursive=True)]
