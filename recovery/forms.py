"""The form of a recovery: what is typed, the file that was uploaded, and what both and the host say.

One form in several rounds: each round posts all of it and gets all of it back, so that nothing
typed or uploaded is lost and it works without JavaScript. What is right and wrong is decided in
`recovery.preview` and `recovery.request`; this only carries it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from changes.forms import reason_field, ticket_field
from changes.models import Change
from changes.plan import Json
from inventory.forms import choose_from, host_choice
from inventory.models import Host, HostFacts, Vm
from inventory.rights import hosts_seen_by, vms_seen_by
from people.actor import Actor
from people.models import User
from recovery.fstab import FstabError, decode_fstab
from recovery.kind import KIND
from recovery.known import Facts
from recovery.lvm.metadata import suggest_vg_name
from recovery.models import Upload
from recovery.preview import Preview, check, copies, preview
from recovery.request import (
    DEADLINE,
    IMPORT,
    RELABEL,
    RENAME,
    RESTORE,
    Request,
    Volume,
    default_mount_point,
    mount_point_problem,
    source_of,
)
from recovery.uploads import upload_keep, upload_of, upload_store

DEADLINES = ((3600, "1 hour"), (DEADLINE, "4 hours"), (43200, "12 hours"), (86400, "1 day"), (259200, "3 days"))
MOST_COPIES = 60
"""Choices that a person can look through."""

KEPT = {"hx-preserve": "true"}
"""The element itself stays when the form is asked for again: what is chosen meanwhile is not lost."""

ANEW = {"hx-post": "", "hx-trigger": "change", "hx-target": "#recovery-form", "hx-swap": "innerHTML", **KEPT}
"""On a choice that others depend on: the form is asked for again."""

AT_FIELD = {"metadata": "file", "": None}
"""Where a problem of the request stands in the form, if not at the field of its own name."""


STRATEGY_CHOICES = (
    ("", "Let Regroup choose"),
    (RENAME, "vgrename, by UUID"),
    (RESTORE, "vgcfgrestore, with the edited text"),
    (IMPORT, "vgimportclone, with new UUIDs"),
    (RELABEL, "pvcreate: the disk’s LVM label is gone (last resort)"),
)


class KeptFile(forms.FileField):
    """Needed, but perhaps uploaded in an earlier round: whether it is there is for `Draft` to say."""

    def clean(self, data: Any, initial: Any = None) -> None:
        return None


class RecoveryForm(forms.Form):
    """The plain fields; logical volumes are rows of `Draft`."""

    vm = forms.ModelChoiceField(
        Vm.objects.none(),
        to_field_name="name",
        label="Lost VM",
        help_text="Whose disk is to be recovered.",
        empty_label="Choose the VM",
        widget=forms.Select(attrs=ANEW),
        error_messages={"required": "Choose the VM that was lost.", "invalid_choice": "There is no VM of this name."},
    )
    host = host_choice(
        "A running host; the old disk is attached to it, and its volumes are mounted there.",
        "Target host",
        forms.Select(attrs=ANEW),
    )
    file = KeptFile(
        label="The old VM’s LVM backup file",
        help_text="/etc/lvm/backup/<group> of the lost VM, restored from its last file backup.",
        widget=forms.FileInput(attrs=ANEW),
    )
    disk = forms.CharField(
        required=False,
        max_length=128,
        label="The old disk, if it is attached already",
        help_text=(
            "Its serial number, WWN or SCSI address. Then no backup file is needed: the host is rescanned, and the"
            " plan is made from what stands on the disk."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **ANEW}),
    )
    source = forms.CharField(
        required=False,
        max_length=1200,
        label="Or a file on a host that Regroup knows",
        help_text=(
            "Host and path, such as app02:/restore/vm42/etc/lvm/backup/RootVG, or the target’s own /etc/lvm/archive."
            " It is read when the plan is made."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **ANEW}),
    )
    copy = forms.ChoiceField(
        required=False,
        label="Or one of LVM’s own copies on the target",
        help_text=(
            "From its /etc/lvm/archive and /etc/lvm/backup, where the lost group was once on that host. Groups that it"
            " has now stand last."
        ),
        widget=forms.Select(attrs=ANEW),
    )
    strategy = forms.ChoiceField(
        required=False,
        choices=STRATEGY_CHOICES,
        label="How it gets its new name",
        help_text="Regroup chooses by what it finds, and refuses what would harm the running system.",
        widget=forms.Select(attrs=KEPT),
    )
    fstab = forms.CharField(
        required=False,
        label="The old VM’s /etc/fstab",
        help_text="Its lines, pasted. Mount points are named after where each volume was mounted.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "wrap": "off", **ANEW}),
    )
    fstab_from_disk = forms.BooleanField(
        required=False,
        label="Take mount points from the disk itself",
        help_text=(
            "The old VM’s /etc/fstab is looked for on the attached disk when the plan is made: read-only, with nothing"
            " activated and nothing written."
        ),
        widget=forms.CheckboxInput(attrs=KEPT),
    )
    lasting = forms.BooleanField(
        required=False,
        label="Mount it again after a restart of the host",
        help_text="Lines in the host’s /etc/fstab, with nofail; the plan shows them. Only for a disk that is attached.",
        widget=forms.CheckboxInput(attrs=KEPT),
    )
    new_vg = forms.CharField(
        max_length=200,
        label="New volume group name",
        help_text="The old group carries this name while it is on the host.",
        error_messages={"required": "Give the group a name that the host does not have yet."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = reason_field("Why it is needed. Approvers read this first.")
    ticket = ticket_field()
    attach_deadline = forms.TypedChoiceField(
        choices=DEADLINES,
        coerce=int,
        initial=DEADLINE,
        label="Wait for the disk",
        help_text="How long a run waits for the old disk before it gives up.",
        widget=forms.Select(attrs=KEPT),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, vms_seen_by(actor).select_related("owner"), "vm")
        choose_from(self, hosts_seen_by(actor), "host")


@dataclass(slots=True)
class Row:
    """A logical volume of the file, and what is wanted of it. `error` is about its mount point."""

    number: int
    lv: str
    size: int
    offered: bool
    note: str
    wanted: bool
    mount_point: str
    read_write: bool
    suggested: str
    old: str
    error: str = ""


@dataclass(slots=True)
class Draft:
    """One round of the form.

    upload, preview  the file and what is in it; None before there is one
    facts            what the chosen host last said, None if nothing usable
    final            the person has seen all of it and asks for it; then what is missing is told too
    """

    form: RecoveryForm
    vm: Vm | None
    host: Host | None
    upload: Upload | None
    preview: Preview | None
    rows: list[Row]
    facts: Mapping[str, Json] | None
    final: bool = False
    volume_errors: tuple[str, ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether the file could be read, so that names and volumes can be asked about."""
        return self.preview is not None and not self.preview.problems

    @property
    def has_copies(self) -> bool:
        """Whether LVM on the target keeps copies to choose from."""
        return len(self.form.fields["copy"].choices) > 1  # type: ignore[attr-defined]

    @property
    def disk(self) -> str:
        """The attached disk that the plan is to be made from, as typed; empty for a recovery from the file alone."""
        return str(self.form["disk"].value() or "").strip()

    @property
    def is_blind(self) -> bool:
        """Whether the volumes are known only when the plan is made: from the disk, or from a file on a host."""
        return not self.is_read and bool(self.disk or str(self.form["source"].value() or "").strip())

    @property
    def created(self) -> datetime | None:
        """When the file says it was written."""
        seconds = self.preview.created if self.preview else None
        try:
            return datetime.fromtimestamp(seconds, UTC) if seconds else None
        except (ValueError, OverflowError, OSError):
            return None

    @property
    def is_right(self) -> bool:
        """Whether it is asked for and nothing is wrong with it."""
        wrong = self.form.errors or self.volume_errors or any(row.error for row in self.rows)
        return self.final and not wrong

    def params(self) -> dict[str, Json]:
        """The request as the change keeps it."""
        value = self.form.cleaned_data
        return Request(
            vm=self.vm.name if self.vm else "",
            host=self.host.name if self.host else "",
            metadata=self.preview.text if self.preview else "",
            file_name=self.upload.name if self.upload else "",
            new_vg=value.get("new_vg", ""),
            volumes=tuple(Volume(row.lv, row.mount_point, row.read_write) for row in self.rows if row.wanted),
            reason=value.get("reason", ""),
            ticket=value.get("ticket", ""),
            attach_deadline=value.get("attach_deadline") or DEADLINE,
            disk=value.get("disk", ""),
            strategy=value.get("strategy", "") if value.get("disk") else "",
            lasting=bool(value.get("lasting") and value.get("disk")),
            fstab_from_disk=bool(value.get("fstab_from_disk") and value.get("disk") and not self.rows),
            fstab=fstab_of(value.get("fstab", "")),
            source=None if self.upload else source_of(value.get("source", "")),
        ).to_json()


