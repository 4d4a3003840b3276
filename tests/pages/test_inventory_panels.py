"""What the pages of hosts, VMs and owners show of changes."""

import pytest

from inventory.models import Owner
from pages.inventory_panels import host_panel, owner_panel, vm_panel
from people.selectors import actor_of
from tests.pages.scene import a_host, a_vm


@pytest.fixture
def actor(vera):
    return actor_of(vera)


def test_a_host_shows_its_changes_and_who_holds_it(scene, actor):
    change = scene.running()
    context = host_panel(change.host, actor).context
    assert context["changes"] == [change]
    assert context["lock"].holder == change


def test_a_free_host_shows_none(scene, actor):
    scene.draft()
    assert host_panel(a_host("app02", "192.0.2.12"), actor).context["changes"] == []
    assert host_panel(a_host(), actor).context["lock"] is None


def test_a_vm_and_its_owner_show_its_recoveries(scene, actor):
    change = scene.running()
    assert vm_panel(a_vm(), actor).context["changes"] == [change]
    assert vm_panel(a_vm(), actor).context["lock"].holder == change
    assert owner_panel(Owner.objects.get(), actor).context["changes"] == [change]


def test_the_panels_stand_on_the_pages(client, as_user, vera, scene):
    change = scene.running()
    as_user(client, vera)
    for url in ("/hosts/app01/", "/vms/vm42/", Owner.objects.get().get_absolute_url()):
        assert f"/changes/{change.pk}/" in client.get(url).content.decode(), url
