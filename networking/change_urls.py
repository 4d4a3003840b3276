"""Addresses of the forms of networking's changes."""

from __future__ import annotations

from django.urls import path

from networking.views.bond_form import bond_check, bond_edit, bond_host, bond_new
from networking.views.drill_form import drill_edit, drill_new
from networking.views.many import bonds_many

urlpatterns = [
    path("changes/bond/new", bond_new, name="bond_new"),
    path("changes/bond/host", bond_host, name="bond_host"),
    path("changes/bond/check", bond_check, name="bond_check"),
    path("bonds/many", bonds_many, name="bonds_many"),
    path("changes/drill/new", drill_new, name="drill_new"),
    path("changes/<int:number>/drill", drill_edit, name="drill_edit"),
    path("changes/<int:number>/bond", bond_edit, name="bond_edit"),
]
