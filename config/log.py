"""How a line of our logs looks: text for people, or one JSON object a line (REGROUP_LOG=json); never a secret. Pure.

Nobody logs a secret on purpose. What an error of a library quotes is masked here all the same: what looks like one,
and the values that settings know.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime

MASK = "•••"
LIKE_A_SECRET = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"(?i)(?<=://)[^\s/@]*:[^\s/@]+(?=@)"),
    re.compile(r"(?i)\bBearer\s+[\w.~+/=-]{8,}"),
    re.compile(r"\brgp_[\w-]{8,}"),
    re.compile(r"(?i)(?<=password[=:])\s*[^\s,;'\"]+"),
)
SHORTEST = 8
"""Characters below which a known value is a word like any other, and not masked."""


class Masked(logging.Formatter):
    """What both forms share: secrets that settings know, or that look like one, become •••."""

    def __init__(self, *, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        known = sorted({text for text in secrets if len(text) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def mask(self, text: str) -> str:
        """The text without secrets."""
        if self._known:
            text = self._known.sub(MASK, text)
        for pattern in LIKE_A_SECRET:
            text = pattern.sub(MASK, text)
        return text

    def said(self, record: logging.LogRecord) -> tuple[str, str]:
        """The message, and the traceback if there is one."""
        trace = self.formatException(record.exc_info) if record.exc_info else record.exc_text or record.stack_info or ""
        return self.mask(record.getMessage()), self.mask(trace)


class TextLine(Masked):
    """`2026-11-25 21:00:03,120 INFO execution.hands [#42 42-1f2e restore]: …`, and a traceback on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        about = " ".join(str(part) for part in (_number(record), *_ids(record).values()) if part)
        name = f"{record.name} [{about}]" if about else record.name
        message, trace = self.said(record)
        line = f"{self.formatTime(record)} {record.levelname} {name}: {message}"
        return f"{line}\n{trace}" if trace else line


class JsonLine(Masked):
    """One object a line: time (UTC), level, logger, message, process; change, run, step, exception where known."""

    def format(self, record: logging.LogRecord) -> str:
        message, trace = self.said(record)
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            "change": getattr(record, "change", None),
            **_ids(record),
            "process": os.getpid(),
            "exception": trace,
        }
        return json.dumps({name: value for name, value in told.items() if value not in (None, "")}, ensure_ascii=False)


def _ids(record: logging.LogRecord) -> dict[str, str | None]:
    return {name: getattr(record, name, None) for name in ("run", "step")}


def _number(record: logging.LogRecord) -> str:
    change = getattr(record, "change", None)
    return f"#{change}" if change else ""


def logging_of(form: str, secrets: Iterable[str]) -> dict[str, object]:
    """Django's LOGGING for `text` or `json`.

    As JSON nothing writes lines of its own: the server's and the queue's loggers are told to pass theirs on.
    """
    line = {"()": f"config.log.{'JsonLine' if form == 'json' else 'TextLine'}", "secrets": tuple(secrets)}
    loggers: dict[str, object] = {"paramiko": {"level": "WARNING"}, "django.request": {"level": "ERROR"}}
    if form == "json":
        passing: dict[str, object] = {"level": "INFO", "handlers": [], "propagate": True}
        loggers |= dict.fromkeys(("uvicorn", "uvicorn.error", "uvicorn.access", "celery"), passing)
        loggers["celery.beat"] = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"ids": {"()": "execution.log_ids.AddIds"}},
        "formatters": {"line": line},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["ids"]}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": loggers,
    }
