"""One image that cannot be read hides no other VM."""

from __future__ import annotations

import subprocess  # noqa: S404
from pathlib import Path
from shutil import which

import pytest

from hypervisors.libvirt.facts import AskImages
from hypervisors.libvirt.looking import vm_named, vms
from hypervisors.values import Image
from ssh.facts import FactError
from ssh.session import Result
from tests.hypervisors.recorded import IMAGES, VIRSH, ask, ok

MOVED = """{
    "backing-filename-format": "raw",
    "virtual-size": 16777216,
    "filename": "/i/over.qcow2",
    "cluster-size": 65536,
    "format": "qcow2",
    "actual-size": 200704,
    "full-backing-filename": "/i/base.img",
    "backing-filename": "base.img",
    "dirty-flag": false
}"""
WRONG = "qemu-img: Could not open '/i/x.qcow2': Image is not in qcow2 format"


def answer(*told: tuple[str, int]) -> Result:
    return ok("".join(f"@@begin {n}\n{text}\n\n@@end {n} {status}\n" for n, (text, status) in enumerate(told)))


def test_an_overlay_whose_base_was_moved_is_one_of_that_base():
    (image,) = AskImages(VIRSH, (("/i/over.qcow2", "qcow2"),), lenient=True).parse(answer((MOVED, 0))).values()
    assert image == Image("/i/over.qcow2", "qcow2", 16 << 20, ("/i/base.img",))
    alone = MOVED.replace("full-backing-filename", "other")
    (image,) = AskImages(VIRSH, (("/i/over.qcow2", "qcow2"),), lenient=True).parse(answer((alone, 0))).values()
    assert image.chain == ()


def test_an_image_that_cannot_be_read_is_left_out_of_all_and_told_to_who_wants_it():
    images = (("/i/x.qcow2", "qcow2"), ("/i/over.qcow2", "qcow2"))
    told = answer((WRONG, 1), (MOVED, 0))
    assert set(AskImages(VIRSH, images, lenient=True).parse(told)) == {"/i/over.qcow2"}
    with pytest.raises(FactError, match="The image /i/x.qcow2 cannot be read as qcow2: .*not in qcow2 format"):
        AskImages(VIRSH, images).parse(told)
    with pytest.raises(FactError, match="no answer"):
        AskImages(VIRSH, images, lenient=True).parse(ok(""))


def test_all_vms_are_there_though_one_has_a_broken_image():
    def broken(fact):
        if not isinstance(fact, AskImages):
            return ask(fact)
        at = [path for path, _ in fact.images].index(f"{IMAGES}/over.qcow2")
        return fact.parse(answer(*((WRONG, 1) if n == at else ("none", 44) for n in range(len(fact.images)))))

    assert vm_named("vm43", vms(broken, VIRSH)).disks[0].chain == ()


@pytest.mark.skipif(not which("qemu-img"), reason="there is no qemu-img here")
def test_qemu_img_tells_of_an_overlay_whose_base_was_moved(tmp_path: Path):
    base, over, wrong = (str(tmp_path / name) for name in ("base.img", "over.qcow2", "wrong.qcow2"))
    Path(wrong).write_text("no image")

    def told(*, lenient: bool) -> dict[str, Image]:
        fact = AskImages(VIRSH, ((over, "qcow2"), *(((wrong, "qcow2"),) if lenient else ())), lenient=lenient)
        done = subprocess.run(fact.command().argv, capture_output=True, check=True)  # noqa: S603
        return fact.parse(Result(0, done.stdout, done.stderr))

    for words in (("-f", "raw", base, "1M"), ("-f", "qcow2", "-b", base, "-F", "raw", over)):
        subprocess.run(("qemu-img", "create", "-q", *words), check=True)  # noqa: S603
    whole = told(lenient=False)
    assert whole == told(lenient=True) == {over: Image(over, "qcow2", 1 << 20, (base,))}
    Path(base).unlink()
    assert told(lenient=True) == whole
    with pytest.raises(FactError, match=f"{over} cannot be read as qcow2: .*{base}"):
        told(lenient=False)
