"""The rules that a recovery's checks name. Each asks the host and answers with a sentence.

A rule is a function (args of the check, context) -> Verdict. `host` the running system · `files` our files ·
`disks` the old disk · `bare` one that lost its label · `group` the group under its new name · `mounts` the volumes ·
`counts` what is on them · `lasting` /etc/fstab.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from changes.kinds import Context, Verdict
from changes.plan import Check, Json
from recovery.judges import bare, counts, devices, disks, files, group, host, imported, lasting, mounts

Rule = Callable[[Mapping[str, Json], Context], Verdict]

ROOMS = (host, files, devices, disks, bare, group, imported, mounts, counts, lasting)

RULES: Mapping[str, Rule] = {name: rule for room in ROOMS for name, rule in room.RULES.items()}


def judge(check: Check, context: Context) -> Verdict:
    """The verdict on one check. Raises FactError or SessionError where the host cannot be asked."""
    return RULES[check.rule](check.args, context)
