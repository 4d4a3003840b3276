"""The queue of files: kombu's, but a message is there whole or not at all.

kombu 5.6 makes a message's file under its final name and writes it afterwards. A worker that looks in between takes an
empty file for the message, ends with "Unrecoverable error: JSONDecodeError", and the hint is lost.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Writes under a hidden name, which no queue's is, and renames."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu differs itself
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        part, whole = (Path(self.data_folder_out, each) for each in (f".{name}.part", name))
        try:
            part.write_bytes(str_to_bytes(dumps(payload)))
            os.rename(part, whole)
        except OSError as error:
            raise ChannelError(f"Cannot add file {whole} to the queue") from error


class Transport(filesystem.Transport):
    Channel = Channel


def use() -> None:
    """From now on `filesystem://` is this one."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
