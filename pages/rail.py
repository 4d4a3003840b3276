"""What stands in the left rail, in order."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Entry:
    """One place to go: its word, its icon (templates/components/icons), its URL name."""

    label: str
    icon: str
    url_name: str


@dataclass(frozen=True)
class Link:
    """An entry that resolved, and whether the page shown is in it."""

    label: str
    icon: str
    url: str
    active: bool


ENTRIES = (
    Entry("Home", "home", "home"),
    Entry("Changes", "arrows-exchange", "changes"),
    Entry("Hosts", "server", "hosts"),
    Entry("Owners", "users", "owners"),
    Entry("Bonds", "network", "bonds"),
    Entry("Audit", "shield-check", "audit"),
)


def rail_links(path: str) -> list[Link]:
    """The rail for the page at `path`; an entry whose URL is not installed is left out."""
    links = []
    for entry in ENTRIES:
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        active = path == url if url == "/" else path.startswith(url)
        links.append(Link(entry.label, entry.icon, url, active))
    return links
