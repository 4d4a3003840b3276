"""Metadata that lies on a host already: a file restored there, or what LVM there once wrote down itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from changes.plan import Json
from recovery.lvm.metadata import MetadataError
from recovery.lvm.upload import LIMIT, decode_upload
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well
from ssh.session import Result

WRONG = {
    "absent": "{host} has no file {path}. Have it restored there, then look again.",
    "link": "{path} on {host} leads elsewhere through a symbolic link. Write the path that it leads to.",
    "other": "{path} on {host} is no regular file. Name the LVM backup file itself.",
    "unreadable": "{path} on {host} cannot be read there, not even as root.",
    "foreign": "{path} on {host} is not LVM text metadata. Name the old VM's file of /etc/lvm/backup.",
}


@dataclass(frozen=True, slots=True)
class AskSource:
    """The metadata text in a file on a host, as what the request lacked. A real answer: `file IyBHZW5lcmF0ZWQg…`."""

    host: str
    path: str
    name = "source"

    def command(self) -> Command:
        words = ("sh", "-c", script("read_source"), "regroup", self.path, str(LIMIT))
        return Command(words, sudo=True, timeout=60)

    def parse(self, result: Result) -> Mapping[str, Json]:
        """Raises FactError with a whole sentence; it quotes nothing of a file that is not LVM's."""
        where = {"host": self.host, "path": self.path}
        word, _, rest = ended_well(result, f"{self.path} on {self.host}").strip().partition(" ")
        if word == "large":
            raise FactError(f"{self.path} on {self.host} has {rest} bytes; LVM's text metadata never reaches 2 MiB.")
        if word != "file":
            raise FactError(WRONG.get(word, "{host} answered in a shape that is not known.").format(**where))
        try:
            text = decode_upload(base64.b64decode(rest, validate=True))
        except MetadataError as error:
            raise FactError(f"{self.path} on {self.host}: {error.message}") from error
        except ValueError as error:
            raise FactError(f"{self.path} on {self.host} came in a shape that is not known.") from error
        return {"metadata": text, "file_name": f"{self.host}:{self.path}"}
