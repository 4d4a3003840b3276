"""What libvirt is asked, on what a real libvirtd answered."""

from __future__ import annotations

import base64
from dataclasses import asdict

import pytest

from hypervisors import kept
from hypervisors.libvirt.agent import AskGuest, FileSystem
from hypervisors.libvirt.facts import AskDomains, AskFiles, AskHypervisor, AskImages
from hypervisors.libvirt.looking import image_of, look, vm_named, vms, vms_of
from hypervisors.libvirt.words import Virsh, shortened
from hypervisors.libvirt.xml import buses, disk_xml, disks, free_target, parsed
from hypervisors.values import Disk, HypervisorError, Nic, Power
from ssh.facts import FactError
from ssh.session import Result
from tests.hypervisors.recorded import DOMAINS, IMAGES, ask, ok

VIRSH = Virsh()


def parts(**texts: str) -> str:
    return "".join(f"@@begin {name}\n{text}\n@@end {name} 0\n" for name, text in texts.items())


NOT_READ = Result(1, b"", b"error: failed to connect to the hypervisor")


def test_every_domain_is_listed_with_its_disks_and_what_they_stand_on():
    app01, template, vm42, vm43 = sorted(vms(ask, VIRSH, sized=True), key=lambda vm: vm.name)
    assert [vm.power for vm in (app01, template, vm42, vm43)] == [Power.PAUSED, Power.OFF, Power.OFF, Power.OFF]
    assert (app01.holds_disks, vm42.holds_disks) == (True, False)
    root = Disk(
        "sda", "scsi", f"{IMAGES}/over.qcow2", serial="vm43-root", format="qcow2", size=16 << 20,
        chain=(f"{IMAGES}/base.img",),
    )  # fmt: skip
    drive = Disk("hdc", "ide", "", device="cdrom", readonly=True)
    assert set(vm43.disks) == {root, drive} and vm43.disks == vm43.next_disks
    assert app01.nics == (Nic("52:54:00:0b:00:02", "user"),)
    assert app01.buses == ("scsi", "virtio")
    assert vm_named(vm43.uuid, (vm42, vm43)) is vm43
    with pytest.raises(HypervisorError, match="There is no VM nobody"):
        vm_named("nobody", (vm42,))


def test_what_libvirt_forgets_when_it_is_off_and_what_it_kept_of_one_that_is_are_known():
    there = {vm.name: vm for vm in vms(ask, VIRSH)}
    assert {(vm.persistent, vm.saved) for vm in there.values()} == {(True, False)}
    app01, vm42 = there["app01"].uuid, there["vm42"].uuid
    text = DOMAINS.replace("@@begin saved\n", f"@@begin saved\n{vm42}\n")
    head, listed = text.split("@@begin persistent\n")
    text = f"{head}@@begin persistent\n{listed.replace(app01, '', 1)}"
    found = {vm.name: vm for vm in vms_of(ask, VIRSH, AskDomains(VIRSH).parse(ok(text)))}
    assert [name for name, vm in found.items() if not vm.persistent] == ["app01"]
    assert [name for name, vm in found.items() if vm.saved] == ["vm42"]
    row = asdict(found["vm42"])
    assert kept.vm_from_json(row) == found["vm42"]
    assert kept.vm_from_json({k: v for k, v in row.items() if k not in ("persistent", "saved")}) == there["vm42"]


def test_a_look_knows_which_file_each_path_is_and_can_be_kept():
    seen = look(ask, VIRSH)
    assert set(seen.files) == {
        f"{IMAGES}/{name}" for name in ("app01.qcow2", "base.img", "old.qcow2", "over.qcow2", "template.qcow2")
    }
    assert len(set(seen.files.values())) == 5
    assert kept.from_json(kept.to_json(seen)) == seen


@pytest.mark.parametrize("path", ["nbd:evil", "json:{}", "relative.img", "/a\nb"])
def test_what_is_no_path_is_not_asked_for(path):
    def nobody(fact):
        raise AssertionError(f"{fact.name} was asked")

    with pytest.raises(HypervisorError, match="is no absolute path of a disk image"):
        image_of(nobody, VIRSH, path, "raw")


def test_an_image_that_is_not_there_is_a_sentence():
    assert image_of(ask, VIRSH, f"{IMAGES}/old.qcow2", "qcow2").size == 16 << 20
    absent = ok("@@begin 0\nThere is no file /x.\n\n@@end 0 44\n")
    with pytest.raises(HypervisorError, match="There is no file /x on the hypervisor"):
        image_of(lambda fact: fact.parse(absent), VIRSH, "/x", "raw")


