"""What each outcome of an unknown step would mean, and what is safe then. Pure words."""

from __future__ import annotations

from dataclasses import dataclass

from execution.looking import AT_WORK, CANNOT_TELL, DONE, NOT_DONE


@dataclass(frozen=True, slots=True)
class Outcome:
    """key as `execution.models.Look.outcome` has it."""

    key: str
    glyph: str
    word: str
    meaning: str
    safe: str


OUTCOMES = (
    Outcome(
        DONE,
        "✔",
        "Done",
        "Its effect is on the host, whatever became of its exit code.",
        "Go by what the host says: the step counts as done, and the run goes on with the next one.",
    ),
    Outcome(
        NOT_DONE,
        "✖",
        "Not done",
        "Its command is over or never began, and its effect is not there.",
        "Go by what the host says: the step has failed. Then resume tries it again, and undo takes the others back.",
    ),
    Outcome(
        AT_WORK,
        "▶",
        "Still at work",
        "Its command runs on the host at this moment.",
        "Go by what the host says: it is followed to its end. Nothing is started a second time.",
    ),
    Outcome(
        CANNOT_TELL,
        "?",
        "Cannot be told",
        "The host does not answer, or what it answers does not show the effect.",
        "Mend the way to the host and look again. Where its command is over and you know more than the host "
        "can say, say yourself how it ended. Only where that is no use, close it with a reason: say what is true on "
        "the host. Nothing is sent to it any more.",
    ),
)
