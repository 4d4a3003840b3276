"""How each person wants each kind of notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.db import transaction

from notices.kinds import AT_FIRST, HOW_WORDS, KIND_WORDS, How, Kind
from notices.models import Choice
from people.actor import Actor
from people.models import User
from people.signals import say


def choices_of(user: User) -> dict[Kind, How]:
    """Every kind, in order."""
    chosen = dict(Choice.objects.filter(user=user).values_list("kind", "how"))
    return {kind: How(chosen.get(kind.value, AT_FIRST[kind])) for kind in Kind}


def chosen_by(users: Collection[User], kind: Kind) -> dict[int, How]:
    """Person → how they want this kind."""
    rows = Choice.objects.filter(user__in=[user.pk for user in users], kind=kind).values_list("user", "how")
    chosen = dict(rows)
    return {user.pk: How(chosen.get(user.pk, AT_FIRST[kind])) for user in users}


@transaction.atomic
def choices_save(user: User, wanted: Mapping[Kind, How], by: Actor, email: str | None = None) -> None:
    """What they want from now on, and at which address; what differs is audited. None leaves the address."""
    if email is not None and email != user.email:
        user.email = email
        user.save(update_fields=["email"])
        say(by, "user.email", user, {})
    before = choices_of(user)
    changed = {kind: how for kind, how in wanted.items() if before[kind] is not how}
    for kind, how in changed.items():
        Choice.objects.update_or_create(user=user, kind=kind, defaults={"how": how})
    if changed:
        say(by, "notices.choose", user, {kind.value: [before[kind].value, how.value] for kind, how in changed.items()})


class ChoicesForm(forms.Form):
    """The address, where Regroup itself keeps it, and one field a kind."""

    email = forms.EmailField(
        label="Your e-mail address", required=False, max_length=254, help_text="Without one you get no notices."
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user.source != User.Source.LOCAL:
            del self.fields["email"]  # whoever vouches for them says it anew at each sign-in
        for kind in Kind:
            self.fields[kind.value] = forms.ChoiceField(
                label=KIND_WORDS[kind], choices=[(how.value, HOW_WORDS[how]) for how in How]
            )

    @property
    def wanted(self) -> dict[Kind, How]:
        return {kind: How(self.cleaned_data[kind.value]) for kind in Kind}
