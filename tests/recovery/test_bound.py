"""Whose rest is planned anew: not that of a recovery that has written to the old disk."""

import pytest

from changes.kinds import bound


@pytest.mark.parametrize("step", ["restore", "mend", "mend-2", "relabel"])
def test_one_that_has_begun_to_write_the_disks_metadata_is_resumed_or_undone(step: str) -> None:
    assert "undo it, then ask for a new recovery" in bound("recovery", {"baseline", "save", step})


@pytest.mark.parametrize("begun", [set(), {"baseline", "copy", "edit", "rescan", "quiet", "save"}])
def test_one_that_has_only_looked_is_free(begun: set[str]) -> None:
    assert bound("recovery", begun) == ""


def test_kinds_that_say_nothing_of_it_are_free() -> None:
    assert bound("bond", {"apply"}) == ""
