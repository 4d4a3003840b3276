"""What an administrator enters for a webhook: the fields that its receiver wants, each checked."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from notices.addresses import AddressRefused, judge, split
from notices.kinds import KIND_WORDS, Kind
from notices.models import Webhook
from notices.receivers import FORMS, Form, Receiver

ROOM = re.compile(r"![^\s/]{1,254}")
TOKEN = re.compile(r"[!-~]{1,500}")


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own class is not generic
    """Name, kinds, and of the rest what the receiver has; a secret of theirs only while it is new."""

    secret = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "off"}), max_length=500)
    kinds = forms.MultipleChoiceField(
        label="Is told of",
        widget=forms.CheckboxSelectMultiple,
        choices=[(kind.value, KIND_WORDS[kind]) for kind in Kind],
        error_messages={"required": "Choose one at least."},
    )

    class Meta:
        model = Webhook
        fields = ("name", "url", "room", "kinds")
        labels = {"url": "Address", "room": "Room"}
        help_texts = {
            "url": "https://…, on the internet or in a network of REGROUP_WEBHOOK_NETS. Administrators alone see it.",
            "room": "Its id, which begins with “!” and stands in the room’s settings under Advanced.",
        }

    def __init__(self, *args: Any, receiver: Receiver | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if receiver is not None:
            self.instance.receiver = receiver
        for name in {"url", "room", "secret"} - self.wanted():
            self.fields.pop(name, None)
        if secret := self.fields.get("secret"):
            assert self.form.secret is not None  # noqa: S101 - `wanted` has it only then
            secret.label, secret.help_text = self.form.secret
        if room := self.fields.get("room"):
            room.required = True
        if self.form.room and (url := self.fields.get("url")):
            url.help_text = f"Of the homeserver: {url.help_text}"

    @property
    def form(self) -> Form:
        return FORMS[Receiver(self.instance.receiver)]

    def wanted(self) -> set[str]:
        """Of address, room and secret those to be entered; where a secret goes is said only together with it."""
        new = self.instance.pk is None
        kept = self.form.secret is not None and not new
        names = {"url": self.form.url and not kept, "room": self.form.room, "secret": bool(self.form.secret) and new}
        return {name for name, wanted in names.items() if wanted}

    def clean_url(self) -> str:
        url = an_address(self.cleaned_data["url"])
        if self.form.room and (urlsplit(url).query or urlsplit(url).fragment):
            raise ValidationError("Enter the homeserver’s address alone: https://matrix.example.org.")
        return url

    def clean_room(self) -> str:
        room: str = self.cleaned_data["room"]
        if not ROOM.fullmatch(room):
            raise ValidationError("A room’s id begins with “!”, as in !OGEhHVWSdvArJzumhm:matrix.example.org.")
        return room

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        if not self.form.url:
            return an_address(secret)
        if not TOKEN.fullmatch(secret):
            raise ValidationError("A token is one word of letters, digits and signs.")
        return secret

    def save(self, commit: bool = True) -> Webhook:
        """Of an address that is a secret the row has what may be shown."""
        if not self.errors and (secret := self.cleaned_data.get("secret")) and not self.form.url:
            parts = urlsplit(secret)
            self.instance.url = f"{parts.scheme}://{parts.netloc}/…"
        row: Webhook = super().save(commit)
        return row


class SecretForm(WebhookForm):
    """Another secret for a chat that is there, and where it goes: a kept token never follows to another address."""

    class Meta(WebhookForm.Meta):
        fields = ("url",)  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kinds"]

    def wanted(self) -> set[str]:
        return {"url", "secret"} if self.form.url else {"secret"}


def an_address(url: str) -> str:
    """One that is inside as it is written is refused here; a name is resolved whenever something is sent."""
    try:
        parts = split(url)
        if _is_address(parts.hostname or ""):
            judge(parts.hostname or "", settings.WEBHOOK_NETS, tls=parts.scheme == "https")
    except AddressRefused as refused:
        raise ValidationError(str(refused)) from refused
    return url


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
