"""Home: what waits for whom, what runs, and how the hosts are."""

import pytest

from changes.services import locks_release
from inventory.models import HostFacts, HostKey
from inventory.states import KeyState
from pages.waiting import waiting_for
from people.selectors import actor_of
from tests.pages.scene import a_host


def waits(user) -> list[int]:
    return [item.change.pk for item in waiting_for(actor_of(user))[0]]


@pytest.mark.parametrize(
    ("state", "who"),
    [("planned", "rosa"), ("in_review", "amir"), ("approved", "olu"), ("waiting", "olu"), ("failed", "olu")],
)
def test_a_change_waits_for_those_who_can_take_the_next_step(request, scene, vera, state, who):
    change = getattr(scene, state)()
    for name in ("rosa", "amir", "olu", "vera"):
        assert waits(request.getfixturevalue(name)) == ([change.pk] if name == who else []), name


def test_an_approver_is_not_waited_for_with_their_own_request(scene, rosa):
    from people.roles import Role
    from people.services import role_grant

    role_grant(rosa, Role.APPROVER)
    scene.in_review()
    assert waits(rosa) == []


def test_the_number_in_the_top_bar_is_what_waits(client, as_user, amir, scene):
    scene.in_review()
    text = as_user(client, amir).get("/").content.decode()
    assert "1 waits for you" in text
    assert "Read the plan and decide" in text


def test_what_runs_stands_on_home(client, as_user, vera, scene):
    change = scene.running()
    assert list(as_user(client, vera).get("/").context["running"]) == [change]


def test_hosts_are_counted_by_trust_and_by_whether_they_answer(client, as_user, vera):
    a_host("app01")
    for name in ("app02", "app03"):
        host = a_host(name, f"192.0.2.{name[-1]}")
        HostKey.objects.create(host=host, algorithm="ssh-ed25519", key_base64="AAAA", fingerprint=f"SHA256:{name}",
                               state=KeyState.TRUSTED)  # fmt: skip
    HostFacts.objects.create(host=a_host("app03"), error="No answer.")
    glances = {glance.label.word: glance.count for glance in as_user(client, vera).get("/").context["glances"]}
    assert glances == {"no key yet": 1, "key trusted": 2, "did not answer when last asked": 1}


def test_an_empty_installation_offers_the_first_step(client, as_user, vera):
    text = as_user(client, vera).get("/").content.decode()
    assert "No hosts yet" in text
    assert "No changes yet" in text
    assert "Nothing waits for you." in text


def test_home_costs_at_most_twelve_queries(client, as_user, olu, scene, django_assert_max_num_queries):
    for state in ("running", "in_review", "planned"):
        locks_release(getattr(scene, state)())
    as_user(client, olu)
    with django_assert_max_num_queries(12):
        client.get("/")
