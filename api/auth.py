"""Bearer tokens: the scope and the role that an operation wants."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from api.scopes import scope_wanted
from changes.services import Denied
from people.access import WHOLE
from people.actor import Actor
from people.factors import enrolled
from people.models import Token, User
from people.roles import Role
from people.scopes import Scope
from people.selectors import actor_of, token_row
from people.signals import say
from people.stepping import must_have


class Bearer(HttpBearer):
    """`Authorization: Bearer rgp_…`: a token that its owner issued on the account page.

    The token must have the scope, and the person one of the roles; the refusal names what is missing. A token cannot
    show a second factor: whoever has one showed it at the making, and named the scopes. Whoever has to have one and
    has none reads with their tokens, as they do on pages.
    """

    def __init__(self, *roles: Role, whole: bool = False) -> None:
        super().__init__()
        self.roles, self.whole = roles, whole

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        row = token_row(token)
        if row is None:
            return None
        actor = actor_of(row.user)
        wanted = scope_wanted(request.method or "", request.path)
        _within_scope(row, actor, wanted)
        _with_factor(row, actor, wanted)
        if not actor.may(*self.roles):
            raise Denied(f"This takes the role {' or '.join(self.roles)}, which you do not have.", "api", None)
        if self.whole and not actor.sees_all:
            raise Denied(WHOLE, "api", None)
        request.actor = actor  # type: ignore[attr-defined]  # for `seer`
        return row.user


def _within_scope(row: Token, actor: Actor, wanted: Scope) -> None:
    """Raises Denied, and tells the audit."""
    if wanted in row.scope_set:
        return
    _tell(row, actor, wanted)
    has = ", ".join(sorted(row.scope_set)) or "none"
    raise Denied(
        f"This token has the scopes {has}; this wants {wanted}. Make a token with that scope on your account page.",
        "api",
        None,
    )


def _with_factor(row: Token, actor: Actor, wanted: Scope) -> None:
    """Raises Denied, and tells the audit, where a page would ask for a factor that this person has yet to set up."""
    if wanted is Scope.READ or not must_have(actor) or enrolled(row.user):
        return
    _tell(row, actor, wanted, missing="second factor")
    raise Denied(
        "Your roles want a second factor, and you have set up none. Until you do so on your account page, your tokens"
        " only read.",
        "api",
        None,
    )


def _tell(row: Token, actor: Actor, wanted: Scope, **more: str) -> None:
    detail = {"name": row.name, "prefix": row.prefix, "scope": wanted.value, **more}
    say(actor, "token.denied", row.user, detail)


def seer(request: HttpRequest) -> Actor:
    """Who asks, with the roles that the token's person had when it was read: what they see is theirs."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by Bearer
    return actor


def user_of(request: HttpRequest) -> User:
    """Whose token the request carried."""
    user: User = request.auth  # type: ignore[attr-defined]  # set by ninja once authenticate() gave a user
    return user
