"""The same bond on many hosts: choose them, see what each would get, and ask for all of it at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from changes.forms import reason_field, ticket_field
from changes.policy import may_request
from changes.services import Denied
from execution.facts import pending, wish
from inventory.models import Host
from inventory.rights import hosts_seen_by
from inventory.states import HostTrust
from networking.bonding.model import BETTER, RESELECT
from networking.guard import SECONDS
from networking.many import MOST, Common, Offer, offers, roll_out
from networking.request import LEAST_SECONDS
from people.access import Request, requires
from people.roles import Role

ASKED = "The hosts are asked; look again in a moment."


class ManyForm(forms.Form):
    """What all hosts get alike, and how fast it goes."""

    title = forms.CharField(max_length=200, label="Title", help_text="What is rolled out, in a line.")
    primary_reselect = forms.ChoiceField(
        choices=[(each, each) for each in RESELECT],
        initial=BETTER,
        label="Back to the primary",
        help_text="better: only if it is faster than the port in use. always: as soon as it is up. failure: never.",
    )
    miimon = forms.IntegerField(
        min_value=1, max_value=60_000, initial=100, label="Link looked at every", help_text="Milliseconds."
    )
    seconds = forms.IntegerField(
        min_value=LEAST_SECONDS,
        max_value=SECONDS,
        initial=SECONDS,
        label="Goes back by itself after",
        help_text="Seconds, on each host, unless Regroup reaches it again over the new bond.",
    )
    wave_size = forms.IntegerField(
        min_value=1,
        max_value=50,
        initial=3,
        label="Hosts at a time",
        help_text="From the second wave on; the first host is done alone. Never both hosts of a pair.",
    )
    reason = reason_field()
    ticket = ticket_field()

    def common(self) -> Common:
        data = self.cleaned_data
        return Common(data["primary_reselect"], data["miimon"], data["seconds"])


@requires(Role.REQUESTER, methods="GET POST")
def bonds_many(request: Request) -> HttpResponse:
    """The hosts with what each would get; `?site=` narrows them. Posting asks for the chosen ones."""
    decision = may_request(request.actor)
    if not decision.allowed:
        raise PermissionDenied(decision.reason)
    sent = request.POST if request.method == "POST" else None
    form = ManyForm(sent)
    valid = sent is not None and form.is_valid()
    common = form.common() if valid else Common(BETTER, 100, SECONDS)
    site, chosen = request.GET.get("site", ""), sent.getlist("hosts") if sent else request.GET.getlist("hosts")
    every = offers(_hosts(request, site), common)
    if sent is not None and sent.get("go") == "ask":
        return _ask(request, every, form, chosen)
    if valid:
        rollout = _roll_out(request, form, [offer for offer in every if offer.host.name in chosen])
        if rollout is not None:
            return rollout
    return _page(request, form, every, chosen, status=422 if sent is not None else 200)


def _hosts(request: Request, site: str) -> list[Host]:
    """Hosts that this person sees, with a trusted key, real ones: no other is ever planned."""
    rows = hosts_seen_by(request.actor).of_trust(HostTrust.TRUSTED).filter(simulated=False).select_related("vm")
    return list((rows.filter(site__iexact=site) if site else rows)[:MOST])


def _ask(request: Request, every: list[Offer], form: ManyForm, chosen: list[str]) -> HttpResponse:
    for offer in every:
        if not offer.params and not pending(offer.host):
            wish(offer.host)
    return _page(request, ManyForm(initial=_typed(form)), every, chosen, said=ASKED)


def _typed(form: ManyForm) -> dict[str, Any]:
    return {name: form.data.get(name, "") for name in form.fields if form.data.get(name)}


def _roll_out(request: Request, form: ManyForm, chosen: list[Offer]) -> HttpResponse | None:
    """To the new rollout; None where the form says what is wrong."""
    unfit = next((offer for offer in chosen if not offer.fits), None)
    if unfit:
        form.add_error(None, f"{unfit.host.name}: {unfit.refusal}")
        return None
    data = form.cleaned_data
    words = {name: data[name] for name in ("title", "reason", "ticket", "wave_size")}
    try:
        with transaction.atomic():
            return redirect("rollout", roll_out(request.user, chosen, **words).pk)
    except Denied as no:
        form.add_error(None, str(no))
        return None


def _page(
    request: Request, form: ManyForm, every: list[Offer], chosen: list[str], *, status: int = 200, said: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "offers": every,
        "chosen": chosen,
        "silent": any(not offer.params for offer in every),
        "sites": sorted(set(hosts_seen_by(request.actor).exclude(site="").values_list("site", flat=True))),
        "site": request.GET.get("site", ""),
        "said": said,
    }
    return render(request, "networking/many.html", context, status=status)
