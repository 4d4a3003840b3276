"""Ownership over the API: the same list, words and refusals as on the pages."""

import pytest

from inventory.models import Host, Membership, Owner, Vm


def test_the_unowned_are_paged_worst_first(api, vera, vm42):
    for n in range(3):
        Host.objects.create(name=f"h{n}", address=f"h{n}.example", criticality="critical")
    caller, names, after = api(vera), [], ""
    while after is not None:
        status, page = caller.get(f"/unowned?limit=2&after={after}")
        assert status == 200 and (page["nobody"], page["unconfirmed"]) == (3, 1)
        names += [item["name"] for item in page["items"]]
        after = page["after"]
    assert sorted(names) == ["h0", "h1", "h2", "vm42"] and names[:3] == ["h0", "h1", "h2"]
    assert [item["name"] for item in caller.get("/unowned?which=unconfirmed")[1]["items"]] == ["vm42"]


def test_an_owners_person_confirms_and_others_do_not(api, rosa, amir, vm42):
    Membership.objects.create(owner=vm42.owner, user=rosa)
    status, problem = api(amir).post("/vms/vm42/answer", {"answer": "mine"})
    assert status == 403 and "own people and operators" in problem["detail"]
    status, told = api(rosa).post("/vms/vm42/answer", {"answer": "mine"})
    assert (status, told["state"], told["confirmed_by"]) == (200, "confirmed", "rosa")


def test_not_mine_takes_a_reason(api, olu, app02, vm42):
    Host.objects.update(vm=vm42)
    caller = api(olu)
    assert caller.post("/hosts/app02/answer", {"answer": "not_mine"})[0] == 422
    assert caller.post("/hosts/app02/answer", {"answer": "not_mine", "reason": "\0"})[0] == 422
    status, told = caller.post("/hosts/app02/answer", {"answer": "not_mine", "reason": "sold"})
    assert (status, told["kind"], told["owner"], told["disowned"]) == (200, "vm", "", "sold")


def test_people_are_named_by_administrators(api, ada, olu, rosa, vm42):
    path, body = f"/owners/{vm42.owner_id}/people", {"person": "rosa", "deputy": True, "since": "2026-07-01"}
    assert api(olu).post(path, body)[0] == 403
    caller = api(ada)
    assert caller.post(path, body) == (201, {**body, "until": None})
    assert caller.post(path, body)[0] == 422
    assert caller.post(path, {"person": "nobody"})[0] == 422
    status, problem = caller.post(path, {"person": "ada"})
    assert status == 422 and "Nobody makes themselves an owner" in problem["detail"]
    assert [person["person"] for person in caller.get(path)[1]["items"]] == ["rosa"]


@pytest.mark.parametrize("kind", ["hosts", "vms"])
def test_two_entries_become_one(api, ada, olu, kind):
    if kind == "hosts":
        for name in ("a1", "a2"):
            Host.objects.create(name=name, address=f"{name}.example")
    else:
        Vm.objects.create(name="a1", owner=Owner.objects.create(name="Web"))
        Vm.objects.create(name="a2")
    assert api(olu).post(f"/{kind}/a2/merge", {"gone": "a1"})[0] == 403
    status, told = api(ada).post(f"/{kind}/a2/merge", {"gone": "a1"})
    assert (status, told["name"], told["owner"]) == (200, "a2", "Web" if kind == "vms" else "")
    assert api(ada).post(f"/{kind}/a2/merge", {"gone": "a2"})[0] == 422


def test_a_host_gets_another_name(api, ada, app02):
    status, told = api(ada).post("/hosts/app02", {"name": "web01"}, method="patch")
    assert (status, told["name"]) == (200, "web01")
