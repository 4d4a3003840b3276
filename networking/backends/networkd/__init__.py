"""systemd-networkd: .netdev and .network files under /etc/systemd/network. Pure; `read` and `write` cite the rules.

Options of a bond that runs are read again by networkd from systemd 257 on only (systemd issue 36406), and a .netdev
whose device is gone is made again only by a restart. So options go through sysfs, and a rebuild restarts networkd.
"""

from __future__ import annotations

from networking.backends.networkd.read import PATTERNS, read
from networking.backends.networkd.write import remove, render
from networking.backends.protocol import Configured, Files, Written
from networking.backends.scripts import PRELUDE, agreed, opening, rebuild_reason, settled
from networking.backends.writing import changed
from networking.bonding.model import Bond
from networking.facts.values import Network

OLDEST = 245
"""The first systemd with PermanentMACAddress=; an older one would ignore it, and the file would match every link."""

VERSION = f"""\
version=$(networkctl --version | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p')
[ "${{version:-0}}" -ge {OLDEST} ] || die "systemd ${{version:-?}} does not know PermanentMACAddress=; nothing is done."
"""

TAKE = """\
if [ -e "$sys" ]; then
    gone "$bond"
    systemctl restart systemd-networkd
else
    networkctl reload
fi || die 'systemd-networkd did not take the files.'
patient 10 enslaved || networkctl reconfigure $ports
"""

RELOAD = """\
again= free=
for bond in $(bonds); do
    if ours "$bond"; then gone "$bond" && again=yes; fi
done
for nic in $(cards); do
    if ours "$nic"; then bare "$nic" && free="$free $nic"; fi
done
if [ -z "$again" ] && networkctl reload; then
    networkctl reconfigure $free
else
    systemctl restart systemd-networkd
fi || die 'systemd-networkd did not take the files.'
online() {
    networkctl --no-legend list $free |
        awk '$3 ~ /^(ether|bond)$/ && $5 ~ /^(pending|configuring)$/ { bad = 1 } END { exit bad }'
}
patient 20 online
for nic in $free; do announced "$nic"; done
"""


class Networkd:
    """The back-end."""

    key = "networkd"
    title = "systemd-networkd"
    patterns = PATTERNS

    def on(self, machine_id: str) -> Networkd:
        return self

    def read(self, files: Files) -> Configured:
        return read(files)

    def render(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, render(bond, files))

    def remove(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, remove(bond, files))

    def apply(self, bond: Bond, now: Network) -> str:
        start = opening(bond) + VERSION
        if not rebuild_reason(bond, now):
            return f"{start}networkctl reload || die 'networkctl reload failed.'\n{agreed(bond.options)}"
        return start + TAKE + settled(bond)

    def reload(self) -> str:
        """A bond goes, and comes again by a restart if a file still says so; else it is enough to read the files."""
        return PRELUDE + RELOAD
