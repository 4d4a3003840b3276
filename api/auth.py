"""Bearer tokens, and the role that an operation wants."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from changes.services import Denied
from people.models import User
from people.roles import Role
from people.selectors import actor_of, token_user


class Bearer(HttpBearer):
    """`Authorization: Bearer rgp_…`: a token that its owner issued on the account page.

    The person must have one of the roles; without them the refusal names what is missing.
    """

    def __init__(self, *roles: Role) -> None:
        super().__init__()
        self.roles = roles

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = token_user(token)
        if user and not actor_of(user).may(*self.roles):
            raise Denied(f"This takes the role {' or '.join(self.roles)}, which you do not have.", "api", None)
        return user


def user_of(request: HttpRequest) -> User:
    """Whose token the request carried."""
    user: User = request.auth  # type: ignore[attr-defined]  # set by ninja once authenticate() gave a user
    return user
