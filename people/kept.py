"""Filters of lists that people keep under a name. They hold words of an address, and give no rights."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from people.actor import Actor
from people.filtered_lists import LISTS, parted, words_of
from people.models import KeptFilter
from people.roles import Role
from people.signals import say

MOST = 100
MOST_NAME = 60


class KeepRefused(ValueError):
    """The message is the sentence; `field` is what it is about."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Opened:
    """Where a kept filter leads now; `left_out` is what its list no longer knows."""

    url: str
    query: str
    left_out: list[str]


def kept_seen_by(actor: Actor) -> QuerySet[KeptFilter]:
    """Their own and those shared with everybody, of lists that they may see."""
    lists = [key for key, one in LISTS.items() if actor.sees_all or not one.whole]
    rows = KeptFilter.objects.filter(Q(user=actor.id) | Q(shared=True), page__in=lists)
    return rows.select_related("user").order_by("name", "pk")


def kept_changed_by(actor: Actor) -> QuerySet[KeptFilter]:
    """Those that they may rename and delete: their own, and for administrators what is shared."""
    mine = Q(user=actor.id)
    return kept_seen_by(actor).filter(mine | Q(shared=True) if actor.may(Role.ADMINISTRATOR) else mine)


def may_share(actor: Actor) -> bool:
    return actor.may(Role.ADMINISTRATOR, Role.OPERATOR)


def opened(row: KeptFilter) -> Opened:
    """Its words, checked anew."""
    good, left_out = parted(LISTS[row.page], row.words)
    query = urlencode(good)
    url = reverse(LISTS[row.page].url_name)
    return Opened(f"{url}?{query}" if query else url, query, left_out)


@transaction.atomic
def filter_keep(by: Actor, page: str, name: str, query: str, *, shared: bool = False) -> KeptFilter:
    """Keep what a list's query string says. Raises KeepRefused."""
    one = LISTS.get(page)
    if one is None or (one.whole and not by.sees_all):
        raise KeepRefused("list", f"There is no such list. Choose one of: {', '.join(LISTS)}.")
    try:
        words, wrong = parted(one, words_of(query))
    except ValueError:
        words, wrong = {}, ["more than fifty words"]
    if wrong:
        raise KeepRefused("query", f"The list of {one.words} has no filter {', '.join(wrong)}. Leave it out.")
    if not words:
        raise KeepRefused("query", "Nothing is filtered yet. Filter the list first, then keep that.")
    if KeptFilter.objects.filter(user=by.id).count() >= MOST:
        raise KeepRefused("name", f"You keep {MOST} filters, which is the most. Delete one first.")
    row = KeptFilter(user_id=by.id, page=page, words=words)
    return _save(row, name, shared, by)


@transaction.atomic
def filter_change(row: KeptFilter, name: str, by: Actor, *, shared: bool) -> KeptFilter:
    """Another name, shared or no longer. Raises KeepRefused."""
    return _save(KeptFilter.objects.select_for_update().select_related("user").get(pk=row.pk), name, shared, by)


@transaction.atomic
def filter_drop(row: KeptFilter, by: Actor) -> None:
    if row.shared:
        say(by, "filter.unshare", row.user, {"list": row.page, "name": row.name})
    row.delete()


def _save(row: KeptFilter, name: str, shared: bool, by: Actor) -> KeptFilter:
    """Whoever shares, or renames what is shared, is in the audit: others see it."""
    before = (row.name, row.shared) if row.pk else ("", False)
    row.name, row.shared = " ".join(name.split()), shared
    if not row.name or len(row.name) > MOST_NAME or not row.name.isprintable():
        raise KeepRefused("name", f"Give it a name of up to {MOST_NAME} characters.")
    if shared and not before[1] and not may_share(by):
        raise KeepRefused("shared", "Only an operator or an administrator shares a filter with everybody.")
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        taken = f"You keep a filter “{row.name}” of this list already. Choose another name."
        raise KeepRefused("name", taken) from None
    if (row.shared or before[1]) and before != (row.name, row.shared):
        say(by, "filter.share" if shared else "filter.unshare", row.user, {"list": row.page, "name": row.name})
    return row