def draft_posted(actor: Actor, data: QueryDict, file: UploadedFile[Any] | None, user: User, *, final: bool) -> Draft:
    """A round as it was posted. `final` tells also what is missing; else only what is there and wrong.

    A file that came with this very round is shown first, whatever button was pressed.
    """
    values = data.copy()
    kept = upload_of(user, data.get("upload", ""))
    upload = upload_keep(user, file, kept) if file else kept
    values["upload"] = str(upload.pk) if upload else ""
    if copy := data.get("copy", ""):
        values["source"], values["copy"] = copy, ""
    vm = vms_seen_by(actor).select_related("owner").filter(name=data.get("vm", "")).first()
    fstab = fstab_of(data.get("fstab", ""))
    seen = preview(bytes(upload.data), vm.name if vm else "", fstab) if upload else None
    same = data.get("upload", "") == values["upload"]
    final = final and same
    _suggest(values, data, seen, vm, final)
    rows = _rows(values, seen, same=same)
    draft = _draft(actor, RecoveryForm(values, actor=actor), vm, data.get("host", ""), upload, seen, rows)
    draft.final = final
    _judge(actor, draft)
    return draft


def draft_fresh(actor: Actor, user: User, query: QueryDict, change: Change | None) -> Draft:
    """The first round: empty, with what the address names, or with another change's request."""
    if change is None:
        names = {name: query.get(name, "") for name in ("vm", "host")}
        vm = vms_seen_by(actor).select_related("owner").filter(name=names["vm"]).first()
        return _draft(actor, RecoveryForm(initial=names, actor=actor), vm, names["host"], None, None, [])
    asked = Request.from_json(change.params)
    data = b"" if asked.source else asked.metadata.encode("utf-8", "surrogateescape")
    upload = upload_store(user, asked.file_name or "backup", data) if data else None
    values = QueryDict(mutable=True)
    fields = {"vm": asked.vm, "host": asked.host, "new_vg": asked.new_vg, "reason": change.reason}
    values.update({**fields, "ticket": change.ticket, "attach_deadline": str(asked.attach_deadline)})
    values.update({"disk": asked.disk, "strategy": asked.strategy, "fstab": asked.fstab})
    values.update({"lasting": "on"} if asked.lasting else {})
    values.update({"fstab_from_disk": "on"} if asked.fstab_from_disk else {})
    values["source"] = str(asked.source or "")
    values["upload"] = str(upload.pk) if upload else ""
    seen = preview(data, asked.vm, asked.fstab) if data else None
    wanted = {volume.lv: volume for volume in asked.volumes}
    for number, row in enumerate(seen.volumes if seen else ()):
        if volume := wanted.get(row.lv):
            values[f"on-{number}"], values[f"at-{number}"] = "1", volume.mount_point
            values[f"mode-{number}"] = "rw" if volume.read_write else "ro"
    vm = vms_seen_by(actor).select_related("owner").filter(name=asked.vm).first()
    draft = _draft(
        actor, RecoveryForm(values, actor=actor), vm, asked.host, upload, seen, _rows(values, seen, same=True)
    )
    _judge(actor, draft)
    return draft


