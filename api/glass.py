"""Break-glass over the API: the same services, second person and sentences as the pages."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from api.auth import seer, user_of
from api.changes import OK, GlassOut, change_of, glass_told, whole
from api.paging import Limit, by_moment
from api.problems import REFUSALS
from changes.glasses import asked_of, glass_ask, glass_decide, glass_review, owing_of, reviews_open
from changes.models import Glass
from changes.timing import Lift

router = Router(tags=["changes"])
reviews = Router(tags=["changes"])


class GlassIn(Schema):
    """What cannot wait, and why; `lifts`: what stands in the way."""

    lifts: list[Literal["window", "freeze", "approval", "readiness"]]
    reason: str


class GlassWord(Schema):
    """The second person's word, about the plan of this digest."""

    digest: str
    comment: str
    grant: bool


class GlassReview(Schema):
    review: str


class OwedOut(GlassOut):
    change: int


class OwedPage(Schema):
    items: list[OwedOut]
    after: str | None = None


@router.post("/{number}/glass", response=OK, summary="Ask a second person to break the glass")
def ask(request: HttpRequest, number: int, body: GlassIn) -> dict[str, Any]:
    glass_ask(user_of(request), change_of(request, number), [Lift(lift) for lift in body.lifts], body.reason)
    return whole(change_of(request, number))


@router.post("/{number}/glass/decide", response=OK, summary="Be the second person: break the glass, or refuse to")
def decide(request: HttpRequest, number: int, body: GlassWord) -> dict[str, Any]:
    """It holds for four hours, for this digest alone."""
    glass = asked_of(change_of(request, number))
    glass_decide(user_of(request), glass, body.digest, body.comment, grant=body.grant)
    return whole(change_of(request, number))


@router.post("/{number}/glass/review", response=OK, summary="Write the review that is owed")
def review(request: HttpRequest, number: int, body: GlassReview) -> dict[str, Any]:
    glass_review(user_of(request), owing_of(change_of(request, number)), body.review)
    return whole(change_of(request, number))


@reviews.get("/reviews", response={200: OwedPage, **REFUSALS}, summary="Reviews that are owed, the oldest first")
def owed(request: HttpRequest, after: str = "", limit: Limit = 50) -> dict[str, Any]:
    return by_moment(reviews_open(seer(request)), "used_at", after, limit, _owed)


def _owed(row: Glass) -> dict[str, Any]:
    return {**glass_told(row), "change": row.change_id}
