"""Registers the app, and writes what the people floor decides into the audit."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory import people_audit

        people_audit.connect()
