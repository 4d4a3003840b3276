"""Configuration files as `files.lib.sh` prints them: modes and sizes first, then the texts, each line marked."""

from __future__ import annotations

import re

from networking.facts.values import NetFile
from ssh.facts import FactError

SIZE = re.compile(r"#([0-7]{1,4}) ([0-9]+) (/.*)")
LINE, MASKED, CUT = "|", "*", "!"


def parse_files(text: str, what: str) -> tuple[NetFile, ...]:
    """Every file in the order told. Raises FactError naming the line.

    A real answer, shortened:

        #600 92 /etc/NetworkManager/system-connections/lan.nmconnection
        =/etc/NetworkManager/system-connections/lan.nmconnection
        |[connection]
        *psk=••••
    """
    told: dict[str, tuple[str, int]] = {}
    marked: dict[str, list[str]] = {}
    path = ""
    for line in text.split("\n") if text else ():
        size = SIZE.fullmatch(line)
        if size and not path:
            told[size[3]] = (size[1].zfill(4), int(size[2]))
        elif line.startswith("=") and line[1:] in told:
            path = line[1:]
        elif path and line[:1] in (LINE, MASKED, CUT):
            marked.setdefault(path, []).append(line)
        else:
            raise FactError(f"{what}: the line {line!r} stands in no configuration file.")
    return tuple(_file(path, mode, size, marked.get(path, [])) for path, (mode, size) in told.items())


def _file(path: str, mode: str, size: int, lines: list[str]) -> NetFile:
    body = "".join(f"{line[1:]}\n" for line in lines if not line.startswith(CUT))
    raw = body.encode("utf-8", "surrogateescape")
    if len(raw) == size + 1:  # awk ends the last line too where the file does not
        raw = raw[:-1]
    text = raw.decode("utf-8", "replace").replace("\0", "\ufffd")
    whole = all(line.startswith(LINE) for line in lines) and text.encode() == raw and len(raw) == size
    return NetFile(path, text, mode, whole)
