"""A diff shows every line once, marks the words that changed and folds what did not."""

import random
import time

import pytest

from pages.diffs import Diff, Row, diff_texts

FILE = "".join(f"line {number}\n" for number in range(1, 41))


def rows_of(diff: Diff) -> list[Row]:
    return [row for block in diff.blocks for row in block.rows]


def side(diff: Diff, gone: str) -> str:
    return "".join(row.text + "\n" * row.newline for row in rows_of(diff) if row.kind != gone)


def marked(diff: Diff, kind: str) -> list[str]:
    return [piece.text for row in rows_of(diff) if row.kind == kind for piece in row.pieces if piece.changed]


def test_only_the_changed_word_is_marked() -> None:
    diff = diff_texts('RootVG {\n\tid = "y7Xc"\n}\n', 'vm42_RootVG {\n\tid = "y7Xc"\n}\n')
    assert marked(diff, "removed") == ["RootVG"]
    assert marked(diff, "added") == ["vm42_RootVG"]
    assert (diff.added, diff.removed) == (1, 1)


def test_lines_with_little_in_common_carry_no_marks() -> None:
    diff = diff_texts("alpha beta gamma\n", "1=2;3\n")
    assert marked(diff, "removed") == marked(diff, "added") == []


def test_unchanged_lines_beyond_the_context_are_folded() -> None:
    diff = diff_texts(FILE, FILE.replace("line 20\n", "line twenty\n"))
    assert [(block.folded, len(block.rows)) for block in diff.blocks] == [(True, 16), (False, 8), (True, 17)]


def test_a_fold_of_two_lines_stays_open() -> None:
    text = "".join(f"{n}\n" for n in range(6))
    assert [block.folded for block in diff_texts(text, text.replace("5", "five")).blocks] == [False]


def test_line_numbers_are_those_of_each_side() -> None:
    diff = diff_texts("a\nb\nc\n", "a\nx\ny\nc\n")
    assert [(row.kind, row.before, row.after) for row in rows_of(diff)] == [
        ("same", 1, 1),
        ("removed", 2, None),
        ("added", None, 2),
        ("added", None, 3),
        ("same", 3, 4),
    ]


def test_a_new_file_is_all_added() -> None:
    diff = diff_texts("", "a\nb\n")
    assert [(row.kind, row.after) for row in rows_of(diff)] == [("added", 1), ("added", 2)]


def test_equal_texts_are_one_fold() -> None:
    diff = diff_texts(FILE, FILE)
    assert [block.folded for block in diff.blocks] == [True]
    assert (diff.added, diff.removed) == (0, 0)


def test_a_missing_line_end_is_a_change_and_is_seen() -> None:
    diff = diff_texts("a\nb\n", "a\nb")
    assert [(row.kind, row.newline) for row in rows_of(diff)] == [("same", True), ("removed", True), ("added", False)]


def test_a_carriage_return_is_a_change_and_not_a_line_end() -> None:
    diff = diff_texts("a\r\nb\n", "a\nb\n")
    assert [row.text for row in rows_of(diff)] == ["a\r", "a", "b"]


@pytest.mark.parametrize("seed", range(20))
def test_each_side_can_be_read_back_whole(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a test's dice, not a secret
    before = "".join(dice.choice("ab c\n\n\t=") for _ in range(300))
    after = "".join(char for char in before if dice.random() > 0.1) + dice.choice(["", "\n", "end"])
    diff = diff_texts(before, after)
    assert side(diff, "added") == before
    assert side(diff, "removed") == after


def test_one_edit_in_two_mebibytes_takes_under_two_seconds_of_work() -> None:
    before = "".join(f"\tname{number} = {number * 7}\n" for number in range(100_000))
    began = time.process_time()
    diff = diff_texts(before, before.replace("name50000 ", "other "))
    assert time.process_time() - began < 2
    assert (diff.added, diff.removed) == (1, 1)


def test_two_wholly_different_large_files_take_under_two_seconds_of_work() -> None:
    began = time.process_time()
    diff = diff_texts("".join(f"a{n}\n" for n in range(20_000)), "".join(f"b{n}\n" for n in range(20_000)))
    assert time.process_time() - began < 2
    assert (diff.added, diff.removed) == (20_000, 20_000)
