"""Asks one host over a session: its facts, then what is in the initial file system that it would start."""

from __future__ import annotations

from readiness.facts.look import VERIFY_SECONDS, AskContents, AskReadiness
from readiness.judges.known import Known, boot_of
from ssh.facts import Ask


def known_of(ask: Ask, backup_days: float | None = None, verify_seconds: int = VERIFY_SECONDS) -> Known:
    """Two round trips at most. Raises FactError, and what the session raises."""
    facts = ask(AskReadiness(verify_seconds))
    boot = boot_of(facts)
    there = facts.kernels.image(boot.image) or facts.kernels.image(facts.kernels.links.get(boot.image, ""))
    version = boot.entry.version if boot.entry else ""
    contents = (
        ask(AskContents(there.path, version or facts.machine.kernel)) if there and not facts.machine.container else None
    )
    return Known(facts, boot, contents, backup_days)
