"""Registers the app, its panel on a host's page; its kinds of change come with it."""

from django.apps import AppConfig


class NetworkingConfig(AppConfig):
    name = "networking"

    def ready(self) -> None:
        from networking import panels

        panels.connect()
