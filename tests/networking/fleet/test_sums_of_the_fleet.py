"""Sums and lists that are kept as hosts answer, or read by an index, say what every row would."""

from dataclasses import replace
from decimal import Decimal

import pytest

from inventory.models import Host, Membership, Owner
from networking.idling import idling, in_all, page_of, sums
from networking.models import Bond, Nic
from networking.plugged import on_one_switch, switch_names
from networking.selectors import sites
from networking.views import topology as view
from people.roles import Role
from people.selectors import actor_of
from tests.conftest import SEES_ALL

pytestmark = pytest.mark.django_db


@pytest.fixture
def fast(well):
    """Its second port stands by for a fast one, and is fast itself."""
    return well.with_port("eno2", nominal=10_000, speed=10_000)


@pytest.fixture
def theirs(rosa):
    """Rosa belongs to this owner, and sees no other machine."""
    owner = Owner.objects.create(name="Ledger")
    Membership.objects.create(owner=owner, user=rosa)
    return owner


@pytest.fixture
def three(tell, fast, theirs):
    for name, site, owner in (("app10", "s10", None), ("app2", "s2", theirs), ("app1", "s2", None)):
        tell(Host.objects.create(name=name, address=f"{name}.example", site=site, owner=owner), fast)
    Host.objects.create(name="bare", address="bare.example", site="s3")


def test_idle_ports_are_added_up_by_site_and_in_all(three, settings):
    settings.PORT_PRICE = Decimal("150.50")
    found = sums(idling(SEES_ALL))
    assert [(row.site, row.ports, row.price) for row in found] == [
        ("s2", 2, Decimal("301")),
        ("s10", 1, Decimal("150.5")),
    ]
    assert (in_all(found).ports, in_all(found).price) == (3, Decimal("451.5"))
    settings.PORT_PRICE = None
    assert (in_all(found).ports, sums(idling(SEES_ALL, "s2"))[0].price) == (3, None)


def test_a_requester_sees_and_adds_up_their_own_alone(three, rosa):
    actor = replace(actor_of(rosa), roles=frozenset({Role.REQUESTER}))
    assert [(row.site, row.ports) for row in sums(idling(actor))] == [("s2", 1)]
    assert [one.port.host for one in page_of(idling(actor), "", 9).ports] == ["app2"]
    assert (sites(actor), sites(SEES_ALL)) == (["s2"], ["s10", "s2"])
    assert switch_names(actor) == switch_names(SEES_ALL, "s2") == switch_names(SEES_ALL)


def test_a_port_idles_for_as_long_as_it_does_nothing(tell, app02, well, fast):
    idle = []
    for state in (well, fast, well, fast, well):
        tell(app02, state)
        idle.append(list(Nic.objects.filter(idle=True).values_list("name", flat=True)))
    assert idle == [[], ["eno2"], [], ["eno2"], []]


def test_a_bond_hangs_on_one_switch_for_as_long_as_it_does(tell, app02, well, broken):
    alone = []
    for state in (well, broken("one-switch"), well):
        tell(app02, state)
        alone.append([bond.one_switch for bond in on_one_switch(SEES_ALL)])
    assert alone == [[], ["sw-fra-r01-a"], []]
    tell(app02, broken("one-switch"))
    Bond.objects.update(present=False)
    assert not on_one_switch(SEES_ALL).exists()


def test_every_switch_comes_once_in_the_order_that_people_count_in():
    names = ["sw01", "sw1", "sw2", "sw10", "sw100"]
    for size in (1, 2, 3):
        found, after = view.page_of(names, "", size)
        while after:
            page, after = view.page_of(names, after, size)
            found += page
        assert found == names


def test_a_grid_too_large_to_draw_at_once_comes_in_pages(three, client, vera, as_user, monkeypatch):
    monkeypatch.setattr("networking.views.grid.MOST_CELLS", 2)
    as_user(client, vera)
    first = client.get("/bonds/grid")
    second = client.get("/bonds/grid" + first.context["page"].better)
    shown = [row.host__name for answer in (first, second) for row in answer.context["page"].rows]
    assert sorted(shown) == ["app1", "app10", "app2"] and second.context["page"].better is None
