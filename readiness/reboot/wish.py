"""What is asked for: one reboot of one host, and by when it has to be back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json

LEAST_SECONDS, SECONDS, MOST_SECONDS = 120, 600, 1800


@dataclass(frozen=True, slots=True)
class Wish:
    """One reboot.

    seconds  from the reboot to a login of the new boot; past that it is an alarm
    despite  also where checks are red: then it starts only under a broken glass
    """

    host: str
    seconds: int = SECONDS
    despite: bool = False

    def to_json(self) -> dict[str, Json]:
        return asdict(self)

    @classmethod
    def from_json(cls, params: Mapping[str, Json]) -> Wish:
        """The wish in `params`. Raises ValueError with a sentence."""
        try:
            seconds = params.get("seconds")
            return cls(
                str(params["host"]), SECONDS if seconds is None else int(seconds), bool(params.get("despite", False))
            )
        except KeyError as error:
            raise ValueError(f"The request lacks {error}.") from error
        except (TypeError, ValueError) as error:
            raise ValueError("seconds is a number.") from error


def wish_problems(wish: Wish, *, simulated: bool = False) -> Iterator[tuple[str, str]]:
    """(field, sentence) of everything that is wrong whatever the host says."""
    if simulated:
        yield "host", f"{wish.host} is simulated, so it has no boot that could be ended. Choose a real host."
    if not LEAST_SECONDS <= wish.seconds <= MOST_SECONDS:
        yield (
            "seconds",
            f"A host is given {LEAST_SECONDS} to {MOST_SECONDS} seconds to come back, not {wish.seconds}.",
        )
