"""The search box: changes, hosts, VMs and owners."""

import pytest


@pytest.mark.parametrize("words", ["vm42", "inc-4711", "Recover", "#{number}", "{number}"])
def test_a_change_is_found_by_number_title_and_ticket(client, as_user, vera, scene, words):
    change = scene.draft()
    answer = as_user(client, vera).get("/search", {"q": words.format(number=change.pk)}, follow=True)
    assert change.title in answer.content.decode()


def test_a_number_with_its_hash_goes_straight_to_the_change(client, as_user, vera, scene):
    change = scene.draft()
    assert as_user(client, vera).get("/search", {"q": f"#{change.pk}"})["Location"] == f"/changes/{change.pk}/"


def test_hosts_vms_and_owners_are_found(client, as_user, vera, scene):
    scene.draft()
    as_user(client, vera)
    assert "/hosts/app01/" in client.get("/search?q=app0").content.decode()
    text = client.get("/search?q=ledger").content.decode()
    assert "/vms/vm42/" in text
    assert "/owners/" in text


def test_nothing_found_says_what_to_try(client, as_user, vera):
    assert "Nothing was found" in as_user(client, vera).get("/search?q=zzz").content.decode()


@pytest.mark.parametrize("words", ["#" + "9" * 40, "'; drop table", "%", "x" * 5000])
def test_odd_words_are_no_error(client, as_user, vera, words):
    assert as_user(client, vera).get("/search", {"q": words}).status_code == 200


def test_it_costs_at_most_twelve_queries(client, as_user, vera, scene, django_assert_max_num_queries):
    for _ in range(5):
        scene.draft()
    as_user(client, vera)
    with django_assert_max_num_queries(12):
        client.get("/search?q=vm42")
