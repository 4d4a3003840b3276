"""Reads YAML as netplan does, every scalar a string, and changes single places of it without touching the rest.

Comments, order, quotes and blank lines of a file stay as they are: what is replaced, added or taken out are the lines
(or the one word) of a key. Places are found by PyYAML's marks; the text is never written anew by a library.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

Data = Any
"""A str, a list of Data, or a dict from str to Data."""

PLAIN = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_/.:+-]*[A-Za-z0-9_/.+-]|[A-Za-z0-9_/.]")
STR = "tag:yaml.org,2002:str"
RESOLVER: Any = yaml.resolver.Resolver()


class Bare(str):
    """A word that stands without quotes, or is to, though YAML takes it for a number or a truth value."""


class YamlError(ValueError):
    """The text is no YAML that netplan reads: the line, counted from 1, and a sentence."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """A file's root node; None for an empty one."""

    text: str
    root: yaml.Node | None


@lru_cache(maxsize=32)
def compose(text: str) -> Document:
    """Raises YamlError with the line. What was read last is kept: a change of several places reads a text often."""
    try:
        tokens = yaml.scan(text, Loader=yaml.SafeLoader) if "*" in text else ()
        alias = next((token for token in tokens if isinstance(token, yaml.AliasToken)), None)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, f"This is no YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise YamlError(1, f"This is no YAML: {' '.join(str(error).split())}.") from error
    if alias:
        raise YamlError(alias.start_mark.line + 1, "netplan reads no aliases (*name); write the value out.")
    return Document(text, root)


def data(node: yaml.Node | None) -> Data:
    """Strings, lists and dicts; an empty value is an empty string."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): data(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [data(item) for item in node.value]
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return ""
    return Bare(node.value) if isinstance(node, yaml.ScalarNode) and node.style is None else str(node.value)


def entry(node: yaml.Node | None, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of a mapping; the last of two."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((pair for pair in reversed(node.value) if pair[0].value == key), None)


def find(document: Document, path: Sequence[str]) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value at a path of keys."""
    pair, node = None, document.root
    for key in path:
        pair = entry(node, key)
        if pair is None:
            return None
        node = pair[1]
    return pair


def line_of(document: Document, path: Sequence[str]) -> int:
    """The line of the last key of `path` that is there, counted from 1."""
    for length in range(len(path), 0, -1):
        pair = find(document, path[:length])
        if pair:
            return int(pair[0].start_mark.line) + 1
    return 1


def put(text: str, path: Sequence[str], value: Data) -> str:
    """The text with `value` at `path`, parents made where they are not there. Raises YamlError."""
    document = compose(text)
    there = find(document, path)
    if there and data(there[1]) == value:
        return text
    if there and isinstance(value, str) and isinstance(there[1], yaml.ScalarNode) and there[1].style not in ("|", ">"):
        old = there[1]
        gap = "" if old.start_mark.index != old.end_mark.index else " "
        return text[: old.start_mark.index] + gap + scalar(value) + text[old.end_mark.index :]
    for length in range(len(path) - 1, -1, -1):
        parent = document.root if length == 0 else (find(document, path[:length]) or (None, None))[1]
        if parent is None:
            continue
        nested = value
        for name in reversed(path[length + 1 :]):
            nested = {name: nested}
        if _is_block(parent):
            return _placed(text, parent, path[length], nested)
        whole = {**_mapping(parent), path[length]: nested}
        above = document.root if length == 1 else (find(document, path[: length - 1]) or (None, None))[1]
        if length and above is not None and _is_block(above) and not _mapping(parent):
            return _placed(text, above, path[length - 1], whole)
        if length:
            gap = "" if parent.start_mark.index != parent.end_mark.index else " "
            return text[: parent.start_mark.index] + gap + flow(whole) + text[parent.end_mark.index :]
        break
    nested = value
    for name in reversed(path[1:]):
        nested = {name: nested}
    return "".join(f"{line}\n" for line in rendered({**_mapping(document.root), path[0]: nested}, 0))


