"""Names and places are given once, whatever their case; the database says so too."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from inventory.models import Credential, Host, Owner, Vm
from inventory.services import host_create

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "fields"),
    [(Owner, {}), (Vm, {}), (Host, {"address": "192.0.2.9"}), (Credential, {"kind": "agent"})],
)
def test_a_name_is_given_once(model, fields):
    model.objects.create(name="app02", **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(name="APP02", **{**fields, **({"address": "192.0.2.10"} if model is Host else {})})


def test_one_address_and_port_is_one_host(app02, admin):
    with pytest.raises(ValidationError, match="address and port already"):
        host_create(by=admin, name="again", address="192.0.2.7")


def test_the_same_private_address_may_stand_behind_two_jump_hosts(admin, app02):
    bastion = host_create(by=admin, name="bastion", address="192.0.2.1")
    host_create(by=admin, name="inner", address="192.0.2.7", jump=bastion)
    with pytest.raises(ValidationError, match="behind this jump host"):
        host_create(by=admin, name="twin", address="192.0.2.7", jump=bastion)


def test_a_vm_is_one_host(app02, vm42, admin):
    with pytest.raises(ValidationError, match="already exists"):
        host_create(by=admin, name="other", address="192.0.2.8", vm=vm42)


def test_a_host_is_not_its_own_jump_host(app02):
    app02.jump = app02
    with pytest.raises(ValidationError, match="through this host"):
        app02.full_clean()


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "a" * 64, "<b>", "a\n", "new", "CHECK", "é"])
def test_odd_host_names_are_refused(admin, name):
    with pytest.raises(ValidationError):
        host_create(by=admin, name=name, address="192.0.2.9")


@pytest.mark.parametrize("address", ["", "host name", "10.0.0.300", "1.2.3", "-x.example", "a..b", "x:22", "a" * 254])
def test_odd_addresses_are_refused(admin, address):
    with pytest.raises(ValidationError):
        host_create(by=admin, name="odd", address=address)


@pytest.mark.parametrize("address", ["192.0.2.9", "2001:db8::7", "app02", "app02.example.net.", "x_1.lan"])
def test_addresses_of_every_form_are_taken(admin, address):
    assert host_create(by=admin, name="fine", address=address).address == address
