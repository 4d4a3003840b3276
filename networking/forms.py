"""The form of a bond: what is typed, against what the host says.

One form in several rounds, as for a recovery: each posts all of it and gets all of it back, so that nothing typed is
lost and it works without JavaScript. What is right and wrong is decided in `networking.request` and by the planner
itself, from the live facts, before anybody is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from changes.forms import reason_field, ticket_field
from changes.models import Change
from changes.plan import Json, Plan, Refusal
from inventory.forms import choose_from, host_choice
from inventory.models import Host, HostFacts
from inventory.rights import hosts_seen_by
from networking.bonding.model import FAIL_OVER_MAC, RESELECT, STATIC, Addressing, Options
from networking.bonding.options import EXPLAINED, Explained
from networking.facts.values import Network, Nic
from networking.guard import SECONDS
from networking.planner import KIND, plan
from networking.request import LEAST_SECONDS, Request, request_problems
from people.actor import Actor

ARP_VALIDATE = ("none", "active", "backup", "all", "filter", "filter_active", "filter_backup")
CHOICES = {"primary_reselect": RESELECT, "fail_over_mac": FAIL_OVER_MAC, "arp_validate": ARP_VALIDATE}
FIRST = ("primary", "primary_reselect", "miimon", "updelay", "downdelay")
"""Options that stand in the form by themselves; the others are folded away."""

MOVE = "move"
ANEW = {"hx-post": "", "hx-trigger": "change", "hx-target": "#bond-form", "hx-swap": "innerHTML"}


class BondForm(forms.Form):
    """Its ports and options depend on the host; without the host's facts only the host is asked for."""

    host = host_choice(
        "It is read, and nothing on it is changed before the plan is approved.", widget=forms.Select(attrs=ANEW)
    )
    name = forms.CharField(
        max_length=15,
        label="Name of the bond",
        help_text="As the host will call it. The name of a bond that is there changes that bond.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Give the bond a name, such as bond0."},
    )
    ports = forms.MultipleChoiceField(
        label="Ports",
        help_text="The fast one and the one that stands by.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose two ports."},
    )
    addressing = forms.ChoiceField(
        choices=((MOVE, "What the ports have now moves to it"), (STATIC, "As written here")),
        label="Addresses",
        help_text="Address, routes and name servers.",
    )
    addresses = forms.CharField(
        required=False, label="Its addresses", help_text="Such as 10.0.2.15/24; several with spaces between."
    )
    gateways = forms.CharField(
        required=False, label="Gateway", help_text="Of the default route, in a network of the bond."
    )
    dns = forms.CharField(required=False, label="Name servers", help_text="Addresses with spaces between.")
    mtu = forms.IntegerField(required=False, label="MTU", help_text="Empty leaves it as it is.")
    seconds = forms.IntegerField(
        min_value=LEAST_SECONDS,
        max_value=SECONDS,
        initial=SECONDS,
        label="Goes back by itself after",
        help_text="Seconds from arming. Longer than spanning tree and DHCP take.",
    )
    reason = reason_field("Why it is needed. Approvers read this first.")
    ticket = ticket_field()

    def __init__(self, *args: Any, actor: Actor, network: Network | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, hosts_seen_by(actor), "host")
        self.network = network
        nics = nics_of(network)
        self.fields["ports"].choices = [(nic.name, nic.name) for nic in nics]  # type: ignore[attr-defined]  # stubs
        for option in EXPLAINED:
            self.fields[option.name] = _field(option, [nic.name for nic in nics])

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in FIRST]

    @property
    def folded(self) -> list[forms.BoundField]:
        return [self[option.name] for option in EXPLAINED if option.name not in FIRST]

    def clean(self) -> dict[str, Any]:
        """What is wrong with the request by itself, each at its field."""
        data = self.cleaned_data
        if self.network is None or not data.get("host"):
            return data
        try:
            request = Request.from_json(params_of(data, self.network))
        except ValueError as error:
            self.add_error(None, str(error))
            return data
        for problem in request_problems(request):
            field = "addresses" if problem.field == "addressing" else problem.field
            if field == "addresses" and "gateway" in problem.sentence:
                field = "gateways"
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, problem.sentence)
        return data


