"""What only a recovery has: asking for one, asking otherwise, and the site's own commands for its disk."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from ninja.errors import HttpError

from api.auth import seer, user_of
from api.changes import OK, ChangeWhole, change_of, planned, whole
from api.once import apart
from api.problems import REFUSALS, FieldErrors
from changes.models import Change
from changes.services import Request, change_create, change_edit
from execution.doorbell import ring_plan
from inventory.models import Host, Vm
from inventory.selectors import host_by_name, vm_by_name
from people.actor import Actor
from recovery import request as recovery
from recovery.forms import known_facts
from recovery.fstab import FstabError, decode_fstab
from recovery.handback.asking import wish_for
from recovery.handback.views import asked
from recovery.handback.wish import NothingToHandBack
from recovery.kind import KIND
from recovery.lvm.metadata import MetadataError
from recovery.lvm.upload import decode_upload
from recovery.preview import copies, preview
from recovery.site import disk_attach, disk_detach
from recovery.telling import NothingToReport, report_of, report_page

router = Router(tags=["recovery"])


class VolumeIn(Schema):
    lv: str
    mount_point: str = ""
    read_write: bool = False


class SourceIn(Schema):
    """A file with LVM's text metadata on a host of the inventory, as that host sees it."""

    host: str
    path: str


class RecoveryIn(Schema):
    """`metadata` is the text of the old VM's /etc/lvm/backup/<group>, or `disk` names the old disk, attached already,
    by serial number, WWN or SCSI address: then the plan is made from what stands on it, and `volumes` may be empty.
    `metadata_base64` is the file as it is, byte for byte, and is read like an upload on the page.
    `source` names a file on a host instead, where the backup system restored it or LVM keeps its archive; it is read
    when the plan is made.
    `fstab` is the text of the old VM's /etc/fstab: a volume without a mount point gets the one that it suggests, and
    where `volumes` is empty, all that can be mounted are. `fstab_from_disk` reads it from the attached disk
    itself, where `volumes` is empty.
    `strategy` is Regroup's to choose, but for `restore` with a file for a disk whose metadata is damaged, and `relabel`
    with a file for a disk whose LVM label is gone: the last resort, which writes a new label.
    `lasting` has the host mount the volumes again after a restart, by lines in its /etc/fstab; only with `disk`."""

    vm: str
    host: str
    metadata: str = ""
    metadata_base64: str = ""
    source: SourceIn | None = None
    fstab: str = ""
    new_vg: str
    volumes: list[VolumeIn] = []
    reason: str
    ticket: str = ""
    file_name: str = ""
    disk: str = ""
    strategy: Literal["", "restore", "rename", "import", "relabel"] = ""
    lasting: bool = False
    fstab_from_disk: bool = False
    attach_deadline: int = recovery.DEADLINE


class CopyOut(Schema):
    """A file with LVM's text metadata on a host, as `source` of a recovery would name it. `created` in seconds since
    1970; `is_own` where the host has that very group, so that restoring it would change the running system."""

    source: SourceIn
    group: str
    uuid: str
    seqno: int
    created: int
    description: str
    is_own: bool


@router.get(
    "/recovery/copies", response={200: list[CopyOut], **REFUSALS}, summary="LVM's own copies of metadata on a host"
)
def recovery_copies(request: HttpRequest, host: str) -> list[dict[str, Any]]:
    """From /etc/lvm/archive and /etc/lvm/backup, as the host last said; `POST /hosts/{name}/facts` asks it anew."""
    row = _known(request, "host", host_by_name, host)
    return [
        {**copy.archive.to_json(), "source": {"host": row.name, "path": copy.archive.path}, "is_own": copy.is_own}
        for copy in copies(row.name, known_facts(row) or {})
    ]


@router.post("/recovery", response={201: ChangeWhole, **REFUSALS}, summary="Request a recovery and plan it")
def recovery_create(request: HttpRequest, body: RecoveryIn) -> Status[Any]:
    change = change_create(user_of(request), _asked(request, body))
    ring_plan(change)
    return Status(201, whole(planned(change)))


class HandBackIn(Schema):
    """`recovery` is the number of a recovery that succeeded, or was closed; the rest is known from it."""

    recovery: int
    reason: str
    ticket: str = ""


@router.post("/handback", response={201: ChangeWhole, **REFUSALS}, summary="Request a hand back and plan it")
def handback_create(request: HttpRequest, body: HandBackIn) -> Status[Any]:
    """Its volumes are unmounted, its group gets its old name back, and the host lets go of the disk."""
    if not body.reason.strip():
        raise FieldErrors({"reason": ["Say why this is needed; approvers and auditors read it."]})
    try:
        wish = wish_for(_recovery(request, body.recovery))
    except Change.DoesNotExist as error:
        raise FieldErrors({"recovery": [f"There is no recovery #{body.recovery}."]}) from error
    except NothingToHandBack as nothing:
        raise FieldErrors({"recovery": [str(nothing)]}) from nothing
    change = change_create(user_of(request), asked(wish, body.reason, body.ticket))
    ring_plan(change)
    return Status(201, whole(planned(change)))


