"""Rollouts over the API: the same services, policies and sentences as the pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.errors import HttpError

from api.auth import seer, user_of
from api.changes import Comment, Reason, Verdict, change_of
from api.paging import Limit, newest_first
from api.problems import REFUSALS
from changes import rollouts
from changes.models import Rollout
from changes.rights import rollouts_seen_by
from changes.rollouts import Wanted, parts_of, parts_seen_by, rollout_create, sentence_for
from execution.rollouts import rollout_close, rollout_start

router = Router(tags=["rollouts"])


class RolloutIn(Schema):
    """`changes` are numbers of your own changes that are not submitted yet, one for each host."""

    title: str
    changes: list[int]
    reason: str
    wave_size: int = 3
    ticket: str = ""


class PartOut(Schema):
    wave: int
    change: int
    host: str
    state: str
    digest: str


class RolloutOut(Schema):
    """A rollout. `digest` is over the digests of all parts; `sentence` says why it stopped."""

    number: int
    title: str
    state: str
    requester: str
    reason: str
    ticket: str
    wave_size: int
    digest: str
    sentence: str
    created_at: datetime
    parts: list[PartOut]


class RolloutBrief(Schema):
    number: int
    title: str
    state: str
    requester: str
    created_at: datetime


class RolloutPage(Schema):
    items: list[RolloutBrief]
    before: int | None = None


OK: dict[Any, Any] = {200: RolloutOut, **REFUSALS}


@router.get("", response={200: RolloutPage, **REFUSALS}, summary="Rollouts, newest first")
def rollout_list(request: HttpRequest, before: int | None = None, limit: Limit = 50) -> dict[str, Any]:
    return newest_first(rollouts_seen_by(seer(request)).select_related("requester"), before, limit, _brief)


@router.post("", response={201: RolloutOut, **REFUSALS}, summary="Put changes together for one approval")
def rollout_new(request: HttpRequest, body: RolloutIn) -> Status[dict[str, Any]]:
    changes = [change_of(request, number) for number in body.changes]
    wanted = Wanted(body.title, body.reason, changes, body.wave_size, body.ticket)
    return Status(201, _whole(request, rollout_create(user_of(request), wanted)))


@router.get("/{number}", response=OK, summary="One rollout, with its waves")
def rollout_get(request: HttpRequest, number: int) -> dict[str, Any]:
    return _whole(request, _of(request, number))


@router.post("/{number}/submit", response=OK, summary="Submit every part")
def submit(request: HttpRequest, number: int) -> dict[str, Any]:
    return _whole(request, rollouts.rollout_submit(user_of(request), _of(request, number)))


@router.post("/{number}/approve", response=OK, summary="One yes to the lot, naming its digest")
def approve(request: HttpRequest, number: int, body: Verdict) -> dict[str, Any]:
    return _whole(request, rollouts.rollout_approve(user_of(request), _of(request, number), body.digest, body.comment))


@router.post("/{number}/reject", response=OK, summary="One no to the lot")
def reject(request: HttpRequest, number: int, body: Comment) -> dict[str, Any]:
    return _whole(request, rollouts.rollout_reject(user_of(request), _of(request, number), body.comment))


@router.post("/{number}/withdraw", response=OK, summary="Withdraw every part")
def withdraw(request: HttpRequest, number: int) -> dict[str, Any]:
    return _whole(request, rollouts.rollout_withdraw(user_of(request), _of(request, number)))


@router.post("/{number}/start", response=OK, summary="Begin with the first wave, or go on after a stop")
def start(request: HttpRequest, number: int) -> dict[str, Any]:
    return _whole(request, rollout_start(user_of(request), _of(request, number)))


@router.post("/{number}/close", response=OK, summary="End a stopped rollout as it is")
def close(request: HttpRequest, number: int, body: Reason) -> dict[str, Any]:
    return _whole(request, rollout_close(user_of(request), _of(request, number), body.reason))


def _of(request: HttpRequest, number: int) -> Rollout:
    found = rollouts_seen_by(seer(request)).select_related("requester").filter(pk=number).first()
    if found is None:
        raise HttpError(404, f"There is no rollout #{number}.")
    return found


def _brief(rollout: Rollout) -> dict[str, Any]:
    return {
        "number": rollout.pk,
        "title": rollout.title,
        "state": rollout.status,
        "requester": rollout.requester.username,
        "created_at": rollout.created_at,
    }


def _whole(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    fields = ("reason", "ticket", "wave_size", "digest")
    every = parts_of(rollout)
    shown = parts_seen_by(seer(request), every)
    parts = [
        {
            "wave": part.wave,
            "change": part.change_id,
            "host": part.change.host.name,
            "state": part.change.status,
            "digest": part.change.digest,
        }
        for part in shown
    ]
    return (
        _brief(rollout)
        | {name: getattr(rollout, name) for name in fields}
        | {"parts": parts, "sentence": sentence_for(rollout, shown, every)}
    )
