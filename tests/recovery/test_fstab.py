"""The old VM's /etc/fstab is read strictly, whatever bytes it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.fstab import LIMIT, FstabError, decode_fstab, parse_fstab

REAL = r"""
#
# /etc/fstab
# Created by anaconda on Tue Apr 24 09:12:33 2018
#
/dev/mapper/RootVG-root /                       xfs     defaults        0 0
UUID=6c2a3b1e-4a0e-4c7b-9d7e-0d5b1a1f2c3d /boot xfs     defaults        0 0
/dev/RootVG/var         /var                    xfs     defaults,noatime 0 0
/dev/mapper/RootVG-swap swap                    swap    defaults        0 0
LABEL=old-data          /srv/my\040data         ext4    noauto          0 2
PARTUUID=0fc63daf-01    /boot/efi/              vfat    umask=0077      0 0  # the boot loader's
/srv/my\040data/www     /var/www                none    bind            0 0
nas:/export             /home                   nfs     rw,_netdev
tmpfs                   /tmp                    tmpfs
"""


def test_a_real_file_is_read_line_by_line() -> None:
    root, boot, var, swap, data, efi, bind, home, tmp = parse_fstab(REAL)
    assert (root.source, root.target, root.type, root.line) == ("/dev/mapper/RootVG-root", "/", "xfs", 6)
    assert (boot.tag, boot.source) == ("UUID", "6c2a3b1e-4a0e-4c7b-9d7e-0d5b1a1f2c3d")
    assert var.options == ("defaults", "noatime")
    assert swap.is_swap and not swap.is_mount
    assert not data.is_automatic and root.is_automatic
    assert (efi.tag, efi.target) == ("PARTUUID", "/boot/efi")
    assert bind.is_bind and not bind.is_mount
    assert home.is_network and not home.is_mount
    assert (tmp.options, tmp.is_mount) == (("defaults",), False)
    assert root.is_mount and boot.is_mount and var.is_mount


def test_octal_escapes_and_quotes_are_undone() -> None:
    assert parse_fstab(REAL)[4].target == "/srv/my data"
    (entry,) = parse_fstab(r'LABEL="data\040one" /a\134b\303\244 ext4')
    assert (entry.source, entry.target) == ("data one", "/a\\bä")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/dev/a /b", "Line 1 of the old /etc/fstab has 2 fields"),
        ("\n/dev/a", "Line 2 of the old /etc/fstab has 1 field,"),
        ("/dev/a /b ext4 defaults 0 0 7", "has 7 fields"),
        ("/dev/a /b ext4 defaults zero", "'zero' where a number belongs"),
        (r"/dev/a /b\000c ext4", r"has \000"),
        (r"/dev/a /b\777c ext4", r"has \777"),
        ("UUID= /b ext4", "names no source"),
        ("# nothing\n\n", "no entry"),
        ("", "no entry"),
        ("a\0b", "NUL bytes"),
        ("#" * (LIMIT + 1), "larger than 64 KiB"),
    ],
)
def test_what_is_no_fstab_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(FstabError) as refused:
        parse_fstab(text)
    assert words in str(refused.value)


def test_an_upload_that_is_no_text_is_refused() -> None:
    with pytest.raises(FstabError, match="NUL"):
        decode_fstab(b"\x7fELF\0")
    with pytest.raises(FstabError, match="64 KiB"):
        decode_fstab(b" " * (LIMIT + 1))


def test_marks_line_ends_and_odd_bytes_of_an_upload_are_made_plain() -> None:
    (entry,) = parse_fstab(decode_fstab(b"\xef\xbb\xbf/dev/a /caf\xe9 ext4\r\n"))
    assert (entry.target, entry.type) == ("/caf\\xe9", "ext4")


@given(st.binary(max_size=400))
def test_any_bytes_give_entries_or_one_sentence(data: bytes) -> None:
    try:
        entries = parse_fstab(decode_fstab(data))
    except FstabError as refused:
        assert str(refused).endswith(".")
        return
    for entry in entries:
        f"{entry}".encode()  # can be sent and stored
        assert entry.source and "\0" not in entry.target


PATHS = st.text(st.characters(exclude_characters="\0\n\r/", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..")
)


@given(PATHS)
def test_a_path_written_as_the_manual_says_comes_back(name: str) -> None:
    written = "".join(f"\\{ord(char):03o}" if char in " \t\\#" else char for char in f"/{name}")
    (entry,) = parse_fstab(f"/dev/sda1 {written} ext4 defaults 0 2")
    assert entry.target == f"/{name}"
