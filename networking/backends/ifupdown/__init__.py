"""Debian's ifupdown with ifenslave: /etc/network/interfaces and what it sources. Pure; the modules cite the rules.

ifup and ifdown act on what they remember (/run/network/ifstate), not on what is: `--force` and a flush put both right.
"""

from __future__ import annotations

from networking.backends.ifupdown.read import read
from networking.backends.ifupdown.text import PATTERNS
from networking.backends.ifupdown.write import remove, render
from networking.backends.protocol import Configured, Files, Written
from networking.backends.scripts import PRELUDE, agreed, opening, rebuild_reason, settled
from networking.backends.writing import changed
from networking.bonding.model import Bond
from networking.facts.values import Network

CREATE = """\
have ifenslave || [ -x /etc/network/if-pre-up.d/ifenslave ] || have ifreload ||
    die 'The package ifenslave is missing: ifup would ignore every bond- line. Nothing was done.'
if [ -e "$sys" ]; then
    ifdown --force "$bond" >/dev/null 2>&1
    gone "$bond"
fi
for port in $ports; do
    ifdown --force "$port" >/dev/null 2>&1
    bare "$port"
    ip link set dev "$port" down
done
ifdown --force "$bond" >/dev/null 2>&1
ifup --force "$bond" || die "ifup $bond failed."
"""

RELOAD = """\
for bond in $(bonds); do
    ours "$bond" || continue
    ifdown --force "$bond" >/dev/null 2>&1
    gone "$bond"
done
status=0
listed() {
    for name in $({ ifquery --list --allow=auto; ifquery --list --allow=hotplug; } 2>/dev/null | sort -u); do
        if [ "$name" != lo ] && ours "${name%%:*}"; then printf '%s\\n' "$name"; fi
    done
}
names=$(listed)
for name in $names; do
    ifdown --force "$name" >/dev/null 2>&1
    bare "$name"
done
for name in $names; do ifup --force "$name" || status=1; done
for name in $names; do announced "$name"; done
exit $status
"""


class Ifupdown:
    """The back-end."""

    key = "ifupdown"
    title = "Debian ifupdown"
    patterns = PATTERNS

    def on(self, machine_id: str) -> Ifupdown:
        return self

    def read(self, files: Files) -> Configured:
        return read(files)

    def render(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, render(bond, files))

    def remove(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, remove(bond, files))

    def apply(self, bond: Bond, now: Network) -> str:
        """Nothing reads the files while a bond runs, so options alone need sysfs and no more."""
        if not rebuild_reason(bond, now):
            return opening(bond) + agreed(bond.options)
        return opening(bond) + CREATE + settled(bond)

    def reload(self) -> str:
        """Its bond goes, and what the files bring up by themselves of bond and ports starts from nothing."""
        return PRELUDE + RELOAD
