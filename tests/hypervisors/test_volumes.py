"""Disks that are volumes of storage pools, as Terraform's provider for libvirt writes them."""

from __future__ import annotations

import subprocess  # noqa: S404
from shutil import which

import pytest

from hypervisors.libvirt.facts import AskDomains
from hypervisors.libvirt.looking import look_at, vm_named, vms_of
from hypervisors.libvirt.volumes import AskVolumes
from hypervisors.libvirt.words import Virsh
from hypervisors.safety import judge_attach
from hypervisors.values import Image
from ssh.facts import FactError
from ssh.session import Result
from tests.hypervisors.recorded import DOMAINS, IMAGES, VIRSH, ask, ok


def in_a_pool(path: str) -> str:
    pool, _, volume = path.removeprefix("/var/lib/libvirt/").partition("/")
    return DOMAINS.replace(
        f"<disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2'/>\n      <source file='{path}'/>",
        f"<disk type='volume' device='disk'>\n      <driver name='qemu' type='qcow2'/>\n"
        f"      <source pool='{pool}' volume='{volume}'/>",
    )


@pytest.mark.parametrize(
    ("said", "status", "path"),
    [
        (f"{IMAGES}/over.qcow2\n", 0, f"{IMAGES}/over.qcow2"),
        ("error: pool 'images' is not active\n", 1, ""),
        ("error: failed to get pool 'images'\nerror: Storage pool not found: no storage pool with …\n", 1, ""),
        ("error: failed to get vol 'over.qcow2'\nerror: Storage volume not found: no storage vol …\n", 1, ""),
        ("rbd/over\n", 0, ""),
    ],
)
def test_a_volume_of_a_pool_is_the_file_that_it_is(said, status, path):
    def asked(fact):
        if isinstance(fact, AskVolumes):
            assert fact.volumes == (("images", "over.qcow2"),)
            return fact.parse(ok(f"@@begin 0\n{said}\n@@end 0 {status}\n"))
        return ask(fact)

    text = in_a_pool(f"{IMAGES}/over.qcow2")
    known = vms_of(asked, VIRSH, AskDomains(VIRSH).parse(ok(text)))
    disk = vm_named("vm43", known).next_disks[0]
    assert (disk.source, disk.kind) == (path, "volume")
    assert vm_named("vm42", known).next_disks[0].kind == "file"
    if path:
        base = Image(f"{IMAGES}/base.img", "raw", 16 << 20)
        judged = judge_attach(vm_named("app01", known), base, "base", look_at(asked, VIRSH, known))
        assert "base.img is the base of" in judged.refusals[0]


def test_a_volume_that_cannot_be_asked_for_is_no_volume_that_is_gone():
    lost = ok("@@begin 0\nerror: failed to connect to the hypervisor\n@@end 0 1\n")
    with pytest.raises(FactError, match="Where the volume web1 of the pool tank is: error: failed to connect"):
        AskVolumes(VIRSH, (("tank", "web1"),)).parse(lost)
    with pytest.raises(FactError, match="no answer"):
        AskVolumes(VIRSH, (("tank", "web1"),)).parse(ok(""))


@pytest.mark.skipif(not which("virsh"), reason="there is no virsh here")
def test_virsh_finds_a_volume_and_says_so_where_it_does_not():
    volumes = (("default-pool", "-x"), ("nope", "x"))
    command = AskVolumes(Virsh("test:///default"), volumes).command()
    told = subprocess.run(command.argv, capture_output=True, check=True)  # noqa: S603
    assert AskVolumes(VIRSH, volumes).parse(Result(0, told.stdout, b"")) == {}
