"""A code of the app counts in its half minute and the ones beside it, and only forwards."""

import pytest

from people.totp import address, code_at, drawing, grouped, new_secret, slot_of

NOW = 1_800_000_000.0
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_the_codes_are_those_of_the_standard():
    assert code_at(SECRET, 59) == "287082" and code_at(SECRET, 1_111_111_109) == "081804"  # RFC 6238, appendix B


@pytest.mark.parametrize("late", [-30, 0, 30])
def test_a_clock_may_be_half_a_minute_off(late):
    assert slot_of(SECRET, code_at(SECRET, NOW + late), NOW, 0) == (NOW + late) // 30


@pytest.mark.parametrize("late", [-90, -60, 60, 90])
def test_and_no_more(late):
    assert slot_of(SECRET, code_at(SECRET, NOW + late), NOW, 0) is None


def test_neither_the_last_code_nor_an_earlier_one_counts_again():
    last = slot_of(SECRET, code_at(SECRET, NOW), NOW, 0)
    assert slot_of(SECRET, code_at(SECRET, NOW), NOW, last) is None
    assert slot_of(SECRET, code_at(SECRET, NOW - 30), NOW, last) is None
    assert slot_of(SECRET, code_at(SECRET, NOW + 30), NOW, last) == last + 1


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "१२३४५६", "287082\n1", "\x00"])
def test_what_is_no_six_digits_is_no_code(text):
    assert slot_of(SECRET, text, NOW, 0) is None


def test_a_code_may_have_a_gap():
    code = code_at(SECRET, NOW)
    assert slot_of(SECRET, f"{code[:3]} {code[3:]}", NOW, 0)


def test_the_drawing_is_dark_on_light_and_has_no_style_of_its_own():
    drawn = drawing(address(SECRET, "rosa"))
    assert drawn.startswith("<svg") and "<title>" in drawn and 'fill="#fff"' in drawn
    assert "style" not in drawn and "script" not in drawn


def test_an_account_name_from_outside_stays_a_name():
    assert address(SECRET, '"><script>&secret=x').count("secret=") == 1
    assert "<script>" not in drawing(address(SECRET, "<script>"))


def test_secrets_are_never_the_same_and_can_be_typed():
    assert new_secret() != new_secret() and len(new_secret()) == 32
    assert grouped("ABCDEFGH") == "ABCD EFGH"
