import bz2
import gzip
import lzma

import pytest

from recovery.lvm import MetadataError, decode_upload
from tests.recovery.lvm.samples import disk, raw

BACKUP = raw("70-two-pvs.vg")

WRONG = [
    (b"", "The file is empty"),
    (b" \r\n\t\n", "The file is empty"),
    (b"PNG or a shopping list\n", "This is not LVM text metadata"),
    (gzip.compress(BACKUP), "The file is packed with gzip; unpack it first (gunzip)"),
    (bz2.compress(BACKUP), "The file is packed with bzip2"),
    (lzma.compress(BACKUP), "The file is packed with xz"),
    (b"\xef\xbb\xbf" + BACKUP, "The file begins with a UTF-8 byte-order mark"),
    (BACKUP.replace(b"RootVG {", b"\xef\xbb\xbfRootVG {"), "The file has an invisible byte-order mark inside"),
    (BACKUP.decode().encode("utf-16"), "The file is UTF-16 text"),
    (b"\xff\xfe\0\0" + BACKUP, "The file is UTF-32 text"),
    (disk("pv-plain.head"), "This is the beginning of a physical volume"),
    (BACKUP + b"\0", "The file holds a NUL byte"),
    (
        BACKUP + b"#" * (2 * 1024 * 1024 - len(BACKUP)),
        "The file has 2097152 bytes; LVM's text metadata never reaches 2 MiB",
    ),
    (BACKUP[:1000], 'The file ends inside section "pv1" opened at line 35: it was cut off'),
    (
        b"  metadata text at 8704 crc 0x1 # vgname RootVG seqno 4\n  ---\n" + BACKUP,
        'This is what "pvck --dump metadata"',
    ),
    (BACKUP.replace(b"seqno = 3", b"seqno 3"), 'Found "3" where LVM expects'),
]


@pytest.mark.parametrize(("data", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_file_is_refused_with_what_it_is(data: bytes, said: str) -> None:
    with pytest.raises(MetadataError) as caught:
        decode_upload(data)

    assert caught.value.message.startswith(said)
    assert caught.value.message.endswith(".")


def test_a_nul_byte_is_pointed_at() -> None:
    with pytest.raises(MetadataError) as caught:
        decode_upload(b"contents = 1\nversion\0 = 1\n")

    assert (caught.value.line, caught.value.column, caught.value.byte) == (2, 8, 21)


def test_a_file_just_under_the_limit_is_read() -> None:
    decode_upload(BACKUP + b"#" * (2 * 1024 * 1024 - len(BACKUP) - 1))
