"""netplan: /etc/netplan/*.yaml, rendered to networkd or NetworkManager. Pure; `read` and `write` cite the rules.

`netplan try` takes no bond with parameters, so the way back is Regroup's own. `netplan apply` leaves a running bond's
options as they were where networkd is older than 257 (systemd issue 36406): they go through sysfs.
"""

from __future__ import annotations

from networking.backends.netplan.read import PATTERNS, read
from networking.backends.netplan.write import remove, render
from networking.backends.protocol import Configured, Files, Written
from networking.backends.scripts import PRELUDE, agreed, opening, rebuild_reason, settled
from networking.backends.writing import changed
from networking.bonding.model import Bond
from networking.facts.values import Network

LIVE = """\
netplan generate || die 'netplan refused the files.'
if systemctl is-active --quiet systemd-networkd; then networkctl reload || die 'networkctl reload failed.'; fi
if systemctl is-active --quiet NetworkManager; then nmcli connection reload || die 'nmcli connection reload failed.'; fi
"""

TAKE = """\
netplan generate || die 'netplan refused the files.'
if [ -e "$sys" ]; then
    gone "$bond"
    systemctl try-restart systemd-networkd
fi
netplan apply || die 'netplan apply failed.'
"""

RELOAD = """\
netplan generate || die 'netplan refused the files.'
again= free=
for bond in $(bonds); do
    if ours "$bond"; then gone "$bond" && again=yes; fi
done
for nic in $(cards); do
    if ours "$nic"; then bare "$nic" && free="$free $nic"; fi
done
if [ -n "$again" ]; then systemctl try-restart systemd-networkd; fi
netplan apply || die 'netplan apply failed.'
for nic in $free; do announced "$nic"; done
"""


class Netplan:
    """The back-end."""

    key = "netplan"
    title = "netplan"
    patterns = PATTERNS

    def on(self, machine_id: str) -> Netplan:
        return self

    def read(self, files: Files) -> Configured:
        return read(files)

    def render(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, render(bond, files))

    def remove(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, remove(bond, files))

    def apply(self, bond: Bond, now: Network) -> str:
        if not rebuild_reason(bond, now):
            return f"{opening(bond)}{LIVE}{agreed(bond.options)}"
        return opening(bond) + TAKE + settled(bond)

    def reload(self) -> str:
        """A bond goes, and comes again after a restart if a file still says so."""
        return PRELUDE + RELOAD