def fstab_of(typed: str) -> str:
    """A pasted fstab as it is kept; what is none stays as it is, for the request to say what is wrong with it."""
    try:
        return decode_fstab(typed.encode("utf-8", "surrogateescape"))
    except (FstabError, UnicodeEncodeError):
        return typed


def known_facts(host: Host | None) -> Mapping[str, Json] | None:
    """What the host last said to this kind."""
    return facts_in(HostFacts.objects.filter(host=host).first() if host else None)


def facts_in(kept: HostFacts | None) -> Mapping[str, Json] | None:
    """This kind's part of what is kept; None if nothing is, or in the words of another version of Regroup."""
    facts = (kept.facts or {}).get(KIND.key) if kept else None
    try:
        Facts.from_json(facts or {})
    except (KeyError, TypeError, ValueError):
        return None
    return facts


def _draft(
    actor: Actor,
    form: RecoveryForm,
    vm: Vm | None,
    host: str,
    upload: Upload | None,
    seen: Preview | None,
    rows: list[Row],
) -> Draft:
    chosen = hosts_seen_by(actor).select_related("vm").filter(name=host).first()
    facts = known_facts(chosen)
    found = copies(chosen.name, facts)[:MOST_COPIES] if chosen and facts else ()
    form.fields["copy"].choices = [("", "Choose one"), *((copy.source, copy.told) for copy in found)]  # type: ignore[attr-defined]
    return Draft(form, vm, chosen, upload, seen, rows, facts)