@router.put("/{number}/recovery", response=OK, summary="Ask for something else; it is planned anew")
def recovery_edit(request: HttpRequest, number: int, body: RecoveryIn) -> dict[str, Any]:
    """Back to a draft: approvals so far named another plan."""
    change = change_edit(user_of(request), _recovery(request, number), _asked(request, body))
    ring_plan(change)
    return whole(planned(change))


@router.post("/{number}/attach", response=OK, summary="Attach the old disk by the site's command, and confirm it")
@apart
def attach(request: HttpRequest, number: int) -> dict[str, Any]:
    disk_attach(user_of(request), _recovery(request, number))
    return whole(change_of(request, number))


@router.post(
    "/{number}/detach",
    response=OK,
    summary="Detach the old disk by the site's command, after the undo or the hand back",
)
@apart
def detach(request: HttpRequest, number: int) -> dict[str, Any]:
    disk_detach(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


PAGE = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}


@router.get(
    "/{number}/report",
    response={200: dict[str, Any], **REFUSALS},
    openapi_extra={"responses": PAGE},
    summary="What was recovered, from what, by whom",
)
def recovery_report(request: HttpRequest, number: int, format: Literal["json", "html"] = "json") -> Any:
    """Of a run that has begun, however it ended. `format=html` gives a page that needs nothing else."""
    try:
        report = report_of(_recovery(request, number))
    except NothingToReport as nothing:
        raise HttpError(409, str(nothing)) from nothing
    if format == "html":
        return HttpResponse(report_page(report))
    return report.to_json()


def _asked(request: HttpRequest, body: RecoveryIn) -> Request:
    """The body as a request, checked by itself. Raises FieldErrors."""
    host, vm = _known(request, "host", host_by_name, body.host), _known(request, "vm", vm_by_name, body.vm)
    metadata, fstab = _metadata(body), _fstab(body)
    suggested = {row.lv: row.mount_point for row in preview(metadata, vm.name, fstab).volumes} if fstab else {}
    wanted = recovery.Request(
        vm=vm.name,
        host=host.name,
        metadata=metadata,
        new_vg=body.new_vg,
        volumes=tuple(
            recovery.Volume(
                v.lv,
                v.mount_point or suggested.get(v.lv) or recovery.default_mount_point(vm.name, v.lv),
                v.read_write,
            )
            for v in body.volumes
        ),
        file_name=body.file_name,
        reason=body.reason,
        ticket=body.ticket,
        attach_deadline=body.attach_deadline,
        disk=body.disk.strip(),
        strategy=body.strategy,
        lasting=body.lasting,
        fstab_from_disk=body.fstab_from_disk,
        fstab=fstab,
        source=_source(request, body),
    )
    errors: dict[str, list[str]] = {}
    for problem in recovery.problems(wanted):
        errors.setdefault(problem.field, []).append(problem.sentence)
    if not body.reason.strip():
        errors["reason"] = ["Say why this is needed; approvers and auditors read it."]
    if host.vm_id == vm.pk:
        errors.setdefault("host", []).append(f"{host} is the lost VM itself. Choose another host, one that runs.")
    if errors:
        raise FieldErrors(errors)
    return Request(KIND.key, wanted.to_json(), host.pk, vm.pk, body.reason, body.ticket)


def _metadata(body: RecoveryIn) -> str:
    """The backup file's text. Raises FieldErrors where the bytes are something else."""
    if not body.metadata_base64:
        return body.metadata
    try:
        return decode_upload(base64.b64decode(body.metadata_base64, validate=True))
    except MetadataError as error:
        raise FieldErrors({"metadata": [error.message]}) from error
    except ValueError as error:
        raise FieldErrors({"metadata_base64": ["This is no base64; send the file's bytes encoded."]}) from error


def _source(request: HttpRequest, body: RecoveryIn) -> recovery.Source | None:
    """The file on a host, if one is named. Raises FieldErrors for a host that is not known."""
    if body.source is None:
        return None
    return recovery.Source(_known(request, "source", host_by_name, body.source.host).name, body.source.path)


def _fstab(body: RecoveryIn) -> str:
    """The old fstab's text as it is kept. Raises FieldErrors where it is something else."""
    try:
        return decode_fstab(body.fstab.encode("utf-8", "backslashreplace"))
    except FstabError as error:
        raise FieldErrors({"fstab": [str(error)]}) from error


def _recovery(request: HttpRequest, number: int) -> Change:
    """The change of this number, if it is a recovery. Raises Change.DoesNotExist."""
    change = change_of(request, number)
    if change.kind != KIND.key:
        raise Change.DoesNotExist
    return change


Row = TypeVar("Row", Host, Vm)


def _known(request: HttpRequest, field: str, find: Callable[[str, Actor], Row], name: str) -> Row:
    try:
        return find(name, seer(request))
    except ObjectDoesNotExist as error:
        raise FieldErrors({field: [f"Regroup knows no {field} called {name!r}; add it first."]}) from error
