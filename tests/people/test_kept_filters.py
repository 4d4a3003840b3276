"""A filter of a list is kept under a name: it is checked anew when it is opened, and gives nobody a right."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from audit.models import Entry
from people.filtered_lists import LISTS, parted, words_of
from people.kept import KeepRefused, filter_drop, filter_keep, kept_changed_by, kept_seen_by
from people.models import KeptFilter
from people.roles import Role
from people.selectors import actor_of
from people.services import token_issue
from tests.browsing import signed_in
from tests.conftest import a_person


def test_the_place_in_a_list_and_empty_words_are_not_kept():
    assert words_of("?text=web&trust=&after=app02&before=3&owner=Payments") == {"text": "web", "owner": "Payments"}


@pytest.mark.parametrize(
    ("page", "query", "left_out"),
    [
        ("hosts", "trust=changed&text=web", []),
        ("hosts", "trust=gone&text=web", ["trust=gone"]),
        ("hosts", "colour=red", ["colour=red"]),
        ("vms", "trust=changed", ["trust=changed"]),
        ("changes", "state=deciding&kind=recovery&mine=1", []),
        ("changes", "state=running&kind=magic&mine=2", ["kind=magic", "mine=2"]),
        ("bonds", "health=splendid&site=a", ["health=splendid"]),
        ("audit", "actor=rosa&action=host.create&kind=host&object=a", []),
    ],
)
def test_each_list_says_which_words_mean_something(page, query, left_out):
    assert parted(LISTS[page], words_of(query))[1] == left_out


@pytest.mark.django_db
def test_it_is_kept_at_its_list_and_leads_back_to_it(client, as_user, vera):
    page = as_user(client, vera).get("/hosts/?trust=changed").content.decode()
    assert "Keep this filter" in page and "For everybody" not in page
    assert "Keep this filter" not in client.get("/hosts/").content.decode()
    words = {"list": "hosts", "name": " night  hosts ", "query": "trust=changed&after=x"}
    went = client.post("/filters/", words, follow=True)
    assert went.redirect_chain[-1][0] == "/hosts/?trust=changed" and "“night hosts” is kept" in went.content.decode()
    row = KeptFilter.objects.get()
    assert f'href="/filters/{row.pk}/" aria-current="true"' in client.get("/hosts/?trust=changed").content.decode()
    assert f'href="/filters/{row.pk}/">' in client.get("/hosts/").content.decode()
    assert f"/filters/{row.pk}/" not in client.get("/vms/").content.decode()
    assert client.get(f"/filters/{row.pk}/")["Location"] == "/hosts/?trust=changed"
    assert f"/filters/{row.pk}/" in client.get("/search?q=NIGHT").content.decode()


@pytest.mark.django_db
def test_a_word_that_its_list_no_longer_knows_is_left_out_with_a_sentence(client, as_user, vera):
    words = {"text": "web", "trust": "sworn", "rack": "r1"}
    row = KeptFilter.objects.create(user=vera, page="hosts", name="web", words=words)
    went = as_user(client, vera).get(f"/filters/{row.pk}/", follow=True)
    assert went.redirect_chain[-1][0] == "/hosts/?text=web"
    assert "says rack=r1, trust=sworn, which this list no longer knows" in went.content.decode()
    assert "rack=r1, trust=sworn" in client.get("/filters/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"list": "secrets"}, "There is no such list."),
        ({"query": ""}, "Nothing is filtered yet."),
        ({"query": "trust=sworn"}, "The list of hosts has no filter trust=sworn."),
        ({"query": "&".join(f"a{n}=1" for n in range(60))}, "more than fifty words"),
        ({"name": " "}, "Give it a name of up to 60 characters."),
        ({"name": "x" * 61}, "Give it a name of up to 60 characters."),
        ({"name": "had"}, "You keep a filter “had” of this list already."),
        ({"shared": "1"}, "Only an operator or an administrator shares a filter"),
    ],
)
def test_what_cannot_be_kept_is_said_and_changes_nothing(client, as_user, vera, words, sentence):
    filter_keep(actor_of(vera), "hosts", "had", "text=a")
    answer = as_user(client, vera).post("/filters/", {"list": "hosts", "name": "new", "query": "text=b"} | words)
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert KeptFilter.objects.count() == 1


@pytest.mark.django_db
def test_nobody_sees_or_touches_what_another_keeps(client, as_user, vera, olu):
    row = filter_keep(actor_of(olu), "hosts", "mine alone", "text=a")
    as_user(client, vera)
    assert client.get(f"/filters/{row.pk}/").status_code == 404
    assert client.post(f"/filters/{row.pk}/drop").status_code == 404
    assert client.post(f"/filters/{row.pk}/edit", {"name": "x"}).status_code == 404
    assert "mine alone" not in client.get("/search?q=mine").content.decode() + client.get("/hosts/").content.decode()
    assert KeptFilter.objects.get().name == "mine alone"


@pytest.mark.django_db
def test_a_shared_one_is_everybodys_to_open_and_its_keepers_to_change(client, as_user, vera, olu, ada):
    row = filter_keep(actor_of(olu), "hosts", "night hosts", "text=a", shared=True)
    page = as_user(client, vera).get("/hosts/").content.decode()
    assert f"/filters/{row.pk}/" in page and "Olu’s" in page
    assert client.post(f"/filters/{row.pk}/drop").status_code == 404
    assert [one.pk for one in kept_changed_by(actor_of(ada))] == [row.pk]
    as_user(client, olu).post(f"/filters/{row.pk}/edit", {"name": "nights", "shared": "1"})
    client.post(f"/filters/{row.pk}/edit", {"name": "nights"})
    assert not kept_seen_by(actor_of(vera)).exists() and KeptFilter.objects.get().name == "nights"
    client.post(f"/filters/{row.pk}/drop")
    found = Entry.objects.filter(action__startswith="filter.").order_by("pk")
    assert [(one.action, one.detail["name"]) for one in found] == [
        ("filter.share", "night hosts"),
        ("filter.share", "nights"),
        ("filter.unshare", "nights"),
    ]


@pytest.mark.django_db
def test_a_list_that_a_requester_may_not_see_is_not_theirs_through_a_filter(client, as_user, ada):
    mina = a_person("mina", Role.REQUESTER)
    row = filter_keep(actor_of(ada), "audit", "who trusted", "action=key.trust", shared=True)
    assert as_user(client, mina).get(f"/filters/{row.pk}/").status_code == 404
    assert "who trusted" not in client.get("/search?q=trusted").content.decode()
    with pytest.raises(KeepRefused, match="There is no such list"):
        filter_keep(actor_of(mina), "audit", "x", "actor=ada")


@pytest.mark.django_db
def test_markup_in_a_name_is_text(client, as_user, olu):
    filter_keep(actor_of(olu), "hosts", "<b>x</b>", "text=%3Cscript%3E", shared=True)
    as_user(client, olu)
    for page in ("/hosts/?text=%3Cscript%3E", "/filters/", "/search?q=x"):
        text = client.get(page).content.decode()
        assert "<b>x</b>" not in text and "&lt;b&gt;x" in text and "text=<script>" not in text


@pytest.mark.django_db
def test_a_hundred_are_the_most(vera):
    by = actor_of(vera)
    KeptFilter.objects.bulk_create([KeptFilter(user=vera, page="vms", name=str(n)) for n in range(100)])
    with pytest.raises(KeepRefused, match="Delete one first"):
        filter_keep(by, "hosts", "x", "text=a")
    filter_drop(KeptFilter.objects.all()[0], by)
    filter_keep(by, "hosts", "x", "text=a")


@pytest.mark.django_db
def test_the_api_keeps_lists_and_deletes(client, olu, vera):
    headers = {"Authorization": f"Bearer {token_issue(olu, 'x', by=actor_of(olu))[1]}"}
    body = {"list": "bonds", "name": "bad", "query": "?health=down&site=a", "shared": True}
    filter_keep(actor_of(vera), "bonds", "hers", "site=b")

    def post(address: str, words: dict[str, object]) -> object:
        return client.post(f"/api/v1/filters{address}", words, content_type="application/json", headers=headers)

    answer = post("", body)
    row = KeptFilter.objects.get(user=olu)
    told = {"id": row.pk, "list": "bonds", "name": "bad", "query": "health=down&site=a", "left_out": []}
    assert (answer.status_code, answer.json()) == (201, told | {"shared": True, "by": "olu"})
    assert client.get("/api/v1/filters", headers=headers).json()["items"] == [answer.json()]
    refused = post("", body)
    assert refused.status_code == 422 and "already" in refused.json()["errors"]["name"][0]
    hers = KeptFilter.objects.get(user=vera)
    assert post(f"/{hers.pk}/drop", {}).status_code == 404
    assert post(f"/{row.pk}/drop", {}).json() == answer.json()
    assert list(KeptFilter.objects.all()) == [hers]


def clean(page: Page) -> None:
    violations = Axe().run(page).response["violations"]
    assert [(page.url, it["id"], [n["target"] for n in it["nodes"]][:3]) for it in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_it_is_kept_found_and_deleted_by_keyboard(
    browser: Browser, live_server, olu, theme: Literal["light", "dark"], width: int
) -> None:
    url = live_server.url
    context = signed_in(browser, url, olu, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{url}/changes/?state=attention")
    page.get_by_text("Keep this filter").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("needs me")
    clean(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="needs me")).to_have_attribute("aria-current", "true")
    clean(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("needs")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="needs me").click()
    expect(page).to_have_url(f"{url}/changes/?state=attention")
    page.get_by_role("link", name="Rename or delete").click()
    clean(page)
    page.get_by_role("button", name="Delete needs me").click()
    expect(page.get_by_text("No filters kept yet")).to_be_visible()
    context.close()


@pytest.mark.django_db
def test_an_address_of_more_words_than_any_filter_has_shows_its_list(client, as_user, vera):
    words = "&".join(f"w{at}=1" for at in range(60))
    answer = as_user(client, vera).get(f"/hosts/?text=web&{words}")
    assert answer.status_code == 200 and "Keep this filter" not in answer.content.decode()
