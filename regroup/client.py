"""The API over HTTP: one token, JSON both ways, and every failure as a sentence."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from typing import Any

from regroup.outcome import Exit

TIMEOUT = 60.0
MOST = 64 * 2**20
"""Bytes of an answer that are read: a plan holds its files in full, and is still far smaller."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Trouble(Exception):
    """A command cannot go on: the sentence, and the exit code that it ends with."""

    def __init__(self, sentence: str, code: Exit, details: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.code, self.details = code, details


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

    def post(self, path: str, body: Any = None) -> Any:
        return self._json("POST", path, body or {})

    def put(self, path: str, body: Any) -> Any:
        return self._json("PUT", path, body)

    def text(self, path: str) -> str:
        """An answer as it is."""
        return self._send("GET", path, None).decode("utf-8", "replace")

    def _json(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._send(method, path, None if body is None else json.dumps(body).encode())
        try:
            return json.loads(answer)
        except ValueError as error:
            raise self._stranger() from error

    def _send(self, method: str, path: str, data: bytes | None) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        call = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)  # noqa: S310 - checked
        try:
            with self.opener.open(call, timeout=TIMEOUT) as answer:
                content: bytes = answer.read(MOST)
                return content
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from error
        except (urllib.error.URLError, HTTPException, OSError) as error:
            why = getattr(error, "reason", None) or error
            raise Trouble(
                f"Regroup at {self.url} cannot be reached: {why}. Is it running, and is the address right?",
                Exit.UNREACHABLE,
            ) from error

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
