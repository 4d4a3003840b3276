"""The pages of the fleet's bonds: worst first, filtered by the address, the same words everywhere."""

import re

import pytest
from django.urls import reverse

from inventory.models import Host
from networking.asking import enrol
from networking.models import Bond, SweepWish

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(tell, well, broken):
    """One that is well, one held, one down; each on a host of its own."""
    for name, told in (("app01", well), ("app02", broken("held")), ("app03", broken("down"))):
        tell(Host.objects.create(name=name, address=f"{name}.example", site="ber" if name == "app01" else "fra"), told)


@pytest.fixture
def seen(client, vera, as_user):
    """The text of a page as Vera sees it."""
    as_user(client, vera)
    return lambda path: client.get(path).content.decode()


def hosts_of(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="row-title"><a href="/bonds/of/(\w+)/', page)


def test_the_worst_stands_first_with_its_sentence(three, seen):
    page = seen("/bonds/")
    assert hosts_of(page) == ["app03", "app02", "app01"]
    for bond in Bond.objects.all():
        assert bond.sentence in page


def test_speed_stands_against_nominal(three, seen):
    page = seen("/bonds/?text=app02")
    assert '<span class="mono">eno2</span> 1 Gb/s' in page
    assert "eno1 (primary) is standing by at 1 Gb/s of 10 Gb/s" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("health=held", ["app02"]),
        ("health=nonsense", []),
        ("site=ber", ["app01"]),
        ("text=app0", ["app03", "app02", "app01"]),
        ("text=pp03", ["app03"]),
        ("switch=sw-fra-r01-b", ["app02", "app01"]),
        ("switch=none", []),
    ],
)
def test_filters_stand_in_the_address(three, seen, query, names):
    assert hosts_of(seen(f"/bonds/?{query}")) == names


def test_pages_go_forth_and_back_through_all(tell, well, broken, seen):
    rows = Host.objects.bulk_create(Host(name=f"app{n:03}", address=f"app{n}.example") for n in range(120))
    tell.all({row: broken("held") if number % 3 else well for number, row in enumerate(rows)})
    page, path, forth = seen("/bonds/"), "/bonds/", []
    while True:
        forth.append(hosts_of(page))
        link = re.search(r'href="(\?[^"]*)" rel="next"', page)
        if not link:
            break
        path = "/bonds/" + link[1].replace("&amp;", "&")
        page = seen(path)
    assert [len(names) for names in forth] == [50, 50, 20]
    assert len({name for names in forth for name in names}) == 120
    back = seen("/bonds/" + re.search(r'href="(\?[^"]*)" rel="prev"', page)[1].replace("&amp;", "&"))
    assert hosts_of(back) == forth[1]


def test_a_list_asks_the_same_number_of_questions_at_any_length(
    tell, well, client, vera, as_user, django_assert_max_num_queries
):
    as_user(client, vera)
    rows = Host.objects.bulk_create(Host(name=f"app{n:03}", address=f"app{n}.example") for n in range(30))
    tell.all(dict.fromkeys(rows, well))
    with django_assert_max_num_queries(12):
        client.get("/bonds/")


@pytest.mark.parametrize("place", ["x", "1.2", "99999999999999999999.1.1", "1.-1.1", "0.9999999999999999999.1"])
def test_a_place_that_means_nothing_shows_the_first_page(three, seen, place):
    assert len(hosts_of(seen(f"/bonds/?after={place}"))) == 3


def test_one_bond_tells_state_ports_and_what_happened(three, tell, well, seen):
    tell(Host.objects.get(name="app02"), well)
    page = seen("/bonds/of/app02/bond0/")
    assert "state: <span" in page and "held" in page
    assert "sw-fra-r01-a" in page and "02:5e:00" in page


def test_only_who_may_ask_for_a_change_is_offered_one(three, client, vera, rosa, as_user):
    offered = []
    for user in (vera, rosa):
        as_user(client, user)
        offered.append("Change this bond" in client.get("/bonds/of/app02/bond0/").content.decode())
    assert offered == [False, True]


def test_an_unknown_bond_is_not_found(three, client, vera, as_user):
    as_user(client, vera)
    assert client.get("/bonds/of/app02/bond7/").status_code == 404
    assert client.get("/bonds/of/nobody/bond0/").status_code == 404


def test_the_page_of_a_host_draws_its_bonds(three, seen):
    page = seen("/hosts/app03/")
    assert "eno1 (primary) is dead; eno2 is dead" in page
    assert "igb" in page


