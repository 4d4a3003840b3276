"""Red Hat's initscripts: /etc/sysconfig/network-scripts, as the article has it. Pure.

Applied by ifup and ifdown, which hand over to NetworkManager by themselves where that one runs and the file does not
say NM_CONTROLLED=no. Tried only against a stand-in for ifup and ifdown; `read` and `write` cite the files' rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from networking.backends.ifcfg.read import PATTERNS, read
from networking.backends.ifcfg.write import remove, render
from networking.backends.protocol import Configured, Files, Written
from networking.backends.scripts import PRELUDE, agreed, opening, rebuild_reason, settled
from networking.backends.writing import changed
from networking.bonding.model import Bond
from networking.facts.values import Network

LOAD = """\
load() {
    have nmcli && nmcli -t general status >/dev/null 2>&1 || return 0
    for name in "$@"; do nmcli connection load "/etc/sysconfig/network-scripts/ifcfg-$name" || return 1; done
}
"""

RELOAD = """\
folder=/etc/sysconfig/network-scripts
value() { (unset "$2"; . "$1" >/dev/null 2>&1; eval "printf '%s' \\"\\${$2:-}\\""); }
listed() {
    for file in "$folder"/ifcfg-*; do
        case $file in *~ | *.bak | *.orig | *.rpmnew | *.rpmorig | *.rpmsave | */ifcfg-lo | *:*) continue ;; esac
        if [ -e "$file" ]; then printf '%s\\n' "${file##*/ifcfg-}"; fi
    done
}
if have nmcli && nmcli -t general status >/dev/null 2>&1; then nmcli connection reload; fi
for bond in $(bonds); do
    ours "$bond" || continue
    ifdown "$bond" >/dev/null 2>&1
    gone "$bond"
done
status=0
for name in $(listed); do
    device=$(value "$folder/ifcfg-$name" DEVICE)
    ours "${device:-$name}" || continue
    [ "$(value "$folder/ifcfg-$name" ONBOOT)" = yes ] || continue
    if [ "$(value "$folder/ifcfg-$name" SLAVE)" = yes ]; then continue; fi
    ifdown "$name" >/dev/null 2>&1
    bare "$name"
    ifup "$name" || status=1
    announced "${device:-$name}"
done
exit $status
"""


@dataclass(frozen=True, slots=True)
class Ifcfg:
    """The back-end, and what is written beyond the article's files.

    slaven    BONDING_SLAVE0 … for the reader: the article's author adds them; nothing on Red Hat reads them
    modprobe  RHEL 5 before 5.2: alias and options in /etc/modprobe.conf, since BONDING_OPTS was not read yet
    manager   TYPE=Bond and BONDING_MASTER=yes, by which NetworkManager knows a bond, instead of MASTER=yes
    """

    slaven: bool = False
    modprobe: bool = False
    manager: bool = False
    key: str = "ifcfg"
    title: str = "Red Hat initscripts (ifcfg)"
    patterns: tuple[str, ...] = PATTERNS

    def on(self, machine_id: str) -> Ifcfg:
        return self

    def read(self, files: Files) -> Configured:
        return read(files)

    def render(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, render(bond, files, slaven=self.slaven, modprobe=self.modprobe, manager=self.manager))

    def remove(self, bond: Bond, files: Files) -> tuple[Written, ...]:
        return changed(files, remove(bond, files))

    def apply(self, bond: Bond, now: Network) -> str:
        """initscripts write BONDING_OPTS only while a bond has no ports, so options alone go through sysfs."""
        names = '"$bond" $ports'
        if not rebuild_reason(bond, now):
            return f"{opening(bond)}{LOAD}load {names}\n{agreed(bond.options)}"
        return (
            f"{opening(bond)}{LOAD}"
            '[ ! -e "$sys" ] || ifdown "$bond" || die "ifdown $bond failed."\n'
            f"load {names} || die 'NetworkManager did not load the files.'\n"
            'for port in $ports; do ifdown "$port" >/dev/null 2>&1; bare "$port"; ip link set dev "$port" down; done\n'
            'ifup "$bond" || die "ifup $bond failed."\n'
            f"{settled(bond)}"
        )

    def reload(self) -> str:
        return PRELUDE + RELOAD
