"""The demo's data is loaded once, however often the demo starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as coding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config import demo
from inventory.connect import target_for
from inventory.models import Credential, Host, HostKey, Owner, Vm
from inventory.rights import hosts_seen_by, vms_seen_by
from inventory.states import HostTrust
from lab.errors import LabError
from people.models import User
from people.roles import Role
from people.selectors import actor_of

pytestmark = pytest.mark.django_db


def host_key() -> str:
    public = Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(coding.Encoding.OpenSSH, coding.PublicFormat.OpenSSH).decode()


def told(folder: Path, port: int = 2201, build: str = "1234abcd") -> dict[str, Any]:
    """What a lab tells of itself, with real keys."""
    private = folder / build / "key"
    if not private.exists():
        private.parent.mkdir()
        key = Ed25519PrivateKey.generate()
        private.write_bytes(key.private_bytes(coding.Encoding.PEM, coding.PrivateFormat.OpenSSH, coding.NoEncryption()))
        for name in ("app01", "app02"):
            (folder / build / name).write_text(host_key())
    hosts = [
        {
            "name": name,
            "address": "127.0.0.1",
            "port": port + number,
            "user": "regroup",
            "private_key": str(private),
            "public_key": (folder / build / name).read_text(),
        }
        for number, name in enumerate(("app01", "app02"))
    ]
    return {"hosts": hosts, "scenarios": []}


def counts() -> list[int]:
    return [model.objects.count() for model in (User, Owner, Vm, Host, HostKey, Credential)]


def test_a_second_demo_doubles_nothing_and_keeps_the_passwords(tmp_path: Path) -> None:
    first = demo.load(told(tmp_path), tmp_path)
    before = counts()
    assert demo.load(told(tmp_path), tmp_path) == first
    assert counts() == before


def test_each_of_the_cast_can_sign_in_and_has_one_role(tmp_path: Path) -> None:
    for name, password in demo.load(told(tmp_path), tmp_path).items():
        user = User.objects.get(username=name)
        assert user.check_password(password)
        assert actor_of(user).roles == {demo.CAST[name][1]}


def test_the_sign_ins_are_for_this_user_alone(tmp_path: Path) -> None:
    signins = demo.load(told(tmp_path), tmp_path)
    kept = tmp_path / "demo_signins"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text()) == signins


def test_nobody_both_asks_and_approves() -> None:
    roles = [role for _, role in demo.CAST.values()]
    assert {Role.REQUESTER, Role.APPROVER, Role.OPERATOR} <= set(roles)
    assert len(roles) == len(set(roles))


def test_the_hosts_can_be_reached_at_once_with_their_pinned_keys(tmp_path: Path) -> None:
    demo.load(told(tmp_path), tmp_path)
    for host in Host.objects.all():
        target = target_for(host)
        assert [key.line() for key in target.host_keys] == [(tmp_path / "1234abcd" / host.name).read_text()]
        assert target.key_text is not None


def test_a_host_that_listens_elsewhere_this_time_is_found_there(tmp_path: Path) -> None:
    demo.load(told(tmp_path), tmp_path)
    demo.load(told(tmp_path, port=3301), tmp_path)
    assert sorted(Host.objects.values_list("port", flat=True)) == [3301, 3302]


def test_a_lab_that_was_built_anew_has_its_new_keys_trusted_and_no_others(tmp_path: Path) -> None:
    demo.load(told(tmp_path), tmp_path)
    demo.load(told(tmp_path, build="99999999"), tmp_path)
    for host in Host.objects.all():
        assert host.trust is HostTrust.TRUSTED
        assert [key.line() for key in target_for(host).host_keys] == [(tmp_path / "99999999" / host.name).read_text()]


def test_the_lost_vm_has_an_owner_and_a_backup_of_yesterday(tmp_path: Path) -> None:
    demo.load(told(tmp_path), tmp_path)
    vm = Vm.objects.get(name="vm42")
    assert (vm.owner.name, vm.criticality) == ("Payments team", "critical")
    assert vm.last_backup_at is not None


def test_rosa_sees_and_may_ask_for_every_machine_of_the_demo(tmp_path: Path) -> None:
    demo.load(told(tmp_path), tmp_path)
    rosa = actor_of(User.objects.get(username="rosa"))
    assert not rosa.sees_all
    assert hosts_seen_by(rosa).count() == Host.objects.count() == 2
    assert vms_seen_by(rosa).count() == Vm.objects.count() == 1


def test_a_demo_that_named_no_owner_is_given_one_and_one_that_did_keeps_it(tmp_path: Path) -> None:
    demo.load(told(tmp_path), tmp_path)
    other = Owner.objects.get(name="Bea Brandt")
    Host.objects.filter(name="app01").update(owner=None)
    Host.objects.filter(name="app02").update(owner=other)
    demo.load(told(tmp_path), tmp_path)
    assert dict(Host.objects.values_list("name", "owner__name")) == {"app01": "Payments team", "app02": "Bea Brandt"}


def test_the_demo_tells_what_to_try_on_the_bond_host(tmp_path: Path) -> None:
    bonds = [{"name": "web01", "inside": "10.0.2.15"}, {"name": "ping01", "inside": "10.0.2.20"}]
    lines = demo.bond_lines({"hosts": [*told(tmp_path)["hosts"], *bonds]})
    assert "web01 has a new 10 Gb/s port" in lines[0]
    assert "ping01 is on the same segment and reaches it at 10.0.2.15" in lines[-1]


def test_a_lab_without_bond_hosts_tells_nothing_of_them(tmp_path: Path) -> None:
    assert demo.bond_lines(told(tmp_path)) == []


def test_the_hosts_that_the_environment_names_are_started_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo.wanted_hosts() == ["app01", "app02", "web01", "ping01"]
    monkeypatch.setenv("REGROUP_DEMO_HOSTS", "web03 ping01")
    assert demo.wanted_hosts() == ["web03", "ping01"]


def test_a_host_that_the_lab_does_not_have_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGROUP_DEMO_HOSTS", "app01 web99")
    with pytest.raises(LabError, match="names web99, which is no host of the lab"):
        demo.wanted_hosts()
