"""A token is shown once, kept as a hash, and works until it is revoked or expires."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Entry
from people.models import Token
from people.selectors import token_user
from people.services import token_issue, token_revoke

pytestmark = pytest.mark.django_db


def test_a_token_names_its_person(rosa):
    assert token_user(token_issue(rosa, "report")[1]) == rosa


def test_neither_table_nor_audit_holds_the_text(rosa):
    row, text = token_issue(rosa, "report")
    kept = " ".join(map(str, [*Token.objects.values_list(), *Entry.objects.values_list()]))
    assert text not in kept and text.removeprefix(f"rgp_{row.prefix}") not in kept


def test_one_wrong_letter_is_refused(rosa):
    text = token_issue(rosa, "report")[1]
    assert token_user(text[:-1] + ("a" if text[-1] != "a" else "b")) is None


@pytest.mark.parametrize("text", ["", "rgp_", "rgp_00000000nothing", "x" * 5000, "\x00"])
def test_nonsense_names_nobody(db, text):
    assert token_user(text) is None


def test_a_revoked_token_is_refused_at_once(rosa):
    row, text = token_issue(rosa, "report")
    assert token_revoke(row) and token_user(text) is None


def test_an_expired_token_is_refused(rosa):
    row, text = token_issue(rosa, "report", days=1)
    Token.objects.filter(pk=row.pk).update(expires=timezone.now() - timedelta(seconds=1))
    assert token_user(text) is None


def test_the_token_of_somebody_who_left_is_refused(rosa):
    text = token_issue(rosa, "report")[1]
    rosa.is_active = False
    rosa.save()
    assert token_user(text) is None


def test_two_valid_tokens_never_share_a_name(rosa):
    row, _ = token_issue(rosa, "report")
    with pytest.raises(ValidationError, match="Revoke it first"):
        token_issue(rosa, "report")
    token_revoke(row)
    token_issue(rosa, "report")


def test_use_is_noted_once_a_minute(rosa, django_assert_num_queries):
    text = token_issue(rosa, "report")[1]
    token_user(text)
    assert Token.objects.get().last_used
    with django_assert_num_queries(1):
        token_user(text)
