"""A host's public key as we pin it: parsed, fingerprinted and compared, never fetched here.

The key is read from the host by `ssh.paramiko_session.scan`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

ALGORITHMS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
LONGEST_LINE = 16384


class HostKeyFormatError(ValueError):
    """The text is not an OpenSSH public key; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """One public host key.

    algorithm   the key's type as in a `.pub` file, for example `ssh-ed25519`
    key_base64  base64 of the key's wire form, the second word of a `.pub` file
    """

    algorithm: str
    key_base64: str

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise HostKeyFormatError(
                f"{self.algorithm[:40]!r} is not a host key type we accept ({', '.join(ALGORITHMS)})."
            )
        if _inner_type(self.blob()) != self.algorithm:
            raise HostKeyFormatError(f"This is not a whole {self.algorithm} key: it was cut or mistyped.")

    def blob(self) -> bytes:
        """The key's wire form. Raises HostKeyFormatError where the base64 is damaged."""
        try:
            return base64.b64decode(self.key_base64, validate=True)
        except (binascii.Error, ValueError):
            raise HostKeyFormatError("The key's base64 text is damaged: it was cut or mistyped.") from None

    def fingerprint(self) -> str:
        """`SHA256:…` as `ssh-keygen -l` and the host's console print it."""
        digest = hashlib.sha256(self.blob()).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def line(self) -> str:
        """The two words of an OpenSSH public key line."""
        return f"{self.algorithm} {self.key_base64}"

    def same_as(self, other: PinnedKey) -> bool:
        """Whether both are the same key, in a time that does not tell where they differ."""
        return hmac.compare_digest(self.line().encode(), other.line().encode())


def parse_public_key(line: str) -> PinnedKey:
    """The key in one OpenSSH public key line, `authorized_keys` comment and `known_hosts` name allowed.

    Raises HostKeyFormatError: empty, no known key type, certificate authority or revoked
    line, damaged base64.
    """
    text = line.strip()
    if len(text) > LONGEST_LINE or "\n" in text:
        raise HostKeyFormatError("Give one public key: a single line, as in a .pub file.")
    words = text.split()
    if words and words[0] in ("@cert-authority", "@revoked"):
        raise HostKeyFormatError(f"A line marked {words[0]} is not the key of a host.")
    for place in (0, 1):  # a known_hosts line has the host's name in front
        if len(words) > place + 1 and words[place] in ALGORITHMS:
            return PinnedKey(words[place], words[place + 1])
    raise HostKeyFormatError(f"There is no host key of a type we accept in this line: {text[:60]!r}.")


def is_fingerprint(text: str) -> bool:
    """Whether the text has the form of an OpenSSH SHA-256 fingerprint."""
    return re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", text) is not None


def _inner_type(blob: bytes) -> str:
    """The type named inside the wire form, empty where there is none."""
    size = int.from_bytes(blob[:4], "big")
    if len(blob) <= 4 + size:
        return ""
    return blob[4 : 4 + size].decode("ascii", "replace")
