"""Keeps a handful of programs running and ends them together. Standard library only, no Django.

A program is a function, run in a fork of this process, or words to execute. Forks share what was
imported before: one Django in memory instead of five, and a start in milliseconds. So that forking
is safe this process has one thread: it reads its children's output itself, between looking after them.

Each child leads a process group of its own, so that Ctrl-C reaches only the supervisor, which asks
the leaders, waits, and kills the groups of those that stay. Where the supervisor itself is killed,
Linux kills its children. A child that ends by itself is started again, later and later while it
keeps failing. A process that somebody stopped, and does not let go on, is killed (`config.stopped`).
"""

from __future__ import annotations

import ctypes
import os
import re
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.stopped import Standing, stopped_in

GRACE = 10.0
"""Seconds between asking a program to end and killing it."""
SETTLED = 10.0
"""Seconds after which a program that ran is no longer held to be failing."""
LOOKS_WRONG = re.compile(r"\b(ERROR|CRITICAL|Traceback)\b")
LOOK_EVERY = 2.0
"""Seconds between two looks for processes that are stopped."""
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in linux/prctl.h; it survives exec

Say = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """What is kept running, under a name for people and log files.

    main         what a fork of this process does; without it `words` are executed
    environment  on top of ours, for `words`
    ready        text in its output by which we know that it can be used; empty if nobody waits for it
    """

    name: str
    main: Callable[[], object] | None = None
    words: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: str = ""


