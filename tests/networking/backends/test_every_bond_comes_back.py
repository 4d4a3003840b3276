"""What every back-end promises of generated bonds: 300 of them, each written and read by all five."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import event, given, settings

from networking.backends.naming import named
from networking.backends.protocol import Backend, Unrenderable
from networking.backends.registry import BACKENDS
from networking.backends.writing import after
from networking.bonding.model import Bond, problems
from tests.networking.backends.hosts import nic
from tests.networking.bonds import bonds


def without_words(key: str, bond: Bond) -> bool:
    """Whether the manager has no way to say this bond."""
    options = bond.options
    silent = key == "netplan" and not (options.num_grat_arp and options.resend_igmp)
    return silent or (key in ("netplan", "networkd") and bool(options.peer_notif_delay))


def written(bond: Bond) -> Iterator[tuple[Backend, dict[str, str]]]:
    """Each back-end that takes the bond, with its files; one that refuses must have to."""
    for key, backend in BACKENDS.items():
        try:
            files = after({}, backend.render(bond, {}))
        except Unrenderable as error:
            assert without_words(key, bond), f"{key} refuses {bond}: {error}"
            event(f"{key} has no words")
        else:
            assert not without_words(key, bond)
            yield backend, files


@settings(max_examples=300, deadline=None)
@given(bonds())
def test_every_bond_is_read_back_as_it_was_written(bond: Bond) -> None:
    assert problems(bond) == ()
    for backend, files in written(bond):
        read = backend.read(files)

        assert (backend.key, read.bonds) == (backend.key, (bond,))
        assert (backend.key, read.flaws) == (backend.key, ())


@settings(max_examples=50, deadline=None)
@given(bonds())
def test_what_is_written_once_needs_no_writing_again(bond: Bond) -> None:
    for backend, files in written(bond):
        assert (backend.key, backend.render(bond, files)) == (backend.key, ())


@settings(max_examples=50, deadline=None)
@given(bonds())
def test_a_removed_bond_leaves_its_first_port_with_its_addresses(bond: Bond) -> None:
    nics = [nic(port.name, permanent_address=port.permanent_address, address="") for port in bond.ports]
    expected = {} if bond.addressing.method == "none" else {bond.ports[0].name: bond.addressing}
    for backend, files in written(bond):
        read = named(backend.read(after(files, backend.remove(bond, files))), nics)

        assert (backend.key, read.bonds, read.flaws) == (backend.key, (), ())
        addressed = {name: addressing for name, addressing in read.plain.items() if addressing.method != "none"}
        assert (backend.key, addressed) == (backend.key, expected)
