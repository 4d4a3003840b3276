"""How a host is set up to come up, for comparing with what runs: its network managers and their files."""

from __future__ import annotations

from dataclasses import dataclass, field

from networking.facts.files import parse_files
from networking.facts.managers import parse_managers
from networking.facts.values import Setup
from networking.scripts import script
from ssh.command import Command
from ssh.sections import ended_well, part, parts
from ssh.session import Result

WHAT = "The network files of the host"


@dataclass(frozen=True, slots=True)
class AskSetup:
    """The Setup of a host, in one round trip, as root: profiles of NetworkManager and netplan are root's alone.

    A real answer has the parts managers, tools and files of AskNetwork's, in the same form.
    """

    name: str = field(default="setup", init=False)

    def command(self) -> Command:
        return Command(("sh", "-c", script("network.lib", "files.lib", "files"), "regroup"), sudo=True)

    def parse(self, result: Result) -> Setup:
        found = parts(ended_well(result, WHAT), WHAT)
        files = parse_files(part(found, "files", WHAT), WHAT)
        managers = parse_managers(part(found, "managers", WHAT), part(found, "tools", WHAT), files, WHAT)
        return Setup(managers, files)
