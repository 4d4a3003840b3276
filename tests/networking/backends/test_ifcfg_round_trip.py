from hypothesis import given, settings

from networking.backends.ifcfg import Ifcfg
from networking.backends.writing import after
from networking.bonding.model import Bond, problems
from tests.networking.bonds import bonds

IFCFG = Ifcfg()


@settings(max_examples=300)
@given(bonds())
def test_every_bond_is_read_back_as_it_was_written(bond: Bond) -> None:
    assert problems(bond) == ()

    read = IFCFG.read(after({}, IFCFG.render(bond, {})))

    assert read.bonds == (bond,)
    assert read.flaws == ()


@settings(max_examples=60)
@given(bonds())
def test_what_is_written_once_needs_no_writing_again(bond: Bond) -> None:
    files = after({}, IFCFG.render(bond, {}))

    assert IFCFG.render(bond, files) == ()


@settings(max_examples=60)
@given(bonds())
def test_a_removed_bond_leaves_its_first_port_with_its_addresses(bond: Bond) -> None:
    files = after({}, IFCFG.render(bond, {}))

    read = IFCFG.read(after(files, IFCFG.remove(bond, files)))

    assert read.bonds == ()
    assert read.plain[bond.ports[0].name] == bond.addressing
