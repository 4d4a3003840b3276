"""Single places of a YAML text are changed, and the rest stays to the letter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networking.backends.netplan.text import Bare, YamlError, compose, data, drop, flow, put

FILE = """\
# written by Rosa, ask her first
network:
  version: 2   # always
  ethernets:
      eth0:    # the slow one
          dhcp4: yes
          nameservers: {addresses: [10.0.2.3]}

      # the fast one
      eth1: {dhcp4: no, optional: true}
      eth2:
"""


def test_one_word_is_replaced_and_its_comment_stays() -> None:
    assert put(FILE, ("network", "version"), Bare("3")) == FILE.replace("version: 2 ", "version: 3 ")


def test_a_key_is_added_behind_the_last_of_its_mapping() -> None:
    expected = FILE.replace("[10.0.2.3]}\n", "[10.0.2.3]}\n          mtu: 9000\n")

    assert put(FILE, ("network", "ethernets", "eth0", "mtu"), Bare("9000")) == expected


def test_a_key_is_added_to_a_mapping_on_one_line() -> None:
    text = put(FILE, ("network", "ethernets", "eth1", "mtu"), Bare("9000"))

    assert data(compose(text).root)["network"]["ethernets"]["eth1"] == {
        "dhcp4": "no",
        "optional": "true",
        "mtu": "9000",
    }
    assert "# the fast one" in text


def test_parents_are_made_where_there_are_none() -> None:
    expected = FILE + "  bonds:\n    bond0:\n      parameters:\n        mode: active-backup\n"

    assert put(FILE, ("network", "bonds", "bond0", "parameters", "mode"), "active-backup") == expected


def test_a_value_that_was_left_empty_is_filled() -> None:
    text = put(FILE, ("network", "ethernets", "eth2", "dhcp4"), Bare("true"))

    assert data(compose(text).root)["network"]["ethernets"]["eth2"] == {"dhcp4": "true"}


def test_a_key_goes_with_its_lines_and_leaves_an_empty_mapping() -> None:
    place = ("network", "ethernets", "eth0")

    text = drop(drop(FILE, (*place, "dhcp4"), keep=3), (*place, "nameservers"), keep=3)

    assert text == FILE.replace("eth0:    # the slow one", "eth0: {}    # the slow one").replace(
        "          dhcp4: yes\n          nameservers: {addresses: [10.0.2.3]}\n", ""
    )


def test_a_key_goes_from_a_mapping_on_one_line() -> None:
    text = drop(FILE, ("network", "ethernets", "eth1", "dhcp4"), keep=3)

    assert text == FILE.replace("{dhcp4: no, optional: true}", "{optional: true}")


def test_words_that_yaml_would_take_for_something_else_get_quotes() -> None:
    text = put("network: {version: 2}\n", ("network", "bonds", "no"), {"macaddress": "52:54:00:10:01:00", "a": "1e3"})

    assert '"no":' in text
    assert 'macaddress: "52:54:00:10:01:00"' in text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("network:\n  ethernets:\n\teth0: {}\n", 3, "This is no YAML"),
        ("network:\n  a: &x {}\n  b: *x\n", 3, "no aliases"),
        ("network: {a: [1\n", 2, "This is no YAML"),
    ],
)
def test_what_is_no_yaml_for_netplan_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(YamlError, match=words) as caught:
        compose(text)

    assert caught.value.line == line


_keys = st.sampled_from(("a", "b", "no", "52", "eth0"))
_trees = st.recursive(
    st.one_of(
        st.sampled_from(("x", "yes", "1", "52:54:00:10:01:00", "::1", "- a", "#", "{")), st.just([]), st.just({})
    ),
    lambda inner: st.one_of(st.dictionaries(_keys, inner, max_size=3), st.lists(inner, max_size=2)),
    max_leaves=8,
)
_paths = st.lists(_keys, min_size=1, max_size=4)


def _expected(tree: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    key, rest = path[0], path[1:]
    old = tree.get(key)
    return {**tree, key: _expected(old if isinstance(old, dict) else {}, rest, value) if rest else value}


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(_keys, _trees, max_size=3), st.lists(st.tuples(_paths, _trees), max_size=3))
def test_whatever_is_put_is_there_and_nothing_else_changed(tree: dict[str, Any], edits: list[tuple[Any, Any]]) -> None:
    text = "".join(f"{key}: " + flow(value) + "  # kept\n" for key, value in tree.items())
    for path, value in edits:
        text, tree = put(text, path, value), _expected(tree, path, value)

    assert (data(compose(text).root) or {}) == tree
