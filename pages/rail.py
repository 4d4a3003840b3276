"""What stands in the left rail, in order, for whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from people.roles import SEES_ALL, Role


@dataclass(frozen=True)
class Entry:
    """One place to go: its word, its icon (templates/components/icons), its URL name; roles, where not all may go.

    also  names of lists that are reached from there, and stand in no entry of their own
    """

    label: str
    icon: str
    url_name: str
    roles: frozenset[Role] = frozenset()
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """An entry that resolved, and whether the page shown is in it."""

    label: str
    icon: str
    url: str
    active: bool


ENTRIES = (
    Entry("Home", "home", "home"),
    Entry("Changes", "arrows-exchange", "changes", also=("rollouts",)),
    Entry("Hosts", "server", "hosts", also=("vms", "unowned")),
    Entry("Owners", "users", "owners"),
    Entry("Bonds", "network", "bonds"),
    Entry("Reboots", "refresh", "readiness", also=("risk",)),
    Entry("Audit", "shield-check", "audit", SEES_ALL),
    Entry("Policies", "list-check", "policies", frozenset({Role.APPROVER, Role.ADMINISTRATOR})),
    Entry("Windows", "calendar", "windows", SEES_ALL),
    Entry("Engine", "activity", "engine", frozenset({Role.OPERATOR, Role.ADMINISTRATOR})),
)


def rail_links(path: str, roles: Iterable[Role] = ()) -> list[Link]:
    """The rail for the page at `path`; an entry whose URL is not installed, or that is for others, is left out."""
    links, has = [], frozenset(roles)
    for entry in ENTRIES:
        if entry.roles and not entry.roles & has:
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        active = path == url if url == "/" else path.startswith((url, *_addresses(entry.also)))
        links.append(Link(entry.label, entry.icon, url, active))
    return links


def _addresses(names: Iterable[str]) -> list[str]:
    """Of those of the named URLs that are installed."""
    found = []
    for name in names:
        try:
            found.append(reverse(name))
        except NoReverseMatch:
            continue
    return found
