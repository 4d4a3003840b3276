"""Every page renders for those who may, refuses the others, and trusts no stored text."""

import pytest
from django.urls import reverse

from audit.models import Entry
from inventory import panels
from inventory.models import Credential, Host, HostFacts, Owner, Vm
from inventory.services import facts_record, host_key_offer
from tests.inventory.conftest import a_key

EVERYBODY = ("rosa", "amir", "olu", "vera", "ada")
READ = [("hosts",), ("host", "app02"), ("owners",), ("owner", "OWNER"), ("vms",), ("vm", "vm42")]
WRITE = [
    ("host_new",), ("host_edit", "app02"), ("host_credential", "app02"),
    ("owner_new",), ("owner_edit", "OWNER"), ("vm_new",), ("vm_edit", "vm42"),
]  # fmt: skip


@pytest.fixture
def url(app02):
    def make(name, *args):
        return reverse(name, args=[app02.vm.owner_id if arg == "OWNER" else arg for arg in args])

    return make


@pytest.mark.parametrize("page", READ, ids=lambda page: page[0])
@pytest.mark.parametrize("who", EVERYBODY)
def test_every_role_reads(client, as_user, url, page, who, request):
    assert as_user(client, request.getfixturevalue(who)).get(url(*page)).status_code == 200


@pytest.mark.parametrize("page", READ + WRITE, ids=lambda page: page[0])
def test_somebody_without_a_role_reads_nothing(client, as_user, mallory, url, page):
    assert as_user(client, mallory).get(url(*page)).status_code == 403


@pytest.mark.parametrize("page", READ + WRITE, ids=lambda page: page[0])
def test_a_stranger_is_sent_to_sign_in(client, url, page):
    assert client.get(url(*page)).headers["Location"].startswith("/login/")


@pytest.mark.parametrize("page", WRITE, ids=lambda page: page[0])
def test_administrators_edit(client, as_user, ada, url, page):
    assert as_user(client, ada).get(url(*page)).status_code == 200


@pytest.mark.parametrize("page", WRITE, ids=lambda page: page[0])
@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera"])
def test_nobody_else_edits(client, as_user, url, page, who, request):
    as_user(client, request.getfixturevalue(who))
    assert client.post(url(*page), {"name": "taken-over"}).status_code == 403
    assert not Host.objects.filter(name="taken-over").exists()


@pytest.mark.parametrize("who", ["rosa", "amir", "vera", "mallory"])
@pytest.mark.parametrize("name", ["host_key_scan", "host_key_add", "host_key_trust", "host_key_revoke"])
def test_only_operators_and_administrators_touch_host_keys(client, as_user, app02, who, name, request):
    key = host_key_offer(app02, a_key())
    args = ["app02"] if name in ("host_key_scan", "host_key_add") else ["app02", key.pk]
    as_user(client, request.getfixturevalue(who))
    assert client.post(reverse(name, args=args), {"fingerprint": key.fingerprint}).status_code == 403
    key.refresh_from_db()
    assert key.state == "pending"


@pytest.mark.parametrize("page", [("host", "nobody"), ("host_edit", "nobody"), ("vm", "nobody"), ("owner", "9999")])
def test_what_is_not_there_is_not_found(client, as_user, ada, page):
    assert as_user(client, ada).get(reverse(page[0], args=page[1:])).status_code == 404


def test_empty_lists_offer_the_first_step(client, as_user, ada):
    as_user(client, ada)
    assert b"No hosts yet" in client.get(reverse("hosts")).content
    assert b"No owners yet" in client.get(reverse("owners")).content
    assert b"No VMs yet" in client.get(reverse("vms")).content


@pytest.mark.parametrize("path", ["/hosts/?text=%00", "/hosts/?after=%00", "/audit/?actor=%00", "/vms/?text=a%00b"])
def test_a_nul_in_the_address_is_passed_over(client, as_user, vera, path):
    assert as_user(client, vera).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/hosts/%00/", "/vms/%00/"])
def test_a_nul_names_nothing(client, as_user, vera, path):
    assert as_user(client, vera).get(path).status_code == 404


def test_names_are_found_whatever_their_case(client, as_user, vera, app02):
    assert as_user(client, vera).get("/hosts/APP02/").status_code == 200


EVIL = "<img src=x onerror=alert(1)>"


def test_stored_script_is_escaped_on_every_page(client, as_user, ada, admin):
    owner = Owner.objects.create(name=EVIL, email="x@example.net", note=EVIL, deputy=EVIL, phone=EVIL[:40])
    vm = Vm.objects.create(name=EVIL, owner=owner, service=EVIL, note=EVIL)
    credential = Credential.objects.create(name=EVIL, kind="key", public_key=EVIL)
    host = Host.objects.create(name=EVIL, address=EVIL, user="u", vm=vm, site=EVIL, note=EVIL, credential=credential)
    facts_record(host, {EVIL: EVIL, "disks": [{EVIL: EVIL, "x": [EVIL]}]})
    HostFacts.objects.update(error=EVIL)
    host_key_offer(host, a_key(), by=admin)
    as_user(client, ada)
    pages = [reverse(name) for name in ("hosts", "owners", "vms", "audit", "host_new", "vm_new")]
    pages += [host.get_absolute_url(), vm.get_absolute_url(), owner.get_absolute_url()]
    pages += [reverse("host_edit", args=[host.name]), reverse("host_credential", args=[host.name])]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200 and b"<img src=x" not in answer.content, page


def test_a_panel_of_another_floor_shows(client, as_user, vera, app02, monkeypatch):
    monkeypatch.setitem(panels._PANELS, "host", [])
    panels.register_panel(
        lambda host, actor: panels.Panel(f"For {actor.username}", "inventory/_check.html", html_id="p")
    )
    panels.register_panel(lambda host, actor: None)
    assert b"<h2>For vera</h2>" in as_user(client, vera).get(app02.get_absolute_url()).content


def test_an_owner_is_added_edited_and_audited(client, as_user, ada):
    as_user(client, ada)
    assert client.post(reverse("owner_new"), {"name": "Finance", "kind": "team"}).status_code == 302
    owner = Owner.objects.get()
    client.post(reverse("owner_edit", args=[owner.pk]), {"name": "Finance", "kind": "team", "deputy": "Ines"})
    assert Owner.objects.get().deputy == "Ines"
    assert list(Entry.objects.filter(object_kind="owner").values_list("action", "detail")) == [
        ("owner.edit", {"deputy": "— → Ines"}),
        ("owner.create", {"name": "Finance"}),
    ]


def test_a_change_of_owner_names_both_owners(client, as_user, ada, vm42):
    other = Owner.objects.create(name="Web")
    words = {"name": "vm42", "criticality": "critical", "service": "ledger", "owner": other.pk}
    as_user(client, ada).post(reverse("vm_edit", args=["vm42"]), words)
    assert Entry.objects.get(action="vm.edit").detail == {"owner": "Finance platform → Web"}


def test_a_taken_name_is_said_at_the_form(client, as_user, ada, vm42):
    answer = as_user(client, ada).post(reverse("vm_new"), {"name": "VM42", "criticality": "low"})
    assert answer.status_code == 422 and b"There is a VM of this name already" in answer.content