def _mapping(node: yaml.Node | None) -> dict[str, Data]:
    value = data(node)
    return value if isinstance(value, dict) else {}


def drop(text: str, path: Sequence[str], *, keep: int = 1) -> str:
    """The text without what is at `path`, and without parents that are empty then, down to `keep` keys of the path.

    A parent that stays though it is empty is written `{}`, since netplan wants a mapping.
    """
    document = compose(text)
    there = find(document, path)
    if there is None:
        return text
    above = find(document, path[:-1]) if len(path) > 1 else None
    siblings = [key for key in data(above[1]) if key != path[-1]] if above else []
    if siblings or len(path) == 1:
        if above and not _is_block(above[1]):
            left = {key: value for key, value in data(above[1]).items() if key != path[-1]}
            node = above[1]
            return text[: node.start_mark.index] + flow(left) + text[node.end_mark.index :]
        return _without(text, there)
    if len(path) - 1 > keep:
        return drop(text, path[:-1], keep=keep)
    if above is None:
        return text
    lines = text.split("\n")
    if not _is_block(above[1]):
        node = above[1]
        return text[: node.start_mark.index] + "{}" + text[node.end_mark.index :]
    first, last = there[0].start_mark.line, _last_line(there[1], there[0])
    head = above[0].start_mark.line
    lines[head] = lines[head][: above[0].end_mark.column] + ": {}" + _comment(lines[head])
    return "\n".join(lines[:first] + lines[last + 1 :])


def _comment(line: str) -> str:
    match = re.search(r":(\s+#.*)$", line)
    return match[1] if match else ""


def _is_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and not node.flow_style and bool(node.value)


def _placed(text: str, parent: yaml.Node, key: str, value: Data) -> str:
    """In a block mapping: in place of the key's lines, else behind the last."""
    lines = text.split("\n")
    column = parent.value[0][0].start_mark.column
    new = rendered({key: value}, column)
    there = entry(parent, key)
    if there:
        first, last = there[0].start_mark.line, _last_line(there[1], there[0])
        return "\n".join(lines[:first] + new + lines[last + 1 :])
    last = _last_line(parent.value[-1][1], parent.value[-1][0])
    if last + 1 >= len(lines):
        new = [*new, ""]
    return "\n".join(lines[: last + 1] + new + lines[last + 1 :])


def _without(text: str, there: tuple[yaml.Node, yaml.Node] | None) -> str:
    if there is None:
        return text
    lines = text.split("\n")
    first, last = there[0].start_mark.line, _last_line(there[1], there[0])
    return "\n".join(lines[:first] + lines[last + 1 :])


def _last_line(node: yaml.Node, key: yaml.Node) -> int:
    """The last line that holds something of a value; a block's own end mark lies behind blank lines and comments."""
    if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1], last[0]) if isinstance(last, tuple) else _last_line(last, last)
    if isinstance(node, yaml.ScalarNode) and node.start_mark.index == node.end_mark.index:
        return int(key.end_mark.line)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.line) - 1
    return int(node.end_mark.line)


def rendered(value: Data, column: int) -> list[str]:
    """Lines in block style, two blanks a level, sequences indented as netplan's own examples are."""
    space, lines = " " * column, list[str]()
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                lines += [f"{space}{scalar(key)}:", *rendered(item, column + 2)]
            else:
                lines.append(f"{space}{scalar(key)}: {flow(item)}")
        return lines
    for item in value:
        if isinstance(item, dict) and item:
            inner = rendered(item, column + 2)
            lines += [f"{space}- {inner[0].lstrip()}", *inner[1:]]
        else:
            lines.append(f"{space}- {flow(item)}")
    return lines


def flow(value: Data) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def scalar(text: str) -> str:
    """A string, in quotes where YAML 1.1 would read it as something else (no, 1e3, 52:54:00:10:01:00)."""
    plain = PLAIN.fullmatch(text)
    if isinstance(text, Bare) and plain:
        return str(text)
    plain = plain and RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) == STR
    return text if plain else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
