"""Registers the app, and its panel on a host's page."""

from django.apps import AppConfig


class ReadinessConfig(AppConfig):
    name = "readiness"

    def ready(self) -> None:
        from readiness import panels

        panels.connect()
