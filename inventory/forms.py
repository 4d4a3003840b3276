"""Forms of the inventory. Plain ones write their row; `HostNewForm` gathers what a new host needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from inventory.importing.planning import Options
from inventory.importing.rows import ReadRefused, checked, text_of
from inventory.models import Credential, Host, Membership, Owner, Vm
from inventory.names import tag_words
from inventory.renaming import busy, renamed
from inventory.states import CRITICALITY_LABELS, Criticality
from people.actor import Actor
from people.models import User
from ssh.hostkeys import HostKeyFormatError, PinnedKey, parse_public_key

MOST_IMPORT = 3_000_000
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
    """A host by its name, for forms above; they say with `choose_from` which hosts there are."""
    return forms.ModelChoiceField(
        Host.objects.none(),
        to_field_name="name",
        label=label,
        help_text=help_text,
        empty_label="Choose the host",
        widget=widget or forms.Select(),
        error_messages={"required": "Choose the host.", "invalid_choice": "There is no host of this name."},
    )


def choose_from(form: forms.Form, rows: QuerySet[Any], *names: str) -> None:
    """What these fields of the form can be chosen from: what the person sees who has it (`inventory.rights`)."""
    for name in names:
        form.fields[name].queryset = rows  # type: ignore[attr-defined]  # a ModelChoiceField


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


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A person of an owner; the owner is the instance's. `by` is who adds them, and never themselves."""

    class Meta:
        model = Membership
        fields = ("user", "deputy", "since", "until")
        widgets = {name: forms.DateInput(attrs={"type": "date"}) for name in ("since", "until")}
        help_texts = {"user": "Somebody with an account here."}

    def __init__(self, *args: Any, by: Actor | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if self.by and user.pk == self.by.id:
            raise ValidationError("Nobody makes themselves an owner: owners approve. Ask another administrator.")
        if Membership.objects.filter(owner=self.instance.owner, user=user).exclude(pk=self.instance.pk).exists():
            raise ValidationError(f"{user} belongs to this owner already.")
        return user

    def save(self, commit: bool = True) -> Membership:
        self.instance.added_by_id = self.by.id if self.by else None
        member: Membership = super().save(commit)
        return member


class OwnedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What belongs to a machine that somebody answers for. `by`: who fills it in, wherever it may name an owner."""

    by: Actor | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(level.value, label.word) for level, label in CRITICALITY_LABELS.items()]
        self.fields["criticality"] = forms.ChoiceField(
            choices=choices,
            help_text="How much it hurts when it is gone.",
            required=self._meta.model is Vm,
            initial=Criticality.NORMAL.value,
        )

    def clean_tags(self) -> str:
        return " ".join(sorted(tag_words(self.cleaned_data["tags"])))

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.instance.pk and name != self.initial["name"] and (sentence := busy(self.instance)):
            raise ValidationError(sentence)
        return name

    def save(self, commit: bool = True) -> Any:
        if "owner" in self.changed_data and self.instance.pk:
            self.instance.owner_moved()
        if {"owner", "vm"} & set(self.changed_data):
            self.instance.owner_given(self.by)
        row = super().save(commit)
        if (old := self.initial.get("name")) and old != row.name:
            renamed(row, old)
        return row


class VmForm(OwnedForm):
    class Meta:
        model = Vm
        fields = ("name", "owner", "criticality", "service", "tags", "site", "last_backup_at", "note")
        widgets = {
            "note": forms.Textarea(attrs={"rows": 3}),
            "last_backup_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }
        help_texts = {
            "name": "As people call the machine.",
            "owner": "Who answers for it.",
            "note": "What somebody should know before touching it.",
        }


class HostForm(OwnedForm):
    """A host that is there already."""

    class Meta:
        model = Host
        fields = (
            *("name", "address", "port", "user", "sudo", "credential", "jump", "vm"),
            *("owner", "criticality", "service", "tags", "site", "rack", "pair", "note"),
        )
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "note": "What somebody should know before touching it.",
            "owner": "Who answers for it, unless it is a VM: then the VM's page says so.",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("vm") and data.get("owner"):
            sentence = f"It is the VM {data['vm']}, whose page says who owns it. Leave the owner empty here."
            self.add_error("owner", sentence)
        return data


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


class ImportForm(forms.Form):
    """A list of machines from elsewhere, pasted or as a file; `words` is its text once the form holds."""

    source = forms.ChoiceField(
        label="What it is",
        choices=[
            ("csv", "CSV, the first line names the columns"),
            ("ansible", "Ansible: what ansible-inventory --list prints"),
            ("virsh", "libvirt: what virsh list --all and virsh dumpxml print"),
            ("netbox", "NetBox: pages of its API, saved as JSON"),
        ],
    )
    file = forms.FileField(required=False, help_text=f"UTF-8 text, at most {MOST_IMPORT // 1_000_000} MB.")
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or paste it",
        max_length=MOST_IMPORT,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="Nothing is written before you have read the preview.",
    )
    make_owners = forms.BooleanField(
        required=False, label="Make owners that are not there", help_text="Else their rows are refused."
    )
    overwrite = forms.BooleanField(
        required=False,
        label="Rows may change other owners' machines",
        help_text="Else a row that does not name a machine's owner leaves it alone.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        upload = data.get("file")
        if upload and upload.size > MOST_IMPORT:
            self.add_error("file", f"It has {upload.size:,} bytes; one import takes {MOST_IMPORT:,}. Split it.")
        elif not upload and not data.get("text", "").strip() and not self.errors:
            self.add_error("text", "Choose a file, or paste the list here.")
        elif not self.errors:
            try:
                self.words = text_of(upload.read()) if upload else checked(data["text"])
            except ReadRefused as refused:
                self.add_error("file" if upload else "text", str(refused))
        return data

    @property
    def options(self) -> Options:
        return Options(self.cleaned_data["make_owners"], self.cleaned_data["overwrite"])


class BulkForm(forms.Form):
    """What every host of a filtered list is to have; an empty field leaves each as it is."""

    owner = forms.ModelChoiceField(
        Owner.objects.all(),
        required=False,
        to_field_name="name",
        empty_label="as it is",
        help_text="Who answers for them.",
    )
    criticality = forms.ChoiceField(
        required=False,
        choices=[("", "as it is"), *((level.value, label.word) for level, label in CRITICALITY_LABELS.items())],
    )
    service = forms.CharField(required=False, max_length=200)
    tags = forms.CharField(required=False, max_length=200, help_text="They replace the tags that are there.")
    site = forms.CharField(required=False, max_length=80)
    rack = forms.CharField(required=False, max_length=40)
    pair = forms.CharField(required=False, max_length=80)
    overwrite = forms.BooleanField(
        required=False,
        label="Change other owners' machines",
        help_text="Else a machine that has an owner, and another one than above, is left alone.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not self.values():
            raise ValidationError("Fill in what is to be changed; an empty field leaves each host as it is.")
        return data

    def values(self) -> dict[str, str]:
        """Columns of an import, as far as they are filled in."""
        names = ("owner", "criticality", "service", "tags", "site", "rack", "pair")
        return {name: str(self.cleaned_data[name]) for name in names if self.cleaned_data.get(name)}


class MergeForm(forms.Form):
    """Which other machine goes."""

    gone = forms.ModelChoiceField(
        Host.objects.none(),
        to_field_name="name",
        label="The entry that goes",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text="Its name. Its host keys, facts and bonds go with it; its changes become this machine's.",
        error_messages={"required": "Name the other one.", "invalid_choice": "There is no other one of this name."},
    )

    def __init__(self, *args: Any, machines: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["gone"].queryset = machines  # type: ignore[attr-defined]  # a ModelChoiceField


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