def test_a_domain_that_goes_away_during_the_look_is_left_out():
    text = DOMAINS
    uuid = next(vm.uuid for vm in vms(ask, VIRSH) if vm.name == "vm42")
    head, after = text.split("@@begin after")
    gone = f"{head}@@begin after{after.replace(uuid, '')}"
    gone = gone.replace(f"@@end state:{uuid} 0", f"@@end state:{uuid} 1")
    assert uuid not in {domain.uuid for domain in AskDomains(VIRSH).parse(ok(gone))}
    with pytest.raises(FactError, match=f"the part state:{uuid} of the host's answer ended with exit code 1"):
        AskDomains(VIRSH).parse(ok(text.replace(f"@@end state:{uuid} 0", f"@@end state:{uuid} 1")))


@pytest.mark.parametrize(
    ("fact", "result"),
    [
        (AskDomains(VIRSH), NOT_READ),
        (AskDomains(VIRSH), ok(parts(before="no uuid", persistent="no uuid", saved="", after="no uuid"))),
        (AskDomains(VIRSH), ok(DOMAINS.replace("persistent", "other"))),
        (AskDomains(VIRSH), ok(DOMAINS.replace("@@end saved 0", "@@end saved 1"))),
        (AskDomains(VIRSH), ok("@@begin before\nerror: no libvirtd\n@@end before 1\n")),
        (AskImages(VIRSH, (("/a", "raw"),)), ok("@@begin 0\n[]\n@@end 0 0\n")),
        (AskImages(VIRSH, (("/a", "raw"),)), ok("@@begin 0\nno json\n@@end 0 0\n")),
        (AskImages(VIRSH, (("/a", "raw"),)), ok("@@begin 0\nqemu-img: Could not open\n@@end 0 1\n")),
        (AskImages(VIRSH, (("/a", "raw"),)), ok("")),
        (AskFiles(VIRSH, ("/a",)), ok("fe00:1 0:0 regular file|/b\n")),
        (AskFiles(VIRSH, ("/a",)), Result(1, b"", b"stat: cannot stat '/a': Permission denied")),
        (AskHypervisor(), NOT_READ),
    ],
)
def test_an_answer_in_another_shape_is_refused(fact, result):
    with pytest.raises(FactError):
        fact.parse(result)


def test_a_hypervisor_that_cannot_resolve_its_own_name_is_read_all_the_same():
    told = b"sudo: unable to resolve host hv01: Name or service not known\n"
    found = AskFiles(VIRSH, ("/a",)).parse(Result(0, b"fe00:1 0:0 regular file|/a\n", told))
    assert found == {"/a": "file fe00:1"}


def test_a_word_for_a_state_that_nobody_knows_is_refused():
    with pytest.raises(FactError, match="no known state: 'dancing'"):
        AskDomains(VIRSH).parse(ok(DOMAINS.replace("\nshut off", "\ndancing")))


@pytest.mark.parametrize(
    "text",
    ["<domain>", "<network/>", "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domain>&e;</domain>"],
)
def test_xml_that_no_libvirt_writes_is_refused(text):
    with pytest.raises(FactError):
        parsed(text)


def test_two_paths_of_one_block_device_are_one():
    result = ok("6:2cd fe:0 block special file|/dev/vg/old\n6:31a fe:0 block special file|/dev/mapper/vg-old\n")
    found = AskFiles(VIRSH, ("/dev/vg/old", "/dev/mapper/vg-old")).parse(result)
    assert len(set(found.values())) == 1


def test_a_disk_is_written_so_that_it_is_read_the_same():
    text = disk_xml("/i/a&b.qcow2", "qcow2", "sdb", "scsi", "old")
    (read,) = disks(parsed(f"<domain><devices>{text}</devices></domain>"))
    assert (read.source, read.format, read.target, read.serial) == ("/i/a&b.qcow2", "qcow2", "sdb", "old")


def test_a_place_is_the_first_free_one():
    assert free_target("scsi", {"sda", "sdc"}) == "sdb"
    with pytest.raises(FactError, match="All 26"):
        free_target("virtio", {f"vd{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"})


def test_without_acpi_and_without_virtio_scsi_there_is_no_bus():
    assert buses(parsed("<domain><devices><controller type='scsi' model='lsilogic'/></devices></domain>")) == ()


def test_a_long_answer_is_one_line_and_short():
    assert shortened("a\n b") == "a b" and len(shortened("x " * 400)) == 300


