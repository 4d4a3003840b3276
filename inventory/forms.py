"""Forms of the inventory. Plain ones write their row; `HostNewForm` gathers what a new host needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from inventory.models import Credential, Host, Owner, Vm
from inventory.states import CRITICALITY_LABELS
from ssh.hostkeys import HostKeyFormatError, PinnedKey, parse_public_key

SIGN_IN = [
    ("generate", "Make a new key pair; I put its public line on the host"),
    ("existing", "Use a credential that is kept here already"),
    ("paste", "Paste a private key"),
    ("password", "Use a password"),
    ("agent", "Use the ssh-agent beside the worker"),
    ("file", "Use a key file beside the worker"),
]


def host_choice(
    help_text: str, label: str = "Host", widget: forms.Select | None = None
) -> forms.ModelChoiceField[Host]:
    """A host by its name, for forms above."""
    return forms.ModelChoiceField(
        Host.objects.all(),
        to_field_name="name",
        label=label,
        help_text=help_text,
        empty_label="Choose the host",
        widget=widget or forms.Select(),
        error_messages={"required": "Choose the host.", "invalid_choice": "There is no host of this name."},
    )


class OwnerForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Owner
        fields = ("name", "kind", "email", "phone", "deputy", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "name": "The person's or the team's name.",
            "email": "Where to write when one of their machines needs a decision.",
            "phone": "For the night.",
            "note": "What somebody should know before calling.",
        }


class VmForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Vm
        fields = ("name", "owner", "criticality", "service", "last_backup_at", "note")
        widgets = {
            "note": forms.Textarea(attrs={"rows": 3}),
            "last_backup_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }
        help_texts = {
            "name": "As people call the machine.",
            "owner": "Who answers for it.",
            "note": "What somebody should know before touching it.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(level.value, label.word) for level, label in CRITICALITY_LABELS.items()]
        self.fields["criticality"] = forms.ChoiceField(choices=choices, help_text="How much it hurts when it is gone.")


class HostForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A host that is there already."""

    class Meta:
        model = Host
        fields = (
            *("name", "address", "port", "user", "sudo", "credential", "jump", "vm"),
            *("site", "rack", "pair", "note"),
        )
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"note": "What somebody should know before touching it."}


class SignInFields(forms.Form):
    """How Regroup signs in to a host. `credential_words` tells which credential to make, if any."""

    sign_in = forms.ChoiceField(
        choices=SIGN_IN, initial="generate", widget=forms.RadioSelect, label="How Regroup signs in"
    )
    credential = forms.ModelChoiceField(
        Credential.objects.all(), required=False, help_text="One that is kept here, if you chose so."
    )
    private_key = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text="The whole file with its BEGIN and END lines. It is stored encrypted and never shown.",
    )
    passphrase = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Only if the pasted key is encrypted.",
    )
    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="The login's password on the host. A key is better.",
    )
    key_file = forms.CharField(required=False, help_text="The key file's whole path on the workers.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        wanted = {"existing": "credential", "paste": "private_key", "password": "password", "file": "key_file"}
        needed = wanted.get(data.get("sign_in", ""))
        if needed and not data.get(needed):
            self.add_error(needed, "This is needed for the way of signing in that is chosen above.")
        return data

    def credential_words(self) -> dict[str, str]:
        """Arguments for `credential_create` (kind, secret, …); empty for `existing` and `generate`."""
        data, kinds = self.cleaned_data, Credential.Kind
        words: dict[str, dict[str, str]] = {
            "paste": {"kind": kinds.KEY, "secret": data["private_key"], "passphrase": data["passphrase"]},
            "password": {"kind": kinds.PASSWORD, "secret": data["password"]},
            "agent": {"kind": kinds.AGENT},
            "file": {"kind": kinds.FILE, "key_file": data["key_file"]},
        }
        return words.get(data["sign_in"], {})

    def add_secret_error(self, error: ValidationError) -> None:
        """Put what `credential_create` says at the field that it speaks of."""
        secret = "password" if self.cleaned_data["sign_in"] == "password" else "private_key"
        places = {"secret": secret, "passphrase": "passphrase", "key_file": "key_file"}
        for name, sentences in (error.message_dict if hasattr(error, "error_dict") else {"": error.messages}).items():
            self.add_error(places.get(name), sentences)


class HostNewForm(SignInFields, HostForm):
    """A new host, and how to sign in there."""

    field_order = ("name", "address", "port", "user", "sudo", *SignInFields.base_fields)


class TrustForm(forms.Form):
    """The fingerprint as the host's own console shows it."""

    fingerprint = forms.CharField(
        max_length=300,
        label="Fingerprint on the host's console",
        help_text="Paste what the command above prints there: its SHA256:… word, or the whole line.",
    )


class HostKeyForm(forms.Form):
    """A host's public key, where it cannot be asked for."""

    line = forms.CharField(
        max_length=16384,
        label="Public host key",
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="The line of /etc/ssh/ssh_host_ed25519_key.pub on the host.",
    )

    def clean_line(self) -> PinnedKey:
        try:
            return parse_public_key(self.cleaned_data["line"])
        except HostKeyFormatError as error:
            raise ValidationError(str(error)) from None
