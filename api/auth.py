"""Bearer tokens, and the role that an operation wants."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from changes.services import Denied
from people.models import User
from people.roles import Role
from people.selectors import actor_of, token_user


class Bearer(HttpBearer):
    """`Authorization: Bearer rgp_…`: a token that its owner issued on the account page."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        return token_user(token)


def user_of(request: HttpRequest) -> User:
    """Whose token the request carried."""
    user: User = request.auth  # type: ignore[attr-defined]  # set by ninja once authenticate() gave a user
    return user


def wants(*roles: Role) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The caller must have one of the roles; which one is told in the refusal."""

    def decorate(operation: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(operation)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not actor_of(user_of(request)).may(*roles):
                names = " or ".join(roles)
                raise Denied(f"This takes the role {names}, which you do not have.", operation.__name__, None)
            return operation(request, *args, **kwargs)

        return checked

    return decorate
