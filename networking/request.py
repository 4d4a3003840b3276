"""What is asked for: a bond on a host, checked by itself before any host is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace

from changes.plan import Json
from networking.bonding.model import Addressing, Bond, Options, Port, Route, problems
from networking.guard import SECONDS

LEAST_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a request; `field` is the form's and the API's name of it."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Request:
    """One bond on one host.

    bond        as it is to be; the primary is enslaved first, so that the bond gets its MAC address
    addressing  None: what the ports, or the bond that is there, have now moves to it
    existing    an existing bond is changed; otherwise its name must be free
    seconds     from arming to the host's going back by itself
    """

    host: str
    bond: Bond
    addressing: Addressing | None = None
    existing: bool = False
    seconds: int = SECONDS

    def to_json(self) -> dict[str, Json]:
        return {
            "host": self.host,
            "name": self.bond.name,
            "ports": [port.name for port in self.bond.ports],
            "options": _plain(asdict(self.bond.options)),
            "addressing": _plain(asdict(self.addressing)) if self.addressing else None,
            "mtu": self.bond.mtu,
            "existing": self.existing,
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, params: Mapping[str, Json]) -> Request:
        """The request in `params`. Raises ValueError with a sentence where something is missing or of another kind."""
        try:
            options = Options(**_fitting(Options, params.get("options") or {}))
            ports = _primary_first([str(name) for name in params["ports"]], options.primary)
            bond = Bond(str(params["name"]), ports, options, mtu=_number(params.get("mtu"), "mtu"))
            return cls(
                str(params["host"]),
                bond,
                addressing_of(params.get("addressing")),
                bool(params.get("existing", False)),
                _number(params.get("seconds"), "seconds") or SECONDS,
            )
        except KeyError as error:
            raise ValueError(f"The request lacks {error}.") from error
        except TypeError as error:
            raise ValueError(f"The request cannot be read: {error}.") from error


def request_problems(request: Request) -> Iterator[Problem]:
    """Everything that is wrong whatever the host is like, gravest first."""
    bond = request.bond
    if request.addressing:
        bond = replace(bond, addressing=request.addressing)
    for sentence in problems(bond):
        yield Problem(_field(sentence), sentence)
    if not LEAST_SECONDS <= request.seconds <= SECONDS:
        yield Problem(
            "seconds",
            f"The host goes back by itself after {LEAST_SECONDS} to {SECONDS} seconds, so that with the way back it"
            f" stays within 200; not after {request.seconds}.",
        )
    if bond.mtu is not None and not 68 <= bond.mtu <= 65535:
        yield Problem("mtu", f"An MTU is a number from 68 to 65535, not {bond.mtu}.")


def addressing_of(data: Mapping[str, Json] | None) -> Addressing | None:
    """Raises TypeError or KeyError where it is no addressing."""
    if not data:
        return None
    routes = tuple(Route(**row) for row in data.get("routes") or ())
    return Addressing(**{**_fitting(Addressing, data), "routes": routes})


FIELDS = (
    ("name", ("no name for an interface", "cannot be a port of itself")),
    ("primary", ("is to be the primary",)),
    ("ports", ("needs two ports", "named twice", "no MAC address")),
    ("addressing", ("gateway", "addresses", "Write addresses")),
)


def _field(sentence: str) -> str:
    """The field that a sentence of the model is about: the option that it begins with, or by its words."""
    word = sentence.split("=")[0].split(" ")[0]
    if word in {field.name for field in fields(Options)}:
        return word
    return next((name for name, words in FIELDS if any(each in sentence for each in words)), "name")


def _primary_first(names: list[str], primary: str) -> tuple[Port, ...]:
    return tuple(Port(name) for name in sorted(names, key=lambda name: name != primary))


def _fitting(kind: type[Options] | type[Addressing], data: Mapping[str, Json]) -> dict[str, Json]:
    """Values of the kind's own fields, lists as tuples. Raises TypeError for a name or a type that it has not."""
    known = {field.name: getattr(kind(), field.name) for field in fields(kind)}
    strange = sorted(set(data) - set(known))
    if strange:
        raise TypeError(f"there is no {', '.join(strange)}")
    return {name: _like(known[name], value, name) for name, value in data.items() if name != "routes"}


def _like(default: object, value: Json, name: str) -> Json:
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple):
            raise TypeError(f"{name} is a list")
        return tuple(str(item) for item in value)
    if isinstance(default, bool):
        return bool(value)
    if isinstance(default, int):
        return _number(value, name) or 0
    return str(value)


def _number(value: Json, name: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is a number, not {value!r}") from None


def _plain(data: dict[str, Json]) -> dict[str, Json]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}
