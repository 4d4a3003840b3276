"""Which lists have filters that a person can keep, and what each word of their address may be. Pure.

A floor says so of its lists when its app is ready; nothing here knows any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

MOST_CHARACTERS = 200
PLACES = frozenset({"before", "after"})
"""Words that say which page of a list is shown: never kept."""

Holds = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class FilteredList:
    """A list, the name of its address, and by the words of its query string whether a value means something.

    whole  only for those who see every machine
    """

    key: str
    words: str
    url_name: str
    fields: Mapping[str, Holds]
    whole: bool = False


LISTS: dict[str, FilteredList] = {}


def register_list(one: FilteredList) -> None:
    LISTS[one.key] = one


def any_text(value: str) -> bool:
    """A name or part of one: whether there is such a thing is not asked, since not everybody may know."""
    return len(value) <= MOST_CHARACTERS and value.isprintable()


def parted(one: FilteredList, words: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What of a filter means something now, in the list's order, and what does not, as `word=value` by name."""
    good = {name: words[name] for name, holds in one.fields.items() if words.get(name) and holds(words[name])}
    return good, sorted(f"{name}={value}" for name, value in words.items() if value and name not in good)


def words_of(query: str) -> dict[str, str]:
    """Of a query string the words that are not empty, without the place in the list; the last of a word counts."""
    words = {name: value.strip() for name, value in parse_qsl(query.removeprefix("?"), max_num_fields=50)}
    return {name: value for name, value in words.items() if value and name not in PLACES}
