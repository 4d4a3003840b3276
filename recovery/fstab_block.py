"""A group's block of lines in the text of an /etc/fstab: put there, found, taken out. Pure."""

from __future__ import annotations

import re


def begin(group: str) -> str:
    """The comment before the group's lines."""
    return f"# begin Regroup {group}"


def end(group: str) -> str:
    """The comment after them."""
    return f"# end Regroup {group}"


def with_lines(text: str, block: str) -> str:
    """The fstab's text with the block at its end."""
    return text + ("\n" if text and not text.endswith("\n") else "") + block


def without_lines(text: str, group: str) -> str:
    """The fstab's text without the group's block; unchanged where there is none, or only one of its comments."""
    found = _block(group).search(text)
    return text[: found.start()] + text[found.end() :] if found else text


def mentions(text: str, group: str) -> int:
    """Number of the first line that names the group outside of its block, 0 where none does."""
    name = re.escape(group)
    mapped = re.escape(group.replace("-", "--"))
    device = re.compile(rf"\s*/dev/(?:{name}/|mapper/{mapped}-(?!-))")
    block = _block(group).search(text)
    inside = range(text.count("\n", 0, block.start()), text.count("\n", 0, block.end())) if block else range(0)
    rows = enumerate(text.split("\n"))
    return next((number + 1 for number, row in rows if number not in inside and device.match(row)), 0)


def block_of(text: str, group: str) -> str:
    """The group's block, its comments included; empty where there is none."""
    found = _block(group).search(text)
    return found[0] if found else ""


def _block(group: str) -> re.Pattern[str]:
    name = re.escape(group)
    return re.compile(rf"^# begin Regroup {name}\n(?:(?!# (?:begin|end) ).*\n)*# end Regroup {name}\n", re.MULTILINE)
