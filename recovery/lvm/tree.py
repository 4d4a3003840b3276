"""The tree of sections and values in a piece of LVM text, with the place of everything in it.

::

    section_name {                # a section holds values and sections
        seqno = 4                 # a value is a number, a string ...
        status = ["READ", 'x']    # ... or a list of them
    }

The tree is lossless because it never replaces the text: it keeps the text and, for every name, where
it stands.  Spelling, comments, order and white space are in the text; an edit replaces a span of it.

Reading follows LVM: a section named twice is one section, of a value given twice the last counts, and
``/`` in a name makes a path (``a/b { }`` is ``a { b { } }``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from recovery.lvm import tokens
from recovery.lvm.errors import MetadataError, error_at, line_at
from recovery.lvm.tokens import TRIVIA, Token, next_token, skip_trivia

Scalar = int | float | str
Value = Scalar | tuple[Scalar, ...]

# One common statement in one match: this is what makes a megabyte readable in pure Python.  The list of a
# name and a number, which every area is, has an alternative of its own, or it would take two more matches.  Whatever is
# unusual (quoted names, escapes, octal numbers, comments in lists, mistakes) matches nothing here and is
# read token by token below; both ways give the same tree (tests/recovery/lvm/test_fast_and_slow_agree.py).
_STATEMENT: Final = re.compile(
    rf"""{TRIVIA}(?:
        ([^ \t-\r\#={{}}\[\],"'/\0][^ \t-\r\#={{}}/\0]*+){TRIVIA}
        (?: = [ ]?+ (?: "([^"\\\0]*+)"
               | (0|[1-9][0-9]{{0,17}}) (?=[ \t-\r\#}}]|\Z)
               | \[ [ \t-\r]*+ "([^"\\\0]*+)" [ \t-\r]*+ , [ \t-\r]*+ (0|[1-9][0-9]{{0,17}}) [ \t-\r]*+ \]
               | \[ ([^\[\]'\#\\\0]*+) \] )
          | \{{ )
      | \}} )""",
    re.VERBOSE,
)
_ITEM: Final = r'(?:"[^"]*+"|0|[1-9][0-9]{0,17})'
_ITEMS: Final = re.compile(rf"\s*+(?:{_ITEM}\s*+(?:,\s*+{_ITEM}\s*+)*+,?\s*+)?", re.ASCII)
_EACH_ITEM: Final = re.compile(r'"([^"]*+)"|([0-9]++)')


class Section:
    """A section: its values, its sections, and the offset just before its own name.

    ``values`` and ``sections`` keep the order of first appearance.  A name may be in both (LVM allows
    ``a = 1`` beside ``a { }``); LVM then takes it for a value.
    """

    __slots__ = ("name", "before", "values", "sections")

    def __init__(self, name: str, before: int) -> None:
        self.name = name
        self.before = before
        self.values: dict[str, Value] = {}
        self.sections: dict[str, Section] = {}

    def has(self, name: str) -> bool:
        """Whether anything of that name is here, value or section."""
        return name in self.values or name in self.sections

    def pure_section(self, name: str) -> Section | None:
        """The section of that name, unless a value of the same name hides it."""
        return None if name in self.values else self.sections.get(name)

    def integer(self, name: str) -> int | None:
        """The number of that name, or None; of a list LVM takes the first item."""
        value = self.values.get(name)
        if type(value) is int:
            return value
        first = value[0] if type(value) is tuple and value else None
        return first if type(first) is int else None

    def string(self, name: str) -> str | None:
        """The string of that name, or None; of a list LVM takes the first item."""
        value = self.values.get(name)
        if type(value) is str:
            return value
        first = value[0] if type(value) is tuple and value else None
        return first if type(first) is str else None

    def items(self, name: str) -> tuple[Scalar, ...] | None:
        """The list of that name, or None; to LVM a single value is a list of one."""
        value = self.values.get(name)
        return value if value is None or type(value) is tuple else (value,)  # type: ignore[return-value]  # narrowing on type() is


@dataclass(frozen=True, slots=True)
class TopName:
    """A name standing at the top level: the first part of its path, and the span of its token."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed text: the root section (its name is empty), the names at top level, LVM's warnings."""

    text: str
    root: Section
    top_names: tuple[TopName, ...]
    warnings: tuple[str, ...] = field(default=())

    def error(self, message: str, section: Section, key: str | None = None) -> MetadataError:
        """A MetadataError at the value ``key`` of the section, or at its name if there is no such value."""
        place = None if key is None else _place_of(self.text, section, key)
        return error_at(self.text, skip_trivia(self.text, section.before) if place is None else place, message)


def parse_tree(text: str) -> Tree:
    """Read LVM text into a tree; raises MetadataError where LVM reports a parse error."""
    return _Reader(text).read()


class _Reader:
    """Walks the text once, statement by statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.here = Section("", 0)
        self.open: list[Section] = []
        self.lists: dict[str, tuple[Scalar, ...]] = {}
        self.top_names: list[TopName] = []
        self.warnings: list[str] = []

    def read(self) -> Tree:
        offset: int | None = 0
        while offset is not None:
            offset = self._statement(self._common_statements(offset))
        return Tree(self.text, self.here, tuple(self.top_names), tuple(dict.fromkeys(self.warnings)))

    def _common_statements(self, offset: int) -> int:
        """Read statements of the common kind as long as they come; the offset where they end.

        The one loop that runs for every line of a file, so it is spelled out rather than split up.
        """
        here, open_sections, lists = self.here, self.open, self.lists
        values = here.values
        value: Value | None
        match: re.Match[str] | None = None
        for match in iter(_scanner(self.text, offset), None):
            name, string, number, volume, extent, items = match.groups()
            if string is not None:
                value = string
            elif number is not None:
                value = int(number)
            elif volume is not None:
                value = (volume, int(extent))
            elif items is not None:
                value = lists.get(items)
                if value is None:
                    value = _items(items)
                    if value is None:
                        break
                    lists[items] = value
            elif not open_sections:
                break
            elif name is not None:
                open_sections.append(here)
                inner = here.sections.get(name)
                if inner is None:
                    inner = here.sections[name] = Section(name, match.start())
                here = inner
                values = here.values
                continue
            else:
                here = open_sections.pop()
                values = here.values
                continue
            if name in values:
                self._warn_twice(name)
            values[name] = value
        else:
            self.here = here
            return match.end() if match else offset
        self.here = here
        return match.start()

    def _statement(self, offset: int) -> int | None:
        """Read one statement token by token; the offset after it, or None at the end of the file."""
        token = next_token(self.text, offset, value_allowed=False)
        if token.kind == tokens.EOF and not self.open:
            return None
        if token.kind == "}" and self.open:
            self.here = self.open.pop()
            return token.end
        if token.kind not in (tokens.NAME, tokens.ESCAPED, tokens.RAW):
            raise self._unexpected(token, 'a name or "}"' if self.open else "a name")
        key = tokens.string_of(self.text, token)
        if not key:
            raise error_at(self.text, token.start, "LVM takes no empty name; write the name that belongs here")
        section, name = self._follow_path(key, offset)
        if not self.open:
            self.top_names.append(TopName(key.lstrip("/").partition("/")[0], token.start, token.end))
        then = next_token(self.text, token.end, value_allowed=False)
        if then.kind == "{":
            self.open.append(self.here)
            self.here = self._section(section, name, offset)
            return then.end
        if then.kind != "=":
            raise self._unexpected(then, f'"=" or "{{" after "{key}"')
        value, end = self._value(then.end, name)
        if name in section.values:
            self._warn_twice(name)
        section.values[name] = value
        return end

    def _follow_path(self, key: str, before: int) -> tuple[Section, str]:
        """The section that a name with slashes belongs in, made if need be, and its last part."""
        section, rest = self.here, key
        while True:
            name, slash, rest = rest.lstrip("/").partition("/")
            if not slash:
                return section, name
            section = self._section(section, name, before)

    def _section(self, parent: Section, name: str, before: int) -> Section:
        section = parent.sections.get(name)
        if section is None:
            section = parent.sections[name] = Section(name, before)
        return section

    def _value(self, offset: int, key: str) -> tuple[Value, int]:
        token = next_token(self.text, offset, value_allowed=True)
        if token.kind != "[":
            return self._scalar(token, key), token.end
        items: list[Scalar] = []
        token = next_token(self.text, token.end, value_allowed=True)
        while token.kind != "]":
            items.append(self._scalar(token, key))
            token = next_token(self.text, token.end, value_allowed=False)
            if token.kind == ",":
                token = next_token(self.text, token.end, value_allowed=True)
        return tuple(items), token.end

    def _scalar(self, token: Token, key: str) -> Scalar:
        if token.kind == tokens.INT:
            number, repaired = tokens.int_of(self.text, token, key)
            if repaired:
                self.warnings.append(
                    "creation_time does not fit 64 bits (a fault of old 32-bit LVM); LVM reads it as 24 May 2018."
                )
            return number
        if token.kind == tokens.FLOAT:
            return tokens.float_of(self.text, token, key)
        if token.kind in (tokens.ESCAPED, tokens.RAW, tokens.BARE):
            return tokens.string_of(self.text, token)
        raise self._unexpected(
            token,
            f'a value for "{key}" (a number, or a string in quotes; commas stand between the items of a list)',
        )

    def _unexpected(self, token: Token, wanted: str) -> MetadataError:
        if token.kind == tokens.EOF:
            return self._cut_off(token.start)
        found = self.text[token.start : min(token.end, token.start + 30)]
        return error_at(
            self.text,
            token.start,
            f"Found {_shown(found)} where LVM expects {wanted}; correct it or upload an unedited backup",
        )

    def _cut_off(self, offset: int) -> MetadataError:
        if self.text[offset : offset + 1] == "\0":
            message = "A NUL byte stands here, which to LVM ends the file too early; upload an undamaged copy"
            return error_at(self.text, offset, message)
        if not self.open:
            return error_at(
                self.text,
                offset,
                "The file ends in the middle of a value: it was cut off; upload the whole file",
            )
        opened = line_at(self.text, skip_trivia(self.text, self.here.before))
        return error_at(
            self.text,
            offset,
            f"The file ends inside section {_shown(self.here.name)} opened at "
            f"line {opened}: it was cut off; upload the whole file",
        )

    def _warn_twice(self, name: str) -> None:
        self.warnings.append(f"{_shown(name)} is given twice in one section; LVM takes the last.")


def _scanner(text: str, offset: int) -> Callable[[], re.Match[str] | None]:
    """A function giving one statement after the other, each beginning where the last one ended.

    ``Pattern.scanner`` is as old as ``re`` (``finditer`` is made of it) but missing from the documentation
    and the type stubs; against ``Pattern.match`` with an offset it saves a third of the time.
    """
    match: Callable[[], re.Match[str] | None] = getattr(_STATEMENT, "scanner")(text, offset).match  # noqa: B009  # unknown to the stubs
    return match


def _items(content: str) -> tuple[Scalar, ...] | None:
    """The items of a plain list, or None when the list is not plain."""
    if not _ITEMS.fullmatch(content):
        return None
    return tuple([int(number) if number else string for string, number in _EACH_ITEM.findall(content)])


def _shown(name: str) -> str:
    """A name in quotes, fit for a sentence: no control characters, no broken bytes."""
    return '"' + "".join(char if char.isprintable() else "?" for char in name) + '"'


def _place_of(text: str, section: Section, key: str) -> int | None:
    """Where the value ``key`` stands in the section as first opened; the last one if there are several."""
    depth = lists = 0
    place, previous, offset = None, "", section.before
    while True:
        token = next_token(text, offset, value_allowed=previous in ("=", "[", ","))
        depth += (token.kind == "{") - (token.kind == "}")
        lists += (token.kind == "[") - (token.kind == "]")
        if token.kind == tokens.EOF or (token.kind == "}" and depth == 0):
            return place
        is_name = (
            depth == 1 and not lists and previous != "=" and token.kind in (tokens.NAME, tokens.ESCAPED, tokens.RAW)
        )
        if is_name and tokens.string_of(text, token) == key:
            place = token.start
        previous, offset = token.kind, token.end
