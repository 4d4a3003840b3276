"""Two owners with the same things each, and people who see one of them or both.

`mine` belongs to the Ledger team: Mina is a member and Dan a deputy for today, both requesters and nothing else, and so
is everybody with another role. `theirs` belongs to the Shop, of which Sam is. Names of what is theirs have “shop” in
them, so that a leak is found in any answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from changes.models import Change, Freeze, MaintenanceWindow, PickedSlot, Rollout, RolloutPart
from changes.states import State
from execution.models import LogChunk, Run, StepRun
from inventory.models import Asking, Host, HostKey, Membership, Owner, Vm
from networking.bonding.states import WORST_FIRST, HealthState
from networking.drill.planner import KIND as DRILL
from networking.models import Bond, HostNetwork, Nic
from networking.planner import KIND as BOND
from notices.webhook_forms import WebhookForm
from notices.webhooks import webhook_save, webhook_test
from people.kept import filter_keep
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from readiness.models import Readiness, ReadinessDetail, ReadinessMove
from readiness.proof.planner import KIND as PROOF
from readiness.reboot.planner import KIND as REBOOT
from readiness.weighing import risk_weigh
from recovery.fetching.planner import KIND as FETCH
from recovery.fetching.wish import Wish as FetchWish
from recovery.handback.planner import KIND as HAND_BACK
from tests.pages.scene import Scene, params

PROOF_ASKED = {"vm": "app01", "uuid": "1f0c2634-306c-47d4-83f0-d7caea0daf02", "seconds": 300}
BOND_ASKED = {"name": "bond0", "ports": ["eth0", "eth1"], "options": {}, "addressing": None, "seconds": 300}


@dataclass(frozen=True, slots=True)
class Side:
    """What one owner has. `change` has succeeded, with a run and its log; `drafts` are by their kind."""

    word: str
    owner: Owner
    member: Membership
    vm: Vm
    host: Host
    key: HostKey
    bond: Bond
    change: Change
    drafts: dict[str, Change]
    rollout: Rollout
    asking: Asking


@dataclass(frozen=True, slots=True)
class World:
    people: dict[str, User]
    mine: Side
    theirs: Side

    def side(self, whose: str) -> Side:
        return {"mine": self.mine, "theirs": self.theirs}[whose]


def make(*, ran: bool = False) -> World:
    """The two sides differ in names and numbers alone. `ran`: their changes have a plan, a run and a log."""
    people = {
        "mina": _person("mina", Role.REQUESTER),
        "dan": _person("dan", Role.REQUESTER),
        "sam": _person("sam", Role.REQUESTER),
        "mallory": _person("mallory"),
        "vera": _person("vera", Role.VIEWER),
        "rosa": _person("rosa", Role.REQUESTER, Role.VIEWER),
        "amir": _person("amir", Role.APPROVER),
        "olu": _person("olu", Role.OPERATOR),
        "ada": _person("ada", Role.ADMINISTRATOR),
    }
    scene = Scene(people["rosa"], people["amir"], people["olu"])
    like = scene.succeeded() if ran else None
    Owner.objects.update(name="Nobody in particular")  # whose the scene's machines are
    theirs = _side(people["rosa"], like, "Shop", "shop", people["sam"])
    mine = _side(people["rosa"], like, "Ledger team", "ledger", people["mina"])
    Membership.objects.create(owner=mine.owner, user=people["dan"], deputy=True, until=timezone.localdate())
    late = timezone.localdate() - timedelta(days=1)
    Membership.objects.create(owner=theirs.owner, user=people["dan"], deputy=True, until=late)
    now = timezone.now()
    MaintenanceWindow.objects.create(name="nights", rule="FREQ=DAILY", day=now.date())
    Freeze.objects.create(name="holidays", enabled=False, starts=now, ends=now + timedelta(days=1), reason="why")
    form = WebhookForm({"name": "chat", "url": "https://hooks.example.org/x", "kinds": ["approval"]})
    webhook_test(webhook_save(form, actor_of(people["ada"]))[0], actor_of(people["ada"]))
    filter_keep(actor_of(people["ada"]), "hosts", "changed keys", "trust=changed", shared=True)
    for name in ("vera", "rosa", "amir", "olu", "ada"):
        Membership.objects.create(owner=mine.owner, user=people[name])
    return World(people, mine, theirs)


def _person(name: str, *roles: Role) -> User:
    """One who signs in without a password, whose hashing takes longer than all the rest."""
    user = User.objects.create(username=name, display_name=name.capitalize())
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])  # a test may have flushed them
    return user


def _side(requester: User, like: Change | None, team: str, word: str, member: User) -> Side:
    owner = Owner.objects.create(name=team, email=f"{word}@example.org")
    belongs = Membership.objects.create(owner=owner, user=member)
    site, number = f"{word}-site", Host.objects.count() + 1
    vm = Vm.objects.create(name=f"{word}-vm", owner=owner, service=f"{word} service", site=site)
    host = Host.objects.create(
        name=f"{word}-host", address="127.0.0.1", port=number, owner=owner, site=site, rack=f"{word}-rack"
    )
    key = HostKey.objects.create(host=host, algorithm="ssh-ed25519", key_base64="AAAA", fingerprint=f"SHA256:{word}")
    bond = _network(host, word)
    _readiness(host, word)
    change = _change(like, host, vm) if like else _draft(requester, host, vm, "recovery", params())
    drafts = {
        "recovery": _draft(requester, host, vm, "recovery", params()),
        HAND_BACK: _draft(requester, host, vm, HAND_BACK, {"recovery": change.pk, "host": host.name, "vm": vm.name}),
        FETCH: _draft(requester, host, vm, FETCH, FetchWish(host.name, vm.name, "0", target="x").to_json()),
        BOND: _draft(requester, host, vm, BOND, BOND_ASKED | {"host": host.name}),
        DRILL: _draft(requester, host, vm, DRILL, {"host": host.name, "bond": "bond0"}),
        REBOOT: _draft(requester, host, vm, REBOOT, {"host": host.name}),
        PROOF: _draft(requester, host, vm, PROOF, PROOF_ASKED | {"host": host.name, "proves": host.name}),
    }
    rollout = Rollout.objects.create(title=f"{word} roll", reason="why", requester=requester)
    for wave, kind in enumerate((BOND, DRILL), 1):
        RolloutPart.objects.create(rollout=rollout, change=drafts[kind], wave=wave)
    Change.objects.filter(pk=drafts[DRILL].pk).update(status=State.APPROVED)
    PickedSlot.objects.create(
        change=drafts[DRILL], starts=timezone.now(), ends=timezone.now() + timedelta(days=1), picked_by=requester,
        picked_at=timezone.now(),
    )  # fmt: skip
    asking = Asking.objects.create(host=host, owner=owner, email=owner.email)
    return Side(word, owner, belongs, vm, host, key, bond, change, drafts, rollout, asking)


def _network(host: Host, word: str) -> Bond:
    """A bond whose standby port idles at a switch, seen a moment ago."""
    now = timezone.now()
    HostNetwork.objects.create(host=host, seen_at=now, tried_at=now, error=f"{word} was silent")
    rank = WORST_FIRST.index(HealthState.OK)
    bond = Bond.objects.create(host=host, name="bond0", active="eth0", state="ok", rank=rank, since=now, changed_at=now,
                               sentence=f"{word} is well.")  # fmt: skip
    for at, name in enumerate(("eth0", "eth1")):
        Nic.objects.create(host=host, key=f"{word}{at}", name=name, bond=bond, active=not at, carrier=True, used=True,
                           idle=bool(at), nominal_mbps=10_000, switch=f"{word}-switch",
                           switch_port=f"Eth{at}")  # fmt: skip
    return bond


def _readiness(host: Host, word: str) -> None:
    """A host that would not come back, and says why with its name."""
    point = {
        "light": "red",
        "sentence": f"{word} has no kernel.",
        "evidence": [f"/boot/{word}"],
        "todo": f"Ask {word}.",
    }
    finding = {"check": "kernel", "title": "Kernel", "why": "why", "light": "red", "points": [point]}
    row = Readiness.objects.create(host=host, light="red", rank=0, reasons=[point["sentence"]],
                             seen_at=timezone.now(), kernel=f"6.1-{word}", system=f"{word} OS")  # fmt: skip
    ReadinessDetail.objects.create(readiness=row, findings=[finding])
    risk_weigh([host.pk])
    ReadinessMove.objects.create(host=host, at=timezone.now(), light="red", what={"kernel": ["", "red"]})


def _change(like: Change, host: Host, vm: Vm) -> Change:
    """The scene's recovery once more, on these machines."""
    change = Change.objects.get(pk=like.pk)
    run = Run.objects.get(change=change)
    steps, chunks = list(StepRun.objects.filter(run=run)), list(LogChunk.objects.filter(step__run=run))
    change.pk, change.host, change.vm = None, host, vm
    change.title, change.ticket = f"Recover {vm.name} on {host.name}", f"{host.name}-1"
    change.save(force_insert=True)
    run.pk, run.change, run.token = None, change, Run().token
    run.save(force_insert=True)
    _copy_log(run, steps, chunks)
    return change


def _copy_log(run: Run, steps: list[StepRun], chunks: list[LogChunk]) -> None:
    new: dict[int, StepRun] = {}
    for step in steps:
        old = step.pk
        step.pk, step.run = None, run
        step.save(force_insert=True)
        new[old] = step
    for chunk in chunks:
        values: dict[str, Any] = {
            field.attname: getattr(chunk, field.attname) for field in chunk._meta.fields if not field.primary_key
        }
        LogChunk.objects.create(**values | {"step_id": new[chunk.step_id].pk, "run_id": run.pk})


def _draft(requester: User, host: Host, vm: Vm, kind: str, asked: dict[str, Any]) -> Change:
    return Change.objects.create(
        kind=kind,
        params=asked,
        title=f"{kind} on {host.name}",
        reason="why",
        host=host,
        vm=vm,
        requester=requester,
        editor=requester,
    )
