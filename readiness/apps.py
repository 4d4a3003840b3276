"""Registers the app, its kind of change, and its panel on a host's page."""

from django.apps import AppConfig


class ReadinessConfig(AppConfig):
    name = "readiness"

    def ready(self) -> None:
        from changes.kinds import register
        from changes.panels import Words, register_words
        from readiness import panels
        from readiness.reboot.after import ask_after
        from readiness.reboot.kind import KIND
        from readiness.reboot.panels import confirm_words
        from readiness.reboot.planner import barred, bound

        panels.connect()
        register(KIND, ends=ask_after, binds=bound, bars=barred)
        register_words(KIND.key, Words(confirm=confirm_words))
