"""`regroup up --demo`: real lab hosts, the story's dead VM, a host that wants a bond, and the people to act it out.

Loading is idempotent: what an earlier demo left is brought up to date, never doubled.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from config import parts
from config.instance import CannotStart
from config.supervisor import Program, Say, Supervisor
from inventory.credentials import credential_create
from inventory.models import Credential, Host, HostKey, Membership, Owner, Vm
from inventory.services import host_create, host_key_offer, host_key_revoke, host_key_trust, record_edit
from inventory.states import Criticality, KeyState
from people.actor import Actor
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from people.services import password_set, role_grant, user_create
from ssh.hostkeys import parse_public_key

LAB_READY_WITHIN = 240.0
LAB_LIFE_MINUTES = 24 * 60
BOND_HOSTS = ("web01", "ping01")
"""A host whose sessions run over its 1 Gb/s eth0, with a new 10 Gb/s eth1, and a peer to measure gaps from."""

CAST = {
    "rosa": ("Rosa Requester", Role.REQUESTER),
    "amir": ("Amir Approver", Role.APPROVER),
    "olu": ("Olu Operator", Role.OPERATOR),
    "vera": ("Vera Viewer", Role.VIEWER),
    "ada": ("Ada Administrator", Role.ADMINISTRATOR),
}


def prepare(state: Path, say: Say, supervisor: Supervisor) -> list[str]:
    """Start the lab, load everything, and tell what to do first. Raises CannotStart when there can be no lab."""
    folder = state / "lab"
    told = start_lab(folder, say, supervisor)
    signins = load(told, state)
    backups = copy_backups(told, state / "demo")
    lab = f"{shlex.quote(sys.executable)} -m lab --state-dir {shlex.quote(str(folder))}"
    attach, detach = (f"{lab} {verb} {{host}} story" for verb in ("attach", "detach"))
    parts.use({"REGROUP_ATTACH_COMMAND": attach, "REGROUP_DETACH_COMMAND": detach})
    return [*signin_lines(signins, state), *story_lines(told, backups), *bond_lines(told)]


# -------------------------------------------------------------------------------------------- lab


def start_lab(folder: Path, say: Say, supervisor: Supervisor) -> dict[str, Any]:
    """Build the lab if this machine has none, start its hosts afresh, and give its inventory."""
    from lab.errors import LabError
    from lab.image import build
    from lab.instance import Lab

    try:
        lab = Lab(folder, build(say))
        lab.stop()
        names = wanted_hosts()
        for name in names:
            lab.host(name).make(say)
        say(f"Lab: starting {', '.join(names)}")
        words = [sys.executable, "-u", "-m", "lab", "--state-dir", str(folder)]
        words += ["up", *names, "--foreground", "--max-life", str(LAB_LIFE_MINUTES)]
        supervisor.start([Program("lab", words=words, ready="Lab ready")])
        if not supervisor.wait_for("lab", LAB_READY_WITHIN):
            raise CannotStart(f"The lab hosts did not come up; see {folder.parent / 'log' / 'lab.log'}.")
        told: dict[str, Any] = lab.inventory()
    except LabError as error:
        raise CannotStart(f"There can be no demo yet: {error}.") from error
    return told


def wanted_hosts() -> list[str]:
    """Names from REGROUP_DEMO_HOSTS; where it is empty the recovery's two hosts, and two for a bond."""
    from lab.bond_hosts import bond_identity
    from lab.errors import LabError
    from lab.recipe import HOSTS

    usual = [identity.name for identity in HOSTS]
    names = os.environ.get("REGROUP_DEMO_HOSTS", "").split() or [*usual, *BOND_HOSTS]
    for name in names:
        if name not in usual and bond_identity(name) is None:
            raise LabError(f"REGROUP_DEMO_HOSTS names {name}, which is no host of the lab")
    return names


def scenario(told: dict[str, Any], name: str) -> dict[str, Any]:
    """The lab's description of one situation."""
    return next(row for row in told["scenarios"] if row["name"] == name)


def copy_backups(told: dict[str, Any], folder: Path) -> dict[str, Path]:
    """{scenario: file to upload}, for the right backup file and the wrong one."""
    folder.mkdir(mode=0o700, exist_ok=True)
    files = {"story": folder / "RootVG", "wrong-file": folder / "wrong-RootVG"}
    for name, path in files.items():
        shutil.copyfile(scenario(told, name)["backup"], path)
    return files


# ----------------------------------------------------------------------------------------- loading


@transaction.atomic
def load(told: dict[str, Any], state: Path) -> dict[str, str]:
    """People, owner, VM, hosts with trusted keys, the lab's login key; gives {username: password}."""
    signins = load_people(state / "demo_signins")
    admin = actor_of(User.objects.get(username="ada"))
    team = load_lost_vm(admin)
    for row in told["hosts"]:
        if row["port"] is not None:  # one that was never started here
            load_host(row, admin, team)
    return signins


