import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.lvm import suggest_vg_name, validate_vg_name


@pytest.mark.parametrize(
    ("vm", "old", "suggested"),
    [
        ("vm42", "RootVG", "vm42_RootVG"),
        ("db01.prod.example.com", "VolGroup00", "db01_VolGroup00"),
        ("Old Mail (copy)", "тест", "Old_Mail__copy______"),
        ("-x", "vg", "x_vg"),
        ("", "", "vm_vg"),
    ],
)
def test_the_suggestion_tells_whose_group_it_is(vm: str, old: str, suggested: str) -> None:
    assert suggest_vg_name(vm, old) == suggested


@given(st.text(), st.text())
def test_a_suggestion_is_always_a_name_lvm_takes(vm: str, old: str) -> None:
    validate_vg_name(suggest_vg_name(vm, old))
