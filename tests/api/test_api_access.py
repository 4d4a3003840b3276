"""Every operation wants a token, and its role."""

import re

import pytest

from api.urls import api as the_api

CHANGING = {"post", "patch", "put", "delete"}


def operations():
    for path, methods in the_api.get_openapi_schema()["paths"].items():
        for method in methods:
            plain = re.sub(r"\{(number|pk)\}", "1", path.removeprefix("/api/v1"))
            yield method, plain.replace("{name}", "app02")


@pytest.mark.parametrize(("method", "path"), list(operations()), ids=lambda value: str(value))
def test_without_a_token_nothing_is_told(api, method, path):
    caller = api(None)
    status, problem = caller.get(path) if method == "get" else caller.post(path, method=method)
    assert status == 401
    assert problem["detail"].startswith("Send a valid token")


@pytest.mark.parametrize(("method", "path"), list(operations()), ids=lambda value: str(value))
def test_somebody_without_a_role_is_told_nothing(api, mallory, app02, vm42, method, path):
    caller = api(mallory)
    status, _ = caller.get(path) if method == "get" else caller.post(path, method=method)
    assert status in (403, 404, 422)


def test_a_revoked_token_is_no_token(api, vera):
    from people.services import token_revoke

    caller = api(vera)
    token_revoke(vera.tokens.get())
    assert caller.get("/changes")[0] == 401


def test_the_openapi_document_tells_of_refusals(api):
    for methods in the_api.get_openapi_schema()["paths"].values():
        for operation in methods.values():
            assert {"401", "403", "404", "422"} <= {str(code) for code in operation["responses"]}
