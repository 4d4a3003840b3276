"""What stands on a disk whose LVM label is gone; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from recovery.bare import MOST_HEAD, Bare, Lost, lost
from recovery.contents import Place
from recovery.facts.contents import AskSignatures
from recovery.known import Facts
from recovery.request import Problem, Request
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import Ask, FactError
from ssh.sections import ended_well
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskBare:
    """Device → (what blkid knows it for, {group UUID: highest sequence number} of texts before its first extent).

    `devices` are (device, bytes before the first extent). Real lines:

        bare /dev/sdb -
        text /dev/sdb 1YwxqP-Zf2X-XGk3-UuOt-038d-j3Lu-ePa7cu 4
    """

    devices: tuple[tuple[str, int], ...]
    name = "bare disks"

    def command(self) -> Command:
        words = (word for device, head in self.devices for word in (device, str(head)))
        return Command(("sh", "-c", script("read_bare"), "regroup", *words), sudo=True, timeout=120)

    def parse(self, result: Result) -> dict[str, tuple[str, dict[str, int]]]:
        what = "The disks without a label"
        found: dict[str, tuple[str, dict[str, int]]] = {}
        for word, device, *rest in (line.split() for line in ended_well(result, what).splitlines() if line.strip()):
            try:
                if word == "bare":
                    (kind,) = rest
                    found[device] = ("" if kind == "-" else kind, {})
                elif word == "text":
                    uuid, seqno = rest
                    texts = found[device][1]
                    texts[uuid] = max(int(seqno), texts.get(uuid, 0))
                else:
                    raise ValueError(word)
            except (KeyError, ValueError):
                raise FactError(
                    f"{what}: the host's line {' '.join((word, device, *rest))!r} is not as expected."
                ) from None
        return found


def look_bare(ask: Ask, request: Request, known: Facts) -> tuple[Bare, ...]:
    """What stands on every device that may be the one without its label; empty where none may be."""
    found = lost(request.disk, request.metadata, known.attached, known.host)
    if isinstance(found, Problem) or not 0 < found.head <= MOST_HEAD:
        return ()
    said = ask(AskBare(tuple((f"/dev/{device.name}", found.head) for device in found.candidates)))
    kinds = _contents(ask, found)
    rows = []
    for device in found.candidates:
        signature, remains = said[f"/dev/{device.name}"]
        begins = found.begins(device)
        seen = {
            lv: kinds[place.device, place.start]
            for lv, place in begins.items()
            if kinds.get((place.device, place.start))
        }
        rows.append(Bare(device.name, signature, seen, remains))
    return tuple(rows)


def _contents(ask: Ask, found: Lost) -> dict[tuple[str, int], str]:
    """What stands where a volume would begin on any candidate, by device and byte."""
    places: list[Place] = []
    for device in found.candidates:
        places += [place for place in found.begins(device).values() if place.start + place.length <= device.size]
    return ask(AskSignatures(tuple(places))) if places else {}
