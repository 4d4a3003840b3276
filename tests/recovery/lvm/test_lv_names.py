import pytest

from recovery.lvm import InvalidName, validate_lv_name


@pytest.mark.parametrize("name", ["root", "my-data", "x" * 127, "tdata", "mysnapshot"])
def test_a_name_of_ones_own_is_taken(name: str) -> None:
    assert validate_lv_name(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("snapshot1", 'may not begin with "snapshot"'),
        ("pvmove0", 'may not begin with "pvmove"'),
        ("a_tdata", 'may not contain "_tdata"'),
        ("lvol0_pmspare", 'may not contain "_pmspare"'),
        ("a:b", 'may not contain ":"'),
        ("x" * 128, "has 128 characters"),
    ],
)
def test_a_name_lvm_keeps_for_itself_is_refused(name: str, said: str) -> None:
    with pytest.raises(InvalidName) as caught:
        validate_lv_name(name)

    assert said in str(caught.value)
