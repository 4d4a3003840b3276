"""Forms about people."""

from __future__ import annotations

from typing import Any

from django import forms

from people.models import User
from people.roles import DUTIES, Role
from people.scopes import MEANING, Scope


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(max_length=80, help_text="What will use it, such as `nightly report`.")
    days = forms.TypedChoiceField(
        label="Valid for",
        coerce=int,
        choices=[(30, "30 days"), (90, "90 days"), (365, "a year")],
        initial=90,
    )
    scopes = forms.MultipleChoiceField(
        label="May be used to",
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ.value],
        choices=[(scope.value, f"{scope.value}: {MEANING[scope]}") for scope in Scope],
        help_text="Never more than you may yourself. Reading goes with each of the others.",
        error_messages={"required": "Choose one at least; read is the least."},
    )

    def clean_scopes(self) -> list[Scope]:
        return [Scope(word) for word in self.cleaned_data["scopes"]]


class CodeForm(forms.Form):
    """A code of the second factor."""

    factor_code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}),
        help_text="Six digits from your authenticator app, or one of your recovery codes.",
    )


class BeginForm(forms.Form):
    """The password once more, before an account gets a second factor."""

    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="So that nobody sets this up at a browser that you left open.",
    )

    def __init__(self, *args: Any, wanted: bool = True, **kwargs: Any) -> None:
        """`wanted` is false for people whose password is kept where Regroup cannot ask."""
        super().__init__(*args, **kwargs)
        if not wanted:
            del self.fields["password"]


class RolesForm(forms.Form):
    """Which roles somebody has."""

    roles = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(role.value, f"{role.value}: {DUTIES[role]}") for role in Role],
        help_text="No role includes another's right to decide; every role may view.",
    )

    def clean_roles(self) -> frozenset[Role]:
        return frozenset(map(Role, self.cleaned_data["roles"]))


class PersonForm(RolesForm):
    """A new account."""

    username = forms.CharField(max_length=150, help_text="To sign in with.")
    display_name = forms.CharField(max_length=120, required=False, help_text="As colleagues know this person.")
    email = forms.EmailField(label="E-mail", required=False)
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters, to be handed over; they can change it on their account page.",
    )
    field_order = ("username", "display_name", "email", "password", "roles")

    def values(self) -> dict[str, Any]:
        """Arguments of `user_create`."""
        return {name: self.cleaned_data[name] for name in self.field_order}

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("There is an account of this name already.")
        return username
