"""Names LVM allows for volume groups and logical volumes, and the names they get under /dev/mapper.

Rules of LVM 2.02 and 2.03: ``A-Z a-z 0-9 . _ + -`` only, at most 127 characters, not "." or "..", no
leading hyphen.  ``vgcfgrestore`` checks no more than that, and ``vgimportclone`` nothing at all (a bad
name there destroys the metadata), so everything is checked here before any command is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9._+-]+")
_NOT_NAME: Final = re.compile(r"[^A-Za-z0-9._+-]")

NAME_LIMIT: Final = 127  # LVM's NAME_LEN less the closing NUL; device-mapper has the same limit
VG_LIMIT: Final = 121  # "/dev/" and the name must fit as well: vgcreate, vgrename
PAIR_LIMIT: Final = 124  # group and volume together, as LVM counts them before it writes

RESERVED_PREFIXES: Final = ("pvmove", "snapshot")
RESERVED_PARTS: Final = (
    "_cdata",
    "_cmeta",
    "_corig",
    "_cpool",
    "_cvol",
    "_wcorig",
    "_mimage",
    "_mlog",
    "_rimage",
    "_rmeta",
    "_tdata",
    "_tmeta",
    "_vdata",
    "_imeta",
    "_iorig",
    "_pmspare",
    "_vorigin",
)


class InvalidName(ValueError):
    """A name LVM would refuse; the text is one sentence that says which rule it breaks."""


def validate_vg_name(name: str) -> None:
    """Raise InvalidName unless LVM would take ``name`` for a new volume group.

    Whether the name is free (no such group, nothing of that name in /dev) only the host can tell.
    """
    _validate(name, "volume group")
    if len(name) > VG_LIMIT:
        raise InvalidName(f"The volume group name has {len(name)} characters; LVM allows {VG_LIMIT}.")


def validate_lv_name(name: str) -> None:
    """Raise InvalidName unless LVM would take ``name`` for a new logical volume of a person's own."""
    _validate(name, "logical volume")
    for prefix in RESERVED_PREFIXES:
        if name.startswith(prefix):
            raise InvalidName(f'A logical volume name may not begin with "{prefix}": LVM keeps that for itself.')
    for part in RESERVED_PARTS:
        if part in name:
            raise InvalidName(f'A logical volume name may not contain "{part}": LVM keeps that for itself.')


def validate_volume_name(name: str) -> None:
    """Raise InvalidName unless ``name`` may stand in metadata, where hidden volumes have reserved names."""
    if not (_NAME.fullmatch(name) and len(name) <= NAME_LIMIT and name[0] != "-" and name not in (".", "..")):
        _validate(name, "logical volume")


def validate_dm_names(vg: str, lvs: Iterable[str]) -> None:
    """Raise InvalidName unless every logical volume's device-mapper name fits under group name ``vg``.

    ``/dev/mapper`` shows one flat list, so LVM joins group and volume by a hyphen and doubles every
    hyphen within them: ``old-vg`` and ``my-data`` become ``old--vg-my--data``, of at most 127 characters.
    """
    for lv in lvs:
        length = len(dm_name(vg, lv))
        if length > NAME_LIMIT or len(vg) + len(lv) > PAIR_LIMIT:
            excess = max(length - NAME_LIMIT, len(vg) + len(lv) - PAIR_LIMIT)
            raise InvalidName(
                f'With the volume group name "{vg}" the device name of logical volume "{lv}" is too long; '
                f"choose a name at least {excess} characters shorter."
            )


def dm_name(vg: str, lv: str) -> str:
    """The name of a logical volume under /dev/mapper."""
    return f"{vg.replace('-', '--')}-{lv.replace('-', '--')}"


def suggest_vg_name(vm: str, old_name: str) -> str:
    """A valid name that tells whose group it is: VM "vm42" and group "RootVG" give "vm42_RootVG".

    A VM's name is often a full host name, so only its first label is used; what LVM does not allow
    becomes "_".  Cut to 60 characters, which leaves room for the names of logical volumes.
    """
    host = _NOT_NAME.sub("_", vm.strip().split(".")[0]) or "vm"
    group = _NOT_NAME.sub("_", old_name) or "vg"
    return f"{host[:29]}_{group[:30]}".lstrip("-.+") or "vm_vg"


def _validate(name: str, what: str) -> None:
    if not name:
        raise InvalidName(f"The {what} name is empty; give it one.")
    if name.startswith("-"):
        raise InvalidName(f"A {what} name may not begin with a hyphen: commands would take it for an option.")
    if name in (".", ".."):
        raise InvalidName(f'A {what} may not be called "{name}": that is a directory.')
    bad = _NOT_NAME.search(name)
    if bad:
        raise InvalidName(
            f"A {what} name may not contain {_spoken(bad.group())}: LVM allows letters without accents, "
            "digits and . _ + - only."
        )
    if len(name) > NAME_LIMIT:
        raise InvalidName(f"The {what} name has {len(name)} characters; LVM allows {NAME_LIMIT}.")


def _spoken(char: str) -> str:
    known = {" ": "a space", "\t": "a tab", "\n": "a line break", "/": "a slash", '"': "a double quote"}
    return known.get(char) or (f'"{char}"' if char.isprintable() else f"the character U+{ord(char):04X}")
