"""A site's own command that attaches or detaches an old disk, run from the web process. No shell is involved."""

from __future__ import annotations

import shlex
import subprocess

from execution.text import printable
from inventory.names import NAME

TIMEOUT = 60
MOST = 300


class AttachFailed(Exception):
    """It did not work; the message is the sentence."""


def run_site_command(template: str, *, host: str, vm: str) -> str:
    """Run the command with `{host}` and `{vm}` filled in; its last line. Raises AttachFailed."""
    for name in (host, vm):
        if not NAME.fullmatch(name):
            raise AttachFailed(f"{name!r} is no machine name, so the command was not run.")
    words = [word.replace("{host}", host).replace("{vm}", vm) for word in shlex.split(template)]
    try:
        done = subprocess.run(  # noqa: S603 - the site's own words; names are checked above, and no shell reads them
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise AttachFailed(
            f"The site’s command did not end within {TIMEOUT} s and was stopped. Look at the hypervisor first."
        ) from None
    except OSError as error:
        raise AttachFailed(f"The site’s command {words[0]} cannot be started: {error.strerror}.") from error
    said = last_line(done.stderr) or last_line(done.stdout)
    if done.returncode:
        raise AttachFailed(f"The site’s command ended with {done.returncode}: {said or 'it said nothing'}.")
    return last_line(done.stdout)


def last_line(text: str) -> str:
    """The last line that says something, as plain text of 300 characters at most."""
    return next((printable(line.strip())[:MOST] for line in reversed(text.splitlines()) if line.strip()), "")
