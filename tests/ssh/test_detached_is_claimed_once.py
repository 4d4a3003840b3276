"""Of all who start an attempt one succeeds, and a holder that was replaced is refused."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ssh.command import Command, Secret
from ssh.detached import (
    AlreadyClaimed,
    FenceRefused,
    HostNotReady,
    State,
    Ticket,
    UploadDamaged,
    bury,
    probe,
    raise_fence,
    read_log,
    start,
    stop,
)
from ssh.paramiko_session import ParamikoSession
from ssh.session import Result
from tests.ssh.conftest import sh, until


def test_a_second_start_is_refused_and_runs_nothing(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, sh("echo once"))
    until(session, ticket, State.ENDED)
    with pytest.raises(AlreadyClaimed, match=ticket.directory):
        start(session, ticket, sh("echo twice"))
    assert read_log(session, ticket, 0) == b"once\n"


def test_of_many_starts_at_once_exactly_one_runs(session: ParamikoSession, ticket: Ticket, tmp_path: Path) -> None:
    effect = tmp_path / "effect"

    def attempt(number: int) -> bool:
        try:
            start(session, ticket, sh(f"echo {number} >>{effect}; sleep 0.5"))
        except AlreadyClaimed:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        accepted = list(threads.map(attempt, range(6)))
    until(session, ticket, State.ENDED)
    assert accepted.count(True) == 1
    assert effect.read_text() == f"{accepted.index(True)}\n"


def test_a_lower_fence_is_refused_and_told(session: ParamikoSession, ticket: Ticket) -> None:
    raise_fence(session, 9, place=ticket.place)
    with pytest.raises(FenceRefused, match="fence is 9") as caught:
        start(session, ticket, Command(("true",)))
    assert caught.value.fence == 9
    assert probe(session, ticket).state is State.ABSENT


@pytest.mark.parametrize("act", [bury, stop])
def test_a_replaced_holder_can_neither_bury_nor_stop(session: ParamikoSession, ticket: Ticket, act: type) -> None:
    start(session, ticket, Command(("sleep", "2")))
    raise_fence(session, ticket.fence + 1, place=ticket.place)
    with pytest.raises(FenceRefused):
        act(session, ticket)
    assert probe(session, ticket).state is State.RUNNING
    stop(session, replace(ticket, fence=ticket.fence + 1), 1)


def test_a_start_raises_the_fence_for_the_next_one(session: ParamikoSession, ticket: Ticket) -> None:
    start(session, ticket, Command(("true",)))
    with pytest.raises(FenceRefused):
        start(session, replace(ticket, step="other", fence=ticket.fence - 1), Command(("true",)))


def test_fences_of_two_scopes_are_apart(session: ParamikoSession, ticket: Ticket) -> None:
    raise_fence(session, 99, scope="disk", place=ticket.place)
    start(session, ticket, Command(("true",)))
    assert until(session, ticket, State.ENDED).rc == 0


def test_the_fence_is_compared_as_a_number(session: ParamikoSession, ticket: Ticket) -> None:
    raise_fence(session, 9, place=ticket.place)
    raise_fence(session, 10, place=ticket.place)
    with pytest.raises(FenceRefused):
        raise_fence(session, 9, place=ticket.place)


@pytest.mark.parametrize("damage", ["", "seven\n", "-1\n", "7 8\n"])
def test_a_damaged_fence_file_stops_everything(session: ParamikoSession, ticket: Ticket, damage: str) -> None:
    (Path(ticket.place.root) / "host.fence").write_text(damage)
    with pytest.raises(HostNotReady, match="fence file .* is damaged"):
        start(session, ticket, Command(("true",)))
    assert probe(session, ticket).state is State.ABSENT


class Garbling:
    """A session that changes one byte, or loses the end, of what is uploaded."""

    def __init__(self, session: ParamikoSession, change: str) -> None:
        self.session, self.change = session, change

    def run(self, command: Command) -> Result:
        if command.argv[1] == "-c" and isinstance(command.stdin, str):
            text = command.stdin[:-1] + {"byte": "!", "cut": ""}[self.change]
            command = replace(command, stdin=text)
        return self.session.run(command)


@pytest.mark.parametrize(("change", "word"), [("byte", "sha256"), ("cut", "size")])
def test_a_damaged_upload_is_refused_and_claims_nothing(
    session: ParamikoSession, ticket: Ticket, change: str, word: str
) -> None:
    command = sh("wc -c", stdin="text" * 10_000)
    with pytest.raises(UploadDamaged, match=word):
        start(Garbling(session, change), ticket, command)  # type: ignore[arg-type]  # only run is used
    assert probe(session, ticket).state is State.ABSENT
    start(session, ticket, command)
    assert until(session, ticket, State.ENDED).rc == 0


class GarblingWords:
    """A session that changes one byte of the input that travels inside the script."""

    def __init__(self, session: ParamikoSession) -> None:
        self.session = session

    def run(self, command: Command) -> Result:
        assert isinstance(command.stdin, str)
        assert command.stdin.count("printf %s text ") == 1
        return self.session.run(replace(command, stdin=command.stdin.replace("printf %s text ", "printf %s tent ")))


def test_damaged_words_are_refused_and_claim_nothing(session: ParamikoSession, ticket: Ticket) -> None:
    with pytest.raises(UploadDamaged, match="sha256"):
        start(GarblingWords(session), ticket, sh("cat", stdin="text"))  # type: ignore[arg-type]  # only run is used
    assert probe(session, ticket).state is State.ABSENT
    assert not list(Path(ticket.directory).parent.glob("*"))
    start(session, ticket, sh("cat", stdin="text"))
    assert until(session, ticket, State.ENDED).rc == 0


class Counting:
    """A session that counts what is asked of it."""

    def __init__(self, session: ParamikoSession) -> None:
        self.session, self.asked = session, 0

    def run(self, command: Command) -> Result:
        self.asked += 1
        return self.session.run(command)


@pytest.mark.parametrize(
    ("stdin", "asked"),
    [("", 1), ('it\'s "$(id)" `id` \\ $HOME\n\n', 1), ("x" * 40_000, 2), ("caf\u00e9", 2), ("\0", 2), (Secret("x"), 2)],
    ids=["none", "little", "much", "not ASCII", "NUL", "secret"],
)
def test_what_is_short_and_plain_needs_no_round_trip_of_its_own(
    session: ParamikoSession, ticket: Ticket, stdin: str | Secret, asked: int
) -> None:
    counting = Counting(session)
    started = start(counting, ticket, sh("cat", stdin=stdin), wait=60)  # type: ignore[arg-type]  # only run is used
    assert counting.asked == asked
    assert started.first.final
    assert started.first.data.decode() == (stdin.value if isinstance(stdin, Secret) else stdin)
