"""The form of a proof: which machine, which VM that is on which hypervisor, and for how long it is watched."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms

from changes.forms import reason_field, ticket_field
from inventory.forms import choose_from, host_choice
from inventory.rights import hosts_seen_by
from people.actor import Actor
from readiness.proof.asking import MOST, likely, not_its_own, vms_seen
from readiness.proof.wish import FORMATS, LEAST_SECONDS, MOST_SECONDS, SECONDS, Wish, wish_problems


class ProofForm(forms.Form):
    """`wish()` is there once the form is valid; `has_none` where no hypervisor is known to the person."""

    proves = host_choice("Whose boot is proven: the result stands on its page and in the lists.", label="Machine")
    vm = forms.ChoiceField(
        label="VM on its hypervisor",
        help_text="As the hypervisors said when they were last asked. Its clone is booted there, and thrown away.",
        error_messages={
            "required": "Choose the VM that the machine is.",
            "invalid_choice": "No hypervisor that was asked has this VM. Have its facts read again, then choose anew.",
        },
    )
    seconds = forms.IntegerField(
        initial=SECONDS,
        label="Watch for",
        help_text=f"Seconds, {LEAST_SECONDS} to {MOST_SECONDS}: past that it did not come up.",
    )
    image = forms.CharField(
        required=False,
        label="Backup",
        help_text="Path on the hypervisor of a disk image to boot in place of the first disk; empty for the VM itself.",
    )
    format = forms.ChoiceField(
        required=False,
        label="What the backup is",
        choices=[("", "no backup"), *((word, word) for word in FORMATS)],
        help_text="It is never guessed.",
    )
    reason = reason_field()
    ticket = ticket_field()

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hosts = hosts_seen_by(actor)
        choose_from(self, hosts, "proves")
        seen = list(vms_seen(actor))[:MOST]
        self.has_none = not seen
        groups = [
            (name, [(vm.key, f"{vm.name} ({vm.power})") for vm in some])
            for name, some in groupby(seen, key=lambda vm: vm.hypervisor)
        ]
        self.fields["vm"].choices = [("", "Choose the VM"), *groups]  # type: ignore[attr-defined]  # the stubs say Field
        self.names = {vm.key: vm.name for vm in seen}
        host = hosts.select_related("vm").filter(name=self.initial.get("proves") or "").first()
        if host and not self.initial.get("vm") and (found := likely(host, seen)):
            self.initial["vm"] = found.key

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("proves") and data.get("vm") and data.get("seconds") is not None:
            for field, sentence in wish_problems(self.wish()):
                self.add_error(field, sentence)
            if sentence := not_its_own(data["proves"], self.names[data["vm"]]):
                self.add_error("vm", sentence)
        return data

    def wish(self) -> Wish:
        data = self.cleaned_data
        hypervisor, _, uuid = data["vm"].rpartition("/")
        image, form = data.get("image", "").strip(), data.get("format", "")
        return Wish(hypervisor, data["proves"].name, self.names[data["vm"]], uuid, data["seconds"], image, form)
