"""Writing the inventory where something is decided: hosts, their keys, their last facts.

Plain edits of owners and VMs are ModelForms; `record_edit` writes their audit entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from audit.models import Entry
from audit.services import SYSTEM, entry_of
from audit.text import storable
from inventory.models import Host, HostFacts, HostKey
from inventory.signals import key_changed
from inventory.states import KEY_LABELS, KEY_MOVES, KeyState
from people.actor import Actor
from people.roles import Role
from people.selectors import actor_of
from ssh.hostkeys import PinnedKey


class KeyMoved(ValidationError):
    """A host key is not in the state that the caller saw; nothing was changed."""


@transaction.atomic
def host_create(*, by: Actor, **fields: Any) -> Host:
    """A host by the fields of the model. Raises ValidationError (name or address taken, grammar)."""
    host = Host(**fields)
    host.full_clean()
    host.save()
    record_edit("host.create", host, by, {"address": host.address, "port": host.port, "user": host.user})
    return host


def record_edit(action: str, row: models.Model, by: Actor | None, detail: dict[str, Any] | None = None) -> None:
    """The audit entry of something done to an inventory row; to be called in the transaction that does it."""
    edit_entry(action, row, by, detail).save(force_insert=True)


def edit_entry(action: str, row: models.Model, by: Actor | None, detail: dict[str, Any] | None = None) -> Entry:
    """The same, not written yet (`audit.services.record_all`)."""
    return entry_of(
        action,
        actor_id=by.id if by else None,
        actor_name=by.username if by else SYSTEM,
        kind=str(row._meta.model_name),
        object_id=row.pk,
        label=str(row),
        detail=detail,
    )


@transaction.atomic
def host_key_offer(
    host: Host, key: PinnedKey, *, source: str = HostKey.Source.SCAN, by: Actor | None = None
) -> HostKey:
    """The row of a key that the host showed: the one there is, or a new one that waits for a person.

    A new key beside a trusted one means that the host's key changed: nothing connects to the
    host (inventory.connect) until a person has revoked one of the two. Safe to call twice.
    """
    known = host.keys.exclude(state=KeyState.REVOKED).filter(fingerprint=key.fingerprint())
    if row := known.first():
        HostKey.objects.filter(pk=row.pk).update(seen_at=timezone.now())
        return row
    try:
        with transaction.atomic():
            row = HostKey.objects.create(
                host=host,
                algorithm=key.algorithm,
                key_base64=key.key_base64,
                fingerprint=key.fingerprint(),
                source=source,
            )
    except IntegrityError:  # somebody else saw the same key at the same moment
        return known.get()
    _record_key("host_key.offer", row, by)
    if host.keys.filter(state=KeyState.TRUSTED).exists():
        key_changed.send(Host, host=host, by=by)
    return _trust_expected(row)


def _trust_expected(row: HostKey) -> HostKey:
    """Trust a key whose fingerprint an import gave beforehand, in the name of whoever confirmed the import.

    Not where the host has a trusted key already, nor where that person may trust no keys any more.
    """
    expected = row.host.expected_keys.select_related("given_by").filter(fingerprint=row.fingerprint).first()
    if expected is None or row.host.keys.filter(state=KeyState.TRUSTED).exists():
        return row
    by = actor_of(expected.given_by)
    if not by.may(Role.OPERATOR, Role.ADMINISTRATOR):
        return row
    HostKey.objects.filter(pk=row.pk).update(source=HostKey.Source.IMPORT)
    row.source = HostKey.Source.IMPORT
    expected.delete()
    return host_key_trust(row, row.fingerprint, by=by)


@transaction.atomic
def host_key_trust(key: HostKey, fingerprint: str, *, by: Actor) -> HostKey:
    """A person compared the fingerprint with the host's console: pin the key.

    Raises ValidationError: another fingerprint, another trusted key of this type, or the key
    no longer waits (KeyMoved).
    """
    if not same_fingerprint(fingerprint, key.fingerprint):
        sentence = f"This is not the fingerprint that {key.host} showed ({key.fingerprint}). Nothing was trusted."
        raise ValidationError({"fingerprint": sentence})
    if key.host.keys.filter(state=KeyState.TRUSTED, algorithm=key.algorithm).exists():
        raise ValidationError(
            f"{key.host} has a trusted {key.algorithm} key already. If the host was rebuilt, revoke the old key first."
        )
    _move(key, KeyState.TRUSTED, confirmed_by_id=by.id, confirmed_at=timezone.now())
    _record_key("host_key.trust", key, by)
    return key


@transaction.atomic
def host_key_revoke(key: HostKey, *, by: Actor, reason: str = "") -> HostKey:
    """The key counts no longer: a trusted one is let go, a waiting one is refused. Raises KeyMoved."""
    was = key.state
    _move(key, KeyState.REVOKED, revoked_at=timezone.now())
    _record_key("host_key.revoke", key, by, was=was, reason=reason)
    return key


def same_fingerprint(given: str, shown: str) -> bool:
    """Whether a typed fingerprint, or a whole line of `ssh-keygen -lf`, names the key shown."""
    words = given.split()
    return shown in words or shown.removeprefix("SHA256:") in words


def facts_record(host: Host, facts: Mapping[str, Any], unread: str = "") -> None:
    """Keep what the host just said (JSON) in the place of what it said before; `unread` why a part of it is missing."""
    now = timezone.now()
    HostFacts.objects.update_or_create(
        host=host, defaults={"facts": storable(facts), "at": now, "tried_at": now, "error": storable(unread)}
    )


def facts_failed(host: Host, sentence: str) -> None:
    """Keep why the host could not be asked; what it said last stays."""
    HostFacts.objects.update_or_create(host=host, defaults={"error": storable(sentence), "tried_at": timezone.now()})


def _move(key: HostKey, new: KeyState, **values: Any) -> None:
    """Compare and swap by the table of moves; updates the object too. Raises KeyMoved."""
    old = KeyState(key.state)
    if new not in KEY_MOVES[old]:
        raise KeyMoved(f"A host key that is {KEY_LABELS[old].word} cannot become {KEY_LABELS[new].word}.")
    if not HostKey.objects.filter(pk=key.pk, state=old).update(state=new, **values):
        raise KeyMoved("Somebody else decided about this key meanwhile. Look again.")
    key.refresh_from_db()


def _record_key(action: str, key: HostKey, by: Actor | None, **more: str) -> None:
    detail = {"algorithm": key.algorithm, "fingerprint": key.fingerprint, "source": key.source, **more}
    record_edit(action, key.host, by, detail)
