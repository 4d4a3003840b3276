"""Reading what stands on disks that are attached before the plan is made; nothing is written."""

from __future__ import annotations

from recovery.attached import Attached, attached_of, busy, is_named
from recovery.facts.host import HostState
from recovery.facts.labels import AskLabels, AskTexts, Labelled
from ssh.facts import Ask


def look(ask: Ask, host: HostState, name: str) -> tuple[Attached, ...]:
    """Every device with an LVM label and the named disk, with their texts as far as they are idle."""
    labels = ask(AskLabels())
    bare = {label: attached_of(label, host, "") for label in labels}
    kept = {label: device for label, device in bare.items() if device.pv or is_named(device, name)}
    areas = {label: area for label, device in kept.items() if not busy(device, host) for area in _areas(label)}
    texts = ask(AskTexts(tuple(areas.values()))) if areas else {}
    return tuple(attached_of(label, host, texts[areas[label]] if label in areas else "") for label in kept)


def _areas(label: Labelled) -> list[tuple[str, int]]:
    """The first metadata area, if the label names one."""
    areas = label.label.metadata_areas if label.label else ()
    return [(label.device, area.offset) for area in areas[:1]]
