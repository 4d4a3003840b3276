"""The build takes Debian from where this machine's own apt takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabUnavailable
from lab.machine import debian_sources

DEB822 = """Types: deb
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main
"""


def apt(folder: Path, name: str, text: str) -> Path:
    (folder / "sources.list.d").mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder


def mirrors(sources: list[str]) -> list[tuple[str, str]]:
    return [(line.split()[2], line.split()[3]) for line in sources]


def test_a_deb822_file_gives_the_mirror_its_updates_and_its_security(tmp_path: Path) -> None:
    assert mirrors(debian_sources(apt(tmp_path, "sources.list.d/debian.sources", DEB822))) == [
        ("http://mirror.example.org/debian", "bookworm"),
        ("http://mirror.example.org/debian", "bookworm-updates"),
        ("http://mirror.example.org/debian-security", "bookworm-security"),
    ]


def test_a_one_line_file_is_read_too(tmp_path: Path) -> None:
    line = "deb [arch=amd64] https://mirror.example.org/debian/ trixie main contrib\n"
    found = mirrors(debian_sources(apt(tmp_path, "sources.list", line)))
    assert found[0] == ("https://mirror.example.org/debian/", "bookworm")


def test_a_mirror_in_a_comment_or_of_another_vendor_is_not_taken(tmp_path: Path) -> None:
    apt(tmp_path, "sources.list", "# deb http://old.example.org/debian bookworm main\n")
    apt(tmp_path, "sources.list.d/node.list", "deb https://deb.example.com/node_20.x nodistro main\n")
    with pytest.raises(LabUnavailable, match="no Debian mirror"):
        debian_sources(tmp_path)
