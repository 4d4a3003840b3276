"""Whatever the text, the reader ends, refuses by ValueError only, and loses no line that it does not understand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from networking.bonding.proc import BOND_LINES, HEADER, PORT, PORT_LINES, parse_proc

keys = st.sampled_from([*BOND_LINES, *PORT_LINES, PORT, "Aggregator ID", "details actor lacp pdu"])
values = st.one_of(
    st.sampled_from(["up", "0", "100", "10000 Mbps", "None", "eth0", "eth0 (primary_reselect better)", "Unknown", ""]),
    st.text(st.characters(exclude_characters="\n\r"), max_size=30),
)
likely = st.builds("{}: {}".format, keys, values)
lines = st.lists(st.one_of(likely, st.text(st.characters(exclude_characters="\n\r"), max_size=60)), max_size=40)


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text):
    try:
        parse_proc(text)
    except ValueError as refusal:
        assert "ine " in str(refusal)


@given(lines)
def test_every_line_that_says_nothing_we_know_is_kept_in_order(given_lines):
    strange = [
        line for line in given_lines if line.strip() and key(line) not in {*BOND_LINES, *PORT_LINES, PORT, HEADER}
    ]
    text = "\n".join([f"{HEADER}: v6.1.0", *[line for line in given_lines if key(line) != HEADER]])
    status = parse_proc(text)
    kept = [line for part in (status, *status.ports) for line in part.unknown]
    assert [line for line in kept if line in strange] == strange


@given(lines)
def test_a_line_is_understood_or_kept_and_never_both(given_lines):
    body = [line for line in given_lines if key(line) != HEADER and line.strip()]
    status = parse_proc("\n".join([f"{HEADER}: v6.1.0", *body]))
    kept = sum(len(part.unknown) for part in (status, *status.ports))
    assert kept + len(status.ports) <= len(body)


def key(line: str) -> str:
    return line.partition(":")[0].strip()
