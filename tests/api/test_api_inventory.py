from audit.models import Entry
from inventory.models import Host, HostKey

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIGZha2VrZXlmYWtla2V5ZmFrZWtleWZha2VrZXlmYWtl"


def test_an_administrator_adds_a_host(api, ada):
    status, host = api(ada).post("/hosts", {"name": "db01", "address": "192.0.2.9"})
    assert (status, host["trust"]) == (201, "none")
    assert Entry.objects.filter(action="host.create", actor_name="ada").exists()


def test_a_bad_address_is_named(api, ada):
    status, problem = api(ada).post("/hosts", {"name": "db01", "address": "not an address"})
    assert status == 422 and "address" in problem["errors"]


def test_nobody_else_adds_a_host(api, olu):
    assert api(olu).post("/hosts", {"name": "db01", "address": "192.0.2.9"})[0] == 403


def test_only_what_is_sent_is_changed(api, ada, app02):
    status, host = api(ada).post("/hosts/app02", {"site": "Berlin"}, method="patch")
    assert (status, host["site"], host["address"]) == (200, "Berlin", "192.0.2.2")


def test_a_key_is_trusted_by_its_fingerprint_only(api, olu, app02):
    key = HostKey.objects.create(host=app02, algorithm="ssh-ed25519", key_base64=KEY, fingerprint="SHA256:abc")
    assert api(olu).post("/hosts/app02/trust", {"fingerprint": "SHA256:other"})[0] == 422
    key.refresh_from_db()
    assert key.state == "pending"


def test_hosts_are_paged_by_name(api, vera, app02):
    Host.objects.create(name="zz", address="192.0.2.3")
    caller = api(vera)
    page = caller.get("/hosts?limit=1")[1]
    assert [row["name"] for row in page["items"]] == ["app02"]
    assert [row["name"] for row in caller.get(f"/hosts?after={page['after']}")[1]["items"]] == ["zz"]


def test_owners_and_vms_are_made_and_listed(api, ada):
    caller = api(ada)
    assert caller.post("/owners", {"name": "Team A"})[0] == 201
    assert caller.post("/vms", {"name": "vm7", "owner": "Team A", "criticality": "high"})[0] == 201
    assert caller.get("/vms")[1]["items"][0]["owner"] == "Team A"
    assert caller.get("/owners")[1]["items"][0]["name"] == "Team A"


def test_the_audit_is_read_by_cursor(api, ada):
    caller = api(ada)
    caller.post("/owners", {"name": "Team A"})
    first = caller.get("/audit?limit=1")[1]
    assert first["items"][0]["action"] == "owner.create"
    assert caller.get(f"/audit?before={first['before']}")[1]["items"]
