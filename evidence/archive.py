"""A signed zip, made while it is read: what is in memory does not grow with what is in it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from evidence.keys import SigningKey

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
AT_ONCE = 1 << 16
Part = tuple[str, Iterable[bytes]]
"""A file: its name, and what is in it, piece by piece."""


class Sink(io.RawIOBase):
    """What the zip writes, until it is taken. It cannot seek, so that sizes stand behind each file."""

    def __init__(self) -> None:
        self._data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._data += data
        return len(data)

    def take(self, least: int = 0) -> Iterator[bytes]:
        """What has come so far, if it is so much."""
        if self._data and len(self._data) >= least:
            data, self._data = bytes(self._data), bytearray()
            yield data


def signed_zip(
    folder: str, parts: Iterable[Part], told: dict[str, Any], key: SigningKey, at: datetime
) -> Iterator[bytes]:
    """The archive with these parts under one folder, then a manifest of all their SHA-256 and its signature.

    told  what else the manifest says
    """
    sink, files = Sink(), list[dict[str, Any]]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as zip:
        for name, pieces in parts:
            found, size = hashlib.sha256(), 0
            with zip.open(
                _info(f"{folder}/{name}", at), "w", force_zip64="/" in name or name.endswith("jsonl")
            ) as file:
                for piece in pieces:
                    found.update(piece)
                    size += len(piece)
                    file.write(piece)
                    yield from sink.take(AT_ONCE)
            files.append({"name": name, "bytes": size, "sha256": found.hexdigest()})
        public = {"key_id": key.public.id, "public_key": key.public.hex}
        manifest = json.dumps({**told, **public, "files": files}, indent=1, sort_keys=True).encode()
        for name, data in ((MANIFEST, manifest), (SIGNATURE, key.sign(manifest).hex().encode() + b"\n")):
            zip.writestr(_info(f"{folder}/{name}", at), data)
    yield from sink.take()


def _info(path: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, at.timetuple()[:6])
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
    return info
