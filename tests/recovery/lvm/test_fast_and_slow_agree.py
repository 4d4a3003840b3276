"""Common statements are read by one pattern, all others token by token; both must read alike."""

import pytest
from hypothesis import given

from recovery.lvm.tree import _Reader, parse_tree
from tests.recovery.lvm.samples import good, text
from tests.recovery.lvm.trees import plain, texts


class TokenByToken(_Reader):
    def _common_statements(self, offset: int) -> int:
        return offset


@given(texts)
def test_generated_text_reads_the_same_both_ways(whole: str) -> None:
    fast, slow = parse_tree(whole), TokenByToken(whole).read()

    assert plain(fast.root) == plain(slow.root)
    assert fast.warnings == slow.warnings


@pytest.mark.parametrize("name", good())
def test_captured_text_reads_the_same_both_ways(name: str) -> None:
    assert plain(parse_tree(text(name)).root) == plain(TokenByToken(text(name)).read().root)
