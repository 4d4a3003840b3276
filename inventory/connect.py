"""From a host row to an open session: trusted keys, jump hosts, the credential opened. For workers.

The web process never signs in to a host; it only exchanges keys (`scan_key`).
"""

from __future__ import annotations

from inventory.credentials import credential_secrets
from inventory.models import MOST_JUMPS, Credential, Host, HostKey
from inventory.services import host_key_offer
from inventory.states import HostTrust, KeyState, trust_of
from people.actor import Actor
from people.vault import VaultError
from ssh.command import Secret
from ssh.hostkeys import PinnedKey
from ssh.paramiko_session import Target, connect, scan
from ssh.session import HostKeyChanged, HostKeyUnknown, Session, SessionError
from ssh.without_sudo import WithoutSudo

Kind = Credential.Kind


def target_for(host: Host) -> Target:
    """Everything needed to connect, jump hosts included; reads the database, opens no connection.

    Raises HostKeyUnknown (no trusted key), HostKeyChanged (another key waits for a person),
    SessionError (no credential, secret does not open, too many jumps).
    """
    return Targets().of(host)


class Targets:
    """Targets of many hosts at one moment: what they share, credentials and jump hosts, is read once.

    Cheap for hosts that come with `select_related("credential")` and `prefetch_related("keys")`.
    """

    def __init__(self) -> None:
        self._secrets: dict[int, tuple[Secret | None, Secret | None]] = {}
        self._jumps: dict[int, Target] = {}

    def of(self, host: Host, _depth: int = 0) -> Target:
        """Raises as `target_for`."""
        if _depth > MOST_JUMPS:
            raise SessionError(f"{host} is reached through more than {MOST_JUMPS} jump hosts, or through itself.")
        keys = _trusted_keys(host)
        jump = self._jump(host, _depth) if host.jump_id else None
        try:
            return self._with_credential(host, keys, jump)
        except VaultError as error:
            raise SessionError(f"The credential of {host} cannot be used. {error}") from None

    def _jump(self, host: Host, depth: int) -> Target:
        assert host.jump is not None and host.jump_id is not None  # noqa: S101 - asked by the caller
        if host.jump_id not in self._jumps:
            self._jumps[host.jump_id] = self.of(host.jump, depth + 1)
        return self._jumps[host.jump_id]

    def _with_credential(self, host: Host, keys: tuple[PinnedKey, ...], jump: Target | None) -> Target:
        row = host.credential
        if row is None:
            raise SessionError(f"{host} has no credential. Choose one on the host's page.")
        if row.pk not in self._secrets:
            self._secrets[row.pk] = credential_secrets(row)
        secret, passphrase = self._secrets[row.pk]
        return Target(
            name=host.name,
            address=host.address,
            port=host.port,
            user=host.user,
            host_keys=keys,
            key_text=secret if row.kind == Kind.KEY else None,
            key_passphrase=passphrase,
            password=secret if row.kind == Kind.PASSWORD else None,
            use_agent=row.kind == Kind.AGENT,
            key_file=row.key_file or None,
            jump=jump,
        )


def open_session(host: Host) -> Session:
    """A session to the host, keys compared before anything is sent. Raises SessionError.

    A key that is not the trusted one is written down for a person to look at.
    """
    target = target_for(host)
    try:
        session = connect(target)
        return session if host.sudo else WithoutSudo(session)
    except HostKeyUnknown as error:
        note_strange_key(host, error)
        raise


def note_strange_key(host: Host, error: HostKeyUnknown) -> HostKey | None:
    """Write down the key a host showed instead of the trusted one; None if it showed none.

    Behind a jump host nothing is written: the error does not tell which of the two showed the key.
    """
    if not error.key or host.jump_id:
        return None
    try:
        return host_key_offer(host, PinnedKey(error.algorithm, error.key), source=HostKey.Source.CONNECTION)
    except ValueError:
        return None


def scan_key(host: Host, *, by: Actor | None = None) -> HostKey:
    """Ask the host for its key, without signing in, and write it down. Raises Unreachable, ValueError.

    For a host behind a jump host this would mean to sign in there: ValueError, with a sentence.
    """
    if host.jump:
        raise ValueError(
            f"{host} is reached through {host.jump}, so its key cannot be asked for from here. "
            "Paste the line of its public key file instead."
        )
    return host_key_offer(host, scan(host.address, host.port), source=HostKey.Source.SCAN, by=by)


def _trusted_keys(host: Host) -> tuple[PinnedKey, ...]:
    keys = [key for key in host.keys.all() if key.state != KeyState.REVOKED]
    trust = trust_of({key.state for key in keys})
    if trust in (HostTrust.NONE, HostTrust.PENDING):
        raise HostKeyUnknown(
            f"{host} has no trusted host key yet. Compare and trust its key on the host's page; nothing was sent.",
            algorithm="", key="", fingerprint="",
        )  # fmt: skip
    if trust is HostTrust.CHANGED:
        strange = next(key for key in keys if key.state == KeyState.PENDING)
        raise HostKeyChanged(
            f"{host} showed another host key ({strange.fingerprint}) than the trusted one. Everything for it stands "
            "still until somebody revokes one of the two on the host's page.",
            algorithm=strange.algorithm, key=strange.key_base64, fingerprint=strange.fingerprint,
        )  # fmt: skip
    return tuple(PinnedKey(key.algorithm, key.key_base64) for key in keys)
