"""However an answer is damaged, it becomes a network or a FactError: nothing else, and never a hang."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from networking.facts.nics import AskBonds, AskNetwork
from ssh.facts import FactError
from ssh.session import Result
from tests.networking.facts.answers import answer

NETWORK = answer("bond.network").text.split("\n")
BONDS = answer("held.bonds").text.split("\n")
words = st.one_of(
    st.sampled_from(
        ["", "-1", "0x", "[]", "{}", "[3]", "null", '[{"ifname": 3}]', "@@end values 0", "=x", "|", "*", "!"]
    ),
    st.text(max_size=20),
)
damage = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), words), min_size=1, max_size=6)


def damaged(lines: list[str], changes: list[tuple[float, int, str]]) -> Result:
    """Lines left out, cut off, exchanged, or with something put behind them."""
    text = list(lines)
    for where, how, word in changes:
        at = int(where * (len(text) - 1))
        line = text[at]
        text[at : at + 1] = [[], [line[: len(line) // 2]], [word], [f"{line}{word}"]][how]
    return Result(0, "\n".join(text).encode("utf-8", "surrogateescape"), b"")


@given(damage)
def test_a_damaged_answer_is_a_network_or_refused(changes):
    with contextlib.suppress(FactError):
        assert AskNetwork().parse(damaged(NETWORK, changes)).to_json()


@given(damage)
def test_a_damaged_answer_of_the_sweep_is_read_or_refused(changes):
    with contextlib.suppress(FactError):
        assert AskBonds().parse(damaged(BONDS, changes)).hostname
