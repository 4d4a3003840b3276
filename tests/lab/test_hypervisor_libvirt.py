"""The libvirt driver on a real libvirtd with real QEMUs; only the way there is local (`lab/local_session.py`)."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hypervisors.libvirt import Libvirt
from hypervisors.protocol import Clone, HypervisorError, Power
from hypervisors.safety import GuestDisk, Matched, match
from lab.errors import LabError
from lab.libvirt import LabLibvirt
from ssh.command import Command
from ssh.session import Result, Session, Unreachable
from tests.hypervisors.guest import initrd, seen

pytestmark = pytest.mark.repeated
"""Not in each run until a change uses the driver: `sh scripts/debian.sh need hypervisor`, then `pytest -m repeated`."""

MIB = 1 << 20
DOMAIN = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>{memory}</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type>{boot}</os><features><acpi/></features>
<devices><disk type='file'><driver name='qemu' type='qcow2' cache='unsafe'/><source file='{disk}'/>
<target dev='sda' bus='scsi'/><serial>{name}-root</serial></disk><controller type='scsi' model='virtio-scsi'/>
<interface type='user'><mac address='52:54:00:0b:00:{number:02x}'/><model type='virtio'/></interface>
<serial type='file'><source path='{images}/{name}.log'/></serial><video><model type='vga'/></video></devices>
</domain>"""


def image(path: Path, *words: str, form: str = "qcow2", size: str = "16M") -> str:
    subprocess.run(["qemu-img", "create", "-q", "-f", form, *words, str(path), *([size] if size else [])], check=True)
    return str(path)


@pytest.fixture
def hyper(libvirtd: LabLibvirt) -> Iterator[Libvirt]:
    """The driver, on a hypervisor that is empty again after each test."""
    yield Libvirt(libvirtd.session, libvirtd.uri)
    for name in libvirtd.do("list", "--name").split():
        libvirtd.do("destroy", name)
    for name in libvirtd.do("list", "--all", "--name").split():
        libvirtd.do("undefine", name)
    for path in libvirtd.images.iterdir():
        path.unlink()


@pytest.fixture
def domain(libvirtd: LabLibvirt, hyper: Libvirt) -> Callable[..., str]:
    """Defines a domain with an empty disk of its own. `start` is paused: no guest is needed to look at disks."""

    def make(name: str, start: bool = False, disk: str = "", boot: str = "", memory: int = 32) -> str:
        disk = disk or image(libvirtd.images / f"{name}.qcow2")
        number = len(libvirtd.do("list", "--all", "--name").split())
        fields = {"name": name, "disk": disk, "boot": boot, "memory": memory, "number": number}
        libvirtd.do("define", "/dev/stdin", stdin=DOMAIN.format(images=libvirtd.images, **fields))
        if start:
            libvirtd.do("start", name, "--paused")
        return disk

    return make


def test_a_disk_goes_from_a_dead_vm_to_a_running_one_and_back(libvirtd, hyper, domain):
    old = domain("vm42")
    domain("app01", start=True)
    given = hyper.attach("app01", old, "old-rootvg", format="qcow2")

    assert (given.disk.target, given.disk.serial, given.disk.size) == ("sdb", "old-rootvg", 16 * MIB)
    assert given.by_id == "scsi-0QEMU_QEMU_HARDDISK_old-rootvg"
    assert given.told == (
        f"vm42 is off and would start with {old} as sda. "
        "Do not start vm42 while another VM has the disk, or detach it there.",
    )
    assert "sdb" in libvirtd.do("domblklist", "app01") and "sdb" in libvirtd.do("domblklist", "app01", "--inactive")
    assert "sdb rd_req" in libvirtd.do("domblkstat", "app01", "sdb")
    with pytest.raises(HypervisorError, match="app01 is not off and has .* as sdb: two VMs"):
        hyper.power_on("vm42")

    # As after a crash of the client, and after one between libvirt's two definitions.
    assert hyper.attach("app01", old, "old-rootvg", format="qcow2") == given
    libvirtd.do("detach-disk", "app01", "sdb", "--config")
    assert hyper.attach("app01", old, "old-rootvg", format="qcow2") == given
    assert len(hyper.vm("app01").disks) == len(hyper.vm("app01").next_disks) == 2

    for _ in range(2):
        after = hyper.detach("app01", old, "old-rootvg")
        assert [disk.target for disk in (*after.disks, *after.next_disks)] == ["sda", "sda"]
    assert hyper.power_on("vm42").power is Power.ON