def on_signals(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    """Have `handler` called for whatever asks us to end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def interrupt(number: int, frame: object) -> None:
    """A handler for the time when there is nothing to end in order: raises KeyboardInterrupt where we are."""
    raise KeyboardInterrupt


def restart_delay(failures: int) -> float:
    """Seconds to wait before the next start: 0.5, 1, 2 … 30."""
    return float(min(30.0, 0.5 * 2 ** max(0, failures - 1)))


class LogFile:
    """A log of at most `keep` + 1 files of about `limit` bytes: name.log, name.log.1 …"""

    def __init__(self, path: Path, limit: int = 5_000_000, keep: int = 2) -> None:
        self.path, self._limit, self._keep = path, limit, keep
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        if self._file.tell() > self._limit:
            self._rotate()
        self._file.write(data)

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._keep, 0, -1):
            older = self.path if number == 1 else Path(f"{self.path}.{number - 1}")
            if older.exists():
                older.replace(f"{self.path}.{number}")
        self._file = self.path.open("ab", buffering=0)

    def close(self) -> None:
        self._file.close()


class Child:
    """One program and the process that runs it now: `pid` is 0 while there is none."""

    def __init__(self, program: Program, logs: Path, say: Say) -> None:
        self.program, self._say = program, say
        self._log = LogFile(logs / f"{program.name}.log")
        self._rest = b""
        self._failures = 0
        self._started = self._due = 0.0
        self.pid = 0
        self.output = -1
        self.ready = False

    def start(self, in_fork: Callable[[], None]) -> None:
        """Start the program; `in_fork` is called first in the new process, to let go of what is ours."""
        ours, theirs = os.pipe()
        supervisor = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        self._started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            _become(self.program, theirs, supervisor, in_fork)
        os.close(theirs)
        os.set_blocking(ours, False)
        self.output = ours

    def read(self) -> None:
        """Move what it has written since to its log; say what looks wrong."""
        try:
            data = os.read(self.output, 65536)
        except BlockingIOError:
            return
        if not data:
            self._close_output()
            return
        self._log.write(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-65536:]
        for line in lines:
            self._look_at(line.decode(errors="replace"))

    def _look_at(self, line: str) -> None:
        if self.program.ready and self.program.ready in line:
            self.ready = True
        if LOOKS_WRONG.search(line):
            self._say(f"{self.program.name}: {line.strip()[:400]}   (more in {self._log.path})")

    def _close_output(self) -> None:
        if self.output >= 0:
            os.close(self.output)
            self.output = -1

    def has_ended(self) -> bool:
        """Whether the leader is gone; not reaped yet, so that its number still belongs to its group."""
        return not self.pid or os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def restart_when_due(self, in_fork: Callable[[], None]) -> None:
        """Notice an end, and start again when its time has come."""
        if self.pid and self.has_ended():
            self._failures = 1 if time.monotonic() - self._started > SETTLED else self._failures + 1
            delay = restart_delay(self._failures)
            self._due = time.monotonic() + delay
            self._say(f"{self.program.name} {self.reap()}; starting it again in {delay:g} s")
        elif not self.pid and time.monotonic() >= self._due:
            self.start(in_fork)

    def ask_to_end(self) -> None:
        """SIGTERM to the leader alone: it knows best in which order its own children end."""
        if not self.has_ended():
            os.kill(self.pid, signal.SIGTERM)

    def finish(self) -> None:
        """The last end: kill what is still there, keep the last lines."""
        if self.pid:
            self.reap()
        self._log.close()

    def reap(self) -> str:
        """Kill what is left of its group, and say how the leader ended."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(self.pid, signal.SIGKILL)  # it has not made its group yet
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = 0
        if self.output >= 0:
            self.read()
            self._close_output()
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _become(program: Program, output: int, supervisor: int, in_fork: Callable[[], None]) -> None:
    """The new process: never returns."""
    try:
        os.setsid()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(1)
        in_fork()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        os.close(nothing)
        os.close(output)
        on_signals(signal.SIG_DFL)
        if program.main is None:
            os.execvpe(program.words[0], list(program.words), {**os.environ, **program.environment})  # noqa: S606 - our words
        program.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class Supervisor:
    """Starts programs, keeps them running until `stop` is set, ends them together.

    `in_fork` is called in each new process: close there what only the supervisor should hold.
    `patience`: seconds for which one of their processes may be stopped; None for any time.
    """

    def __init__(
        self, logs: Path, say: Say, in_fork: Callable[[], None] = lambda: None, patience: float | None = None
    ) -> None:
        self._logs, self._say, self._let_go = logs, say, in_fork
        self._standing = None if patience is None else Standing(patience)
        self.children: list[Child] = []
        self.stop = threading.Event()

    def _in_fork(self) -> None:
        for child in self.children:
            if child.output >= 0:
                os.close(child.output)
        self._let_go()

    def start(self, programs: Iterable[Program]) -> None:
        for program in programs:
            child = Child(program, self._logs, self._say)
            child.start(self._in_fork)
            self.children.append(child)

    def wait_for(self, name: str, timeout: float) -> bool:
        """Whether the program called `name` said within `timeout` seconds that it is ready."""
        child = next(child for child in self.children if child.program.name == name)
        deadline = time.monotonic() + timeout
        while not child.ready and time.monotonic() < deadline:
            self.tick(0.1)
        return child.ready

    def stop_on_signals(self) -> None:
        """Ctrl-C, TERM or a closed terminal sets `stop`; a second one does not wait for anybody."""

        def ask(number: int, frame: object) -> None:
            if self.stop.is_set():
                os._exit(1)  # the kernel kills the children
            self.stop.set()

        on_signals(ask)

    def tick(self, seconds: float) -> None:
        """One round of at most `seconds`: read what was written, start what has ended."""
        self.read_output(seconds)
        for child in self.children:
            child.restart_when_due(self._in_fork)

    def read_output(self, seconds: float) -> None:
        by_file = {child.output: child for child in self.children if child.output >= 0}
        for file in select.select(list(by_file), [], [], seconds)[0]:
            by_file[file].read()

    def run(self, chore: Callable[[], object], every: float) -> None:
        """Until `stop`: keep everything running, and call `chore` each `every` seconds."""
        due = time.monotonic() + every
        look = time.monotonic()
        while not self.stop.is_set():
            self.tick(0.5)
            if time.monotonic() >= look:
                self.end_stopped()
                look = time.monotonic() + LOOK_EVERY
            if time.monotonic() >= due:
                chore()
                due = time.monotonic() + every

    def end_stopped(self) -> None:
        """Kill what has been stopped for too long: its work is another's, and it may keep the database locked."""
        if self._standing is None:
            return
        names = {child.pid: child.program.name for child in self.children if child.pid}
        stopped = stopped_in(names)
        for pid in self._standing.too_long(stopped, time.monotonic()):
            self._say(
                f"{names[stopped[pid]]}: process {pid} was stopped for {self._standing.patience:g} s and is killed,"
                " since it may keep the database locked"
            )
            os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """Ask the programs to end, all at once; kill those still there after GRACE."""
        deadline = time.monotonic() + GRACE
        for child in self.children:
            child.ask_to_end()
        while time.monotonic() < deadline and not all(child.has_ended() for child in self.children):
            self.read_output(0.05)
        for child in self.children:
            if not child.has_ended():
                self._say(f"{child.program.name} did not end within {GRACE:g} s and was killed")
            child.finish()
        self.children.clear()
