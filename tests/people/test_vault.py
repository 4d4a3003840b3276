"""What is sealed opens at its own place, with its own key list, unchanged; and nothing else does."""

import os
import stat
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.vault import Sealed, Vault, VaultError, new_key_line, open_vault, parse_keys

OLD, NEW = os.urandom(32), os.urandom(32)
VAULT = Vault({"old": OLD})
PLACE = "inventory_credential/7/secret"


@given(st.binary(max_size=2000), st.text(min_size=1, max_size=50))
def test_what_was_sealed_opens(secret, place):
    assert VAULT.open(VAULT.seal(secret, place), place) == secret


@given(st.binary(min_size=8, max_size=200))
def test_the_ciphertext_does_not_hold_the_secret(secret):
    sealed = VAULT.seal(secret, PLACE)
    assert secret not in sealed.ciphertext + sealed.wrapped_key


@given(st.binary(max_size=200), st.text(max_size=30).filter(lambda text: text != PLACE))
def test_it_does_not_open_at_another_place(secret, other):
    sealed = VAULT.seal(secret, PLACE)
    with pytest.raises(VaultError, match="moved from another row"):
        VAULT.open(sealed, other)


@given(st.data(), st.sampled_from(["wrapped_key", "nonce", "ciphertext"]))
def test_one_flipped_bit_is_noticed(data, part):
    sealed = VAULT.seal(b"a secret", PLACE)
    value = bytearray(getattr(sealed, part))
    value[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(VaultError):
        VAULT.open(replace(sealed, **{part: bytes(value)}), PLACE)


@pytest.mark.parametrize("sealed", [Sealed("old", b"", b"", b""), Sealed("old", b"x" * 60, b"", b"y" * 20)])
def test_a_row_that_was_emptied_gives_a_sentence(sealed):
    with pytest.raises(VaultError, match="Enter it again"):
        VAULT.open(sealed, PLACE)


def test_a_key_that_is_gone_is_named():
    with pytest.raises(VaultError, match="no key 'old'"):
        Vault({"new": NEW}).open(VAULT.seal(b"x", PLACE), PLACE)


def test_rotated_secrets_open_without_the_old_key():
    sealed = Vault({"new": NEW, "old": OLD}).rotate(VAULT.seal(b"x", PLACE), PLACE)
    assert sealed.key_id == "new" and Vault({"new": NEW}).open(sealed, PLACE) == b"x"


def test_the_same_secret_is_never_sealed_alike():
    assert VAULT.seal(b"x", PLACE) != VAULT.seal(b"x", PLACE)


def test_the_key_list_is_made_once_and_private(tmp_path):
    path = tmp_path / "state" / "credential_keys"
    sealed = open_vault(path).seal(b"x", PLACE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_vault(path).open(sealed, PLACE) == b"x"
    assert [entry.name for entry in path.parent.iterdir()] == ["credential_keys"]


def test_of_many_first_starts_one_key_list_wins(tmp_path):
    path, seen, start = tmp_path / "credential_keys", [], threading.Barrier(8)

    def first_start():
        start.wait()
        seen.append(open_vault(path).newest)

    threads = [threading.Thread(target=first_start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8 and set(seen) == {open_vault(path).newest}


def test_a_key_list_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "credential_keys"
    path.write_text(new_key_line())
    path.chmod(0o640)
    with pytest.raises(VaultError, match="chmod 600"):
        open_vault(path)


@pytest.mark.parametrize("text", ["no colon", "a:AAAA", "a:!!!", ":" + "A" * 43 + "="])
def test_a_broken_line_is_named(text):
    with pytest.raises(VaultError, match="Line 2"):
        parse_keys(f"# keys\n{text}\n")


def test_an_id_given_twice_is_refused():
    line = new_key_line()
    with pytest.raises(VaultError, match="Line 2"):
        parse_keys(line + line)


def test_an_empty_list_is_refused(tmp_path):
    (tmp_path / "keys").touch(mode=0o600)
    with pytest.raises(VaultError, match="at least one key"):
        open_vault(tmp_path / "keys")
