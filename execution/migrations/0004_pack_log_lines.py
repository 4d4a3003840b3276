from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.db import migrations

from execution import chunks

FIELDS = ("run_id", "step_id", "attempt", "stream", "at")
BATCH = 200


def pack(apps: Any, schema_editor: Any) -> None:
    """Every line as it is, with its number; what was written in one moment lies together from now on."""
    lines, rows = apps.get_model("execution", "LogLine"), apps.get_model("execution", "LogChunk")
    batch = []
    for row in _packed(lines.objects.order_by("run", "seq").iterator(chunk_size=2000)):
        batch.append(rows(**row))
        if len(batch) == BATCH:
            rows.objects.bulk_create(batch)
            batch = []
    rows.objects.bulk_create(batch)


def _packed(lines: Any) -> Iterator[dict[str, Any]]:
    for alike, group in groupby(lines, lambda line: tuple(getattr(line, name) for name in FIELDS)):
        piece: list[Any] = []
        for line in group:
            if piece and (len(piece) == chunks.LINES or line.seq != piece[-1].seq + 1):
                yield _row(alike, piece)
                piece = []
            piece.append(line)
        yield _row(alike, piece)


def _row(alike: tuple[Any, ...], piece: list[Any]) -> dict[str, Any]:
    body = chunks.pack([line.text.replace("\0", "") for line in piece])
    return {**dict(zip(FIELDS, alike, strict=True)), "first": piece[0].seq, "last": piece[-1].seq, "body": body}


def unpack(apps: Any, schema_editor: Any) -> None:
    lines, rows = apps.get_model("execution", "LogLine"), apps.get_model("execution", "LogChunk")
    for row in rows.objects.order_by("run", "last").iterator(chunk_size=BATCH):
        alike = {name: getattr(row, name) for name in FIELDS}
        lines.objects.bulk_create(
            lines(seq=seq, text=text, **alike) for seq, text in enumerate(chunks.unpack(row.body), row.first)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("execution", "0003_log_chunks"),
    ]

    operations = [
        migrations.RunPython(pack, unpack),
    ]
