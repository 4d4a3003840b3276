"""Registers the app, so that its template tags are found, the lists that stand on no floor above people, and its panels
on the inventory's pages."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "pages"

    def ready(self) -> None:
        from audit.selectors import FILTERS
        from pages import change_list, inventory_panels
        from people.filtered_lists import FilteredList, any_text, register_list

        inventory_panels.connect()
        register_list(FilteredList("changes", "changes", "changes", change_list.FIELDS))
        register_list(FilteredList("audit", "audit entries", "audit", dict.fromkeys(FILTERS, any_text), whole=True))
