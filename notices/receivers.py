"""What a webhook's receiver wants: programs a signed request, each chat a message of its own. Pure.

What is told has names in it that anybody may have chosen. No word of it is markup there, or calls anybody: it goes
where the chat reads none, or is escaped as that chat says.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from notices.signing import headers

JSON = {"Content-Type": "application/json"}


class Receiver(StrEnum):
    PROGRAM = "program"
    SLACK = "slack"
    TEAMS = "teams"
    MATRIX = "matrix"


@dataclass(frozen=True, slots=True)
class Told:
    """What happened and what to do, one line each, with the page to go to."""

    kind: str
    at: datetime
    what: str
    todo: str
    url: str
    change: int | None = None
    host: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class To:
    """Where it goes: `message` is the id that stays, `secrets` those of the vault, the present one first."""

    message: str
    at: int
    url: str
    room: str
    secrets: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sending:
    """One request. Its address and its headers may be secrets."""

    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes
    method: str = "POST"


def to_program(told: Told, to: To) -> Sending:
    """As docs/notices.md has it, signed as Standard Webhooks does; the same however often it is sent."""
    names = {"change": told.change, "host": told.host, "owner": told.owner}
    data = {"what": told.what, "todo": told.todo, "url": told.url, **names}
    at = told.at.astimezone(UTC).isoformat(timespec="seconds")
    body = _json({"type": told.kind, "timestamp": at, "data": data})
    return Sending(to.url, {**JSON, **headers(to.secrets, to.message, to.at, body)}, body)


def to_slack(told: Told, to: To) -> Sending:
    """An incoming webhook. Names stand in `plain_text`, where Slack reads no markup; `text` is for its notifications.

    &, < and > are control characters in every text of Slack:
    https://docs.slack.dev/messaging/formatting-message-text
    """
    words = _slack(" ".join(filter(None, (told.what, told.todo))))
    plain = {"type": "plain_text", "text": words, "emoji": False}
    link = {"type": "mrkdwn", "text": f"<{_slack(told.url).replace('|', '%7C')}|Open it in Regroup>", "verbatim": True}
    blocks = [{"type": "section", "text": plain}, {"type": "section", "text": link}]
    return Sending(
        to.secrets[0], JSON, _json({"text": words, "mrkdwn": False, "unfurl_links": False, "blocks": blocks})
    )


def to_teams(told: Told, to: To) -> Sending:
    """A webhook of Workflows takes an Adaptive Card. A TextRun reads no Markdown, as a TextBlock would:
    https://learn.microsoft.com/adaptive-cards/schema-explorer/text-run
    """
    runs = [_run(told.what, weight="Bolder"), *([_run(told.todo)] if told.todo else [])]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [{"type": "RichTextBlock", "inlines": [run]} for run in runs],
        "actions": [{"type": "Action.OpenUrl", "title": "Open it in Regroup", "url": told.url}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return Sending(to.secrets[0], JSON, _json({"type": "message", "attachments": [attachment]}))


def to_matrix(told: Told, to: To) -> Sending:
    """A message in a room, once for each transaction id; `m.mentions` without anybody: no name in it calls one.

    https://spec.matrix.org/v1.10/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
    """
    lines = [line for line in (told.what, told.todo) if line]
    link = html.escape(told.url)
    rich = [f"<strong>{html.escape(told.what)}</strong>", *map(html.escape, lines[1:]), f'<a href="{link}">{link}</a>']
    content = {
        "msgtype": "m.text",
        "body": "\n".join([*lines, told.url]),
        "format": "org.matrix.custom.html",
        "formatted_body": "<br>".join(rich),
        "m.mentions": {},
    }
    room, event = quote(to.room, safe=""), f"send/m.room.message/{quote(to.message, safe='')}"
    url = f"{to.url.rstrip('/')}/_matrix/client/v3/rooms/{room}/{event}"
    return Sending(url, {**JSON, "Authorization": f"Bearer {to.secrets[0]}"}, _json(content), method="PUT")


@dataclass(frozen=True, slots=True)
class Form:
    """What a receiver is called, what an administrator enters for it, and how something is told to it.

    url     whether its address is no secret, and entered and shown as such
    secret  what is entered and kept sealed: label and help; None: a secret to sign with, which Regroup makes
    """

    words: str
    render: Callable[[Told, To], Sending]
    url: bool = True
    room: bool = False
    secret: tuple[str, str] | None = None


SEALED = "Whoever has it can write there: it is kept sealed and never shown again."
FORMS: dict[Receiver, Form] = {
    Receiver.PROGRAM: Form("Program", to_program),
    Receiver.SLACK: Form(
        "Slack", to_slack, url=False, secret=("Address", f"That of an incoming webhook of your Slack app. {SEALED}")
    ),
    Receiver.TEAMS: Form(
        "Teams",
        to_teams,
        url=False,
        secret=("Address", f"That of a workflow “When a Teams webhook request is received”. {SEALED}"),
    ),
    Receiver.MATRIX: Form(
        "Matrix", to_matrix, room=True, secret=("Access token", f"Of an account that is in the room. {SEALED}")
    ),
}


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _run(text: str, **look: str) -> dict[str, str]:
    return {"type": "TextRun", "text": text, **look}


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
