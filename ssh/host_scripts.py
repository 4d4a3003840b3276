"""Run one of our scripts on a host and read its answer; upload bytes for it.

A script is sent on standard input to `sh -s` (a login shell of any kind only sees plain
words) and answers with `name=value` lines between two marks, so that what a login script
prints in front does no harm.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from ssh.command import Command, Secret
from ssh.session import Result, Session, SessionError

UPLOAD = 'umask 077; mkdir -p "${1%/*}" && cat >"$1" || { rm -f "$1"; exit 1; }'
NO_SPACE = ("No space left on device", "Disk quota exceeded")
SLOWEST = 100_000  # bytes a second that an upload is given time for
INLINE = 32 << 10
"""Most bytes that travel inside a script, as words of a shell: then they cost no round trip of their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where our files are on a host, and how we get there.

    root      absolute directory, private to root, on disk
    sudo      reach it through `sudo -n` (False: the session's user owns it)
    launcher  "auto" (systemd-run, else setsid) or "setsid"
    """

    root: str = "/var/lib/regroup"
    sudo: bool = True
    launcher: str = "auto"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", self.root):
            raise ValueError(f"Not a plain absolute path for Regroup's directory: {self.root!r}.")
        if self.launcher not in ("auto", "setsid"):
            raise ValueError(f"Steps are launched by 'auto' or 'setsid', not by {self.launcher!r}.")


class DetachedError(Exception):
    """The host's side refused; the message is a sentence for a person. This call has started nothing."""


class FenceRefused(DetachedError):
    """The host has seen a higher fence: somebody else holds it now. `fence` is that number."""

    def __init__(self, message: str, fence: int) -> None:
        super().__init__(message)
        self.fence = fence


class AlreadyClaimed(DetachedError):
    """This attempt of this step was started, or buried, before."""


class HostDiskFull(DetachedError):
    """The host has no room for our few files."""


class HostNotReady(DetachedError):
    """A tool is missing, our directory is unusable, or its lock is held for too long."""


class UploadDamaged(DetachedError):
    """What arrived is not what was sent; trying again is safe."""


class NoSuchFile(DetachedError):
    """There is no such regular file on the host."""


class FileTooLarge(DetachedError):
    """The file on the host is larger than the caller wants to have."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A script's answer: its values (one name may come several times), and the bytes after them."""

    values: tuple[tuple[str, str], ...]
    rest: bytes = field(default=b"", repr=False)

    def __getitem__(self, name: str) -> str:
        return dict(self.values)[name]

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.values if key == name]


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that arrived in a part file on the host, not yet verified there."""

    path: str
    size: int
    sha256: str


@cache
def text_of(name: str) -> str:
    """The text of one script without its comment lines."""
    text = resources.files("ssh.scripts").joinpath(f"{name}.sh").read_text("ascii")
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))


def call(
    session: Session, place: Place, name: str, *words: str | int, functions: str = "", timeout: float = 60.0
) -> Answer:
    """Run script `name` with these words; `functions` are those of it that differ from call to call.

    Raises DetachedError where the host's side refused: then it has changed nothing. Raises
    SessionError where the way there broke, or the script broke off without an answer (`sent`).
    """
    script = f'{text_of("common")}{text_of(name)}{functions}main "$@"\n'
    argv = ("sh", "-s", "--", *(str(word) for word in words))
    return read_answer(session.run(Command(argv, stdin=script, sudo=place.sudo, timeout=timeout)), place)


def part_of(target: str) -> str:
    """A path beside `target` that nobody else uses."""
    return f"{target}.part.{secrets.token_hex(4)}"


def upload(session: Session, place: Place, target: str, data: bytes, *, secret: bool = False) -> Upload:
    """Send bytes to a part file beside `target`. Raises as `call` does."""
    part = part_of(target)
    text = data.decode("utf-8", "surrogateescape")
    command = Command(
        ("sh", "-c", UPLOAD, "sh", part),
        stdin=Secret(text) if secret else text,
        sudo=place.sudo,
        timeout=60 + len(data) / SLOWEST,
    )
    result = session.run(command)
    if result.status != 0:
        raise _broken(result, place)
    return Upload(part, len(data), hashlib.sha256(data).hexdigest())


def as_words(*files: tuple[str, bytes]) -> str:
    """Shell commands that write these files, (path in the shell's own quoting, bytes), without a process.

    Empty where they have to be uploaded instead: too long, or bytes that not every shell keeps.
    """
    if sum(len(data) for _, data in files) > INLINE or not all(
        data.isascii() and b"\0" not in data for _, data in files
    ):
        return ""
    return " && ".join(f"printf %s {shlex.quote(data.decode('ascii'))} >{path}" for path, data in files)


def read_answer(result: Result, place: Place) -> Answer:
    """The values between the marks. Raises DetachedError on a refusal, SessionError on anything else."""
    _, mark, after = result.stdout.partition(b"regroup-answer\n")
    head, end, rest = after.partition(b"regroup-end\n")
    if not mark or not end:
        raise SessionError(f"The host broke off what we asked of it: {_said(result)}", sent=True)
    lines = head.decode("utf-8", "replace").splitlines()
    answer = Answer(tuple((name, value) for name, _, value in (line.partition("=") for line in lines)), rest)
    values = dict(answer.values)
    if "refused" in values:
        if values["refused"] == "disk":
            raise _broken(result, place)
        raise _refusal(values["refused"], values["detail"], place)
    return answer


def runner_text(header: Mapping[str, str], words: tuple[str, ...]) -> bytes:
    """The script that runs one step: variables, the command's words, then `runner.sh`."""
    lines = ["launcher=$1", *(f"{name}={shlex.quote(value)}" for name, value in header.items())]
    text = "\n".join([*lines, f"set -- {shlex.join(words)}", text_of("runner")])
    return text.encode("utf-8", "surrogateescape")


def _refusal(kind: str, detail: str, place: Place) -> DetachedError:
    if kind == "fence":
        return FenceRefused(
            f"Somebody else has taken this host over: its fence is {detail}. Nothing was done.",
            int(detail),
        )
    if kind == "space":
        return HostDiskFull(f"The host has only {int(detail) // 1024} MiB free for {place.root}; 16 are needed.")
    kinds: dict[str, tuple[type[DetachedError], str]] = {
        "claimed": (AlreadyClaimed, "This attempt was started or buried before: {detail}."),
        "damaged": (UploadDamaged, "The upload arrived damaged ({detail} differs). Try again."),
        "busy": (HostNotReady, "Somebody holds the lock {detail} on the host; fuser tells who."),
        "tools": (HostNotReady, "The host lacks what a run needs: {detail}. Install it and try again."),
        "root": (HostNotReady, "Regroup's directory on the host cannot be used: {detail}."),
        "fence-damaged": (HostNotReady, "The fence file {detail} on the host is damaged; look at it."),
        "file": (DetachedError, "The file cannot be written: {detail}."),
        "no-file": (NoSuchFile, "There is no file {detail} on the host."),
        "too-large": (FileTooLarge, "The file on the host has {detail} bytes, which is more than expected."),
    }
    error, sentence = kinds.get(kind, (DetachedError, f"The host refused ({kind}): {{detail}}."))
    return error(sentence.format(detail=detail))


def _broken(result: Result, place: Place) -> DetachedError:
    """The error where a file could not be written."""
    text = _said(result)
    if any(words in text for words in NO_SPACE):
        return HostDiskFull(f"There is no space left for {place.root} on the host. Free some and try again.")
    return HostNotReady(f"The host could not do its part in {place.root}: {text}")


def _said(result: Result) -> str:
    return " ".join(result.error_text.split())[-400:] or f"exit status {result.status}, no message"
