"""A peers' bug: imports that overwrite another owner's rows. Ours leave them alone, unless somebody chose otherwise."""

import pytest

from audit.models import Entry
from inventory.models import Host, Owner, Vm

WEB = "name,kind,address,vm,owner,criticality\n"


@pytest.fixture
def web(app02):
    return Owner.objects.create(name="Web")


@pytest.mark.parametrize(
    "row",
    [
        "vm42,vm,,,Web,low",
        "vm42,vm,,,,low",
        "VM42,vm,,,web,",
        "app02,host,192.0.2.99,,,",
        "app02,host,192.0.2.99,,Web,",
        "app02,host,,,Web,low",
        "web01,host,192.0.2.50,vm42,Web,",
        "app02,host,,vm99,Web,",
    ],
)
def test_rows_that_do_not_name_the_owner_change_nothing(app02, vm42, web, refusals, confirm, row):
    Vm.objects.create(name="vm99", owner=web)
    before = list(Vm.objects.values()), list(Host.objects.values())
    assert len(refusals(WEB + row)) == 1
    confirm(WEB + row)
    assert (list(Vm.objects.values()), list(Host.objects.values())) == before


def test_a_free_host_is_not_made_another_owners_vm(vm42, refusals):
    Owner.objects.create(name="Web")
    Host.objects.create(name="app02", address="192.0.2.7")
    for owner in ("Web", ""):
        assert "is Finance platform's, and this row" in refusals(f"{WEB}app02,host,,vm42,{owner},")["line 2"]


def test_rows_that_name_the_owner_are_taken(app02, vm42, confirm):
    confirm(WEB + "app02,host,192.0.2.99,,Finance platform,\nvm42,vm,,,finance PLATFORM,high")
    vm42.refresh_from_db()
    assert (Host.objects.get().address, vm42.criticality, vm42.owner.name) == ("192.0.2.99", "high", "Finance platform")


def test_whoever_chose_so_overwrites_and_the_preview_and_the_audit_say_it(vm42, web, preview, confirm):
    plan = preview(WEB + "vm42,vm,,,Web,", overwrite=True)
    assert plan.items[0].sentence == "It is Finance platform's: another owner's machine is changed."
    Vm.objects.update(confirmed_by="ines")
    confirm(WEB + "vm42,vm,,,Web,", overwrite=True)
    vm42.refresh_from_db()
    assert (vm42.owner, vm42.confirmed_by, vm42.confirmed_at) == (web, "", None)
    assert Entry.objects.get(action="import.confirm").detail["overwrote_other_owners"]


def test_the_digest_of_one_choice_is_not_good_for_the_other(vm42, web, preview):
    assert preview(WEB + "vm51,vm,,,Web,").digest != preview(WEB + "vm51,vm,,,Web,", overwrite=True).digest


def test_a_machine_of_nobody_is_anybodys(web, confirm):
    Vm.objects.create(name="vm50")
    confirm(WEB + "vm50,vm,,,Web,")
    assert Vm.objects.get(name="vm50").owner == web
