"""What the QEMU guest agent says: addresses, file systems with the disks below them, the SSH host keys.

The agent's word is the guest's own: good to know the guest's keys over a way that no network has touched.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from hypervisors.libvirt.words import Virsh
from ssh.command import Command
from ssh.facts import FactError
from ssh.hostkeys import HostKeyFormatError, parse_public_key
from ssh.sections import Parts, ended_well, parts
from ssh.session import Result

ASK = r"""
uri=$1 uuid=$2
part() { name=$1; shift; printf '@@begin %s\n' "$name"; "$@"; printf '\n@@end %s %s\n' "$name" $?; }
ask() { virsh -q -c "$uri" qemu-agent-command --timeout 10 "$uuid" "$1" 2>&1; }
part ping ask '{"execute":"guest-ping"}'
ask '{"execute":"guest-ping"}' >/dev/null || exit 0
part network ask '{"execute":"guest-network-get-interfaces"}'
part filesystems ask '{"execute":"guest-get-fsinfo"}'
for kind in ed25519 ecdsa rsa; do
    opened=$(ask '{"execute":"guest-file-open","arguments":{"path":"/etc/ssh/ssh_host_'$kind'_key.pub","mode":"r"}}')
    number=$(printf '%s' "$opened" | sed -n 's/^{"return":\([0-9]*\)}$/\1/p')
    [ -n "$number" ] || { part "none:$kind" printf '%s' "$opened"; continue; }
    part "key:$kind" ask '{"execute":"guest-file-read","arguments":{"handle":'$number',"count":4096}}'
    ask '{"execute":"guest-file-close","arguments":{"handle":'$number'}}' >/dev/null
done
"""


SHUT = ("disabled", "not allowed", "has not been found")
"""What an agent says that may not read files, or cannot."""


@dataclass(frozen=True, slots=True)
class FileSystem:
    """Mounted in the guest; `disks` are serial numbers of the disks below it, "" for one without."""

    mount_point: str
    disks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest that answers. `host_keys` are lines `ssh-ed25519 AAAA…`, none where its agent reads no files.

    filesystems  None where its agent does not tell, or not of which disk each is
    reads_files  whether its agent may read files: at a first boot it may answer before the keys are made
    """

    addresses: tuple[str, ...]
    filesystems: tuple[FileSystem, ...] | None
    host_keys: tuple[str, ...]
    reads_files: bool = True


@dataclass(frozen=True, slots=True)
class AskGuest:
    """The guest, or None where no agent answers. Real answers, one a part:

    {"return":[{"name":"eth0","ip-addresses":[{"ip-address-type":"ipv4","ip-address":"10.0.2.15","prefix":24}],…}]}
    {"return":[{"name":"dm-0","mountpoint":"/","disk":[{"serial":"vm42-sda","bus-type":"scsi","dev":"/dev/sda3",…}],…}]}
    {"return":{"count":93,"buf-b64":"c3NoLWVkMjU1MTkg…","eof":true}}
    """

    virsh: Virsh
    uuid: str
    name = "the agent in the guest"

    def command(self) -> Command:
        return Command(("sh", "-c", ASK, "regroup", self.virsh.uri, self.uuid), sudo=True, timeout=90)

    def parse(self, result: Result) -> Guest | None:
        found = parts(ended_well(result, self.name), self.name)
        if found.get("ping", (1, ""))[0]:
            return None
        shut = any(word in text for name, (_, text) in found.items() if name.startswith("none:") for word in SHUT)
        try:
            return Guest(_addresses(found), _filesystems(found), _host_keys(found), reads_files=not shut)
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise FactError(f"{self.name}: an answer of no known shape.") from error  # it is the guest's: anything


def _said(found: Parts, name: str) -> Any:
    """What it returned; None where it does not do that."""
    status, text = found.get(name, (1, ""))
    if status:
        return None
    try:
        return json.loads(text)["return"]
    except (ValueError, LookupError, TypeError) as error:
        raise FactError(f"The agent in the guest: the part {name} has no known shape.") from error


def _addresses(found: Parts) -> tuple[str, ...]:
    """IPv4 first; nothing that only the guest itself can reach."""
    all_of_it = [
        str(address.get("ip-address", ""))
        for interface in _said(found, "network") or ()
        for address in interface.get("ip-addresses", ())
    ]
    useful = [
        text for text in all_of_it if text and not text.startswith(("127.", "fe80:", "169.254.")) and text != "::1"
    ]
    return tuple(sorted(useful, key=lambda text: ":" in text))


def _filesystems(found: Parts) -> tuple[FileSystem, ...] | None:
    """An agent before 3.1 tells of a disk only the place on its bus: neither serial number nor device."""
    listed = _said(found, "filesystems")
    if listed is None:
        return None
    if not all(disk.get("serial") or disk.get("dev") for entry in listed for disk in entry.get("disk", ())):
        return None
    return tuple(
        FileSystem(str(entry["mountpoint"]), tuple(str(disk.get("serial", "")) for disk in entry.get("disk", ())))
        for entry in listed
    )


def _host_keys(found: Parts) -> tuple[str, ...]:
    """Only whole, known keys: what else is in such a file is the guest's word, and goes nowhere."""
    keys = []
    for name in found:
        if not name.startswith("key:"):
            continue
        try:
            line = base64.b64decode((_said(found, name) or {}).get("buf-b64", ""), validate=True).decode("ascii")
            key = parse_public_key(line.strip())
        except (ValueError, HostKeyFormatError):
            continue
        keys.append(f"{key.algorithm} {key.key_base64}")
    return tuple(keys)