def test_an_empty_fleet_offers_the_first_step(seen):
    page = seen("/bonds/")
    assert "No bonds yet" in page and 'href="/hosts/"' in page
    assert "No bonds yet" in seen("/bonds/grid")


def test_it_is_said_when_nobody_asks(three, seen):
    assert "Nobody asks the hosts" in seen("/bonds/")


def test_hosts_without_an_answer_stand_with_the_reason(three, tell, seen):
    tell(Host.objects.get(name="app01"), "app01 did not answer at 192.0.2.1:22 within 5 seconds.")
    page = seen("/bonds/silent")
    assert "did not answer at 192.0.2.1:22" in page and "app02" not in page


def test_the_grid_has_a_cell_for_each_with_glyph_and_words(three, seen):
    page = seen("/bonds/grid?by=site")
    cells = re.findall(r'<a id="b\d+" class="cell s(\d+)" href="([^"]+)" aria-label="([^"]+)">(.)</a>', page)
    assert [(rank, words, glyph) for rank, _, words, glyph in cells] == [
        ("0", "app03 bond0: down", "✖"),
        ("3", "app02 bond0: held on the slower port", "⇤"),
        ("11", "app01 bond0: ok", "✔"),
    ]


def test_the_grid_groups_by_the_switch_of_the_active_port(three, seen):
    page = seen("/bonds/grid?by=switch")
    assert re.findall(r'class="grid-group" aria-label="([^"]+)"', page) == ["not said", "sw-fra-r01-b", "sw-fra-r01-a"]


def test_the_grid_hears_what_has_changed_since(three, tell, well, client, vera, as_user):
    as_user(client, vera)
    bond = Bond.objects.get(host__name="app02")
    since = tell.now.isoformat()
    tell(bond.host, well)
    told = client.get("/bonds/grid/changes", {"since": since}).json()
    assert told["cells"] == [[bond.pk, 11]] and not told["reload"]


@pytest.mark.parametrize("since", ["", "yesterday", "2026-11-25"])
def test_a_time_that_means_nothing_tells_nothing(three, client, vera, as_user, since):
    as_user(client, vera)
    assert client.get("/bonds/grid/changes", {"since": since}).json()["cells"] == []


def test_a_cell_tells_its_sentence(three, seen):
    bond = Bond.objects.get(host__name="app02")
    assert bond.sentence in seen(f"/bonds/grid/{bond.pk}")


def test_olu_has_all_hosts_asked_and_vera_may_not(simulate, client, olu, vera, as_user):
    simulate(2)
    as_user(client, vera)
    assert client.post(reverse("bonds_ask")).status_code == 403
    as_user(client, olu)
    assert client.post(reverse("bonds_ask")).status_code == 302
    wish = SweepWish.objects.get()
    assert (wish.total, wish.asked_by) == (2, olu)
    assert "0 of 2 hosts asked" in client.get("/bonds/").content.decode()


def test_one_host_is_asked_from_its_page(simulate, client, olu, as_user):
    simulate(2)
    as_user(client, olu)
    host = Host.objects.order_by("name")[0]
    answer = client.post(reverse("bonds_host_ask", args=[host.name]))
    assert (answer.status_code, answer.url) == (302, host.get_absolute_url())
    assert SweepWish.objects.get().host == host


def test_a_host_that_cannot_be_asked_says_why(app02, client, olu, as_user):
    as_user(client, olu)
    answer = client.post(reverse("bonds_host_ask", args=[app02.name]), follow=True)
    assert "app02 cannot be asked: it needs a trusted host key" in answer.content.decode()


def test_a_simulated_host_says_so_wherever_it_stands(simulate, fleet, tell, seen):
    simulate(1)
    enrol()
    fleet.round()
    host = Host.objects.get()
    pages = ("/bonds/", f"/bonds/of/{host.name}/bond0/", "/hosts/", host.get_absolute_url())
    assert all("simulated" in seen(path) for path in pages)


def test_what_a_switch_says_of_itself_is_text(tell, app02, well, seen):
    tell(app02, well.with_port("eno1", switch="<b>sw</b>", switch_port="<i>"))
    for path in ("/bonds/", "/bonds/of/app02/bond0/", "/hosts/app02/", "/bonds/grid?by=switch"):
        assert "<b>sw" not in seen(path)
