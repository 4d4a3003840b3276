"""What every page with a form does: check, save with its audit entry in one transaction, or show again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render

from inventory.forms import OwnedForm
from inventory.services import record_edit
from people.access import Request


def saved(request: Request, form: forms.ModelForm[Any]) -> bool:
    """Whether the form was posted, right, and is saved now."""
    if request.method != "POST" or not form.is_valid():
        return False
    kind = form.instance._meta.model_name
    if isinstance(form, OwnedForm):
        form.by = request.actor
    with transaction.atomic():
        action = "create" if form.instance.pk is None else "edit"
        row = form.save()
        record_edit(f"{kind}.{action}", row, request.actor, _changes(form))
    return True


def _changes(form: forms.ModelForm[Any]) -> dict[str, str]:
    """Each changed field as `old → new`, or what a new row was given."""
    told = {}
    for name in form.changed_data:
        old, new = form.fields[name].to_python(form.initial.get(name)), form.cleaned_data[name]
        told[name] = f"{old or '—'} → {new or '—'}" if form.initial else str(new)
    return told


def form_page(request: Request, template: str, form: forms.BaseForm, **context: Any) -> HttpResponse:
    """The form for the first time, or again with its errors (422)."""
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