def test_no_disk_is_ever_on_two_running_vms_whatever_its_path_is_called(libvirtd, hyper, domain):
    old = domain("vm42", start=True)
    domain("app01", start=True)
    (libvirtd.images / "symbolic").symlink_to(old)
    (libvirtd.images / "hard").hardlink_to(old)
    before = [libvirtd.do("dumpxml", "app01", *flags) for flags in ([], ["--inactive"])]
    for path in (old, f"{libvirtd.images}/symbolic", f"{libvirtd.images}/hard"):
        with pytest.raises(HypervisorError, match="vm42 is not off and has"):
            hyper.attach("app01", path, "old-rootvg", format="qcow2")
    assert [libvirtd.do("dumpxml", "app01", *flags) for flags in ([], ["--inactive"])] == before
    # Behind all that is QEMU's own lock, for who comes between the last look and the act.
    with pytest.raises(LabError, match="lock"):
        libvirtd.do("attach-disk", "app01", old, "sdb", "--subdriver", "qcow2", "--targetbus", "scsi")


def test_the_base_of_an_overlay_is_refused(libvirtd, hyper, domain):
    base = image(libvirtd.images / "base.img", form="raw")
    domain("vm43", disk=image(libvirtd.images / "over.qcow2", "-b", base, "-F", "raw", size=""))
    domain("app01", start=True)
    with pytest.raises(HypervisorError, match="is the base of .*over.qcow2, a disk of vm43"):
        hyper.attach("app01", base, "base", format="raw")
    assert next(vm for vm in hyper.vms() if vm.name == "vm43").disks[0].chain == (base,)


def test_a_second_disk_under_the_same_serial_number_is_refused(libvirtd, hyper, domain):
    domain("app01", start=True)
    with pytest.raises(HypervisorError, match="app01 has another disk with the serial number app01-root"):
        hyper.attach("app01", image(libvirtd.images / "other.qcow2"), "app01-root", format="qcow2")
    assert len(hyper.vm("app01").next_disks) == 1


class Cut(Session):
    """The way there until a command with `word` begins: the connection is lost before it or, where it copies into
    `copies`, the command itself is killed in the middle of that."""

    def __init__(self, session: Session, word: str, copies: Path | None = None) -> None:
        self.session, self.word, self.copies = session, word, copies

    def run(self, command: Command) -> Result:
        if self.word not in command.argv:
            return self.session.run(command)
        if self.copies:
            with subprocess.Popen(command.argv) as process:
                while not any(path.stat().st_size > MIB for path in self.copies.glob("*.part")):
                    assert process.poll() is None, "it ended before it could be killed"
                process.kill()
        raise Unreachable("The connection was lost.", sent=True)

    def close(self) -> None:
        """Nothing is open."""


def test_a_clone_that_was_killed_in_the_middle_of_the_copy_is_made_whole(libvirtd, hyper, domain):
    template = domain("template", disk=image(libvirtd.images / "template.qcow2", size="256M"))
    write = ["qemu-io", "-f", "qcow2", "-c", "write -P 7 0 200M", template]
    subprocess.run(write, check=True, capture_output=True)
    wish = Clone("template", "helper", "change 7", size=300 * MIB)
    with pytest.raises(Unreachable):
        Libvirt(Cut(libvirtd.session, "convert", libvirtd.images), libvirtd.uri).clone(wish)
    left = [path.name for path in libvirtd.images.iterdir() if path.name.startswith("helper")]
    assert len(left) == 1 and left[0].endswith(".part")
    assert [vm.name for vm in hyper.vms()] == ["template"]

    with pytest.raises(Unreachable):  # and once more between the copy and the domain
        Libvirt(Cut(libvirtd.session, "define"), libvirtd.uri).clone(wish)
    (copied,) = (path.stat() for path in libvirtd.images.iterdir() if path.name.startswith("helper"))
    made = hyper.clone(wish)
    assert hyper.clone(wish) == made
    (disk,) = made.disks
    assert Path(disk.source).stat().st_mtime_ns == copied.st_mtime_ns
    assert (made.power, disk.size, disk.chain) == (Power.OFF, 300 * MIB, ())
    check = ["qemu-io", "-f", "qcow2", "-r", "-c", "read -P 7 0 200M", disk.source]
    assert "Pattern verification failed" not in subprocess.run(check, check=True, capture_output=True, text=True).stdout
    assert made.nics[0].mac != hyper.vm("template").nics[0].mac
    with pytest.raises(HypervisorError, match="There is a VM helper already, and it is another one"):
        hyper.clone(Clone("template", "helper", "change 8"))


