"""Where the volumes of storage pools lie: a disk may be given as a pool and a volume in it, and no path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hypervisors.libvirt.words import Virsh, shortened
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well, parts
from ssh.session import Result

Volume = tuple[str, str]
"""The name of a pool, and of a volume in it."""

Paths = Mapping[Volume, str]

PATHS = r"""
uri=$1 number=0; shift
while [ $# -gt 0 ]; do
    printf '@@begin %s\n' "$number"
    virsh -q -c "$uri" vol-path --pool="$1" --vol="$2" 2>&1
    printf '\n@@end %s %s\n' "$number" "$?"
    number=$((number + 1)); shift 2
done
"""

GONE = re.compile(r"^error: (?:pool .* is not active|failed to get (?:pool|vol) )", re.MULTILINE)
"""virsh's own words for a pool that is not started or not there, and for a volume that is not there."""


@dataclass(frozen=True, slots=True)
class AskVolumes:
    """{volume: its path}, without those that libvirt cannot find now, and those that are no file (of Ceph). Real parts:

    @@begin 0
    /var/lib/libvirt/images/old.qcow2

    @@end 0 0
    @@begin 1
    error: pool 'tank' is not active

    @@end 1 1
    """

    virsh: Virsh
    volumes: tuple[Volume, ...]
    name = "volumes of storage pools"

    def command(self) -> Command:
        words = (word for volume in self.volumes for word in volume)
        return Command(("sh", "-c", PATHS, "regroup", self.virsh.uri, *words), sudo=True, timeout=120)

    def parse(self, result: Result) -> dict[Volume, str]:
        found = parts(ended_well(result, self.name), self.name)
        paths = {}
        for number, volume in enumerate(self.volumes):
            status, text = found.get(str(number), (1, "no answer"))
            if status and not GONE.search(text):
                raise FactError(f"Where the volume {volume[1]} of the pool {volume[0]} is: {shortened(text)}")
            if not status and text.startswith("/"):
                paths[volume] = text
        return paths
