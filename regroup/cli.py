"""Each act of `python -m regroup recover`, `bond` and the others: one or two calls of the API, and the exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from regroup.client import Client, Trouble
from regroup.options import parser
from regroup.outcome import ENDS, Exit
from regroup.show import advice, head, host_says, lines_of, report, row, safe
from regroup.watch import Line, Watch
from regroup.wishes import WISHES, read

LOOK_PATIENCE = 120.0
"""Seconds that a host may take to be asked: it is tried for a minute where it does not answer."""

PLAN_PATIENCE = 120.0
"""Seconds that a plan may take before we say that no worker makes it."""


def main(words: Sequence[str]) -> int:
    """Run one command; its exit code, one of `Exit`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(words)
    try:
        return ACTS[options.act](_client(options), options)
    except Trouble as trouble:
        note(safe(trouble))
        for detail in trouble.details:
            note(safe(f"  {detail}"))
        return trouble.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except KeyboardInterrupt:
        note("Stopped looking; what Regroup does goes on.")
        return 130


def out(line: str) -> None:
    print(line, flush=True)


def note(line: str) -> None:
    """What is not the answer itself goes to standard error."""
    print(line, file=sys.stderr, flush=True)


def _client(options: argparse.Namespace) -> Client:
    url = options.url or os.environ.get("REGROUP_URL", "")
    if not url:
        raise Trouble("Say where Regroup is: --url, or REGROUP_URL in the environment.", Exit.USAGE)
    if options.token_file:
        token = read(options.token_file, "the token").decode("utf-8", "replace").strip()
    else:
        token = os.environ.get("REGROUP_TOKEN", "").strip()
    if not token:
        raise Trouble(
            "Say who you are: an API token from your account page, in REGROUP_TOKEN or --token-file.", Exit.USAGE
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Trouble("The token has characters that no token has; copy it again.", Exit.USAGE)
    return Client(url, token, plain=options.plain_http)


def _say(options: argparse.Namespace, change: Any, lines: Iterable[str]) -> None:
    for line in [json.dumps(change, indent=2)] if options.json else lines:
        out(line)


def _planned(client: Client, change: Any) -> Any:
    """The change once a worker has planned it. Raises Trouble where none does."""
    end = time.monotonic() + PLAN_PATIENCE
    while change["planning"]:
        if time.monotonic() > end:
            raise Trouble(
                f"Change #{change['number']} waits to be planned, and no worker has done it yet. Look at"
                " `manage.py regroup doctor` on Regroup's machine.",
                Exit.NOT_YET,
            )
        time.sleep(0.5)
        change = client.get(f"/changes/{change['number']}")
    return change


def _told(client: Client, options: argparse.Namespace, change: Any) -> Exit:
    """A change that was asked for or planned anew, and whether it has a plan."""
    change = _planned(client, change)
    if change["state"] == "planned" and options.act == "request":
        change = client.post(f"/changes/{change['number']}/submit")
    _say(options, change, lines_of(change))
    return Exit.DONE if change["digest"] and change["state"] in ("planned", "in_review") else Exit.REFUSED


def ask(client: Client, options: argparse.Namespace) -> Exit:
    path, wish = WISHES[options.room]
    return _told(client, options, client.post(f"/changes/{path}", wish(options)))


def hand_back(client: Client, options: argparse.Namespace) -> Exit:
    wish = {"recovery": options.number, "reason": options.reason, "ticket": options.ticket}
    return _told(client, options, client.post("/changes/handback", wish))


def edit(client: Client, options: argparse.Namespace) -> Exit:
    path, wish = WISHES[options.room]
    return _told(client, options, client.put(f"/changes/{options.number}/{path}", wish(options)))


def look(client: Client, options: argparse.Namespace) -> Exit:
    """Plan anew; or, where a step is unknown, have its host asked, and say what it says."""
    if client.get(f"/changes/{options.number}/now")["state"] != "unknown":
        return _told(client, options, client.post(f"/changes/{options.number}/replan"))
    change, end = client.post(f"/changes/{options.number}/look"), time.monotonic() + LOOK_PATIENCE
    while change["host_says"] and not change["host_says"]["told_at"]:
        if time.monotonic() > end:
            raise Trouble("No worker has asked the host yet. Look again, or at `regroup doctor`.", Exit.NOT_YET)
        time.sleep(0.5)
        change = client.get(f"/changes/{options.number}/now")
    _say(options, change, (*head(change), *host_says(change), *advice(change)))
    return Exit.DONE


def go_on_anew(client: Client, options: argparse.Namespace) -> Exit:
    return _told(client, options, client.post(f"/changes/{options.number}/continue", {"reason": options.reason}))


def settle(client: Client, options: argparse.Namespace) -> Exit:
    word = {"said": options.said, "reason": options.reason, "told_at": options.look}
    change = client.post(f"/changes/{options.number}/settle", word)
    _say(options, change, (*head(change), *advice(change)))
    return Exit.DONE


def changes(client: Client, options: argparse.Namespace) -> Exit:
    page = client.get("/changes", state=options.state, host=options.host, limit=max(1, min(options.limit, 1000)))
    _say(options, page, map(row, page["items"]))
    return Exit.DONE


def hosts(client: Client, options: argparse.Namespace) -> Exit:
    rows = client.every("/hosts")
    said = (safe(f"{it['name']:<20} {it['address']}:{it['port']}  {it['trust']}") for it in rows)
    _say(options, {"items": rows}, said)
    return Exit.DONE


def vms(client: Client, options: argparse.Namespace) -> Exit:
    rows = client.every("/vms")
    said = (safe(f"{it['name']:<20} {it['owner'] or '-':<20} {it['service']}") for it in rows)
    _say(options, {"items": rows}, said)
    return Exit.DONE


def show(client: Client, options: argparse.Namespace) -> Exit:
    if options.plan:
        sys.stdout.write(client.text(f"/changes/{options.number}/plan"))
        return Exit.DONE
    change = client.get(f"/changes/{options.number}")
    _say(options, change, lines_of(change, full=options.full))
    return Exit.DONE


def decide(client: Client, options: argparse.Namespace) -> Exit:
    """Approve or reject; an approval names the plan that was read."""
    body = {"comment": options.comment}
    if options.act == "approve":
        digest = str(client.get(f"/changes/{options.number}")["digest"])
        if not digest or not digest.startswith(options.digest):
            raise Trouble("The plan has another digest than the one that you read; read it again.", Exit.REFUSED)
        body["digest"] = digest
    change = client.post(f"/changes/{options.number}/{options.act}", body)
    _say(options, change, (*head(change), *advice(change)))
    return Exit.DONE


PATHS = {"ask": "probe"}
"""Acts that the API calls otherwise."""


def act(client: Client, options: argparse.Namespace) -> Exit:
    """One act, and with --watch what comes of it."""
    cursor = client.get(f"/changes/{options.number}/now")["last_seq"] if getattr(options, "watch", False) else 0
    body = {"reason": options.reason} if options.act == "close" else None
    change = client.post(f"/changes/{options.number}/{PATHS.get(options.act, options.act)}", body)
    if getattr(options, "watch", False):
        return _watch(client, options, cursor)
    _say(options, change, (*head(change), *advice(change)))
    return Exit.DONE


def watch(client: Client, options: argparse.Namespace) -> Exit:
    return _watch(client, options, 0)


def _watch(client: Client, options: argparse.Namespace, after: int) -> Exit:
    """Follow the log; with --json as one JSON object a line, the change itself last."""

    def line(line: Line) -> None:
        out(json.dumps(line) if options.json else safe(f"[{line['step']}] {line['text']}", "\t"))

    end = Watch(client, options.number, line, note, after=after).until_end(options.timeout)
    if options.json:
        out(json.dumps(client.get(f"/changes/{options.number}")))
    return Exit.DONE if end is Exit.UNDONE and options.act == "undo" else end


def tell(client: Client, options: argparse.Namespace) -> Exit:
    """The report; the exit code says how the recovery stands, as for `watch`."""
    if options.html:
        sys.stdout.write(client.text(f"/changes/{options.number}/report?format=html"))
        return Exit.DONE
    told = client.get(f"/changes/{options.number}/report")
    _say(options, told, report(told))
    return ENDS.get(told["state"], Exit.NOT_YET)


def prove(client: Client, options: argparse.Namespace) -> Exit:
    """Fetch the evidence into a file, whole or not at all; never over another."""
    path = Path(options.output or f"evidence-{options.number}.zip")
    part = path.with_name(f"{path.name}.part")
    try:
        if path.exists():
            raise Trouble(f"{path} is there already; name another file with --output.", Exit.USAGE)
        with part.open("xb") as file:
            try:
                client.save(f"/changes/{options.number}/evidence", file)
            except BaseException:
                part.unlink()
                raise
        part.rename(path)
    except OSError as error:
        raise Trouble(f"{path} cannot be written: {error.strerror}.", Exit.USAGE) from error
    out(safe(f"{path}, {path.stat().st_size} bytes. Verify it with Regroup's verify.py and the key on its page Audit."))
    return Exit.DONE


ACTS: dict[str, Callable[[Client, argparse.Namespace], int]] = {
    **dict.fromkeys(("plan", "request"), ask),
    "edit": edit,
    "handback": hand_back,
    "look": look,
    "settle": settle,
    "continue": go_on_anew,
    "list": changes,
    "hosts": hosts,
    "vms": vms,
    "show": show,
    **dict.fromkeys(("approve", "reject"), decide),
    **dict.fromkeys(
        ("submit", "withdraw", "run", "confirm", "attach", "detach", "ask", "resume", "cancel", "undo", "close"), act
    ),
    "watch": watch,
    "report": tell,
    "evidence": prove,
}
