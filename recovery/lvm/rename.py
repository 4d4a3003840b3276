"""Renaming the volume group in a metadata file: one token changes, and nothing else.

In LVM's text the group's name stands in one place, before the first ``{`` at the top level.  The same
letters may also stand in the description, in a tag or in a logical volume's name, and must stay there;
that is why this is no search and replace.
"""

from __future__ import annotations

from dataclasses import replace

from recovery.lvm.errors import MetadataError, error_at
from recovery.lvm.model import Metadata
from recovery.lvm.names import validate_vg_name
from recovery.lvm.reading import parse_metadata
from recovery.lvm.tree import Section, TopName


def rename_volume_group(text: str, new: str) -> str:
    """The same text with the volume group called ``new``; every other byte is as before.

    Raises InvalidName for a name LVM refuses, MetadataError for a text LVM refuses, and for one where
    the name stands in more than one place (a file pasted twice).  The result is read again and must
    say the same as before, save for the name.
    """
    return renamed(parse_metadata(text), new)


def renamed(before: Metadata, new: str) -> str:
    """The same for a text that was read already."""
    validate_vg_name(new)
    text, place = before.text, _only_place(before)
    quote = text[place.start] if text[place.start] in "\"'" else ""
    after = f"{text[: place.start]}{quote}{new}{quote}{text[place.end :]}"
    _prove(before, after, new)
    return after


def _only_place(metadata: Metadata) -> TopName:
    name = metadata.volume_group.name
    places = [top for top in metadata.tree.top_names if top.name == name]
    if len(places) != 1:
        raise error_at(
            metadata.text,
            places[1].start,
            f'The volume group "{name}" stands in the file {len(places)} '
            "times, as if it had been pasted twice; leave one copy",
        )
    return places[0]


def _prove(before: Metadata, renamed: str, new: str) -> None:
    """Raise unless the renamed text reads the same as before but for the name."""
    after = parse_metadata(renamed)
    expected = replace(before, volume_group=replace(before.volume_group, name=new))
    if after != expected or not _same_but_name(before, after):
        raise MetadataError(
            f'Renaming the volume group to "{new}" would change more than its name; rename it to '
            "something that stands nowhere else in the file."
        )


def _same_but_name(before: Metadata, after: Metadata) -> bool:
    """Whether both trees hold the same, known and unknown keys alike, but for the group's name."""
    old, new = before.tree.root, after.tree.root
    renamed = {before.volume_group.name: after.volume_group.name}
    if old.values != new.values or [renamed.get(name, name) for name in old.sections] != list(new.sections):
        return False
    return all(_same(old.sections[name], new.sections[renamed.get(name, name)]) for name in old.sections)


def _same(old: Section, new: Section) -> bool:
    waiting = [(old, new)]
    while waiting:
        old, new = waiting.pop()
        if list(old.values.items()) != list(new.values.items()) or list(old.sections) != list(new.sections):
            return False
        waiting += [(old.sections[name], new.sections[name]) for name in old.sections]
    return True
