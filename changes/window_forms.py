"""The forms of windows, freezes and slots, for the pages and the API; each save is audited with what it changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from audit.services import record
from changes.models import Freeze, MaintenanceWindow
from changes.policy_forms import BOXES, Words
from changes.timing import Scope
from changes.windows import MOST_MINUTES, BadRule, Slot, checked, zones
from inventory.models import Host, Owner
from people.actor import Actor

SCOPES = [
    (Scope.EVERYTHING.value, "every host"),
    (Scope.SITES.value, "hosts at these sites"),
    (Scope.OWNERS.value, "hosts of these owners"),
    (Scope.HOSTS.value, "these hosts"),
]
NO_ZONE = "There is no time zone called %(zone)r. Name one of the IANA's list: Europe/Berlin, for example."
LONGEST_FREEZE = timedelta(days=400)


class HostNames(Words):
    """Names of hosts with spaces between; becomes the rows."""

    def prepare_value(self, value: Any) -> Any:
        return " ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        names = super().clean(value)
        known = {host.name: host for host in Host.objects.filter(name__in=names)}
        if unknown := [name for name in names if name not in known]:
            raise ValidationError(f"There is no host called {unknown[0]!r}.")
        return list(known.values())


class Zone(forms.CharField):
    """A time zone by its name."""

    def clean(self, value: Any) -> str:
        name = str(super().clean(value))
        if name not in zones():
            raise ValidationError(NO_ZONE, params={"zone": name[:60]})
        return name


class Moment(forms.Field):
    """A moment as `2026-12-20T18:00`, in the zone that the form names; or with an offset of its own."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        if value in (None, ""):
            return None
        try:
            found = value if isinstance(value, datetime) else parse_datetime(str(value))
        except ValueError:
            found = None
        if found is None or not 2000 <= found.year <= 2200:
            raise ValidationError("Say a day and a time: 2026-12-20T18:00, for example.")
        return found


def in_zone(moment: datetime, zone: str, *, last: bool = False) -> datetime:
    """The moment with its offset; of an hour that comes twice the first, or the last."""
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone), fold=int(last))


def span_of(data: dict[str, Any]) -> Slot | None:
    """From `starts` up to `ends` in `zone`, where all three hold."""
    if not all(data.get(name) for name in ("starts", "ends", "zone")):
        return None
    return Slot(in_zone(data["starts"], data["zone"]), in_zone(data["ends"], data["zone"], last=True))


class ScopedForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """For which hosts it counts: exactly one of the lists, or everything."""

    scope = forms.ChoiceField(label="Counts for", choices=SCOPES, initial=Scope.EVERYTHING.value)
    hosts = HostNames(required=False, help_text="Names with spaces between.", widget=forms.Textarea(attrs={"rows": 2}))
    owners = forms.ModelMultipleChoiceField(
        Owner.objects.all(), required=False, widget=BOXES, help_text="Of the host, or of the VM that it is."
    )
    sites = Words(required=False, help_text="Words with spaces between.")
    zone = Zone(max_length=60, label="Time zone", help_text="A name of the IANA's list, such as Europe/Berlin.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].initial = settings.TIME_ZONE

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        scope = data.get("scope")
        for name in (Scope.SITES, Scope.OWNERS, Scope.HOSTS):
            if scope == name and name not in self.errors and not data.get(name):
                self.add_error(name, f"Say which {name}, or choose another scope.")
            if scope != name and name in data:
                data[name] = []
        return data


class WindowForm(ScopedForm):
    """A window: for which hosts, and when it comes."""

    rule = forms.CharField(
        max_length=200, initial="FREQ=WEEKLY;BYDAY=SU", label="Comes by",
        help_text="An RRULE of days: FREQ=WEEKLY;BYDAY=SU, FREQ=MONTHLY;BYDAY=1SA, FREQ=DAILY.",
    )  # fmt: skip
    day = forms.DateField(
        label="From day", help_text="It comes from this day on.", widget=forms.DateInput(attrs={"type": "date"})
    )
    at = forms.TimeField(
        initial="02:00", label="Opens at", help_text="Local time in the zone, summer and winter.",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    minutes = forms.IntegerField(
        min_value=1, max_value=MOST_MINUTES, initial=120, label="Open for", help_text="Minutes, of real time."
    )

    class Meta:
        model = MaintenanceWindow
        fields = ("name", "scope", "hosts", "owners", "sites", "rule", "day", "at", "minutes", "zone")
        help_texts = {"name": "In a few words; the gate shows it."}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if all(data.get(name) is not None for name in ("rule", "day", "at")):
            data["at"] = data["at"].replace(second=0, microsecond=0, tzinfo=None)
            try:
                data["rule"] = checked(data["rule"], datetime.combine(data["day"], data["at"]))
            except BadRule as bad:
                self.add_error("rule", str(bad))
        return data


class FreezeForm(ScopedForm):
    """A freeze: for which hosts, from when to when, and why."""

    starts = Moment(label="From", help_text="In the zone below.")
    ends = Moment(label="Until", help_text="In the zone below.")
    reason = forms.CharField(max_length=300, help_text="Whoever is stopped reads it.")

    class Meta:
        model = Freeze
        fields = ("name", "scope", "hosts", "owners", "sites", "starts", "ends", "zone", "reason")
        help_texts = {"name": "In a few words; the gate shows it."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts", "ends"):
            if moment := self.initial.get(name):
                self.initial[name] = moment.astimezone(ZoneInfo(self.instance.zone)).replace(tzinfo=None)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if span := span_of(data):
            data["starts"], data["ends"] = span.start, span.end
            if not span.start < span.end <= span.start + LONGEST_FREEZE:
                self.add_error("ends", f"A freeze ends after it begins, and within {LONGEST_FREEZE.days} days.")
        return data


class SlotForm(forms.Form):
    """From when to when a change is to start."""

    starts = Moment(label="From")
    ends = Moment(label="Until")
    zone = Zone(max_length=60, label="Time zone")

    def slot(self) -> Slot:
        slot = span_of(self.cleaned_data)
        assert slot  # noqa: S101  # each of the three is required
        return slot


Row = MaintenanceWindow | Freeze
One = TypeVar("One", MaintenanceWindow, Freeze)
WORD: dict[type, str] = {MaintenanceWindow: "window", Freeze: "freeze"}


@transaction.atomic
def scoped_save(form: ScopedForm, by: Actor) -> Row:
    """Save a form that holds; it counts from this moment on, for what is approved already too."""
    new = form.instance.pk is None
    before = {} if new else described(_all(form.instance).get(pk=form.instance.pk))
    row: Row = form.save()
    _note("create" if new else "edit", row, by, {"before": before, "after": described(row)})
    return row


@transaction.atomic
def scoped_switch(row: One, enabled: bool, by: Actor) -> One:
    """On or off, from this moment on."""
    if _all(row).filter(pk=row.pk).exclude(enabled=enabled).update(enabled=enabled):
        _note("on" if enabled else "off", row, by, {})
    row.refresh_from_db()
    return row


def _all(row: Row) -> QuerySet[Any]:
    return type(row)._default_manager.all()


def described(row: Row) -> dict[str, Any]:
    """A window or a freeze as JSON, as the API gives it: hosts and owners by name."""
    plain = {name: getattr(row, name) for name in ("name", "enabled", "scope", "sites", "zone")}
    lists = {
        "hosts": sorted(host.name for host in row.hosts.all()),
        "owners": sorted(owner.name for owner in row.owners.all()),
    }
    if isinstance(row, MaintenanceWindow):
        times = {"rule": row.rule, "day": f"{row.day}", "at": f"{row.at:%H:%M}", "minutes": row.minutes}
    else:
        times = {name: getattr(row, name).isoformat() for name in ("starts", "ends")} | {"reason": row.reason}
    return {"id": row.pk, **plain, **lists, **times}


def _note(verb: str, row: Row, by: Actor, detail: dict[str, Any]) -> None:
    word = WORD[type(row)]
    record(
        f"{word}.{verb}",
        actor_id=by.id,
        actor_name=by.username,
        kind=word,
        object_id=row.pk,
        label=row.name,
        detail=detail,
    )
