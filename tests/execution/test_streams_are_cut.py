"""Who is no longer signed in, or sees the change no longer, loses their open streams within seconds, and cheaply."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from execution import stream
from execution.stream import Viewer, watching
from people.models import Session, User
from people.roles import Role
from people.services import role_revoke
from tests.conftest import a_person

pytestmark = pytest.mark.django_db

ENDS = {
    "the session is ended": lambda user: Session.objects.filter(user=user).delete(),
    "the twelve hours are over": lambda user: Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1)),
    "the account is switched off": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "the role is taken": lambda user: role_revoke(user, Role.VIEWER),
    "the password is another": lambda user: (user.set_password("another one entirely"), user.save()),
}


def watched(user: User, number: int = 1) -> stream.Watched:
    client = Client()
    client.force_login(user)
    return user.pk, client.session.session_key or "", number


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_nobody_watches_on_once(vera, amir, end):
    hers, his = watched(vera), watched(amir)
    assert watching([hers, his]) == {hers, his}
    end(vera)
    assert hers not in watching([hers, his])


def test_somebody_elses_session_shows_nothing(vera, amir):
    assert not watching([(vera.pk, watched(amir)[1], 1), (vera.pk, "", 1)])


def test_it_is_asked_for_all_viewers_at_once_whatever_comes(db, django_assert_num_queries):
    everybody = [watched(a_person(f"viewer{n}", Role.VIEWER), n) for n in range(3)]
    with django_assert_num_queries(4):
        assert watching([*everybody, *[(*one[:2], 7) for one in everybody]])


def test_the_reader_asks_every_few_seconds_and_lets_go(vera, monkeypatch):
    assert stream.RECHECK <= 5
    reader, told = stream.Reader(), []
    user, session, number = watched(vera)
    viewer = Viewer(number, user, session, 0, None)  # type: ignore[arg-type]  # no loop: what it is given is kept here
    monkeypatch.setattr(Viewer, "give", lambda self, message: told.append(message))
    reader._let_go([viewer])
    assert not viewer.over
    Session.objects.all().delete()
    reader._let_go([viewer])
    assert not viewer.over, "not with every look"
    reader._asked -= stream.RECHECK
    reader._let_go([viewer])
    assert viewer.over and told == [None]
