"""The form of a fetch: whose disks, as what, and who gets them; from what the hypervisor last said of its VMs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower, StrIndex, Substr

from changes.forms import reason_field, ticket_field
from changes.plan import Json
from inventory.models import Credential, Host, HostFacts, Vm
from inventory.rights import hosts_seen_by, vms_seen_by
from people.actor import Actor
from recovery.fetching.planner import KIND
from recovery.fetching.wish import COPY, MOST_GIB, ORIGINAL, OVERLAY, Wish, wish_problems

CLONE, RUNNING = "clone", "vm"
WAYS = [
    (OVERLAY, "An overlay: at once, and nothing is written to the disks themselves"),
    (COPY, "A whole copy: takes as long and as much room as the disks are large"),
    (ORIGINAL, "The disks themselves: taken away from the lost VM, and written to"),
]


def hypervisors(actor: Actor) -> list[str]:
    """Names of the hosts that the person sees and that have VMs, by what they last said."""
    known = HostFacts.objects.filter(host__in=hosts_seen_by(actor), facts__fetch__has_key="vms")
    return list(known.order_by("host__name").values_list("host__name", flat=True))


def vms_of(facts: Mapping[str, Json] | None) -> list[dict[str, Any]]:
    """The VMs that a hypervisor told of; none where it is no hypervisor, or never said anything."""
    return list(((facts or {}).get(KIND) or {}).get("vms", ()))


class FetchForm(forms.Form):
    """`wish` is there once the form is valid. `host` is the hypervisor, `vms` what it told of."""

    vm = forms.ChoiceField(label="Lost VM", help_text="It is switched off, and its disks go to the other one.")
    way = forms.ChoiceField(choices=WAYS, initial=OVERLAY, widget=forms.RadioSelect, label="What is worked on")
    to = forms.ChoiceField(
        label="Who gets the disks", help_text="A clone is started first, and has what its template has."
    )
    name = forms.CharField(required=False, max_length=63, label="Name of the clone")
    gib = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_GIB, label="Size in GiB",
        help_text="Of the clone’s first disk; empty leaves it as the template has it.",
    )  # fmt: skip
    network = forms.CharField(
        required=False, max_length=63, label="Network", help_text="Of the hypervisor; empty for the template’s."
    )
    seed = forms.CharField(
        required=False, max_length=400, label="Cloud-init seed",
        help_text="Path of an image on the hypervisor, shown to the clone as a CD; empty for none.",
    )  # fmt: skip
    like = forms.ModelChoiceField(
        Host.objects.none(), required=False, to_field_name="name", label="Sign in to it as to",
        empty_label="Do not add it to the hosts",
        help_text="Login, key and jump host are taken from that host. Its template has to know them.",
    )  # fmt: skip
    address = forms.CharField(
        required=False, max_length=253, label="Its address",
        help_text="Where it will be reached; empty for the address that its agent tells.",
    )  # fmt: skip
    port = forms.IntegerField(required=False, min_value=1, max_value=65535, initial=22, label="SSH port")
    discard = forms.BooleanField(
        required=False, initial=True, label="An undo throws the clone away", help_text="With all that is on it."
    )
    reason = reason_field()
    ticket = ticket_field()

    def __init__(self, *args: Any, actor: Actor, host: Host, vms: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.host, self.token = actor, host, str(kwargs.get("initial", {}).get("token", ""))
        self.wish: Wish | None = None
        names = [vm["name"] for vm in vms]
        mine = list(vms_seen_by(actor).filter(name__in=names).values_list("name", flat=True))
        self.has_none = not mine
        self.fields["vm"].choices = [(name, name) for name in mine]  # type: ignore[attr-defined]  # the stubs say Field
        self.fields["to"].choices = list(receivers(actor, vms))  # type: ignore[attr-defined]  # the stubs say Field
        self.fields["like"].queryset = sign_ins(actor)  # type: ignore[attr-defined]  # the stubs say Field

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if self.errors:
            return data
        how, _, name = data["to"].partition(":")
        clone = how == CLONE
        wish = Wish(
            host=self.host.name,
            vm=data["vm"],
            token=self.token or secrets.token_hex(4),
            way=data["way"],
            target="" if clone else name,
            template=name if clone else "",
            name=data["name"] if clone else "",
            gib=(data["gib"] or 0) if clone else 0,
            network=data["network"] if clone else "",
            seed=data["seed"] if clone else "",
            like=data["like"].name if clone and data["like"] else "",
            address=data["address"] if clone and data["like"] else "",
            port=data["port"] or 22,
            discard=bool(data["discard"]),
        )
        for field, sentence in problems(wish, self.actor):
            self.add_error("to" if field in ("target", "template") else field, sentence)
        self.wish = wish
        return data


def receivers(actor: Actor, vms: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Who may get disks: VMs that run and are hosts that the person sees; and clones of what is off and nobody's."""
    names = [vm["name"] for vm in vms]
    seen = set(hosts_seen_by(actor).filter(name__in=names).values_list("name", flat=True))
    machines = machines_among(names)
    for vm in vms:
        if vm["power"] == "off" and vm["name"].lower() not in machines:
            yield f"{CLONE}:{vm['name']}", f"a new clone of {vm['name']}"
    for vm in vms:
        if vm["power"] == "on" and vm["name"] in seen:
            yield f"{RUNNING}:{vm['name']}", f"{vm['name']}, which runs"


def machines_among(names: Iterable[str]) -> set[str]:
    """Those of the names, in small letters, that are somebody's VM or host, and so no template's.

    One side may know a machine with its domain and the other without: `payroll` is `payroll.corp`.
    """
    wanted = {name.lower() for name in names}
    small = Lower("name")
    first = Substr(small, 1, StrIndex(Concat(small, Value(".")), Value(".")) - 1)
    like_one = Q(small__in=wanted | {_first(name) for name in wanted}) | Q(first__in=wanted)
    machines, without = set[str](), set[str]()
    for model in (Vm, Host):
        rows = model.objects.order_by().annotate(small=small, first=first).filter(like_one)
        for whole, start in rows.values_list("small", "first"):
            machines.add(whole)
            without.add(start)
    return {name for name in wanted if name in machines | without or _first(name) in machines}


def _first(name: str) -> str:
    """Up to the first dot."""
    return name.partition(".")[0]


def machine_called(name: str) -> bool:
    """Whether there is a VM or a host of this very name."""
    return any(model.objects.filter(name__iexact=name).exists() for model in (Vm, Host))


def sign_ins(actor: Actor) -> Any:
    """Hosts whose way to sign in may be used for a clone: by a key, which nobody can use who only saw it used."""
    return hosts_seen_by(actor).filter(credential__isnull=False).exclude(credential__kind=Credential.Kind.PASSWORD)


def problems(wish: Wish, actor: Actor) -> Iterator[tuple[str, str]]:
    """All that is wrong with a wish by itself, and with what this person may name."""
    yield from wish_problems(wish)
    if machines_among((wish.template,)):
        yield (
            "template",
            f"{wish.template} is a machine of the inventory, no template: a clone would have its files.",
        )
    if wish.target and not hosts_seen_by(actor).filter(name=wish.target).exists():
        yield "target", f"Regroup knows no host called {wish.target}. Add it first: what gets the disks must be one."
    if machine_called(wish.name):
        yield "name", f"The inventory has a machine called {wish.name} already. Give the clone another name."
    if wish.like and not sign_ins(actor).filter(name=wish.like).exists():
        yield "like", f"{wish.like} is no host that is signed in to with a key. Choose another one."