def test_a_linked_clone_stands_on_its_template_which_starts_no_more(libvirtd, hyper, domain):
    disk = domain("template")
    made = hyper.clone(Clone("template", "helper", "change 7", linked=True))
    assert made.disks[0].chain == (disk,)
    with pytest.raises(HypervisorError, match="is the base of .*, a disk of helper"):
        hyper.power_on("template")
    assert hyper.vm("template").power is Power.OFF


def test_a_running_template_is_refused(hyper, domain):
    domain("template", start=True)
    with pytest.raises(HypervisorError, match="template is not off: a copy of its disks would be torn"):
        hyper.clone(Clone("template", "helper", "change 7"))
    assert [vm.name for vm in hyper.vms()] == ["template"]


def test_power_and_the_picture_of_the_console(hyper, domain):
    domain("app01", start=True)
    assert hyper.vm("app01").power is Power.PAUSED
    assert hyper.power_on("app01").power is Power.ON
    picture = hyper.picture("app01")
    assert (
        picture.media_type == "image/png" and picture.data.startswith(b"\x89PNG\r\n") and b"IEND" in picture.data[-12:]
    )
    for _ in range(2):
        assert hyper.power_off("app01").power is Power.OFF
    with pytest.raises(HypervisorError, match="app01 is off: there is nothing on its screen"):
        hyper.picture("app01")


def test_the_guest_sees_the_disk_under_its_serial_number(lab, libvirtd, hyper, domain):
    """Debian's kernel and initrd, with a first process of ours that says which disks there are (ten seconds)."""
    boot = f"<kernel>{lab.build.kernel}</kernel><initrd>{initrd(lab.build.initrd, libvirtd.images / 'initrd')}</initrd>"
    boot += "<cmdline>console=ttyS0 quiet mitigations=off norandmaps rdinit=/disks</cmdline>"
    old = domain("vm42")
    domain("app01", boot=boot, memory=256)
    hyper.power_on("app01")
    console = libvirtd.images / "app01.log"
    before = until(console, lambda disks: len(disks) == 1)
    given = hyper.attach("app01", old, "old-rootvg", format="qcow2")
    after = until(console, lambda disks: len(disks) == 2)
    matched = match(given.disk, before, after)
    assert matched == Matched(GuestDisk("sdb", "old-rootvg", 16 * MIB), "serial")
    hyper.detach("app01", old, "old-rootvg")
    assert until(console, lambda disks: len(disks) == 1) == before


def until(console: Path, wanted: Callable[[tuple[GuestDisk, ...]], bool]) -> tuple[GuestDisk, ...]:
    deadline = time.monotonic() + 120
    while not wanted(disks := seen(console.read_bytes())):
        assert time.monotonic() < deadline, console.read_bytes()[-600:]
        time.sleep(0.2)
    return disks


STARTER = """
import sys, time
from lab.libvirt import LabLibvirt
daemon = LabLibvirt()
daemon.start()
daemon.do("create", "/dev/stdin", "--paused", stdin=sys.stdin.read())
print(daemon.folder, flush=True)
time.sleep(600)
"""


def test_the_labs_libvirtd_and_its_domains_end_with_a_starter_that_is_killed(lab, tmp_path):
    disk = image(tmp_path / "disk.qcow2")
    xml = DOMAIN.format(name="orphan", disk=disk, boot="", memory=32, number=1, images=tmp_path)
    words = [sys.executable, "-c", STARTER]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdin and starter.stdout
        starter.stdin.write(xml)
        starter.stdin.close()
        folder = Path(starter.stdout.readline().strip())
        try:
            assert {"libvirtd", "qemu-system-x86_64"} <= living(folder)
        finally:
            starter.kill()
    deadline = time.monotonic() + 20
    while living(folder):
        assert time.monotonic() < deadline, living(folder)
        time.sleep(0.1)
    shutil.rmtree(folder)


def living(folder: Path) -> set[str]:
    """The programs that live with the folder's environment or words."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in " ".join([*process.cmdline(), *process.environ().values()]):
                found.add(process.name())
    return found
