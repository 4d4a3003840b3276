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


def test_the_templates_nvram_is_not_the_clones():
    assert clone_of(os="<nvram>/n/vm43.fd</nvram>").find("os/nvram") is None


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("<hostdev/>", "a device of the hypervisor for itself"),
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
