"""Steps that run on a host by themselves, whatever happens to us or to the connection.

Each attempt of a step has a directory of its own on the host, `<root>/<run>/<step>.<attempt>/`:

    run      the script with the command        started  launcher, pid with start time, boot_id
    stdin    what the command reads             log      what it wrote, as it wrote it
                                                rc       exit code, written once, on disk

The directory is the claim (an atomic mkdir under the host's lock, after the fence). The
file `started` is the gate: the runner makes it with link(2) before the command begins, and
`bury` makes it to close the gate, so without `started` the command has not begun, and
after `bury` it never will.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ssh.command import Command, Secret
from ssh.host_scripts import (
    AlreadyClaimed,
    Answer,
    DetachedError,
    FenceRefused,
    FileTooLarge,
    HostDiskFull,
    HostNotReady,
    NoSuchFile,
    Place,
    UploadDamaged,
    as_words,
    call,
    part_of,
    runner_text,
    upload,
)
from ssh.session import Session

__all__ = [
    "AlreadyClaimed",
    "Chunk",
    "DetachedError",
    "FenceRefused",
    "FileTooLarge",
    "HostDiskFull",
    "HostNotReady",
    "Leftover",
    "NoSuchFile",
    "Place",
    "Probe",
    "Started",
    "State",
    "Ticket",
    "UploadDamaged",
    "any_alive",
    "bury",
    "follow",
    "get_file",
    "prepare",
    "probe",
    "put_file",
    "raise_fence",
    "read",
    "read_log",
    "start",
    "stop",
]

MIB = 1 << 20
FREE_KIB = 16 * 1024
SLOWEST_POLL = 1.0
CLAIM_PATIENCE = 30.0  # seconds that a claimed step may take to begin before `follow` gives up


@dataclass(frozen=True, slots=True)
class Ticket:
    """The name of one attempt of one step, chosen before anything is sent.

    run, step, scope  letters, digits, `_`, `-`; at most 64
    attempt           from 1
    fence             the holder's number; a host refuses numbers lower than it has seen in this scope
    """

    run: str
    step: str
    attempt: int
    fence: int
    scope: str = "host"
    place: Place = field(default_factory=Place)

    def __post_init__(self) -> None:
        for word in (self.run, self.step, self.scope):
            _check_word(word)
        if self.attempt < 1 or self.fence < 0:
            raise ValueError("An attempt counts from 1 and a fence from 0.")

    @property
    def name(self) -> str:
        return f"{self.step}.{self.attempt}"

    @property
    def directory(self) -> str:
        return f"{self.place.root}/{self.run}/{self.name}"

    @property
    def unit(self) -> str:
        """The unit's name where systemd runs the step."""
        return f"regroup-{self.run}-{self.step}-{self.attempt}"


