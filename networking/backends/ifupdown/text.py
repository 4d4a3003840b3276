"""Reads interfaces(5): blocks of lines, each of which can be replaced while the rest stays to the letter.

A block begins with a keyword (auto, allow-…, iface, mapping, source …) and runs to the next; a backslash joins lines;
only a line that begins with `#` is a remark. Sourced files are followed as far as they were read from the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from networking.backends.protocol import Files, Flaw

MAIN = "/etc/network/interfaces"
FOLDER = "/etc/network/interfaces.d"
PATTERNS = (MAIN, f"{FOLDER}/*")

KEYWORD = re.compile(r"iface|auto|allow-.+|mapping|template|source|source-directory|no-auto-down|no-scripts|rename")
METHODS = re.compile(r"static|manual|dhcp|loopback|bootp|ppp|tunnel|auto|v4tunnel|6to4|wvdial|ipv4ll|none")
SOURCED = re.compile(r"[a-zA-Z0-9_-]+")
PERMANENT = re.compile(r"# permanent address ([0-9a-f]{2}(?::[0-9a-f]{2}){5})")


@dataclass(frozen=True, slots=True)
class Option:
    """A line of a block: name with hyphens, value, line counted from 1, and the line as it stands."""

    name: str
    value: str
    line: int
    raw: str


@dataclass(frozen=True, slots=True)
class Block:
    """`first` to `last` are its lines; remarks behind its last option belong to what follows."""

    path: str
    keyword: str
    words: tuple[str, ...]
    first: int
    last: int
    options: tuple[Option, ...] = ()
    permanent_address: str = ""

    @property
    def name(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def family(self) -> str:
        return next((word for word in self.words[1:] if word in ("inet", "inet6")), "inet")

    @property
    def method(self) -> str:
        return next((word for word in self.words[1:] if METHODS.fullmatch(word)), "manual")

    def get(self, *names: str) -> str:
        return next((option.value for option in reversed(self.options) if option.name in names), "")

    def flaw(self, sentence: str, *names: str) -> Flaw:
        line = next((option.line for option in reversed(self.options) if option.name in names), self.first)
        return Flaw(self.path, line, sentence)


def logical_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """First line, last line, and the text of each with its backslashes gone; remarks and blank lines too."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        first, line = number, lines[number]
        while line.endswith("\\") and number + 1 < len(lines) and not line.lstrip().startswith("#"):
            number += 1
            line = line[:-1] + lines[number]
        yield first + 1, number + 1, line
        number += 1


def blocks(path: str, text: str) -> tuple[list[Block], list[Flaw]]:
    """The blocks of one file."""
    found, flaws = list[Block](), list[Flaw]()
    for first, last, line in logical_lines(text):
        stripped = line.strip()
        remark = PERMANENT.fullmatch(stripped)
        if remark and found and found[-1].keyword == "iface":
            block = found[-1]
            found[-1] = _with(block, last, permanent=remark[1])
        if not stripped or stripped.startswith("#"):
            continue
        name, *words = stripped.split()
        if KEYWORD.fullmatch(name):
            found.append(Block(path, name, tuple(words), first, last))
        elif found and found[-1].keyword in ("iface", "mapping", "template"):
            value = stripped[len(name) :].strip()
            raw = "\n".join(text.split("\n")[first - 1 : last])
            found[-1] = _with(found[-1], last, Option(name.replace("_", "-"), value, first, raw))
            if re.search(r"\s#", value) and not re.match(r"(pre-|post-)?(up|down)", name):
                flaws.append(Flaw(path, first, "A remark behind a value is part of the value here; give it a line."))
        else:
            flaws.append(Flaw(path, first, f"{name} belongs under an iface line; ifup reads the file no further."))
    return found, flaws


def _with(block: Block, last: int, option: Option | None = None, permanent: str = "") -> Block:
    options = (*block.options, option) if option else block.options
    address = permanent or block.permanent_address
    return Block(block.path, block.keyword, block.words, block.first, last, options, address)


def read_all(files: Files) -> tuple[list[Block], list[Flaw]]:
    """Blocks of the main file and of all that it sources, in the order in which ifup reads them."""
    return _follow(MAIN, files, set())


def _follow(path: str, files: Files, seen: set[str]) -> tuple[list[Block], list[Flaw]]:
    if path in seen or path not in files:
        return [], []
    seen.add(path)
    found, flaws = blocks(path, files[path])
    every = list[Block]()
    for block in found:
        every.append(block)
        if not block.keyword.startswith("source"):
            continue
        for word in block.words:
            pattern = word if word.startswith("/") else f"/etc/network/{word}"
            there = _sourced(block.keyword, pattern, files)
            if not there and not pattern.startswith(FOLDER):
                flaws.append(block.flaw(f"{pattern} is read by ifup, and was not read from the host; it may say more."))
            for one in there:
                more, said = _follow(one, files, seen)
                every += more
                flaws += said
    return every, flaws


def _sourced(keyword: str, pattern: str, files: Files) -> list[str]:
    """`source` takes a pattern, `source-directory` a folder whose names have neither dot nor tilde."""
    if keyword == "source":
        found = [path for path in files if fnmatchcase(path, pattern) and path.count("/") == pattern.count("/")]
        return sorted(path for path in found if not path.rpartition("/")[2].startswith("."))
    folder = pattern.rstrip("/")
    return sorted(
        path for path in files if path.rpartition("/")[0] == folder and SOURCED.fullmatch(path.rpartition("/")[2])
    )


def replaced(text: str, changes: dict[tuple[int, int], list[str]]) -> str:
    """The text with spans of lines (counted from 1) replaced; a blank line that would be doubled goes."""
    lines = text.split("\n")
    for (first, last), new in sorted(changes.items(), reverse=True):
        before, behind = lines[: first - 1], lines[last:]
        if not new and before and behind and not before[-1].strip() and not behind[0].strip():
            behind = behind[1:]
        lines = before + new + behind
    return "\n".join(lines)
