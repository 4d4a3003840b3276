"""Pages for what went wrong: a sentence, and what to do."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory

from pages import errors


@pytest.fixture
def request_of(vera):
    request = RequestFactory().get("/nowhere")
    request.user = vera
    return request


def test_an_unknown_address_says_so_without_the_resolvers_dump(client, as_user, vera):
    answer = as_user(client, vera).get("/no/such/page")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "There is nothing at this address" in text
    assert "tried" not in text


@pytest.mark.parametrize(
    ("handler", "error", "status", "words"),
    [
        (errors.bad_request, ValueError(), 400, "could not be read"),
        (errors.forbidden, PermissionDenied("Only an operator may do this."), 403, "Only an operator may do this."),
        (errors.forbidden, PermissionDenied(), 403, "Your role does not allow it."),
        (errors.not_found, Http404({"tried": [["x"]]}), 404, "nothing at this address"),
    ],
)
def test_each_has_its_sentence_and_its_status(request_of, handler, error, status, words):
    answer = handler(request_of, error)
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_what_broke_needs_no_database():
    answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "fault of Regroup" in answer.content.decode()


def test_a_sentence_with_markup_is_text(request_of):
    assert "<b>" not in errors.forbidden(request_of, PermissionDenied("<b>x")).content.decode()
