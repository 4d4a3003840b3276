"""A name with many addresses that answer nothing holds a worker no longer than one does."""

from __future__ import annotations

import socket

import pytest

from notices import posting
from notices.addresses import Place
from notices.posting import CONNECT_SECONDS, WHOLE_SECONDS, PostFailed

PLACE = Place("many.example", 443, True, "/", tuple((2, (f"192.0.2.{at}", 443)) for at in range(1, 60)))


class Clock:
    """Time passes only while somebody waits for a connection that does not come."""

    def __init__(self) -> None:
        self.now, self.tried = 0.0, list[str]()

    def socket(self, family: int, kind: int) -> Clock:
        return self

    def settimeout(self, seconds: float) -> None:
        self.seconds = seconds

    def connect(self, where: tuple[str, int]) -> None:
        self.tried.append(where[0])
        self.now += self.seconds
        raise TimeoutError

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("whole", [WHOLE_SECONDS, 2 * CONNECT_SECONDS - 3])
def test_three_addresses_are_tried_and_no_longer_than_the_whole_may_take(monkeypatch, whole):
    clock = Clock()
    monkeypatch.setattr(socket, "socket", clock.socket)
    monkeypatch.setattr(posting, "monotonic", lambda: clock.now)
    monkeypatch.setattr(posting, "WHOLE_SECONDS", whole)
    monkeypatch.setattr(posting, "place_of", lambda url, allowed: PLACE)
    with pytest.raises(PostFailed, match="could not be reached"):
        posting.post("https://many.example/", b"", {}, [])
    assert clock.now <= whole and len(clock.tried) <= 3 and clock.tried[0] == "192.0.2.1"


def test_a_third_address_that_takes_it_at_once_is_reached(monkeypatch):
    clock = Clock()
    refused = iter([ConnectionRefusedError(), ConnectionRefusedError(), None])

    def connect(where):
        clock.tried.append(where[0])
        if (trouble := next(refused)) is not None:
            raise trouble

    clock.connect = connect
    monkeypatch.setattr(socket, "socket", clock.socket)
    assert posting._socket(PLACE, float("inf")) is clock
    assert clock.tried == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