def suggested_name(seen: Preview | None, vm: Vm | None, blind: object) -> str:
    """A name for the group: from the file, or from the VM where the old name is known only when the plan is made."""
    if seen and seen.new_name:
        return visible(seen.new_name)
    return suggest_vg_name(vm.name, "old") if vm and blind else ""


def _suggest(values: QueryDict, data: QueryDict, seen: Preview | None, vm: Vm | None, final: bool) -> None:
    """A name, where none is typed yet or the one there is what was suggested for another VM or file."""
    blind = data.get("disk", "").strip() or values.get("source", "").strip()
    typed, name = data.get("new_vg", "").strip(), suggested_name(seen, vm, blind)
    if name and (typed == data.get("suggested", "") if typed else not final):
        values["new_vg"] = name


def _rows(values: QueryDict, seen: Preview | None, *, same: bool) -> list[Row]:
    """The file's volumes; with what was chosen for them if that was for the same file."""
    rows = []
    for number, volume in enumerate(seen.volumes if seen else ()):
        typed = values.get(f"at-{number}", "").strip()
        before = values.get(f"was-{number}") or default_mount_point(values.get("for_vm", ""), volume.lv)
        keep = same and typed and typed != before
        rows.append(
            Row(
                number=number,
                lv=volume.lv,
                size=volume.size,
                offered=volume.offered,
                note=volume.note,
                wanted=bool(values.get(f"on-{number}")) if same else volume.offered,
                mount_point=typed if keep else volume.mount_point,
                read_write=same and values.get(f"mode-{number}") == "rw",
                suggested=volume.mount_point,
                old=volume.old,
            )
        )
    return rows


def _judge(actor: Actor, draft: Draft) -> None:
    """Write everything that is wrong to the field where it is wrong."""
    form = draft.form
    form.full_clean()
    if not draft.final:
        for name in [name for name in form.errors if not form[name].value()]:
            del form.errors[name]
    for row in draft.rows:
        row.error = visible(mount_point_problem(row.mount_point)) if row.wanted else ""
    wanted = source_of(str(form["source"].value() or ""))
    if wanted and not draft.upload and not hosts_seen_by(actor).filter(name=wanted.host).exists():
        form.add_error("source", f"Regroup knows no host called {visible(wanted.host)}. Write host:path.")
    if draft.vm and draft.host and draft.host.vm_id == draft.vm.pk:
        form.add_error("host", f"{draft.host} is the lost VM itself. Choose another host, one that runs.")
    found = draft.preview.problems if draft.preview and draft.preview.problems else check(draft.params(), draft.facts)
    volumes = []
    for name, sentences in found.items():
        if name == "volumes":
            volumes += [words for words in sentences if not words.startswith("Volume ")] if draft.is_read else []
        elif draft.final or _is_there(draft, name):
            _add(form, AT_FIELD.get(name, name), sentences)
    draft.volume_errors = tuple(volumes)


def _is_there(draft: Draft, name: str) -> bool:
    if name == "metadata":
        return draft.upload is not None
    return bool(draft.form[name].value()) if name in draft.form.fields else False


def _add(form: RecoveryForm, name: str | None, sentences: tuple[str, ...]) -> None:
    """Django's own error for the same field is enough."""
    if name is None or name not in form.errors:
        for words in sentences:
            form.add_error(name, visible(words))


def visible(text: str) -> str:
    """Text that can be sent: a byte of the file that is no UTF-8 is written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def problem_at(draft: Draft, name: str) -> str:
    """What is wrong at one field now, as it is typed: `new_vg`, or `at-<n>` for a mount point."""
    if name.startswith("at-"):
        return next((row.error for row in draft.rows if f"at-{row.number}" == name), "")
    errors: Any = draft.form.errors.get(name, ())
    return " ".join(str(error) for error in errors)
