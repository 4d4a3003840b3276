"""The script `kernel.sh` of a guard: the running kernel as it was, by `ip` alone. Pure.

The files are given back first and the network manager is asked; this is for what the manager leaves behind or does not
bring back, so that the way to the host never hangs on one program.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from networking.facts.values import KernelRoute, Network
from networking.scripts import script

PATIENCE = 10
"""Seconds that the manager is given to bring addresses back before they are set by hand."""


def kernel_script(now: Network, bond: str, devices: Sequence[str], live: str = "") -> str:
    """`clear` takes away a bond that is not there `now`; `mend` sets what is missing of the devices' addresses and
    routes. `live` is sh text that `clear` begins with."""
    there = now.bond(bond) is not None
    lines = [
        script("kernel.lib"),
        "clear() {",
        *(f"  {line}" for line in (live or ":").splitlines()),
        *([] if there else [f"  remove_bond {shlex.quote(bond)}"]),
        "}",
        "wanted() {",
        *(f"  {line}" for line in _wanted(now, [*devices, *([bond] if there else [])])),
        "}",
        f"patience={PATIENCE}",
        "case $1 in clear) clear ;; mend) mend ;; esac",
    ]
    return "\n".join(lines) + "\n"


def _wanted(now: Network, devices: Sequence[str]) -> Iterator[str]:
    yield ":"
    for name in devices:
        nic = now.nic(name)
        for address in nic.addresses if nic else ():
            if not address.lower().startswith("fe80:"):
                yield f"address {shlex.quote(name)} {shlex.quote(address)}"
    for route in now.routes:
        if route.device in devices and route.via:
            yield _route(route)


def _route(route: KernelRoute) -> str:
    return shlex.join(["route", route.to, route.via, route.device, str(route.metric or 0)])