def load_people(kept: Path) -> dict[str, str]:
    """The cast, each with the password in the file `kept` (0600), which is made when missing."""
    known: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    signins = {name: known.get(name) or secrets.token_urlsafe(9) for name in CAST}
    descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(signins, file, indent=1)
    for name, (display, role) in CAST.items():
        user = User.objects.filter(username=name).first()
        if user is None:
            user = user_create(name, password=signins[name], display_name=display, roles=[role])
        elif not user.check_password(signins[name]):
            password_set(user, signins[name], by=actor_of(user))
        role_grant(user, role)
    return signins


def load_lost_vm(by: Actor) -> Owner:
    """vm42, whose it is, and that it was backed up yesterday; gives the team, to which Rosa belongs."""
    team, new = Owner.objects.get_or_create(
        name="Payments team",
        defaults={"kind": Owner.Kind.TEAM, "email": "payments@example.org", "deputy": "Bea Brandt"},
    )
    person, also_new = Owner.objects.get_or_create(
        name="Bea Brandt",
        defaults={"kind": Owner.Kind.PERSON, "email": "bea@example.org", "phone": "+49 30 5550142"},
    )
    backup = timezone.now() - timedelta(days=1)
    vm, vm_new = Vm.objects.get_or_create(
        name="vm42",
        defaults={
            "owner": team,
            "criticality": Criticality.CRITICAL,
            "service": "The ledger",
            "last_backup_at": backup,
        },
    )
    for row, made in ((team, new), (person, also_new), (vm, vm_new)):
        if made:
            record_edit(f"{row._meta.model_name}.create", row, by)
    rosa = User.objects.get(username="rosa")
    if Membership.objects.get_or_create(owner=team, user=rosa)[1]:
        record_edit("owner.add_person", team, by, {"person": rosa.username})
    return team


def load_host(row: dict[str, Any], by: Actor, owner: Owner | None = None) -> Host:
    """One lab host: where it listens this time, how to sign in, its pinned key; whose it is, unless it has an owner."""
    where = {
        "address": row["address"],
        "port": row["port"],
        "user": row["user"],
        "sudo": True,
        "credential": lab_credential(row, by),
    }
    host = Host.objects.filter(name=row["name"]).first()
    if host is None:
        host = host_create(by=by, name=row["name"], site="lab", note="A lab host of the demo.", owner=owner, **where)
    else:
        for name, value in where.items():
            setattr(host, name, value)
        if host.owner is None and host.vm is None:
            host.owner = owner  # Rosa sees and asks for what is hers; an earlier demo named no owner
        host.save()
    pin(host, row["public_key"], by)
    return host


def lab_credential(row: dict[str, Any], by: Actor) -> Credential:
    """The lab's login key, kept like any other; a lab that was built anew has a new one."""
    private = Path(row["private_key"])
    name = f"lab login {private.parent.name[:8]}"
    found = Credential.objects.filter(name=name).first()
    return found or credential_create(name, Credential.Kind.KEY, user=row["user"], secret=private.read_text(), by=by)


def pin(host: Host, public_key: str, by: Actor) -> None:
    """Trust exactly the key that the lab made for this host."""
    key = parse_public_key(public_key)
    others = host.keys.exclude(state=KeyState.REVOKED).exclude(fingerprint=key.fingerprint())
    for old in others:
        host_key_revoke(old, by=by, reason="The lab was built anew.")
    offered = host_key_offer(host, key, source=HostKey.Source.IMPORT, by=by)
    if offered.state != KeyState.TRUSTED:
        host_key_trust(offered, key.fingerprint(), by=by)


# ------------------------------------------------------------------------------------------ telling


def signin_lines(signins: dict[str, str], state: Path) -> list[str]:
    lines = [f"  {name:<5} {CAST[name][1].value:<14} password {password}" for name, password in signins.items()]
    return ["Sign in as one of these (kept in " + str(state / "demo_signins") + "):", *lines]


def story_lines(told: dict[str, Any], backups: dict[str, Path]) -> list[str]:
    story, wrong = scenario(told, "story"), scenario(told, "wrong-file")
    return [
        f"The story: {story['lost_vm']} does not boot. As rosa make a new recovery of {story['lost_vm']} "
        f"to {story['target']} and upload",
        f"  {backups['story']}",
        "then submit it, approve it as amir, run it as olu, and attach the old disk when it asks.",
        f"The accident, which is refused: the same to {wrong['target']} with",
        f"  {backups['wrong-file']}",
    ]


def bond_lines(told: dict[str, Any]) -> list[str]:
    """What to try on the host for bonds, where the lab has one."""
    bond, peer = (next((row for row in told["hosts"] if row["name"] == name), None) for name in BOND_HOSTS)
    if bond is None or peer is None:
        return []
    return [
        f"The bond: {bond['name']} has a new 10 Gb/s port, eth1, and its sessions run over eth0. As rosa choose",
        "  New bond on its page, as amir approve it, as olu run it. The host goes back by itself if it is lost.",
        f"  {peer['name']} is on the same segment and reaches it at {bond['inside']}: gaps are measured from there.",
    ]
