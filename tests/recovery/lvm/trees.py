"""Generated LVM text: any tree of sections and values, in any spelling LVM reads."""

from __future__ import annotations

from hypothesis import strategies as st

from recovery.lvm.tree import Section

_gap = st.sampled_from([" ", "\t", "\n", "\r\n", "  ", " # a { comment ]\n", "\n\n# x = 1\n\t"])
_maybe = st.one_of(st.just(""), _gap)
_bare = st.text("abcdefgXYZ019_.+-é", min_size=1, max_size=6)
_free = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


def _escaped(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


_string = st.one_of(_free.map(_escaped), _free.filter(lambda t: "'" not in t).map(lambda t: f"'{t}'"))
_number = st.one_of(
    st.integers(0, 10**18).map(str),
    st.integers(-(2**62), 2**62).map(str),
    st.sampled_from(["010", "0", "+7", "1.5", ".5"]),
)
_scalar = st.one_of(_string, _number)
_list = st.lists(_scalar, max_size=4).flatmap(
    lambda items: st.tuples(_maybe, _maybe, st.booleans()).map(
        lambda how: "[" + how[0] + f",{how[1]}".join(items) + ("," if how[2] and items else "") + how[0] + "]"
    )
)
_pair = st.tuples(_maybe, _free.map(_escaped), _maybe, _number).map("[{0[0]}{0[1]}{0[2]},{0[0]}{0[3]}{0[2]}]".format)
_key = st.one_of(_bare, _free.filter(bool).map(_escaped))
_value = st.tuples(_key, _maybe, _maybe, st.one_of(_scalar, _list, _pair), _gap).map(
    lambda part: f"{part[0]}{part[1]}={part[2]}{part[3]}{part[4]}"
)


def _section(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(_key, _maybe, _maybe, st.lists(inner, max_size=4), _maybe).map(
        lambda part: f"{part[0]}{part[1]}{{{part[2]}{''.join(part[3])}}}{part[4]}"
    )


texts = st.lists(st.recursive(_value, _section, max_leaves=12), max_size=6).map("".join)


def plain(section: Section) -> object:
    """A section as nested pairs and lists, for comparing."""
    return (
        list(section.values.items()),
        [(name, inner.before >= 0, plain(inner)) for name, inner in section.sections.items()],
    )
