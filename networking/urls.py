"""Addresses of the fleet's pages."""

from __future__ import annotations

from django.urls import path

from networking.views import bonds, grid, idle, topology

urlpatterns = [
    path("bonds/", bonds.bonds, name="bonds"),
    path("bonds/ask", bonds.fleet_ask, name="bonds_ask"),
    path("bonds/silent", bonds.silent, name="bonds_silent"),
    path("bonds/progress", bonds.fleet_progress, name="bonds_progress"),
    path("bonds/grid", grid.grid, name="bonds_grid"),
    path("bonds/grid/changes", grid.grid_changes, name="bonds_grid_changes"),
    path("bonds/grid/<int:pk>", grid.grid_tip, name="bonds_grid_tip"),
    path("bonds/switches", topology.switches, name="topology"),
    path("bonds/switches/<path:name>/", topology.switch, name="switch"),
    path("bonds/idle", idle.idle, name="idle_ports"),
    path("bonds/of/<str:host>/ask", bonds.host_ask, name="bonds_host_ask"),
    path("bonds/of/<str:host>/<str:name>/", bonds.bond, name="bond"),
]
