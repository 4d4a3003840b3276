"""Whether this worker is asked to end, so that its runs are handed over at the next place where that costs nothing.

The word is one byte of memory that a worker shares with the processes it forks: its main process hears the signal,
its children do the work.
"""

from __future__ import annotations

import mmap

_word: mmap.mmap | None = None


class HandedOver(Exception):
    """This worker ends; another one goes on with the run, from what is stored and what the host says."""


def begin() -> None:
    """A worker starts: what an earlier one was asked, whose memory we were forked with, says nothing of ours."""
    global _word
    _word = mmap.mmap(-1, 1)


def ask() -> None:
    """This worker, and every process that it forked, is to end."""
    if _word is not None:
        _word[0] = 1


def asked() -> bool:
    return _word is not None and _word[0] == 1


def check() -> None:
    """Raise HandedOver where this worker is to end."""
    if asked():
        raise HandedOver("This worker is asked to end.")
