"""The last step: count what is on the mounted volumes, for the report."""

from __future__ import annotations

from changes.plan import Call, Check, Step
from recovery.scripts import script
from recovery.steps import Recovery, mounts, volume_rows

PATIENCE = 300
"""Seconds for all volumes together; what is not counted by then is said not to be."""


def count(recovery: Recovery) -> Step:
    pairs = (word for step in mounts(recovery) for word in (step.key, str(step.verify[0].args["mount_point"])))
    return Step(
        key="count",
        title="Count what is on each volume, for the report",
        why=(
            "Files, directories and bytes, and what could not be read, so that the owner can compare with what was"
            f" lost. It reads only, for {PATIENCE // 60} minutes at most; a count that is not whole says so and fails"
            " nothing."
        ),
        host=recovery.host,
        command=Call(("{run_dir}", str(PATIENCE), *pairs), script=script("count_files"), timeout=PATIENCE + 30),
        verify=(
            Check(
                "counted",
                "The volumes are still mounted; what was counted is kept.",
                {"volumes": volume_rows(recovery)},
            ),
        ),
        always_run=True,
        no_undo="Only reads.",
    )
