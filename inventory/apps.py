"""Registers the app and its lists, and writes what the people floor decides into the audit."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory import people_audit
        from inventory.states import HostTrust
        from people.filtered_lists import FilteredList, any_text, register_list

        people_audit.connect()
        trust = frozenset(state.value for state in HostTrust)
        fields = {"text": any_text, "trust": trust.__contains__, "owner": any_text}
        register_list(FilteredList("hosts", "hosts", "hosts", fields))
        register_list(FilteredList("vms", "VMs", "vms", {"text": any_text}))
