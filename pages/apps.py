"""Registers the app, so that its template tags are found, and hangs its panels on the inventory's pages."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "pages"

    def ready(self) -> None:
        from pages import inventory_panels

        inventory_panels.connect()
