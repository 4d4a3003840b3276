"""Broken glass on the pages: loud on the change and on Home, decided and reviewed there by whoever may."""

import pytest

from changes.models import Change, Glass
from execution import services
from people.roles import Role
from tests.conftest import a_person
from tests.execution.windowed import a_freeze

pytestmark = pytest.mark.django_db
REASON = "The ledger <b>stands</b> still."


@pytest.fixture
def frozen(scene) -> Change:
    """Approved, and its host is frozen."""
    change = scene.approved()
    a_freeze(change.host)
    return change


@pytest.fixture
def bea(db):
    return a_person("bea", Role.APPROVER)


def act(client, change: Change, action: str, **words):
    sent = {"digest": change.digest, **words}
    return client.post(f"/changes/{change.pk}/glass/{action}", sent, follow=True)


def broken(client, as_user, change, olu, bea) -> None:
    act(as_user(client, olu), change, "ask", lifts=["freeze"], reason=REASON)
    act(as_user(client, bea), change, "grant", comment="I looked")


def test_an_operator_asks_and_everybody_sees_it(client, as_user, frozen, olu, bea, vera):
    page = as_user(client, olu).get(f"/changes/{frozen.pk}/").text
    assert "Freeze “Year’s end” holds until" in page and 'id="glass-ask"' in page
    page = act(client, frozen, "ask", lifts=["freeze", "moon"], reason=REASON).text
    assert "A second person is asked." in page and "The ledger &lt;b&gt;stands&lt;/b&gt; still." in page
    assert "Only an approver can be the second person." in page and 'id="glass-ask"' not in page
    assert Glass.objects.get().lifts == ["freeze"]
    page = as_user(client, vera).get(f"/changes/{frozen.pk}/").text
    assert "A second person is asked to break the glass" in page and 'id="glass-decide"' not in page
    page = as_user(client, bea).get("/").text
    assert "Olu asks for a second person, to go on in a freeze." in page
    assert 'id="glass-decide"' in client.get(f"/changes/{frozen.pk}/").text


def test_the_second_person_breaks_it_and_it_can_be_run(client, as_user, frozen, olu, bea):
    broken(client, as_user, frozen, olu, bea)
    page = as_user(client, olu).get(f"/changes/{frozen.pk}/").text
    assert "The glass is broken" in page and "Bea broke it" in page and "Run these" in page
    services.run_request(olu, frozen)
    assert Change.objects.get(pk=frozen.pk).status == "queued"


def test_the_second_person_refuses(client, as_user, frozen, olu, bea):
    act(as_user(client, olu), frozen, "ask", lifts=["freeze"], reason=REASON)
    page = act(as_user(client, bea), frozen, "refuse", comment="It can wait.").text
    assert "the second person refused" in page and "It can wait." in page
    assert "Run these" not in as_user(client, olu).get(f"/changes/{frozen.pk}/").text


def test_what_is_missing_is_said_to_whoever_may(client, as_user, frozen, olu, bea):
    page = act(as_user(client, olu), frozen, "ask", lifts=["freeze"], reason=" ").text
    assert "Breaking the glass needs a reason" in page
    assert (
        "No glass of this change waits for a second person any more"
        in act(as_user(client, bea), frozen, "grant", comment="x").text
    )
    act(as_user(client, olu), frozen, "ask", lifts=["freeze"], reason=REASON)
    assert "The second person says why, too" in act(as_user(client, bea), frozen, "grant", comment="").text
    page = act(client, frozen, "grant", comment="x", digest="0" * 64).text
    assert "The plan has changed since the glass was asked for" in page
    assert act(client, frozen, "smash").status_code == 404


@pytest.mark.parametrize("who", ["rosa", "amir", "vera", "mallory", "ada"])
def test_nobody_but_an_operator_asks(client, as_user, frozen, request, who):
    them = as_user(client, request.getfixturevalue(who))
    assert act(them, frozen, "ask", lifts=["freeze"], reason="x").status_code == 403
    assert not Glass.objects.exists()


@pytest.mark.parametrize("who", ["rosa", "olu", "vera", "mallory", "ada"])
def test_nobody_but_a_second_person_decides(client, as_user, frozen, olu, request, who):
    act(as_user(client, olu), frozen, "ask", lifts=["freeze"], reason=REASON)
    them = as_user(client, request.getfixturevalue(who))
    for word in ("grant", "refuse"):
        assert act(them, frozen, word, comment="x").status_code == 403
    assert Glass.objects.get().decided_at is None


def test_the_review_stands_on_home_until_somebody_else_writes_it(client, as_user, frozen, scene, olu, bea, ada, vera):
    from django.utils import timezone

    broken(client, as_user, frozen, olu, bea)
    Glass.objects.update(used_at=timezone.now(), used_by=olu)
    Change.objects.update(status="succeeded")
    for who in (olu, bea, vera, ada):
        home = as_user(client, who).get("/").text
        assert "A review is open: Olu went on in a freeze, with Bea as the second person." in home
    page = as_user(client, olu).get(f"/changes/{frozen.pk}/").text
    assert "a review is open" in page and "You had a part in it; somebody else must write the review." in page
    assert act(client, frozen, "review", review="all is well").status_code == 403
    assert act(as_user(client, vera), frozen, "review", review="all is well").status_code == 403
    page = as_user(client, ada).get(f"/changes/{frozen.pk}/").text
    assert 'name="review"' in page
    page = act(client, frozen, "review", review="It was right.").text
    assert "The glass was broken, and reviewed" in page and "It was right." in page
    assert "Broken glass" not in client.get("/").text
