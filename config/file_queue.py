"""The queue of files: kombu's, but a message is there whole or not at all.

kombu 5.6 makes a message's file under its final name and writes it afterwards. A worker that looks in between takes an
empty file for the message, ends with "Unrecoverable error: JSONDecodeError", and the hint is lost. So it does with the
file that says which queues an exchange has, at the first start.
"""

from __future__ import annotations

import fcntl
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

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:  # type: ignore[override]  # the stubs name other types
        """The table of an exchange grows under a lock, and is replaced whole: kombu empties it before it locks it."""
        file = self.control_folder / f"{exchange}.exchange"
        self.control_folder.mkdir(exist_ok=True)
        bound = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (self.control_folder / ".bind").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            known = self.get_table(exchange)
            if bound not in known:
                part = file.with_suffix(".part")
                part.write_bytes(str_to_bytes(dumps([bound, *known])))
                os.rename(part, file)


class Transport(filesystem.Transport):
    Channel = Channel


def use() -> None:
    """From now on `filesystem://` is this one."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
