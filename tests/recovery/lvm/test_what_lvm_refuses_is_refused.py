import pytest

from recovery.lvm import MetadataError, parse_metadata
from tests.recovery.lvm.samples import bad, text


@pytest.mark.parametrize("name", bad())
def test_a_file_lvm_refuses_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(MetadataError) as caught:
        parse_metadata(text(name))

    said = caught.value.message
    assert said.endswith(".")
    assert said[0].isupper()
    assert "\n" not in said