def _field(option: Explained, ports: list[str]) -> forms.Field:
    initial = getattr(Options(), option.name)
    words: dict[str, Any] = {"label": option.title, "help_text": f"{option.meaning} {option.leave}", "required": False}
    if option.name == "primary":
        return forms.ChoiceField(choices=[("", "None"), *((name, name) for name in ports)], **words)
    if option.name in CHOICES:
        return forms.ChoiceField(choices=[(each, each) for each in CHOICES[option.name]], initial=initial, **words)
    if isinstance(initial, bool):
        return forms.BooleanField(initial=initial, **words)
    if isinstance(initial, tuple):
        return forms.CharField(**words)
    return forms.IntegerField(min_value=0, initial=initial, **words)


def params_of(data: Mapping[str, Any], network: Network) -> dict[str, Json]:
    """The cleaned fields as the change keeps them."""
    defaults = asdict(Options())
    options = {
        option.name: data.get(option.name) if data.get(option.name) not in (None, "") else defaults[option.name]
        for option in EXPLAINED
    }
    options["primary"] = data.get("primary") or ""
    options["arp_ip_targets"] = str(data.get("arp_ip_targets") or "").split()
    if options["arp_interval"]:
        options["miimon"] = data.get("miimon") or 0
    elif data.get("miimon") == 0:
        options["miimon"] = 0
    addressing = None
    if data.get("addressing") == STATIC:
        addressing = asdict(
            Addressing(
                STATIC,
                tuple(str(data.get("addresses") or "").split()),
                tuple(str(data.get("gateways") or "").split()),
                dns=tuple(str(data.get("dns") or "").split()),
            )
        )
    return {
        "host": data["host"].name,
        "name": data.get("name", ""),
        "ports": data.get("ports", []),
        "options": options,
        "addressing": addressing,
        "mtu": data.get("mtu"),
        "existing": network.bond(data.get("name", "")) is not None,
        "seconds": data.get("seconds") or SECONDS,
    }


@dataclass(slots=True)
class Draft:
    """One round of the form. `final`: the person has seen all of it and asks for it.

    refusal  why the planner would say no, from the facts that are shown
    """

    form: BondForm
    host: Host | None
    network: Network | None
    final: bool = False
    refusal: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.final and self.network is not None and self.form.is_valid() and not self.refusal

    def params(self) -> dict[str, Json]:
        if self.network is None:
            raise ValueError("A form without facts is not right.")
        return Request.from_json(params_of(self.form.cleaned_data, self.network)).to_json()


def draft_posted(actor: Actor, data: QueryDict, *, final: bool) -> Draft:
    """A round as it was posted; a host chosen only now gets what is proposed for it."""
    host = hosts_seen_by(actor).filter(name=data.get("host", "")).first()
    network = known_network(host)
    fresh = network is not None and "name" not in data
    if fresh and network:
        values = data.copy()
        _fill(values, proposal(network))
        return Draft(_leave_the_empty_alone(BondForm(values, actor=actor, network=network)), host, network)
    draft = Draft(BondForm(data, actor=actor, network=network), host, network, final)
    can_be_planned = network is not None and not set(draft.form.errors) - {"reason"}
    if not final:
        _leave_the_empty_alone(draft.form)
    if network and can_be_planned:
        outcome = plan(draft.params(), network.to_json())
        draft.refusal = outcome.reasons if isinstance(outcome, Refusal) else ()
        draft.warnings = outcome.warnings if isinstance(outcome, Plan) else ()
    return draft


def _leave_the_empty_alone(form: BondForm) -> BondForm:
    """The form; what is not typed yet is missing only once all of it is asked for."""
    for name in [name for name in form.errors if name in form.fields and not form[name].value()]:
        del form.errors[name]
    return form


