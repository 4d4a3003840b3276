"""The API over HTTP: one token, JSON both ways, and every failure as a sentence."""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.client import HTTPException
from typing import IO, Any

from regroup.outcome import Exit

TIMEOUT = 60.0
MOST = 64 * 2**20
"""Bytes of an answer that are read: a plan holds its files in full, and is still far smaller."""

PAGE = 500
"""Items of a list that are asked for at a time."""

TRIES = 4
"""How often a request whose answer was lost is sent; under one key, so that it is done once."""

PAUSE = 1.0
"""Seconds between."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Trouble(Exception):
    """A command cannot go on: the sentence, and the exit code that it ends with."""

    def __init__(self, sentence: str, code: Exit, details: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.code, self.details = code, details


class Lost(Exception):
    """Nobody knows yet what became of a request."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: the token must not follow it to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Client:
    """Calls on one Regroup as one person. Every method raises Trouble."""

    def __init__(self, url: str, token: str, *, plain: bool = False) -> None:
        """`plain` allows http:// to another machine, where the token can be read on the way."""
        self.url, self.token = _checked(url, plain), token
        self.opener = urllib.request.build_opener(NoRedirect)

    def get(self, path: str, **query: Any) -> Any:
        words = urllib.parse.urlencode({name: value for name, value in query.items() if value not in ("", None)})
        return self._json("GET", f"{path}?{words}" if words else path)

    def every(self, path: str, **query: Any) -> list[Any]:
        """All items of a list, page by page."""
        items, cursor = [], {"limit": PAGE}
        while True:
            page = self.get(path, **query, **cursor)
            items += page["items"]
            more = {name: page[name] for name in ("after", "before") if page.get(name) is not None}
            if not more:
                return items
            cursor |= more

    def post(self, path: str, body: Any = None) -> Any:
        return self._json("POST", path, body or {})

    def put(self, path: str, body: Any) -> Any:
        return self._json("PUT", path, body)

    def text(self, path: str) -> str:
        """An answer as it is."""
        return self._send("GET", path, None).decode("utf-8", "replace")

    def save(self, path: str, file: IO[bytes]) -> None:
        """An answer of any size, into a file that is open."""
        with self._open(self._call("GET", path, None)) as answer:
            try:
                shutil.copyfileobj(answer, file)
            except (HTTPException, OSError) as error:
                raise self._away(error) from error

    def _json(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._send(method, path, None if body is None else json.dumps(body).encode())
        try:
            return json.loads(answer)
        except ValueError as error:
            raise self._stranger() from error

    def _send(self, method: str, path: str, data: bytes | None) -> bytes:
        call = self._call(method, path, data)
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                with self._open(call, again=method == "POST" and not last) as answer:
                    content: bytes = answer.read(MOST)
                    return content
            except Lost:
                time.sleep(PAUSE)
            except (HTTPException, OSError) as error:
                if last or method != "POST":
                    raise self._away(error) from error
                time.sleep(PAUSE)
        raise AssertionError("the last try answers or raises")

    def _call(self, method: str, path: str, data: bytes | None) -> urllib.request.Request:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        return urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)  # noqa: S310 - checked

    def _open(self, call: urllib.request.Request, *, again: bool = False) -> Any:
        """The answer. Raises Trouble; with `again` Lost, where the same may be asked once more."""
        try:
            return self.opener.open(call, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            if again and error.code == 409 and error.headers.get("Retry-After"):
                raise Lost from error
            raise self._refusal(error) from error
        except (urllib.error.URLError, HTTPException, OSError) as error:
            # What was never reached is told at once; an answer that got lost on the way is worth asking for.
            if again and (not isinstance(error, urllib.error.URLError) or isinstance(error.reason, TimeoutError)):
                raise Lost from error
            raise self._away(error) from error

    def _away(self, error: Exception) -> Trouble:
        why = getattr(error, "reason", None) or error
        return Trouble(
            f"Regroup at {self.url} cannot be reached: {why}. Is it running, and is the address right?",
            Exit.UNREACHABLE,
        )

    def _refusal(self, error: urllib.error.HTTPError) -> Trouble:
        with error:
            said = error.read(MOST)
        if error.code in (301, 302, 303, 307, 308):
            where = error.headers.get("Location", "elsewhere")
            return Trouble(f"{self.url} leads on to {where}; give the address that it leads to.", Exit.UNREACHABLE)
        try:
            problem = json.loads(said)
            sentence, fields = str(problem["detail"]), dict(problem.get("errors") or {})
        except (ValueError, KeyError, TypeError):
            return self._stranger(error.code)
        if error.code == 401:
            sentence = "The token is not valid any more, or never was. Issue one on your account page: REGROUP_TOKEN."
        details = tuple(
            f"{name}: {words}" for name, several in fields.items() for words in several if words != sentence
        )
        return Trouble(sentence, Exit.UNREACHABLE if error.code >= 500 else Exit.REFUSED, details)

    def _stranger(self, status: int = 200) -> Trouble:
        return Trouble(
            f"What answers at {self.url} is not Regroup's API, or broke (HTTP {status}). Look at the address and at"
            " Regroup's own log.",
            Exit.UNREACHABLE,
        )


def _checked(url: str, plain: bool) -> str:
    """The address without a slash at its end. Raises Trouble for what the token must not be sent to."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urllib.parse.urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise Trouble(f"{url!r} is no address of Regroup; write it like https://regroup.example.", Exit.USAGE)
    if parts.scheme == "http" and host not in LOOPBACK and not plain:
        raise Trouble(
            f"{url} is not encrypted, so anybody on the way could read the token. Use https://, or say --plain-http.",
            Exit.USAGE,
        )
    return url.rstrip("/")
