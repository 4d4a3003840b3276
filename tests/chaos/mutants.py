"""Faults that are put into the engine of one worker, each with what has to catch it (`test_mutants.py`)."""

from __future__ import annotations


def put(name: str) -> None:
    """From now on this process has the fault."""
    raise KeyError(name)
