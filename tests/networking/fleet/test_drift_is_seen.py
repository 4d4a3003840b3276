"""What the sweep finds where running bonds are other than their files."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from api.bonds import bond_out
from networking.asking import ask, enrol
from networking.drift import Compared, drift_of, untold
from networking.facts.values import Managers, NetFile, Setup
from networking.models import Bond, HostNetwork
from tests.networking.fleet.conftest import answer, compared

pytestmark = pytest.mark.django_db

SAID = "primary_reselect is failure in the files, and better in the kernel"


def edit(server, **changes) -> None:
    """Somebody changes the first host."""
    server.world.hosts[0] = server.world.hosts[0].with_bond(**changes)


def due() -> None:
    HostNetwork.objects.update(next_at=timezone.now())


def test_files_that_say_otherwise_are_drift_with_what_both_say(tell, app02, broken):
    tell(app02, broken("drift"))
    bond = Bond.objects.get()
    assert bond.state == "drift"
    assert SAID in bond.sentence and "The next boot makes it what the files say." in bond.sentence
    assert bond.evidence == [f"{SAID}."]


def test_a_bond_that_is_as_its_files_is_no_drift(tell, app02, well):
    tell(app02, well)
    assert (Bond.objects.get().state, Bond.objects.get().drift) == ("ok", [])


def test_what_was_found_holds_until_files_are_read_again(tell, app02, broken, well):
    tell(app02, broken("drift"))
    tell(app02, broken("drift").with_port("eno2", failures=1), files=False)
    assert Bond.objects.get().state == "drift"
    tell(app02, well)
    assert Bond.objects.get().state == "ok"


def test_a_bond_made_by_hand_is_in_no_file(well):
    by_hand = replace(well, bonds=(replace(well.bonds[0], name="bond7"),))
    setup = Setup(Managers({"ifupdown": "the networking service is active"}, ("ifup", "ifenslave")), ())
    assert drift_of(answer(by_hand), setup)["bond7"] == Compared(
        ("bond7 runs, and no file of any network manager makes it.",)
    )


def test_a_bond_beside_what_its_manager_writes_is_in_no_file_of_it(well):
    file = NetFile("/etc/network/interfaces", "auto eno2\niface eno2 inet dhcp\n")
    setup = Setup(Managers({"ifupdown": "the networking service is active"}, ("ifup", "ifenslave")), (file,))
    assert drift_of(answer(well), setup)["bond0"].differences == (
        "bond0 runs, and no file of Debian ifupdown makes it.",
    )  # fmt: skip


def test_two_managers_that_claim_it_leave_it_untold(well):
    files = (
        NetFile("/etc/network/interfaces", "iface bond0 inet manual\n    bond-slaves eno1 eno2\n"),
        NetFile("/etc/systemd/network/bond0.netdev", "[NetDev]\nName=bond0\nKind=bond\n"),
        NetFile("/etc/systemd/network/bond0.network", "[Match]\nName=bond0\n"),
    )
    both = Managers({"ifupdown": "active", "networkd": "active"}, ("ifup", "ifenslave"))
    found = drift_of(answer(well), Setup(both, files))["bond0"]
    assert not found.differences
    assert found.untold.startswith("Two network managers claim the same NICs")


def test_the_page_says_why_it_cannot_be_told(tell, app02, well, client, as_user, vera):
    tell(app02, well)
    Bond.objects.update(untold="sudo says no.")
    page = as_user(client, vera).get(reverse("bond", args=["app02", "bond0"])).content.decode()
    assert "Whether its files say the same cannot be told: sudo says no." in page


def test_the_api_says_so_too(tell, app02, broken):
    tell(app02, broken("drift"))
    bond = bond_out(Bond.objects.get())
    assert bond["health"] == "drift" and SAID in bond["sentence"]
    Bond.objects.update(untold="sudo says no.")
    assert bond_out(Bond.objects.get())["untold"] == "sudo says no."


def test_files_are_read_with_the_first_answer(simulate, fleet):
    server = simulate(1)
    edit(server, filed="failure")
    enrol()
    fleet.round()
    assert SAID in Bond.objects.get().sentence


def test_a_changed_bond_has_its_files_read_at_once(simulate, fleet):
    server = simulate(1)
    enrol()
    fleet.round()
    edit(server, reselect="failure", filed="better")
    due()
    fleet.round()
    assert Bond.objects.get().state == "drift"


def test_a_changed_file_alone_is_found_once_files_are_due(simulate, fleet):
    server = simulate(1)
    enrol()
    fleet.round()
    edit(server, filed="failure")
    due()
    fleet.round()
    assert Bond.objects.get().state == "ok"
    late = timezone.now() - timedelta(minutes=16)
    HostNetwork.objects.update(files_at=late, full_at=late)
    due()
    fleet.round()
    assert Bond.objects.get().state == "drift"


def test_a_host_that_somebody_asks_for_has_its_files_read(simulate, fleet):
    server = simulate(1)
    enrol()
    fleet.round()
    edit(server, filed="failure")
    ask(HostNetwork.objects.get().host)
    fleet.round()
    assert Bond.objects.get().state == "drift"


def test_files_that_cannot_be_had_end_nothing_and_are_told(simulate, fleet):
    server = simulate(1)
    server.questions = dict(list(server.questions.items())[:2])
    enrol()
    assert fleet.round().silent == 0
    bond = Bond.objects.get()
    assert bond.state == "ok"
    assert "knows no such command" in bond.untold


def test_nothing_is_compared_where_files_could_not_be_had(well):
    assert untold(answer(well), "sudo says no.") == {"bond0": Compared(untold="sudo says no.")}
    assert compared(well) == {"bond0": Compared()}


def test_files_that_nobody_can_read_are_told_and_end_nothing(well, monkeypatch):
    def broken(*_):
        raise IndexError("line 7")

    monkeypatch.setattr("networking.drift.owner_of", broken)
    assert compared(well)["bond0"].untold == "Regroup could not read its network files: IndexError: line 7"
