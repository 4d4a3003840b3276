from hypothesis import given, settings

from networking.backends.ifupdown import Ifupdown
from networking.bonding.model import Bond
from tests.networking.backends.round_trip import comes_back, is_stable, leaves_its_addresses
from tests.networking.bonds import bonds


@settings(max_examples=300, deadline=None)
@given(bonds())
def test_every_bond_is_read_back_as_it_was_written(bond: Bond) -> None:
    comes_back(Ifupdown(), bond)


@settings(max_examples=50, deadline=None)
@given(bonds())
def test_what_is_written_once_needs_no_writing_again(bond: Bond) -> None:
    is_stable(Ifupdown(), bond)


@settings(max_examples=50, deadline=None)
@given(bonds())
def test_a_removed_bond_leaves_its_first_port_with_its_addresses(bond: Bond) -> None:
    leaves_its_addresses(Ifupdown(), bond)
