"""Addresses of the recovery's form, and of the site's own commands for its disk."""

from __future__ import annotations

from django.urls import path

from recovery import views

urlpatterns = [
    path("changes/recovery/new", views.recovery_new, name="recovery_new"),
    path("changes/recovery/host", views.recovery_host, name="recovery_host"),
    path("changes/recovery/check", views.recovery_check, name="recovery_check"),
    path("changes/<int:number>/edit", views.recovery_edit, name="recovery_edit"),
    path("changes/<int:number>/attach", views.recovery_attach, name="recovery_attach"),
    path("changes/<int:number>/detach", views.recovery_detach, name="recovery_detach"),
]
