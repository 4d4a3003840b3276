"""Registers the app, its kinds of change, and its panels."""

from django.apps import AppConfig


class ReadinessConfig(AppConfig):
    name = "readiness"

    def ready(self) -> None:
        from changes.kinds import register
        from changes.panels import Place, Words, register_panel, register_words
        from readiness import panels
        from readiness.proof.after import keep_outcome
        from readiness.proof.kind import KIND as PROOF
        from readiness.proof.panels import outcome_panel
        from readiness.reboot.after import ask_after
        from readiness.reboot.kind import KIND
        from readiness.reboot.panels import confirm_words
        from readiness.reboot.planner import barred, bound

        panels.connect()
        register(KIND, ends=ask_after, binds=bound, bars=barred)
        register_words(KIND.key, Words(confirm=confirm_words))
        register(PROOF, ends=keep_outcome)
        register_panel(PROOF.key, Place.RESULT, outcome_panel)
