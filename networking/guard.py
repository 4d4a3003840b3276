"""A change that the host takes back by itself unless it is confirmed over a new connection. Pure.

All that is needed for it lies in one directory on the host, the *guard*. `snapshot` saves what the host goes back to,
`boot_guard` has a boot go back, `arm` has a timer go back, `apply` does the change, `confirm` and the revert compete
for `decided`, and `tidy` takes timer and boot guard away. What varies from change to change are three scripts of the
guard: `act.sh` does it, `back.sh` takes it back, and what those two call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from changes.plan import Call
from networking.backends.protocol import Written
from networking.scripts import script

SECONDS = 180
"""From arming to the host's going back by itself: with the way back it stays within 200 s."""

AFTER = 90
"""Seconds beyond that which the way back may take before nobody can tell any more."""

BUSY = 180
"""Seconds that saving, arming and tidying may take on a host that is very busy; a quiet one needs a second or two."""

DIRECTORY, UNDO_DIRECTORY = "{run_dir}/guard", "{run_dir}/guard-undo"


def guarded(*names: str) -> str:
    """A script that works in the guard's directory, its first word."""
    return f"guard=$1\n{script('guard.lib', *names)}"


def bundle(files: Iterable[Written]) -> str:
    """Files as the scripts' `unpack` reads them from standard input."""
    return "".join(map(_packed, files))


def _packed(file: Written) -> str:
    if file.text is None:
        return f"gone - - - {file.path}\n"
    data = file.text.encode("utf-8", "surrogateescape")
    return f"file {file.mode} {len(data)} {hashlib.sha256(data).hexdigest()} {file.path}\n{file.text}"


def scripts_of(parts: Mapping[str, str]) -> tuple[Written, ...]:
    """Scripts for the guard's directory, by name."""
    return tuple(Written(name, text if text.endswith("\n") else f"{text}\n", "0600") for name, text in parts.items())


@dataclass(frozen=True, slots=True)
class Guard:
    """The calls of one guarded change, in the order in which they are made.

    directory  where it lives on the host
    seconds    from arming to going back
    """

    directory: str = DIRECTORY
    seconds: int = SECONDS

    def snapshot(self, before: Mapping[str, str | None], scripts: Mapping[str, str]) -> Call:
        """`before` has path → text, or None where there must be no file; `scripts` what `act.sh` and `back.sh` call."""
        words = (word for path, text in sorted(before.items()) for word in (path, _sha256(text)))
        own = {"act.sh": guarded("act"), "back.sh": guarded("back"), "revert.sh": guarded("revert")}
        sent = bundle(scripts_of(own | dict(scripts)))
        return Call((self.directory, *words), script=guarded("snapshot"), stdin=sent, timeout=BUSY)

    def boot_guard(self) -> Call:
        return Call((self.directory,), script=guarded("boot_guard"), timeout=BUSY)

    def arm(self, method: str = "auto") -> Call:
        return Call((self.directory, str(self.seconds), method), script=guarded("arm"), timeout=BUSY)

    def apply(self, files: Iterable[Written], text: str) -> Call:
        """Write the files, then run `text`."""
        sent = (*scripts_of({"apply.sh": text}), *files)
        return Call((self.directory,), script=guarded("apply"), stdin=bundle(sent), timeout=self.seconds + AFTER)

    def confirm(self) -> Call:
        return Call((self.directory,), script=guarded("confirm"), timeout=BUSY)

    def tidy(self) -> Call:
        return Call((self.directory,), script=guarded("tidy"), timeout=BUSY)


def _sha256(text: str | None) -> str:
    return "absent" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
