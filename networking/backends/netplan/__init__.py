"""netplan: /etc/netplan/*.yaml, rendered to networkd or NetworkManager. Pure; `read` and `write` cite the rules.

`netplan try` takes no bond with parameters, so the way back is Regroup's own. `netplan apply` leaves a running bond's
options as they were where networkd is older than 257 (systemd issue 36406): they go through sysfs. Where networkd alone
runs, it is asked to read what was generated, as `netplan apply` does in ten times as long.
"""

from __future__ import annotations

from networking.backends import networkd
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

GENERATE = """\
netplan generate || die 'netplan refused the files.'
# What `netplan apply` would do for networkd, without its seconds.
by_networkd() {
    systemctl is-active --quiet systemd-networkd && ! systemctl is-active --quiet NetworkManager
}
"""

TAKE = f"""\
{GENERATE}if by_networkd; then
{networkd.TAKE}else
    if [ -e "$sys" ]; then gone "$bond" && systemctl try-restart systemd-networkd; fi
    netplan apply || die 'netplan apply failed.'
fi
"""

RELOAD = f"""\
{GENERATE}if by_networkd; then
{networkd.RELOAD}else
    for bond in $(bonds); do
        if ours "$bond"; then gone "$bond" && systemctl try-restart systemd-networkd; fi
    done
    for nic in $(cards); do
        if ours "$nic"; then bare "$nic"; fi
    done
    netplan apply || die 'netplan apply failed.'
    for nic in $(cards); do
        if ours "$nic"; then announced "$nic"; fi
    done
fi
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
