"""Public host key lines are read, fingerprinted as OpenSSH does, and compared."""

import subprocess
from pathlib import Path

import pytest

from ssh.hostkeys import HostKeyFormatError, PinnedKey, is_fingerprint, parse_public_key
from tests.ssh.conftest import make_key


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_the_fingerprint_is_the_one_ssh_keygen_prints(tmp_path: Path, kind: str) -> None:
    path = make_key(tmp_path / "key", kind)
    line = Path(f"{path}.pub").read_text()
    printed = subprocess.run(["ssh-keygen", "-lf", f"{path}.pub"], capture_output=True, text=True, check=True)
    key = parse_public_key(line)
    assert key.fingerprint() == printed.stdout.split()[1]
    assert is_fingerprint(key.fingerprint())
    assert line.startswith(key.line())


def test_a_known_hosts_line_is_read_too(tmp_path: Path) -> None:
    line = Path(f"{make_key(tmp_path / 'key')}.pub").read_text()
    assert parse_public_key(f"[db1.example.com]:22 {line}") == parse_public_key(line)


def test_two_keys_are_told_apart(tmp_path: Path) -> None:
    one, two = (parse_public_key(Path(f"{make_key(tmp_path / n)}.pub").read_text()) for n in "ab")
    assert one.same_as(PinnedKey(one.algorithm, one.key_base64))
    assert not one.same_as(two)


GOOD = "AAAAC3NzaC1lZDI1NTE5AAAAIJmgVV5XTRmfwI5XAgXg1ZyRGCy8nXl0fVgPrMi8ahgC"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "no host key"),
        ("# comment", "no host key"),
        ("ssh-dss AAAAB3NzaC1kc3M=", "no host key"),
        ("ssh-ed25519", "no host key"),
        (f"ssh-ed25519 {GOOD[:-1]}", "damaged"),
        (f"ssh-ed25519 {GOOD[:8]}", "cut or mistyped"),
        (f"ssh-rsa {GOOD}", "not a whole ssh-rsa key"),
        (f"ssh-ed25519 !{GOOD}", "damaged"),
        (f"@cert-authority *.example.com ssh-ed25519 {GOOD}", "@cert-authority"),
        (f"@revoked * ssh-ed25519 {GOOD}", "@revoked"),
        (f"ssh-ed25519 {GOOD}\nssh-ed25519 {GOOD}", "single line"),
        (f"ssh-ed25519 {'A' * 20000}", "single line"),
    ],
)
def test_what_is_not_one_whole_host_key_is_refused(line: str, reason: str) -> None:
    with pytest.raises(HostKeyFormatError, match=reason):
        parse_public_key(line)


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(HostKeyFormatError, match="ssh-dss"):
        PinnedKey("ssh-dss", GOOD)


@pytest.mark.parametrize("text", ["", "MD5:aa:bb", "SHA256:short", f"SHA256:{'!' * 43}"])
def test_other_texts_are_not_fingerprints(text: str) -> None:
    assert not is_fingerprint(text)
