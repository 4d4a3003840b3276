"""What is asked for on the command line, as the API has it: one function for each kind of change."""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from regroup.client import Trouble
from regroup.outcome import Exit

MOST = 2 * 2**20
"""Bytes of a file that are sent; LVM's metadata never reaches that."""


def read(name: str, what: str) -> bytes:
    """A file, or standard input for `-`. Raises Trouble."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MOST + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MOST + 1)
    except OSError as error:
        raise Trouble(f"{name}, {what}, cannot be read: {error.strerror}.", Exit.USAGE) from error
    if len(data) > MOST:
        raise Trouble(f"{name}, {what}, is larger than {MOST // 2**20} MiB; it is something else.", Exit.USAGE)
    return data


def _recovery(options: argparse.Namespace) -> dict[str, Any]:
    plain = ("vm", "host", "reason", "disk", "strategy", "ticket", "lasting", "fstab_from_disk")
    wish = {name: getattr(options, name) for name in plain}
    wish |= {"new_vg": options.name, "volumes": options.mount}
    if options.deadline is not None:
        wish["attach_deadline"] = options.deadline
    if options.file:
        data = read(options.file, "the LVM backup file")
        wish["metadata_base64"] = base64.b64encode(data).decode("ascii")
        wish["file_name"] = "" if options.file == "-" else Path(options.file).name
    if options.source:
        wish["source"] = options.source
    if options.fstab:
        wish["fstab"] = read(options.fstab, "the old /etc/fstab").decode("utf-8", "backslashreplace")
    return wish


def _bond(options: argparse.Namespace) -> dict[str, Any]:
    wish = _told(options, "host", "name", "ports", "reason", "ticket", "existing", "mtu", "seconds")
    wish["options"] = {"primary": options.primary, **dict(options.option)}
    if options.address:
        static = {"method": "static", "addresses": options.address, "gateways": options.gateway, "dns": options.dns}
        wish["addressing"] = static
    return wish


def _drill(options: argparse.Namespace) -> dict[str, Any]:
    return _told(options, "host", "bond", "witness", "slowed", "reason", "ticket", "seconds", "interval_ms")


def _reboot(options: argparse.Namespace) -> dict[str, Any]:
    return _told(options, "host", "seconds", "despite", "reason", "ticket")


def _proof(options: argparse.Namespace) -> dict[str, Any]:
    plain = _told(options, "vm", "seconds", "image", "format", "reason", "ticket")
    return {"host": options.hypervisor, "proves": options.machine, **plain}


def _fetch(options: argparse.Namespace) -> dict[str, Any]:
    wish = {"host": options.hypervisor, **_told(options, "vm", "disks", "way", "target", "reason", "ticket")}
    clone = _told(options, "template", "name", "gib", "network", "seed", "like", "address", "port")
    if clone:
        wish["clone"] = {"template": "", "name": "", **clone, "discard": not options.keep}
    return wish


def _told(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """What was said of these; the API knows the rest."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


WISHES: dict[str, tuple[str, Callable[[argparse.Namespace], dict[str, Any]]]] = {
    "recover": ("recovery", _recovery),
    "bond": ("bond", _bond),
    "drill": ("drill", _drill),
    "reboot": ("reboot", _reboot),
    "proof": ("proof", _proof),
    "fetch": ("fetch", _fetch),
}
"""Room → the API's name of the kind, and how a request is made from the options."""
