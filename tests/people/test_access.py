"""A view says who may open it, and that is what happens."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.http import HttpResponse
from django.test import RequestFactory

from people.access import Policy, anyone, requires, signed_in
from people.models import User
from people.roles import Role
from tests.conftest import PASSWORD


@requires(Role.APPROVER, Role.OPERATOR, methods="GET POST")
def guarded(request):
    return HttpResponse(request.actor.username)


@requires(Role.OPERATOR)
async def guarded_stream(request):
    return HttpResponse(request.actor.username)


@signed_in()
def mine(request):
    return HttpResponse("mine")


@anyone()
def open_to_all(request):
    return HttpResponse("all")


def ask(view, user, method="GET"):
    request = RequestFactory().generic(method, "/x/")
    request.user = user
    return view(request)


def test_one_of_the_roles_is_enough(amir):
    assert ask(guarded, amir).content == b"amir"


@pytest.mark.parametrize("who", ["rosa", "vera", "mallory", "ada"])
def test_other_roles_are_refused_with_a_sentence(who, request):
    answer = ask(guarded, request.getfixturevalue(who))
    assert answer.status_code == 403
    assert "needs the role approver or operator" in answer.content.decode()


def test_a_superuser_is_refused_like_anybody(db):
    assert ask(guarded, User.objects.create_superuser("root", password=PASSWORD)).status_code == 403


def test_another_method_is_refused(amir):
    assert ask(guarded, amir, "DELETE").status_code == 405


def test_head_goes_with_get(amir):
    assert ask(guarded, amir, "HEAD").status_code == 200


def test_a_stranger_is_sent_to_sign_in():
    answer = ask(guarded, AnonymousUser())
    assert answer.status_code == 302 and answer["Location"] == "/login/?next=/x/"


def test_signed_in_needs_no_role(mallory):
    assert ask(mine, mallory).content == b"mine"


def test_anyone_is_anyone():
    assert ask(open_to_all, AnonymousUser()).content == b"all"


@pytest.mark.django_db(transaction=True)
def test_an_async_view_is_guarded_too(olu, vera):
    async def ask_and_hang_up(user):
        answer = await ask(guarded_stream, user)
        await sync_to_async(connections.close_all)()  # the thread that asked the database has its own connection
        return answer

    with ThreadPoolExecutor(1) as thread:  # browser tests leave an event loop running in the main one
        assert thread.submit(lambda: asyncio.run(ask_and_hang_up(olu))).result().content == b"olu"
        assert thread.submit(lambda: asyncio.run(ask_and_hang_up(vera))).result().status_code == 403


def test_the_policy_can_be_read_from_the_view():
    assert guarded.policy == Policy(("GET", "POST", "HEAD"), (Role.APPROVER, Role.OPERATOR))
    assert open_to_all.policy.anonymous and not open_to_all.login_required


def test_a_policy_without_a_role_is_no_policy():
    with pytest.raises(ValueError, match="Name a role"):
        requires()
