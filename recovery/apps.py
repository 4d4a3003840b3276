"""Registers the app, its kinds of change, and what they add to the change page."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    name = "recovery"

    def ready(self) -> None:
        from changes.kinds import register
        from changes.panels import Place, Words, register_panel, register_words
        from execution.facts import wish_after
        from recovery import panels
        from recovery.fetching import after as fetched
        from recovery.fetching import panels as fetching
        from recovery.fetching.kind import KIND as FETCH
        from recovery.handback import panels as handback
        from recovery.handback.kind import KIND as HAND_BACK
        from recovery.kind import KIND, bound, source_of
        from recovery.risks import risks

        register(KIND, source_of, ends=wish_after, binds=bound, risks=risks)
        register_panel(KIND.key, Place.WAITING, panels.attach_panel)
        register_panel(KIND.key, Place.RESULT, panels.mounted_panel)
        register_panel(KIND.key, Place.RESULT, panels.report_panel)
        register_panel(KIND.key, Place.RESULT, panels.detach_panel)
        register_panel(KIND.key, Place.RESULT, handback.after_panel)
        register_words(KIND.key, Words(undo=panels.undo_words, confirm=panels.confirm_words))
        register(HAND_BACK, follows=lambda params: int(params["recovery"]), ends=wish_after)
        register_panel(HAND_BACK.key, Place.RESULT, panels.detach_panel)
        register_words(HAND_BACK.key, Words(confirm=handback.confirm_words))
        register(FETCH, ends=fetched.ended, stays=fetched.stays)
        register_panel(FETCH.key, Place.RESULT, fetching.result_panel)
        register_words(FETCH.key, Words(undo=fetching.undo_words))
