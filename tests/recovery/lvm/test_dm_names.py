import pytest

from recovery.lvm import InvalidName, dm_name, validate_dm_names


def test_hyphens_within_the_names_are_doubled() -> None:
    assert dm_name("old-vg", "lv--dash") == "old--vg-lv----dash"


def test_a_pair_that_just_fits_is_taken() -> None:
    assert validate_dm_names("v" * 60, ["l" * 64]) is None


def test_a_pair_too_long_is_refused_with_how_much_too_long() -> None:
    with pytest.raises(InvalidName, match='"lll.*" is too long; choose a name at least 2 characters shorter'):
        validate_dm_names("v" * 60, ["ok", "l" * 66])


def test_doubled_hyphens_count() -> None:
    with pytest.raises(InvalidName):
        validate_dm_names("v" * 60, ["-".join("abcdefghijklmnopqrstuvwxyz") * 1 + "x" * 20])
