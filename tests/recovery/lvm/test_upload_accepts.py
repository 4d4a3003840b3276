import pytest

from recovery.lvm import decode_upload
from tests.recovery.lvm.samples import good, raw

ODD = {"60-loads-text-after-nul.vg"}


@pytest.mark.parametrize("name", [name for name in good() if name not in ODD])
def test_a_good_file_is_taken_and_nothing_of_it_changed(name: str) -> None:
    assert decode_upload(raw(name)).encode("utf-8", "surrogateescape") == raw(name)
