"""Addresses of the recovery's form, and of the site's own commands for its disk."""

from __future__ import annotations

from django.urls import path

from recovery.fetching.views import fetch_edit, fetch_new
from recovery.handback.views import handback_edit, handback_new
from recovery.views import (
    recovery_attach,
    recovery_check,
    recovery_detach,
    recovery_edit,
    recovery_host,
    recovery_new,
    recovery_report_html,
    recovery_report_json,
)

urlpatterns = [
    path("changes/recovery/new", recovery_new, name="recovery_new"),
    path("changes/recovery/host", recovery_host, name="recovery_host"),
    path("changes/recovery/check", recovery_check, name="recovery_check"),
    path("changes/<int:number>/edit", recovery_edit, name="recovery_edit"),
    path("changes/fetch/new", fetch_new, name="fetch_new"),
    path("changes/<int:number>/fetch", fetch_edit, name="fetch_edit"),
    path("changes/handback/new", handback_new, name="handback_new"),
    path("changes/<int:number>/handback", handback_edit, name="handback_edit"),
    path("changes/<int:number>/attach", recovery_attach, name="recovery_attach"),
    path("changes/<int:number>/detach", recovery_detach, name="recovery_detach"),
    path("changes/<int:number>/report.html", recovery_report_html, name="recovery_report_html"),
    path("changes/<int:number>/report.json", recovery_report_json, name="recovery_report_json"),
]
