"""A clone's definition from its template's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hypervisors.libvirt.cloning import cloned, own_disks
from hypervisors.libvirt.xml import MARK, disks, nics, parsed, written
from hypervisors.values import Clone, HypervisorError, Nic
from tests.hypervisors.recorded import DOMAINS, IMAGES

VM43 = "a8c9d754-4b43-4774-8c17-d32d3d3fc28c"
WISH = Clone("vm43", "helper", "change 7")


def template(**changed: str):
    text = DOMAINS.split(f"@@begin later:{VM43}\n")[1].split("@@end")[0]
    for old, new in changed.items():
        text = text.replace(f"</{old}>", f"{new}</{old}>", 1)
    return parsed(text)


def clone_of(wish: Clone = WISH, **changed: str):
    return parsed(written(cloned(template(**changed), wish, wish.uuid(VM43))))


def test_the_same_wish_is_the_same_vm_and_another_token_another():
    assert WISH.uuid(VM43) == WISH.uuid(VM43) != replace(WISH, token="change 8").uuid(VM43)
    assert written(cloned(template(), WISH, "u")) == written(cloned(template(), WISH, "u"))


def test_name_uuid_mac_and_disks_are_its_own():
    made = clone_of(devices="<graphics type='vnc' port='5901'/>")
    uuid = WISH.uuid(VM43)
    assert (made.findtext("name"), made.findtext("uuid")) == ("helper", uuid)
    (root,) = [disk for disk in disks(made) if not disk.is_medium]
    assert (root.source, root.format, root.chain) == (f"{IMAGES}/helper-{uuid[:8]}-sda.qcow2", "qcow2", ())
    (nic,) = nics(made)
    assert nic.mac.startswith("52:54:00:") and nic != nics(template())[0] and nic.network == "user"
    assert made.find("devices/serial/source").get("path") == f"{IMAGES}/helper-vm43.log"
    graphics = made.find("devices/graphics")
    assert (graphics.get("port"), graphics.get("autoport")) == (None, "yes")
    assert made.find(f"metadata/{{{MARK}}}clone").attrib == {"template": "vm43", "token": "change 7"}


def test_a_clone_of_a_clone_is_marked_once():
    second = cloned(clone_of(), replace(WISH, name="third"), "u")
    assert len(second.findall(f"metadata/{{{MARK}}}clone")) == 1


def test_a_wished_network_is_every_nics():
    assert nics(clone_of(replace(WISH, network="lab")))[0] == Nic(nics(clone_of())[0].mac, "lab")


def test_a_seed_is_a_cd_at_a_free_place():
    seed = next(d for d in disks(clone_of(replace(WISH, seed="/i/seed.iso"))) if d.source == "/i/seed.iso")
    assert (seed.device, seed.target, seed.bus, seed.readonly) == ("cdrom", "hda", "ide", True)


@pytest.mark.parametrize(
    ("graphics", "listens"),
    [
        ("<graphics type='vnc' listen='0.0.0.0'><listen type='address' address='0.0.0.0'/></graphics>", 1),
        ("<graphics type='spice' port='5901' tlsPort='5902' listen='0.0.0.0'/>", 1),
        ("<graphics type='vnc'><listen type='network' network='lan' address='192.0.2.9'/></graphics>", 1),
        ("<graphics type='vnc' socket='/run/vnc'><listen type='socket' socket='/run/vnc'/></graphics>", 0),
        ("<graphics type='spice'><listen type='none'/></graphics>", 0),
    ],
)  # fmt: skip
def test_the_screen_of_a_clone_is_open_to_nobody_outside(graphics, listens):
    found = clone_of(devices=graphics).find("devices/graphics")
    local = [{"type": "address", "address": "127.0.0.1"}] * listens
    assert [listen.attrib for listen in found.findall("listen") if listen.get("type") == "address"] == local
    assert found.get("listen") == ("127.0.0.1" if listens else None)
    assert not {"0.0.0.0", "192.0.2.9", "/run/vnc", "5901", "5902"} & {  # noqa: S104
        value for element in found.iter() for value in element.attrib.values()
    }


def test_the_board_of_a_clone_tells_the_clones_uuid():
    entries = "<entry name='uuid'>a8c9d754</entry><entry name='sku'>7</entry>"
    board = f"<sysinfo type='smbios'><system>{entries}</system></sysinfo>"
    told = clone_of(domain=board).findall("sysinfo/system/entry")
    assert [entry.text for entry in told] == [WISH.uuid(VM43), "7"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</os>", "<nvram>/n/vm43.fd</nvram></os>"),
        ("<os>", "<os firmware='efi'>"),
        ("</os>", "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader></os>"),
    ],
)
def test_a_template_that_boots_by_uefi_is_refused(old, new):
    text = written(template()).replace(old, new, 1)
    with pytest.raises(HypervisorError, match=r"boots by UEFI.* name a VM that runs\."):
        cloned(parsed(text), WISH, "u")


def test_a_template_with_words_to_qemu_past_libvirt_is_refused():
    words = "<c:commandline xmlns:c='http://libvirt.org/schemas/domain/qemu/1.0'><c:arg value='-s'/></c:commandline>"
    with pytest.raises(HypervisorError, match="words to QEMU past libvirt"):
        clone_of(domain=words)


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("<hostdev/>", "a device of the hypervisor for itself"),
        ("<filesystem type='mount'><source dir='/srv'/><target dir='srv'/></filesystem>", "a folder of the hypervisor"),
        ("<shmem name='mem0'/>", "memory that it shares with others"),
        ("<vsock model='virtio'><cid auto='no' address='3'/></vsock>", "a socket to the hypervisor"),
        ("<serial type='dev'><source path='/dev/ttyS1'/></serial>", "console is the hypervisor's /dev/ttyS1"),
        ("<disk type='block'><source dev='/dev/sdq'/><target dev='sdq'/></disk>", "sdq is no file but a block"),
    ],
)
def test_what_two_vms_cannot_have_is_refused(device, sentence):
    with pytest.raises(HypervisorError, match=sentence):
        clone_of(devices=device)


def test_a_readonly_disk_stays_the_templates():
    element = template(devices="<disk type='block'><source dev='/dev/sdq'/><target dev='sdq'/><readonly/></disk>")
    assert [target for target, _, _ in own_disks(element)] == ["sda"]


def test_a_template_without_devices_is_no_template():
    with pytest.raises(HypervisorError, match="has no devices"):
        cloned(parsed("<domain/>"), WISH, "u")


@pytest.mark.parametrize(("name", "token"), [("", "t"), ("-x", "t"), ("a/b", "t"), ("a" * 64, "t"), ("ok", "")])
def test_a_bad_name_or_none_token_is_one_sentence(name, token):
    with pytest.raises(HypervisorError):
        Clone("vm43", name, token)
