"""Owners approve changes of their machines, so nobody takes that right for themselves."""

import pytest

from inventory.models import Membership, Owner

pytestmark = pytest.mark.django_db


def test_an_administrator_adds_others_and_not_themselves(client, as_user, ada, vera):
    owner = Owner.objects.create(name="Payments")
    client = as_user(client, ada)
    url = f"/owners/{owner.pk}/people/"
    page = client.post(url, {"user": ada.pk})
    assert "Nobody makes themselves an owner" in page.text
    assert client.post(url, {"user": vera.pk}).status_code == 302
    assert [row.user.username for row in Membership.objects.all()] == ["vera"]
