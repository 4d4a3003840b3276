"""What the lab raises: each error is one sentence a person can act on."""

from __future__ import annotations


class LabError(Exception):
    """The lab could not do what was asked; the message says what to do about it."""


class LabUnavailable(LabError):
    """This machine lacks something the lab needs (a program, a built image); nothing was tried."""
