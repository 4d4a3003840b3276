"""Registers the app; it hears what the floors below decide."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "notices"

    def ready(self) -> None:
        from inventory.credentials import ALSO_ROTATED
        from notices import hearing, webhooks

        hearing.connect()
        if webhooks.secrets_rotate not in ALSO_ROTATED:
            ALSO_ROTATED.append(webhooks.secrets_rotate)