def draft_fresh(actor: Actor, query: QueryDict, change: Change | None) -> Draft:
    """The first round: with the host and the bond there that the address names, or as asked before."""
    if change:
        request = Request.from_json(change.params)
        host = hosts_seen_by(actor).filter(name=request.host).first()
        network = known_network(host)
        values = _values(request) | {"reason": change.reason, "ticket": change.ticket}
        return Draft(BondForm(initial=values, actor=actor, network=network), host, network)
    host = hosts_seen_by(actor).filter(name=query.get("host", "")).first()
    network = known_network(host)
    initial: dict[str, Any] = {"host": host.name if host else ""}
    if network:
        initial |= existing(network, query.get("bond", "")) or proposal(network)
    return Draft(BondForm(initial=initial, actor=actor, network=network), host, network)


def known_network(host: Host | None) -> Network | None:
    """What the host last said of its network."""
    return network_in(HostFacts.objects.filter(host=host).first() if host else None)


def network_in(kept: HostFacts | None) -> Network | None:
    """The network in what is kept; None if there is none, or in the words of another version of Regroup."""
    facts = (kept.facts or {}).get(KIND) if kept else None
    try:
        return Network.from_json(facts) if facts else None
    except (KeyError, TypeError, ValueError):
        return None


def problem_in(kept: HostFacts | None) -> str:
    """Why the host's network could not be read, in its own words; empty if it could."""
    return str(((kept.facts or {}).get(KIND) or {}).get("problem", "")) if kept else ""


def nics_of(network: Network | None) -> list[Nic]:
    return [nic for nic in network.nics if nic.kind == "nic"] if network else []


def speed_of(nic: Nic) -> int:
    return nic.nominal_mbps or nic.speed_mbps or 0


def proposal(network: Network) -> dict[str, Any]:
    """The asymmetric bond: the fastest free port is primary, the port with the address stands by."""
    free = [nic for nic in nics_of(network) if not nic.master and not set(nic.uppers)]
    fastest = sorted(free, key=lambda nic: (-speed_of(nic), not nic.addresses, nic.index))
    first = fastest[:1]
    others = [nic for nic in fastest[1:] if nic.addresses] or fastest[1:]
    ports = [nic.name for nic in (*first, *others[:1])]
    taken = {nic.name for nic in network.nics}
    name = next(f"bond{number}" for number in range(100) if f"bond{number}" not in taken)
    return {
        "name": name,
        "ports": ports,
        "primary": ports[0] if ports else "",
        "primary_reselect": Options().primary_reselect,
        "addressing": MOVE,
        "seconds": SECONDS,
    }


def existing(network: Network, name: str) -> dict[str, Any]:
    """The running bond of this name as the form has it; empty if there is none."""
    bond = network.bond(name)
    if bond is None:
        return {}
    values: dict[str, Any] = {"name": name, "ports": [port.name for port in bond.status.ports]}
    for option in EXPLAINED:
        said = bond.options.get(option.name)
        if said is not None:
            values[option.name] = said.split(" ")[0] if isinstance(getattr(Options(), option.name), str) else said
    return values | {"addressing": MOVE, "seconds": SECONDS}


def _values(request: Request) -> dict[str, Any]:
    values = asdict(request.bond.options)
    values["arp_ip_targets"] = " ".join(request.bond.options.arp_ip_targets)
    values |= {"host": request.host, "name": request.bond.name, "ports": [port.name for port in request.bond.ports]}
    values |= {"mtu": request.bond.mtu, "seconds": request.seconds, "addressing": MOVE}
    if request.addressing:
        words = {name: " ".join(getattr(request.addressing, name)) for name in ("addresses", "gateways", "dns")}
        values |= {"addressing": STATIC, **words}
    return values


def _fill(values: QueryDict, proposed: Mapping[str, Any]) -> None:
    defaults = asdict(Options())
    for option in EXPLAINED:
        value = defaults[option.name]
        if not isinstance(value, bool | tuple):
            values[option.name] = str(value)
    for name, value in proposed.items():
        if isinstance(value, list):
            values.setlist(name, value)
        else:
            values[name] = str(value)
