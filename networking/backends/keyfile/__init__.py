"""NetworkManager: profiles under /etc/NetworkManager/system-connections. Pure; `read` and `write` cite the rules.

A changed profile is loaded, and no more: `nmcli device reapply` would write the primary anew and so move traffic
(nm-device-bond.c, reapply_connection). Options go through sysfs, and the profile says the same at the next start.
A new profile starts by itself when it is loaded, and takes its ports along. To start it once more in that moment takes
it down again, and the new device away under it; so that is done only where it does not start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from shlex import quote

from networking.backends.inifile import read_ini
from networking.backends.keyfile.read import PATTERNS, read
from networking.backends.keyfile.write import port_path, remove, render
from networking.backends.protocol import Configured, Files, Written
from networking.backends.scripts import PRELUDE, agreed, opening, rebuild_reason, settled
from networking.backends.writing import changed
from networking.bonding.model import Bond
from networking.facts.values import Network

DOWN = """\
if [ -e "$sys" ]; then
    nmcli connection down uuid "$uuid" >/dev/null 2>&1
    gone "$bond"
fi
"""

UP = """\
started() { case $(nmcli -g GENERAL.STATE connection show uuid "$1") in activat*) ;; *) return 1 ;; esac; }
start() { started "$1" || nmcli --wait 45 connection up uuid "$1" || die "$bond: the profile $1 did not come up."; }
patient 2 started "$uuid" || nmcli --wait 0 connection up uuid "$uuid" || die "$bond did not start."
patient 20 enslaved || for port in $port_uuids; do start "$port"; done
nmcli connection reload
"""

RELOAD = """\
for bond in $(bonds); do
    if ours "$bond"; then gone "$bond"; fi
done
for nic in $(cards); do
    if ours "$nic"; then bare "$nic"; fi
done
systemctl restart NetworkManager || die 'NetworkManager did not start again.'
nm-online -s -q -t 60
asleep() { nmcli -t -f UUID,TYPE,AUTOCONNECT,ACTIVE connection show | sed -n "s/^\\([^:]*\\):$1:yes:no$/\\1/p"; }
named() { nmcli -g connection.interface-name connection show uuid "$1"; }
status=0
for type in bond 802-3-ethernet; do
    for uuid in $(asleep "$type"); do
        name=$(named "$uuid")
        if [ -z "$name" ] || ours "$name"; then nmcli --wait 45 connection up uuid "$uuid" || status=1; fi
    done
done
for nic in $(bonds) $(cards); do
    if ours "$nic"; then announced "$nic"; fi
done
exit $status
"""


@dataclass(frozen=True, slots=True)
class Keyfile:
    """The back-end. `host` goes into the UUIDs of new profiles: the host's machine-id."""

    host: str = ""
    key: str = "keyfile"
    title: str = "NetworkManager"
    patterns: tuple[str, ...] = PATTERNS

    def on(self, machine_id: str) -> Keyfile:
        return replace(self, host=machine_id)

    def read(self, files: Files) -> Configured:
        return read(files)

    def render(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, render(bond, files, self.host))

    def remove(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, remove(bond, files, self.host))

    def apply(self, bond: Bond, now: Network) -> str:
        """The bond comes up beside the NIC, which changes hands last; then the old profile is forgotten."""
        profiles = self._profiles(bond, now)
        paths = " ".join(map(quote, profiles))
        load = f"nmcli connection load {paths} || die 'NetworkManager refused a profile.'\n"
        if not rebuild_reason(bond, now):
            return f"{opening(bond)}{load}{agreed(bond.options)}"
        wanted = [port_path(bond, port) for port in bond.ports]
        uuid = next(uuid for path, uuid in profiles.items() if path not in wanted)
        named = f"uuid={uuid}\nport_uuids={quote(' '.join(profiles[path] for path in wanted))}\n"
        return f"{opening(bond)}{named}{DOWN}{load}{UP}{settled(bond)}"

    def _profiles(self, bond: Bond, now: Network) -> dict[str, str]:
        """Path → UUID, as `render` writes them."""
        files = {file.path: file.text for file in now.files}
        return {
            item.path: read_ini(item.text).get("connection", "uuid")
            for item in render(bond, files, self.host)
            if item.text is not None
        }

    def reload(self) -> str:
        """Its bond goes, and comes again if a profile still says so."""
        return PRELUDE + RELOAD
