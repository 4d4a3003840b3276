"""Hands over a host that is a few variables: what was sent, what it wrote, what is true there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from changes.kinds import Verdict
from changes.plan import Check
from execution.runner import Work
from ssh.command import Command
from ssh.detached import Chunk, Probe, State
from ssh.session import Unreachable


@dataclass
class FakeHost:
    """`effects` counts how often each step took effect; checks ask it by the step's key.

    lost_at  point (judge, start, follow) → how many times in a row the host is out of reach there
    die  at which point the worker dies, as (step, point): before-start, after-start, in-log
    """

    effects: dict[str, int] = field(default_factory=dict)
    attempts: dict[tuple[str, int], str] = field(default_factory=dict)
    answers: dict[str, Verdict] = field(default_factory=dict)
    ends_as: dict[str, tuple[State, int]] = field(default_factory=dict)
    log: bytes = b"one\ntwo\nthree\n"
    die: tuple[str, str] = ("", "")
    cancel: bool = False
    frozen: str = ""
    lost_at: dict[str, int] = field(default_factory=dict)
    turns: list[str] = field(default_factory=list)
    kept: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def turn(self, work: Work) -> None:
        self.turns.append(work.key)

    def judge(self, checks: Sequence[Check]) -> list[Verdict]:
        self._maybe_lose("judge")
        return [self._judge(check) for check in checks]

    def _judge(self, check: Check) -> Verdict:
        if check.rule in self.answers:
            return self.answers[check.rule]
        if check.rule == "effect":
            done = bool(self.effects.get(check.args["of"]))
            return Verdict(done, "it is there." if done else "it is not there.", {"seen": done})
        return Verdict(True, "it is so.")

    def resolve(self, work: Work) -> Command:
        assert work.command
        return work.command.resolve({"run_dir": "/r"})

    def start(self, work: Work, attempt: int, command: Command) -> None:
        self._maybe_die(work, "before-start")
        self._maybe_lose("start")
        self.attempts[work.key, attempt] = "started"
        self.effects[work.key] = self.effects.get(work.key, 0) + 1
        self._maybe_die(work, "after-start")

    def bury(self, work: Work, attempt: int) -> Probe:
        self.attempts.setdefault((work.key, attempt), "buried")
        return self._probe(work, attempt)

    def follow(self, work: Work, attempt: int, offset: int) -> Iterator[Chunk]:
        self._maybe_lose("follow")
        probe = self._probe(work, attempt)
        if probe.state is not State.ENDED:
            yield Chunk(offset, b"", probe)
            return
        yield Chunk(offset, self.log[offset:][:5], probe)
        self._maybe_die(work, "in-log")
        yield Chunk(min(offset + 5, len(self.log)), self.log[offset + 5 :], probe)

    def found(self, key: str, found: Mapping[str, object]) -> None:
        self.kept[key] = found

    def cancelled(self) -> bool:
        return self.cancel

    def held(self, work: Work) -> str:
        return self.frozen

    def _probe(self, work: Work, attempt: int) -> Probe:
        how = self.attempts.get((work.key, attempt), "absent")
        state = {"absent": State.ABSENT, "buried": State.TOMBSTONE}.get(how)
        state, rc = (state, 0) if state else self.ends_as.get(work.key, (State.ENDED, 0))
        return Probe(state, rc, "exit", "boot", len(self.log), None, None, 0.0)

    def _maybe_lose(self, point: str) -> None:
        if self.lost_at.get(point):
            self.lost_at[point] -= 1
            raise Unreachable("No answer.")

    def _maybe_die(self, work: Work, point: str) -> None:
        if self.die == (work.key, point):
            self.die = ("", "")
            raise KeyboardInterrupt(f"killed at {point}")
