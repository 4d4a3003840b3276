"""Who belongs to an owner: members always, deputies on their days."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from inventory.models import Membership
from inventory.selectors import owners_of, people_of


@pytest.mark.parametrize(
    ("day", "there"),
    [(date(2026, 6, 30), False), (date(2026, 7, 1), True), (date(2026, 7, 14), True), (date(2026, 7, 15), False)],
)
def test_a_deputy_counts_on_the_days_named_both_included(finance, olu, day, there):
    july = {"since": date(2026, 7, 1), "until": date(2026, 7, 14)}
    Membership.objects.create(owner=finance, user=olu, deputy=True, **july)
    assert (olu.pk in people_of(finance.pk, day)) is there
    assert (finance.pk in owners_of(olu.pk, day)) is there


def test_a_member_without_dates_counts_until_the_account_is_switched_off(finance, rosa):
    Membership.objects.create(owner=finance, user=rosa)
    assert people_of(finance.pk) == {rosa.pk}
    rosa.is_active = False
    rosa.save()
    assert people_of(finance.pk) == owners_of(rosa.pk) == frozenset()


def test_a_last_day_before_the_first_is_refused(finance, rosa):
    row = Membership(owner=finance, user=rosa, since=date(2026, 7, 2), until=date(2026, 7, 1))
    with pytest.raises(ValidationError, match="before the first"):
        row.full_clean()
