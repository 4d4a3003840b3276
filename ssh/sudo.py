"""Recognise that `sudo -n` refused, and say what to do about it.

The words are those of sudo 1.8.6 (RHEL 6) to 1.9.16, in English: commands set LC_ALL=C
before sudo.
"""

from __future__ import annotations

import re

from ssh.session import Result, SudoRefused

HINT = "Add to /etc/sudoers.d/regroup: {user} ALL=(root) NOPASSWD: ALL"

REFUSALS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), sentence)
    for pattern, sentence in (
        (
            r"^sudo: sorry, you must have a tty to run sudo",
            "sudo on {name} wants a terminal (requiretty). Add: Defaults:{user} !requiretty",
        ),
        (
            r"^sudo: (sorry, )?a (password|terminal) is required|^sudo: no tty present and no askpass",
            "sudo on {name} wants a password from {user}. {hint}",
        ),
        (
            r"^Sorry, user \S+ (is not allowed to execute|may not run sudo)",
            "sudo on {name} does not allow {user} to run this. {hint}",
        ),
        (
            r"^\S+ is not (in the sudoers file|allowed to run sudo)",
            "{user} is not in sudoers on {name}. {hint}",
        ),
        (
            r"^(sudo: )?(effective uid is not 0|\S+sudo must be owned by uid 0|The .no new privileges. flag)",
            "sudo on {name} cannot become root: it is not installed setuid root, or the login forbids it.",
        ),
        (
            r"^sudo: (account validation failure|PAM (account|authentication)|Account or password is exp)",
            "sudo on {name} refuses the account of {user}: it is locked or expired.",
        ),
        (
            r"^sudo: (\S+ is (owned by|world writable|group writable)|parse error|no valid sudoers sources)"
            r"|syntax error, quitting",
            "sudo on {name} cannot read its own rules; mend them with visudo.",
        ),
    )
)
MISSING = re.compile(r"^env: \W*sudo\W*:", re.MULTILINE)  # env speaks the login's language: not its words


def check(result: Result, name: str, user: str) -> None:
    """Raises SudoRefused where the answer is sudo's own refusal: then the command was not run."""
    if result.status == 0 or result.stdout:
        return
    if result.status == 127 and MISSING.search(result.error_text):
        raise SudoRefused(f"sudo is not installed on {name}. Install it, or sign in as root.")
    if result.status != 1:
        return
    for pattern, sentence in REFUSALS:
        if pattern.search(result.error_text):
            raise SudoRefused(sentence.format(name=name, user=user, hint=HINT.format(user=user)))
