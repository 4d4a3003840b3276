"""What changes on a host, and how its files are then."""

from __future__ import annotations

from collections.abc import Iterable

from networking.backends.protocol import Files, Written


def changed(files: Files, written: Iterable[Written]) -> tuple[Written, ...]:
    """Only what differs from the host's files, in the order of paths; removals first where a path is written twice."""
    last = {item.path: item for item in written}
    return tuple(item for path, item in sorted(last.items()) if files.get(path) != item.text)


def after(files: Files, written: Iterable[Written]) -> dict[str, str]:
    """The host's files once `written` is."""
    result = dict(files)
    for item in written:
        if item.text is None:
            result.pop(item.path, None)
        else:
            result[item.path] = item.text
    return result