class State(StrEnum):
    """What became of an attempt.

    ABSENT      nothing is there            CLAIMED  the directory is there, the command has not begun
    RUNNING     it or its children live     ENDED    the exit code is there
    DEAD        begun, gone, no exit code   OTHER_BOOT  begun before the host booted, no exit code
    TOMBSTONE   buried: it never ran and never will
    """

    ABSENT = "absent"
    CLAIMED = "claimed"
    RUNNING = "running"
    ENDED = "ended"
    DEAD = "dead"
    OTHER_BOOT = "other_boot"
    TOMBSTONE = "tombstone"

    @property
    def is_over(self) -> bool:
        """Whether the log will not grow any more and the state stays."""
        return self not in (State.CLAIMED, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Probe:
    """One look at an attempt.

    rc          exit code where ENDED, else None; 124 with word "timeout" where the host ended it
    word        "exit", "timeout", "stopped", or empty
    boot_id     the host's boot now
    log_size    bytes in the log; complete where `state.is_over`
    started_at, ended_at, host_time   the host's clock, seconds since 1970
    """

    state: State
    rc: int | None
    word: str
    boot_id: str
    log_size: int
    started_at: float | None
    ended_at: float | None
    host_time: float


@dataclass(frozen=True, slots=True)
class Started:
    """A start that was accepted: the launcher ("" while the runner is still on its way), and a first look."""

    launcher: str
    first: Chunk

    @property
    def probe(self) -> Probe:
        return self.first.probe


@dataclass(frozen=True, slots=True)
class Chunk:
    """Log bytes from an offset, with the look taken just before they were read."""

    offset: int
    data: bytes
    probe: Probe

    @property
    def end(self) -> int:
        """Offset of the first byte not in here: where to go on."""
        return self.offset + len(self.data)

    @property
    def final(self) -> bool:
        """Whether the step is over and its log was read to the end."""
        return self.probe.state.is_over and self.end >= self.probe.log_size


@dataclass(frozen=True, slots=True)
class Leftover:
    """A step on the host that runs, or that is claimed and could still begin."""

    run: str
    step: str
    attempt: int
    state: State


def prepare(session: Session, place: Place | None = None) -> str:
    """Make our directory (0700) and check sudo, tools and 16 MiB of room. The host's boot_id.

    Raises HostNotReady, HostDiskFull, SessionError (SudoRefused).
    """
    place = place or Place()
    return call(session, place, "prepare", place.root, FREE_KIB)["boot"]


def start(
    session: Session, ticket: Ticket, command: Command, *, timeout: float | None = None, wait: float = 0.0
) -> Started:
    """Start the command detached, as root (or as the session's user where the place has no sudo).

    timeout: seconds until the host ends it (rounded up), by default the command's own.
    wait: seconds that the first look may come later, for a command that has ended by then: one round trip for all.
    Raises FenceRefused, AlreadyClaimed, HostDiskFull, HostNotReady, UploadDamaged: nothing
    was started. Raises SessionError: where `.sent` is set, `probe` tells whether it was.
    """
    limit = max(1, math.ceil(command.timeout if timeout is None else timeout))
    secret = isinstance(command.stdin, Secret)
    header = {"dir": ticket.directory, "limit": str(limit), "secret": str(int(secret))}
    runner = runner_text(header, _clean_words(ticket, command))
    part, arrive = _on_its_way(session, ticket, runner, command.payload(), secret=secret)
    answer = call(
        session,
        ticket.place,
        "start",
        ticket.place.root,
        ticket.run,
        ticket.name,
        ticket.scope,
        ticket.fence,
        ticket.place.launcher,
        part,
        math.ceil(wait * 5),
        MIB,
        functions=f"arrive() {{ {arrive}; }}\n{_sums(runner, command.payload())}",
        timeout=60 + wait,
    )
    return Started(answer["launcher"], Chunk(0, answer.rest, _probe(answer)))


def _sums(runner: bytes, stdin: bytes) -> str:
    """Compares what arrived; not among the script's words, which sudo logs: the input may be a short secret."""
    return f'sums() {{ [ "$1 $2" = "{hashlib.sha256(runner).hexdigest()} {hashlib.sha256(stdin).hexdigest()}" ]; }}\n'


def _on_its_way(session: Session, ticket: Ticket, runner: bytes, stdin: bytes, *, secret: bool) -> tuple[str, str]:
    """The part's path, and how the start gets `run` and `stdin` there. A secret is never among a shell's words."""
    words = "" if secret else as_words(('"$part.d/run"', runner), ('"$part.d/stdin"', stdin))
    if words:
        return part_of(ticket.directory), words
    part = upload(session, ticket.place, ticket.directory, runner + stdin, secret=secret)
    return part.path, " && ".join(
        (
            f'{{ [ "$(($(wc -c <"$part")))" -eq {part.size} ] || refuse damaged size; }}',
            f'head -c {len(runner)} "$part" >"$part.d/run"',
            f'tail -c +{len(runner) + 1} "$part" >"$part.d/stdin"',
        )
    )


def probe(session: Session, ticket: Ticket) -> Probe:
    """What became of the attempt, in one round trip."""
    return _probe(call(session, ticket.place, "probe", ticket.directory))


def read(session: Session, ticket: Ticket, offset: int, limit: int = MIB) -> Chunk:
    """A look, then at most `limit` bytes of the log from byte `offset`, in one round trip."""
    answer = call(session, ticket.place, "probe", ticket.directory, offset, limit)
    return Chunk(offset, answer.rest, _probe(answer))


def read_log(session: Session, ticket: Ticket, offset: int, limit: int = MIB) -> bytes:
    """At most `limit` bytes of the log from byte `offset`; empty at its end or where there is none."""
    return read(session, ticket, offset, limit).data


def follow(
    session: Session,
    ticket: Ticket,
    offset: int,
    *,
    stop: Callable[[], bool],
    first: Chunk | None = None,
    poll: float = 0.2,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Chunk]:
    """Tail the log from byte `offset`, each byte once, until the step is over and its log read.

    first: a chunk from `offset` on that was read already, by the start.
    poll: seconds between two looks at most while the log grows; where a look is quick, half or a quarter of it.

    Yields chunks with data, and at the end one that is `final` (perhaps without data) and
    carries the verdict. Ends without one where `stop()` says so, and with a chunk in state
    CLAIMED where the step has not begun for 30 seconds. A lost connection raises
    SessionError: go on, over another session, from the last chunk's `end`.
    """
    pause, patience = poll, time.monotonic() + CLAIM_PATIENCE
    while not stop():
        asked = time.monotonic()
        chunk, first = first or read(session, ticket, offset), None
        took, offset = time.monotonic() - asked, chunk.end
        if chunk.probe.state is not State.CLAIMED:
            patience = math.inf
        given_up = time.monotonic() > patience
        if chunk.data or chunk.final or given_up:
            yield chunk
        if chunk.final or given_up:
            return
        # A look costs the host five processes: unless the host is slow anyway, looks take at most a third of the time.
        pause = min(poll, max(poll / 4, 2 * took)) if chunk.data else min(max(pause, poll / 2) * 1.5, SLOWEST_POLL)
        if offset >= chunk.probe.log_size:
            sleep(pause)


def bury(session: Session, ticket: Ticket) -> Probe:
    """Close the gate of a step that has not begun: it never will, and a late `start` is refused.

    ABSENT and CLAIMED become TOMBSTONE; any other state is left and told. Raises FenceRefused.
    """
    answer = call(session, ticket.place, "bury", *_guarded(ticket))
    return _probe(answer)


def stop(session: Session, ticket: Ticket, grace: float = 10.0) -> Probe:
    """End the step and all its processes: TERM, after `grace` seconds KILL; one not begun is buried.

    Normally ENDED with word "stopped". RUNNING means that even KILL did not help (a process
    waiting for a dead disk). Raises FenceRefused.
    """
    seconds = max(0, math.ceil(grace))
    answer = call(session, ticket.place, "stop", *_guarded(ticket), seconds, timeout=60 + seconds)
    return _probe(answer)


def raise_fence(session: Session, fence: int, scope: str = "host", place: Place | None = None) -> None:
    """Make the host refuse everybody with a lower number from now on. Raises FenceRefused."""
    place = place or Place()
    call(session, place, "fence", place.root, _check_word(scope), fence)


def any_alive(session: Session, place: Place | None = None) -> list[Leftover]:
    """Every step that runs on the host or could still begin.

    After `raise_fence` nobody with a lower number can add one.
    """
    place = place or Place()
    answer = call(session, place, "alive", place.root)
    return [_leftover(line) for line in answer.every("left")]


def put_file(session: Session, path: str, data: bytes, mode: int = 0o600, place: Place | None = None) -> None:
    """Write a whole file below our directory: uploaded beside it, verified there, synced, renamed.

    Raises ValueError for a path elsewhere, HostDiskFull, UploadDamaged, HostNotReady.
    """
    place = place or Place()
    if not path.startswith(f"{place.root}/") or not re.fullmatch(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", path):
        raise ValueError(f"Files are written below {place.root} under plain names only, not to {path!r}.")
    part = upload(session, place, path, data)
    call(session, place, "put", part.path, path, part.size, part.sha256, f"{mode:04o}")


def get_file(session: Session, path: str, limit: int = 16 * MIB, place: Place | None = None) -> bytes:
    """A whole regular file of the host.

    Raises NoSuchFile, FileTooLarge (over `limit` bytes), UploadDamaged (it changed meanwhile).
    """
    place = place or Place()
    answer = call(session, place, "get", path, limit, timeout=60 + limit / 100_000)
    if len(answer.rest) != int(answer["size"]):
        raise UploadDamaged(f"{path} changed on the host while it was read. Try again.")
    return answer.rest


def _clean_words(ticket: Ticket, command: Command) -> tuple[str, ...]:
    """The command's words under an environment that is the same with every launcher."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", **command.env}
    env["REGROUP_STEP"] = f"{ticket.directory}/"  # by this the step's processes are known
    return ("env", "-i", *(f"{name}={value}" for name, value in env.items()), *command.argv)


def _guarded(ticket: Ticket) -> tuple[str | int, ...]:
    return ticket.place.root, ticket.directory, ticket.scope, ticket.fence


def _check_word(word: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", word):
        raise ValueError(f"Runs, steps and scopes have at most 64 letters, digits, _ and -; not {word!r}.")
    return word


def _probe(answer: Answer) -> Probe:
    return Probe(
        state=State(answer["state"]),
        rc=int(answer["rc"]) if answer["rc"] else None,
        word=answer["word"],
        boot_id=answer["boot"],
        log_size=int(answer["size"]),
        started_at=float(answer["at"]) if answer["at"] else None,
        ended_at=float(answer["ended"]) if answer["ended"] else None,
        host_time=float(answer["now"]),
    )


def _leftover(line: str) -> Leftover:
    state, _, path = line.partition(" ")
    run, _, name = path.partition("/")
    step, _, attempt = name.rpartition(".")
    return Leftover(run, step, int(attempt), State(state))
