"""Registers the app, its list, its panel on a host's page; its kinds of change come with it."""

from django.apps import AppConfig


class NetworkingConfig(AppConfig):
    name = "networking"

    def ready(self) -> None:
        from changes.kinds import register
        from changes.panels import Place, Words, register_panel, register_words
        from inventory.panels import register_panel as inventory_panel
        from networking import change_panels, panels
        from networking.asking import ask_after
        from networking.bonding.states import HealthState
        from networking.drill import panels as drill
        from networking.drill.kind import KIND as DRILL
        from networking.kind import KIND
        from networking.risks import risks
        from people.filtered_lists import FilteredList, any_text, register_list

        health = frozenset(state.value for state in HealthState)
        fields = {"health": health.__contains__, "site": any_text, "switch": any_text, "text": any_text}
        register_list(FilteredList("bonds", "bonds", "bonds", fields))
        panels.connect()
        register(KIND, ends=ask_after, risks=risks)
        register(DRILL, ends=ask_after, risks=risks)
        register_panel(KIND.key, Place.WAITING, change_panels.countdown_panel)
        register_panel(KIND.key, Place.RESULT, change_panels.went_back_panel)
        register_panel(KIND.key, Place.RESULT, change_panels.now_panel)
        register_words(KIND.key, Words(undo=change_panels.undo_words, confirm=change_panels.confirm_words))
        register_panel(DRILL.key, Place.WAITING, change_panels.countdown_panel)
        register_panel(DRILL.key, Place.RESULT, drill.numbers_panel)
        register_panel(DRILL.key, Place.RESULT, change_panels.went_back_panel)
        register_panel(DRILL.key, Place.RESULT, change_panels.now_panel)
        register_words(DRILL.key, Words(undo=drill.undo_words, confirm=drill.confirm_words))
        inventory_panel(drill.host_panel, page="host")
        inventory_panel(drill.bond_panel, page="bond")
