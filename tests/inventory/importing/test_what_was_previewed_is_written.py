"""A confirmed import writes what the preview showed, or nothing."""

import pytest

from audit.models import Entry
from inventory.importing.csv_rows import write
from inventory.importing.planning import Options
from inventory.imports import ImportMoved, export_rows, import_confirm, import_preview, read_source
from inventory.models import Host, Owner, Vm
from tests.conftest import SEES_ALL

TEXT = """name,address,port,vm,jump,owner,owner_email,criticality,service,tags,site,rack,note
jump1,192.0.2.1,,,,Net,net@example.net,high,bastion,edge,fra,r01,
app03,10.0.0.3,2222,vm3,jump1,Web,,critical,shop,"Prod, pci",fra,r02,=cmd()
vm9,,,,,Web,,low,,,,,
"""


def test_creates_owners_vms_and_hosts_behind_a_jump_host_of_the_same_list(confirm):
    confirm(TEXT, make_owners=True)
    row = Host.objects.select_related("vm__owner", "jump").get(name="app03")
    assert (row.address, row.port, row.jump.name, row.site, row.rack) == ("10.0.0.3", 2222, "jump1", "fra", "r02")
    assert (row.vm.name, row.vm.owner.name, row.vm.criticality, row.vm.tags) == ("vm3", "Web", "critical", "pci prod")
    assert (row.owner, row.note) == (None, "=cmd()")
    assert Owner.objects.get(name="Net").email == "net@example.net"
    assert Host.objects.get(name="jump1").owner.name == "Net"
    assert Entry.objects.filter(action__in=["host.create", "vm.create", "owner.create"]).count() == 6


def test_again_it_changes_nothing(confirm, preview):
    confirm(TEXT, make_owners=True)
    assert {item.act for item in preview(TEXT).items} == {"same"}


def test_what_is_exported_changes_nothing_when_it_is_read_back(confirm, preview, app02):
    confirm(TEXT, make_owners=True)
    plan = preview("".join(write(export_rows(SEES_ALL))))
    assert [item for item in plan.items if item.act != "same"] == []
    assert len(plan.items) == 6


def test_a_preview_writes_nothing(preview):
    preview(TEXT, make_owners=True)
    assert not (Host.objects.exists() or Vm.objects.exists() or Owner.objects.exists() or Entry.objects.exists())


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda: Vm.objects.update(service="typed meanwhile"),
        lambda: Vm.objects.update(name="vm42b"),
        lambda: Vm.objects.update(owner=None),
        lambda: Host.objects.create(name="app09", address="192.0.2.9"),
        lambda: Owner.objects.update(name="Finance"),
    ],
)
def test_a_stock_that_moved_since_the_preview_is_not_written_to(vm42, admin, meanwhile):
    source = read_source(
        "csv", "name,kind,address,owner,service\nvm42,vm,,Finance platform,new\napp09,host,192.0.2.9,,x\n"
    )
    digest = import_preview(source, Options()).digest
    meanwhile()
    with pytest.raises(ImportMoved):
        import_confirm(source, Options(), digest, by=admin)
    assert not Entry.objects.filter(action="import.confirm").exists()
    assert not Vm.objects.filter(service="new").exists()


def test_what_moves_between_the_reading_and_the_writing_stops_it_too(vm42, admin, monkeypatch):
    from inventory import imports

    source = read_source("csv", "name,owner,service\nvm50,,\nvm42,Finance platform,new\n")
    digest = import_preview(source, Options()).digest
    real = imports.import_preview

    def late(*words):
        found = real(*words)
        Vm.objects.filter(name="vm42").update(service="typed meanwhile")
        return found

    monkeypatch.setattr(imports, "import_preview", late)
    with pytest.raises(ImportMoved):
        import_confirm(source, Options(), digest, by=admin)
    assert not Vm.objects.filter(name="vm50").exists()


def test_an_empty_cell_clears_nothing(vm42, confirm):
    confirm("name,owner,service,criticality\nvm42,Finance platform,,high\n")
    vm42.refresh_from_db()
    assert (vm42.service, vm42.criticality) == ("ledger", "high")
