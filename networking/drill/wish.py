"""What is asked for: a drill of one bond, watched from a second host or not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json
from networking.bonding.model import INTERFACE_NAME
from networking.guard import SECONDS
from networking.request import Problem

LEAST_SECONDS, LEAST_INTERVAL, MOST_INTERVAL = 60, 10, 1000
INTERVAL = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """One drill.

    witness      a second host on the same segment, from which packets are sent; empty to measure nothing
    slowed       the primary comes back slowed down first, to see that `better` holds the traffic
    seconds      from arming to the host's going back by itself
    interval_ms  between two packets: the gap is known to that
    """

    host: str
    bond: str
    witness: str = ""
    slowed: bool = False
    seconds: int = SECONDS
    interval_ms: int = INTERVAL

    def to_json(self) -> dict[str, Json]:
        return asdict(self)

    @classmethod
    def from_json(cls, params: Mapping[str, Json]) -> Wish:
        """The wish in `params`. Raises ValueError with a sentence."""
        try:
            return cls(
                str(params["host"]),
                str(params["bond"]),
                str(params.get("witness") or ""),
                bool(params.get("slowed", False)),
                int(params.get("seconds") or SECONDS),
                int(params.get("interval_ms") or INTERVAL),
            )
        except KeyError as error:
            raise ValueError(f"The request lacks {error}.") from error
        except (TypeError, ValueError) as error:
            raise ValueError("seconds and interval_ms are numbers.") from error


def wish_problems(wish: Wish) -> Iterator[Problem]:
    """Everything that is wrong whatever the host is like."""
    if not INTERFACE_NAME.fullmatch(wish.bond):
        yield Problem("bond", f"{wish.bond!r} is no name for a bond.")
    if wish.witness == wish.host:
        yield Problem("witness", f"{wish.host} cannot watch itself; name another host on the same segment.")
    if not LEAST_SECONDS <= wish.seconds <= SECONDS:
        yield Problem("seconds", f"A drill takes its time: {LEAST_SECONDS} to {SECONDS} seconds, not {wish.seconds}.")
    if not LEAST_INTERVAL <= wish.interval_ms <= MOST_INTERVAL:
        yield Problem(
            "interval_ms",
            f"Packets go out every {LEAST_INTERVAL} to {MOST_INTERVAL} ms, not every {wish.interval_ms}.",
        )
