"""What every back-end promises of generated bonds."""

from __future__ import annotations

from networking.backends.naming import named
from networking.backends.protocol import Backend
from networking.backends.writing import after
from networking.bonding.model import Bond, problems
from tests.networking.backends.hosts import nic


def comes_back(backend: Backend, bond: Bond) -> None:
    assert problems(bond) == ()

    read = backend.read(after({}, backend.render(bond, {})))

    assert read.bonds == (bond,)
    assert read.flaws == ()


def is_stable(backend: Backend, bond: Bond) -> None:
    files = after({}, backend.render(bond, {}))

    assert backend.render(bond, files) == ()


def leaves_its_addresses(backend: Backend, bond: Bond) -> None:
    files = after({}, backend.render(bond, {}))

    read = named(
        backend.read(after(files, backend.remove(bond, files))),
        [nic(port.name, permanent_address=port.permanent_address, address="") for port in bond.ports],
    )

    assert read.bonds == ()
    assert read.flaws == ()
    plain = {name: addressing for name, addressing in read.plain.items() if addressing.method != "none"}
    assert plain == ({} if bond.addressing.method == "none" else {bond.ports[0].name: bond.addressing})
