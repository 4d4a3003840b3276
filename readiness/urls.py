"""Addresses of readiness."""

from __future__ import annotations

from django.urls import path

from readiness import risk_views, views
from readiness.proof.views import proof_edit, proof_new
from readiness.reboot.views import reboot_edit, reboot_new

urlpatterns = [
    path("readiness/", views.readiness, name="readiness"),
    path("readiness/of/<str:host>/", views.readiness_host, name="readiness_of"),
    path("readiness/of/<str:host>/ask", views.readiness_host_ask, name="readiness_ask"),
    path("risk/", risk_views.risk, name="risk"),
    path("changes/reboot/new", reboot_new, name="reboot_new"),
    path("changes/<int:number>/reboot", reboot_edit, name="reboot_edit"),
    path("changes/proof/new", proof_new, name="proof_new"),
    path("changes/<int:number>/proof", proof_edit, name="proof_edit"),
]