GUEST = """@@begin ping
{"return":{}}

@@end ping 0
@@begin network
{"return":[{"name":"lo","ip-addresses":[{"ip-address":"127.0.0.1"}]},{"name":"eth0","ip-addresses":[
{"ip-address":"fe80::1"},{"ip-address":"2001:db8::5"},{"ip-address":"10.0.2.15"}]}]}
@@end network 0
@@begin filesystems
{"return":[{"name":"dm-0","mountpoint":"/","disk":[{"serial":"app03-root"}]},
{"name":"dm-2","mountpoint":"/recovered/vm42/root","disk":[{"serial":"vm42-sda"}]},{"name":"x","mountpoint":"/run","disk":[]}]}
@@end filesystems 0
@@begin key:ed25519
{"return":{"count":93,"buf-b64":"KEY","eof":true}}
@@end key:ed25519 0
"""


def test_a_guest_tells_its_addresses_file_systems_and_keys():
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGY7VsVAooFPsf9Du4dIyIFPSPke3MDIlR5YuyTWviOG"
    line = base64.b64encode(f"{key} root@template\n".encode()).decode()
    guest = AskGuest(VIRSH, "u").parse(ok(GUEST.replace("KEY", line)))
    assert guest and guest.addresses == ("10.0.2.15", "2001:db8::5")
    assert guest.filesystems and guest.filesystems[1] == FileSystem("/recovered/vm42/root", ("vm42-sda",))
    assert guest.host_keys == (key,)


OF_2_12 = """@@begin ping
{"return":{}}

@@end ping 0
@@begin filesystems
{"return":[{"name":"sda1","mountpoint":"/boot","disk":[{"bus-type":"scsi","bus":0,"unit":0,"pci-controller":{"bus":0,
"slot":5,"domain":0,"function":0},"target":0}],"type":"xfs"},{"name":"tmpfs","mountpoint":"/x","disk":[],"type":"tmpfs"}]}
@@end filesystems 0
"""


def test_an_agent_that_tells_no_disk_from_another_tells_no_file_systems():
    """RHEL 7 and Ubuntu 18.04 have such ones. A disk without a number has a device all the same."""
    guest = AskGuest(VIRSH, "u").parse(ok(OF_2_12))
    assert guest and guest.filesystems is None
    guest = AskGuest(VIRSH, "u").parse(ok(OF_2_12.replace('"target":0', '"target":0,"dev":"/dev/sda1"')))
    assert guest and guest.filesystems == (FileSystem("/boot", ("",)), FileSystem("/x", ()))


@pytest.mark.parametrize("part", ["network", "filesystems", "key:ed25519"])
@pytest.mark.parametrize(
    "odd", ['{"return":[1]}', '{"return":7}', "[7]", '{"return":[{"disk":[7],"ip-addresses":[7]}]}', "[" * 100_000]
)
def test_whatever_a_guest_says_is_one_sentence(part, odd):
    with pytest.raises(FactError, match="[Tt]he agent in the guest: .* no known shape"):
        AskGuest(VIRSH, "u").parse(ok(f"@@begin ping\n{{}}\n@@end ping 0\n@@begin {part}\n{odd}\n@@end {part} 0\n"))


@pytest.mark.parametrize("junk", ["bm8ga2V5", "%%%", "\u00e9", "/////w=="])
def test_what_is_no_key_is_not_taken_for_one(junk):
    guest = AskGuest(VIRSH, "u").parse(ok(GUEST.replace("KEY", junk)))
    assert guest and guest.host_keys == ()


def test_a_guest_without_an_agent_is_none_and_one_that_tells_little_says_so():
    silent = "@@begin ping\nerror: QEMU guest agent is not connected\n\n@@end ping 1\n"
    assert AskGuest(VIRSH, "u").parse(ok(silent)) is None
    guest = AskGuest(VIRSH, "u").parse(
        ok("@@begin ping\n{}\n@@end ping 0\n@@begin filesystems\nno\n@@end filesystems 1\n")
    )
    assert guest and (guest.addresses, guest.filesystems, guest.host_keys) == ((), None, ())


@pytest.mark.parametrize(
    ("words", "reads"),
    [
        (
            "error: internal error: unable to execute QEMU agent command: Command guest-file-open has been disabled",
            False,
        ),
        ("error: The command guest-file-open has not been found", False),
        ("error: failed to open file '/etc/ssh/ssh_host_ed25519_key.pub' (mode: 'r'): No such file or directory", True),
    ],
)
def test_an_agent_that_may_read_no_files_is_not_one_whose_keys_are_still_to_come(words, reads):
    text = f"@@begin ping\n{{}}\n@@end ping 0\n@@begin none:ed25519\n{words}\n@@end none:ed25519 0\n"
    guest = AskGuest(VIRSH, "u").parse(ok(text))
    assert guest and (guest.host_keys, guest.reads_files) == ((), reads)
