import pytest

from recovery.lvm import parse_metadata, render
from tests.recovery.lvm.samples import good, raw, text


@pytest.mark.parametrize("name", good())
def test_an_unchanged_file_comes_back_byte_for_byte(name: str) -> None:
    rendered = render(parse_metadata(text(name)))

    assert rendered.encode("utf-8", "surrogateescape") == raw(name)
