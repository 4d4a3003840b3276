"""An OpenID Connect provider on loopback, with keys of its own, which can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "regroup", "a secret of the client's"
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}) for _ in range(2))


class Provider:
    """`person` is who signs in there. What a test sets in `lies` replaces claims; None takes one away.

    `key`, `algorithm`  what the ID token is signed with; `issuer_told` stands in its own document
    """

    def __init__(self) -> None:
        self.person: dict[str, Any] = {"sub": "42", "preferred_username": "zoe", "name": "Zoe", "groups": ["linux-ops"]}
        self.lies: dict[str, Any] = {}
        self.key, self.algorithm, self.issuer_told = KEY, "RS256", ""
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        handler = type("Handler", (_Handler,), {"provider": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"

    def authorize(self, address: str) -> str:
        """The person says yes there: where their browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{urlsplit(asked['redirect_uri']).path}?code={code}&state={asked['state']}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        claims = {name: value for name, value in {**claims, **self.lies}.items() if value is not None}
        if self.algorithm != "RS256":
            return forged(self.algorithm, claims)
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.key)

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer_told or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        self.provider.asked.append(self.path)
        keys = {"keys": [KEY.as_dict(private=False)]}
        self._answer(200, keys if self.path == "/keys" else self.provider.document())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(*self.provider.token({name: values[0] for name, values in parse_qs(body).items()}))

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """A test's requests are not worth a line each."""


def forged(algorithm: str, claims: dict[str, Any]) -> str:
    """The two old tricks: no signature at all, and the public key taken as the secret of HS256. No library does it."""

    def coded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = coded(json.dumps({"alg": algorithm, "kid": "one"}).encode()) + "." + coded(json.dumps(claims).encode())
    secret = KEY.as_pem(private=False)
    return f"{head}.{coded(hmac.digest(secret, head.encode(), 'sha256')) if algorithm == 'HS256' else ''}"


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        provider.server.server_close()
        thread.join()
