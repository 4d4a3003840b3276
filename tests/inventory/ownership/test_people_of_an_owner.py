"""Administrators say who belongs to an owner; both moves are in the audit."""

import pytest

from audit.models import Entry
from inventory.models import Membership


def test_a_person_is_added_and_removed(client, as_user, ada, rosa, finance):
    as_user(client, ada).post(f"/owners/{finance.pk}/people/", {"user": rosa.pk})
    member = Membership.objects.get()
    assert b"Rosa" in client.get(f"/owners/{finance.pk}/").content
    client.post(f"/owners/{finance.pk}/people/{member.pk}/remove/")
    assert not Membership.objects.exists()
    actions = Entry.objects.filter(action__startswith="owner.").values_list("action", flat=True)
    assert set(actions) == {"owner.add_person", "owner.remove_person"}


def test_the_same_person_twice_is_refused_with_a_sentence(client, as_user, ada, rosa, finance):
    Membership.objects.create(owner=finance, user=rosa)
    answer = as_user(client, ada).post(f"/owners/{finance.pk}/people/", {"user": rosa.pk})
    assert answer.status_code == 422 and b"belongs to this owner already" in answer.content


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
def test_nobody_else_names_an_owners_people(client, as_user, who, finance, request):
    user = request.getfixturevalue(who)
    assert as_user(client, user).post(f"/owners/{finance.pk}/people/", {"user": user.pk}).status_code == 403
    assert not Membership.objects.exists()


def test_an_owner_is_not_named_on_a_host_that_is_a_vm(client, as_user, ada, app02, finance):
    words = {"name": "app02", "address": "192.0.2.7", "port": 22, "user": "regroup", "vm": app02.vm_id}
    answer = as_user(client, ada).post("/hosts/app02/edit/", {**words, "owner": finance.pk})
    assert answer.status_code == 422 and b"whose page says who owns it" in answer.content
