"""A second factor counts once, guessing costs time, and nothing that opens it is kept in the clear."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Entry
from inventory.credentials import credentials_rotate
from people.factors import (
    FactorRefused,
    enrolled,
    factor_check,
    factor_remove,
    recovery_left,
    recovery_renew,
    totp_begin,
    totp_confirm,
    totp_secret,
)
from people.models import RecoveryCode, Totp
from people.selectors import actor_of
from people.vault import new_key_line
from tests.people.factor import App, code_at, time

pytestmark = pytest.mark.django_db


def test_a_code_is_taken_once(rosa):
    app = App(rosa)
    code = app.code()
    assert factor_check(rosa, code) == "app"
    with pytest.raises(FactorRefused, match="used already"):
        factor_check(rosa, code)


def test_the_code_that_confirmed_the_app_is_used_too(rosa):
    secret = totp_begin(rosa)
    code = code_at(secret, time.time())
    totp_confirm(rosa, code, by=actor_of(rosa))
    with pytest.raises(FactorRefused):
        factor_check(rosa, code)


def test_a_wrong_first_code_enrols_nothing(rosa):
    totp_begin(rosa)
    with pytest.raises(FactorRefused, match="not right"):
        totp_confirm(rosa, "000000", by=actor_of(rosa))
    assert not enrolled(rosa) and recovery_left(rosa) == 0


def test_a_secret_is_not_confirmed_ten_minutes_later(rosa):
    secret = totp_begin(rosa)
    Totp.objects.update(created=timezone.now() - timedelta(minutes=10, seconds=1))
    with pytest.raises(FactorRefused, match="Begin again"):
        totp_confirm(rosa, code_at(secret, time.time()), by=actor_of(rosa))
    assert not enrolled(rosa)


def test_an_app_that_counts_is_not_replaced_by_beginning_anew(rosa):
    App(rosa)
    with pytest.raises(ValidationError, match="Remove it first"):
        totp_begin(rosa)


def test_a_recovery_code_stands_in_once_however_it_is_typed(rosa):
    app = App(rosa)
    assert len(app.recovery) == 10
    assert factor_check(rosa, f" {app.recovery[0].upper().replace('-', ' ')} ") == "recovery code"
    assert recovery_left(rosa) == 9
    with pytest.raises(FactorRefused):
        factor_check(rosa, app.recovery[0])


def test_new_recovery_codes_end_the_old_ones(rosa):
    app = App(rosa)
    assert len(recovery_renew(rosa, by=actor_of(rosa))) == 10
    with pytest.raises(FactorRefused):
        factor_check(rosa, app.recovery[0])


def test_another_persons_recovery_code_is_nothing(rosa, olu):
    app, _ = App(rosa), App(olu)
    with pytest.raises(FactorRefused):
        factor_check(olu, app.recovery[0])


def test_after_five_wrong_codes_even_the_right_one_has_to_wait(rosa):
    app = App(rosa)
    for _ in range(5):
        with pytest.raises(FactorRefused, match="not right"):
            factor_check(rosa, "000000")
    with pytest.raises(FactorRefused, match="Nothing is read for a minute"):
        factor_check(rosa, app.code())
    with pytest.raises(FactorRefused, match="Nothing is read"):
        factor_check(rosa, app.recovery[0])
    Totp.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    assert factor_check(rosa, app.code()) == "app"
    assert Totp.objects.get().failures == 0


def test_each_further_wrong_code_doubles_the_wait_up_to_an_hour(rosa):
    App(rosa)
    waits = []
    for _ in range(12):
        Totp.objects.update(locked_until=None)
        with pytest.raises(FactorRefused):
            factor_check(rosa, "000000")
        until = Totp.objects.get().locked_until
        waits.append(round((until - timezone.now()).total_seconds() / 60) if until else 0)
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_neither_tables_nor_audit_hold_secret_or_codes(rosa):
    app = App(rosa)
    factor_check(rosa, app.recovery[0])
    tables = (Totp.objects.values_list(), RecoveryCode.objects.values_list(), Entry.objects.values_list())
    kept = " ".join(str(value) for rows in tables for row in rows for value in row)
    assert not [text for text in (app.secret, *app.recovery) if text in kept or text.replace("-", "") in kept]


def test_a_sealed_secret_opens_for_its_person_alone(rosa, olu):
    App(rosa)
    App(olu)
    mine = Totp.objects.filter(user=rosa).values("key_id", "wrapped_key", "nonce", "ciphertext").get()
    Totp.objects.filter(user=olu).update(**mine)
    with pytest.raises(Exception, match="moved from another row"):
        totp_secret(Totp.objects.get(user=olu))


def test_secrets_are_wrapped_anew_with_the_others(rosa, settings):
    app = App(rosa)
    with open(settings.CREDENTIAL_KEYS, "r+") as file:
        old = file.read()
        file.seek(0)
        file.write(new_key_line() + old)
    assert credentials_rotate() == 1
    assert totp_secret(Totp.objects.get()) == app.secret


def test_each_step_is_in_the_audit(rosa, ada):
    app = App(rosa)
    factor_check(rosa, app.recovery[0])
    with pytest.raises(FactorRefused):
        factor_check(rosa, "000000")
    recovery_renew(rosa, by=actor_of(rosa))
    factor_remove(rosa, by=actor_of(rosa))
    App(rosa)
    factor_remove(rosa, by=actor_of(ada))
    acts = list(Entry.objects.filter(action__startswith="factor").order_by("pk").values_list("action", flat=True))
    assert acts == [
        "factor.enrol",
        "factor.recovery",
        "factor.refuse",
        "factor.codes",
        "factor.remove",
        "factor.enrol",
        "factor.reset",
    ]
