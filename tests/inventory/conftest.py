"""A host, a VM and its owner; host keys that really are keys."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization as coding
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from inventory.models import Host, Owner, Vm
from people.models import User
from people.selectors import actor_of
from ssh.hostkeys import PinnedKey, parse_public_key


def a_key(kind: str = "ed25519") -> PinnedKey:
    """A fresh public key, as a host would show it."""
    private = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    line = private.public_key().public_bytes(coding.Encoding.OpenSSH, coding.PublicFormat.OpenSSH)
    return parse_public_key(line.decode())


@pytest.fixture
def admin(ada: User):
    """Ada as an actor."""
    return actor_of(ada)


@pytest.fixture
def operator(olu: User):
    """Olu as an actor."""
    return actor_of(olu)


@pytest.fixture
def finance(db) -> Owner:
    return Owner.objects.create(name="Finance platform", email="finance@example.net", deputy="Ines")


@pytest.fixture
def vm42(finance: Owner) -> Vm:
    return Vm.objects.create(name="vm42", owner=finance, criticality="critical", service="ledger")


@pytest.fixture
def app02(vm42: Vm) -> Host:
    return Host.objects.create(name="app02", address="192.0.2.7", vm=vm42)


@pytest.fixture
def hosts(db) -> Callable[[int], list[Host]]:
    """Many hosts, in order of name."""

    def make(count: int) -> list[Host]:
        rows = [Host(name=f"host{n:04}", address=f"10.0.{n // 250}.{n % 250 + 1}") for n in range(count)]
        return Host.objects.bulk_create(rows)

    return make
