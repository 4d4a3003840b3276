"""The words of LVM's configuration language, split exactly as LVM splits them.

LVM has one language for lvm.conf and for metadata.  A file is read as tokens: ``{`` ``}`` ``[`` ``]``
``,`` ``=``, numbers, ``"escaped"`` and ``'raw'`` strings, and bare words.  White space and ``#``
comments separate tokens and mean nothing.  Three surprises, all of LVM's making and all kept here:

* whether ``12`` is a number or a name depends on the token *before* it: after ``=``, ``[`` and ``,`` a
  value may come, elsewhere only a name;
* a bare word runs on to white space, ``#``, ``=``, ``{`` or ``}``, so it swallows ``,`` and ``]``;
* a NUL byte ends the file, and an unclosed string at the end of the file loses its last byte.

LVM 2.02.143 and later are followed; 2.02.88 differs only in refusing quoted names.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from recovery.lvm.errors import error_at

SPACE: Final = r"[ \t-\r]"
TRIVIA: Final = r"[ \t-\r]*+(?:\#[^\n\0]*+[ \t-\r]*+)*+"

EOF, INT, FLOAT, ESCAPED, RAW, BARE, NAME = "end", "int", "float", "escaped", "raw", "bare", "name"

_TRIVIA: Final = re.compile(TRIVIA)
_ESCAPED: Final = re.compile(r'"(?:[^"\\\0]++|\\[^\0]|\\)*+"?')
_RAW: Final = re.compile(r"'[^'\0]*+'?")
_NUMBER: Final = re.compile(r"[+\-0-9][0-9]*+(?:\.[0-9]*+)?|\.[0-9]*+")
_WORD: Final = re.compile(r"[^ \t-\r#={}\0]++")
_STRTOLL: Final = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))")
_STRTOD: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ESCAPE: Final = re.compile(r'\\(["\\])')

# An old 32-bit LVM (before 2.02.169) wrote times too long for 64 bits; LVM reads them as this day.
REPAIRED_TIME: Final = 1527120000


class Token(NamedTuple):
    """One token: its kind (a punctuation mark stands for itself) and its span of characters."""

    kind: str
    start: int
    end: int


def next_token(text: str, offset: int, value_allowed: bool) -> Token:
    """The token after ``offset``; ``value_allowed`` is true after ``=``, ``[`` and ``,``."""
    start = skip_trivia(text, offset)
    if start >= len(text) or text[start] == "\0":
        return Token(EOF, start, start)
    first = text[start]
    if first in "{}[],=":
        return Token(first, start, start + 1)
    if first == '"':
        return Token(ESCAPED, start, _end(_ESCAPED, text, start))
    if first == "'":
        return Token(RAW, start, _end(_RAW, text, start))
    if value_allowed and first in "0123456789+-.":
        end = _end(_NUMBER, text, start)
        return Token(FLOAT if "." in text[start:end] else INT, start, end)
    return Token(BARE if value_allowed else NAME, start, _end(_WORD, text, start))


def skip_trivia(text: str, offset: int) -> int:
    """The offset of the first character at or after ``offset`` that is neither space nor comment."""
    return _end(_TRIVIA, text, offset)


def string_of(text: str, token: Token) -> str:
    """What a string token or a word says, without its quotes and escapes."""
    if token.kind in (NAME, BARE):
        return text[token.start : token.end]
    if token.end - token.start < 2:
        raise error_at(text, token.end, "The file ends at an opening quote: it was cut off; upload the whole file")
    inner = text[token.start + 1 : token.end - 1]
    return _ESCAPE.sub(r"\1", inner) if token.kind == ESCAPED else inner


def int_of(text: str, token: Token, key: str) -> tuple[int, bool]:
    """The number an int token stands for, and whether it had to be repaired.

    As C's ``strtoll`` with base 0 does: a leading 0 means octal, and digits are read past the token's
    end (``0x1b`` is 27, though the ``x1b`` then stands there as a stray name).
    """
    match = _STRTOLL.match(text, token.start)
    number = 0
    if match:
        sign, hexadecimal, octal, decimal = match.groups()
        if hexadecimal or octal:
            number = int(hexadecimal or octal, 16 if hexadecimal else 8)
        else:
            number = int(decimal) if len(decimal) < 40 else 1 << 64  # Python refuses > 4300 digits
        number = -number if sign == "-" else number
    if -(1 << 63) <= number < 1 << 63:
        return number, False
    if key == "creation_time":
        return REPAIRED_TIME, True
    raise error_at(text, token.start, f'The number of "{key}" does not fit 64 bits, so LVM refuses it; correct it')


def float_of(text: str, token: Token, key: str) -> float:
    """The number a float token stands for; LVM knows floats but has no use for them in metadata."""
    match = _STRTOD.match(text, token.start)
    number = float(match.group()) if match else 0.0
    mantissa = re.split("[eE]", match.group())[0] if match else ""
    too_small = abs(number) < 2.2250738585072014e-308 and any(digit in "123456789" for digit in mantissa)
    if too_small or number in (float("inf"), float("-inf")):
        raise error_at(text, token.start, f'The number of "{key}" does not fit a float, so LVM refuses it; correct it')
    return number


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start
