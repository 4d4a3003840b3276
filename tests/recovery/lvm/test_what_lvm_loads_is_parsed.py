import pytest

from recovery.lvm import parse_metadata
from tests.recovery.lvm.samples import good, text


@pytest.mark.parametrize("name", good())
def test_a_file_lvm_loads_is_parsed(name: str) -> None:
    group = parse_metadata(text(name)).volume_group

    assert group.name
    assert len(group.id) == 38
    assert group.physical_volumes
