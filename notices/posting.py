"""Sends one body to one place: connects to an address that was judged, follows nothing.

Of the answer it reads the status, and for how long to leave the receiver alone.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Timer
from time import monotonic

from notices.addresses import Net, Place, place_of

CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 10.0
MOST_ADDRESSES = 3
"""So many of a name's addresses are tried: whoever owns the name says how many it has."""
ASK_TO_WAIT = (429, 503)


class PostFailed(OSError):
    """The message is the sentence; `status` is what the receiver answered, None where it did not.

    wait  seconds for which it asked to be left alone, 0 where it did not
    """

    def __init__(self, sentence: str, status: int | None = None, wait: float = 0) -> None:
        super().__init__(sentence)
        self.status, self.wait = status, wait


def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Sequence[Net], *, method: str = "POST") -> int:
    """The status, which is 2xx. Raises PostFailed, AddressRefused."""
    place = place_of(url, allowed)
    try:
        with _connected(place) as line:
            line.request(method, place.path, body, {"User-Agent": "Regroup", **headers})
            answer = line.getresponse()
            status, wait = answer.status, answer.headers.get("Retry-After", "")
    except ssl.SSLCertVerificationError as error:
        raise PostFailed(f"Its certificate does not hold: {error.verify_message}.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PostFailed(f"It could not be reached, or did not answer in time ({type(error).__name__}).") from error
    if 300 <= status < 400:
        raise PostFailed(f"It answered {status}; redirects are not followed. Enter the address it leads to.", status)
    if not 200 <= status < 300:
        raise PostFailed(f"It answered {status}.", status, seconds(wait) if status in ASK_TO_WAIT else 0)
    return status


def seconds(retry_after: str, now: datetime | None = None) -> float:
    """Of a Retry-After, in seconds or as a date; 0 where it says neither."""
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after)
    except (TypeError, ValueError, OverflowError):
        return 0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds())


@contextlib.contextmanager
def _connected(place: Place) -> Iterator[http.client.HTTPConnection]:
    """A connection that has its socket, so that nothing resolves the name again. After ten seconds it is cut."""
    line = http.client.HTTPConnection(place.host, place.port, timeout=CONNECT_SECONDS)
    line.default_port, line.auto_open = (443 if place.tls else 80), 0
    timer = Timer(WHOLE_SECONDS, _cut, [line])
    timer.daemon = True
    try:
        timer.start()
        line.sock = _socket(place, monotonic() + WHOLE_SECONDS)
        if place.tls:
            line.sock = ssl.create_default_context().wrap_socket(
                line.sock, server_hostname=place.host, do_handshake_on_connect=False
            )
            line.sock.do_handshake()
        yield line
    finally:
        timer.cancel()
        line.close()


def _socket(place: Place, until: float) -> socket.socket:
    """To the first of the judged addresses that takes it before `until`. Raises OSError."""
    trouble: OSError = OSError("no address")
    for family, where in place.addresses[:MOST_ADDRESSES]:
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError("no address took it in time")
        raw = socket.socket(family, socket.SOCK_STREAM)
        raw.settimeout(min(CONNECT_SECONDS, left))
        try:
            raw.connect(where)
            raw.settimeout(CONNECT_SECONDS)
        except OSError as error:
            raw.close()
            trouble = error
        else:
            return raw
    raise trouble


def _cut(line: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError, AttributeError):  # it was closed meanwhile
        line.sock.shutdown(socket.SHUT_RDWR)
