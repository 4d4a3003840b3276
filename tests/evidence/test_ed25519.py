"""verify.py's own Ed25519 agrees with a library's, and with RFC 8032."""

import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.verify import L, signed

RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_examples_of_the_standard_hold(public, message, signature):
    public, message, signature = map(bytes.fromhex, (public, message, signature))
    assert signed(public, message, signature)
    assert not signed(public, message + b"!", signature)


def test_what_a_library_signs_holds_and_nothing_else():
    for _ in range(5):
        key, message = Ed25519PrivateKey.generate(), os.urandom(100)
        public, signature = key.public_key().public_bytes_raw(), key.sign(message)
        assert signed(public, message, signature)
        for at in (0, 31, 32, 63):
            other = bytearray(signature)
            other[at] ^= 1
            assert not signed(public, message, bytes(other))


def test_a_signature_with_a_number_too_large_is_refused():
    """The same signature in another form would be a second one for the same message."""
    key = Ed25519PrivateKey.generate()
    signature = key.sign(b"x")
    number = int.from_bytes(signature[32:], "little") + L
    assert not signed(key.public_key().public_bytes_raw(), b"x", signature[:32] + number.to_bytes(32, "little"))


def test_what_is_no_key_and_no_signature_is_refused():
    assert not signed(b"\xff" * 32, b"x", b"\0" * 64)
    assert not signed(b"", b"x", b"")
