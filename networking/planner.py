"""Plans a bond on a host, or says why not. Pure: the same request and facts give the same digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from changes.plan import Json, Plan, Refusal
from networking.backends.protocol import Backend, Unrenderable
from networking.backends.scripts import rebuild_reason
from networking.bonding.model import Addressing, Bond, Port, problems
from networking.facts.values import Network
from networking.owning import NoOwner, Owner, files_of, owner_of
from networking.probes import probes_of
from networking.refusals import lasting, refusals, unfit, unwritable, warnings
from networking.request import Request, request_problems
from networking.steps import Change, steps_of

KIND, VERSION = "bond", 1


def plan(params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
    """The plan for a request on a host, or the refusal."""
    try:
        request = Request.from_json(params)
    except ValueError as error:
        return Refusal((str(error),))
    said = list(request_problems(request))
    if said:
        return Refusal(tuple(problem.sentence for problem in said), said[0].field)
    network = Network.from_json(facts)
    reasons = [*unfit(request, network)]
    if reasons:
        return Refusal(tuple(reasons))
    try:
        owner = owner_of(network, [port.name for port in request.bond.ports] + [request.bond.name])
    except NoOwner as no:
        return Refusal((str(no),))
    before = owner.bond(request.bond.name) if request.existing else None
    if request.existing and network.bond(request.bond.name) and before is None:
        return Refusal(
            (
                f"{request.bond.name} runs on {request.host}, but no file of {owner.backend.title} says so: it would be"
                " gone after a boot, and there is nothing to go back to. Write its files by hand first.",
            )
        )
    bond = resolved(request, network, owner, before)
    reasons = [*refusals(bond, network, owner)] or [*problems(bond)]
    if reasons:
        return Refusal(tuple(reasons))
    return _plan(request, bond, before, network, owner)


def resolved(request: Request, network: Network, owner: Owner, before: Bond | None) -> Bond:
    """The bond with what only the host knows: permanent addresses, and the addressing that moves to it."""
    nics = {port.name: network.nic(port.name) for port in request.bond.ports}
    ports = tuple(Port(name, nic.permanent_address if nic else "") for name, nic in nics.items())
    addressing = request.addressing or (before.addressing if before else _moved(request, network, owner))
    mtu = request.bond.mtu if request.bond.mtu is not None else (before.mtu if before else None)
    return replace(request.bond, ports=ports, addressing=addressing, mtu=mtu)


def _moved(request: Request, network: Network, owner: Owner) -> Addressing:
    """The addressing of the port that has one; of several, of the one that our session runs over."""
    names = [port.name for port in request.bond.ports]
    having = [name for name in names if owner.plain(name) != Addressing()]
    with_addresses = [name for name in having if (nic := network.nic(name)) and lasting(nic)] or having
    chosen = network.session_device if network.session_device in with_addresses else next(iter(with_addresses), "")
    return owner.plain(chosen) if chosen else Addressing()


def _plan(request: Request, bond: Bond, before: Bond | None, network: Network, owner: Owner) -> Plan | Refusal:
    backend: Backend = owner.backend
    try:
        written = backend.render(bond, files_of(network))
    except Unrenderable as no:
        return Refusal((str(no),))
    reasons = [*unwritable(written, network)]
    if reasons:
        return Refusal(tuple(reasons))
    outage = rebuild_reason(bond, network)
    if not written and not outage and before == bond:
        return Refusal((f"{bond.name} on {request.host} is as asked already; there is nothing to do.",))
    change = Change(
        request=request,
        network=network,
        backend=backend,
        bond=bond,
        before=before,
        written=written,
        outage=outage,
        boot_guard="systemctl" in network.managers.tools,
    )
    verb = "Change" if request.existing else "Make"
    primary = f", {bond.options.primary} first" if bond.options.primary else ""
    return Plan(
        kind=KIND,
        version=VERSION,
        title=f"{verb} {bond.name} of {', '.join(port.name for port in bond.ports)} on {request.host}{primary}",
        target={
            "host": request.host,
            "machine_id": network.machine_id,
            "ports": {port.name: port.permanent_address for port in bond.ports},
            "bond": bond.name,
        },
        steps=steps_of(change),
        warnings=tuple(warnings(request, bond, network, owner, outage)),
        settings={
            "manager": backend.key,
            "seconds": request.seconds,
            "live": not outage,
            "new": before is None,
            "options": request.to_json()["options"],
            "addresses": list(bond.addressing.addresses) if bond.addressing.method == "static" else [],
            "gateways": list(bond.addressing.gateways) if bond.addressing.method == "static" else [],
            "dhcp": bond.addressing.method == "dhcp",
            "probes": probes_of(network),
            "files_before": change.texts(),
            "files_after": change.wanted(),
            "addresses_before": {
                nic.name: lasting(nic) for nic in network.nics if nic.name in change.devices and lasting(nic)
            },
        },
    )
