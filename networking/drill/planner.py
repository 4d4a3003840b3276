"""Plans a drill of a bond that is well, or says why not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from changes.plan import Json, Plan, Refusal
from networking.bonding.model import ACTIVE_BACKUP, BETTER
from networking.drill.steps import Drill, steps_of
from networking.drill.wish import Wish, wish_problems
from networking.facts.values import BondNow, Network
from networking.probes import probes_of
from networking.refusals import ARMING, lasting

KIND, VERSION = "drill", 1
SLOWER = (1000, 100, 10)


def plan(params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
    """The plan for a wish on a host, or the refusal. The same input gives the same digest."""
    try:
        wish = Wish.from_json(params)
    except ValueError as error:
        return Refusal((str(error),))
    said = list(wish_problems(wish))
    if said:
        return Refusal(tuple(problem.sentence for problem in said), said[0].field)
    network = Network.from_json(facts)
    bond = network.bond(wish.bond)
    if bond is None:
        has = ", ".join(each.name for each in network.bonds) or "none"
        return Refusal((f"There is no bond {wish.bond} on {wish.host}. It has: {has}.",), "bond")
    reasons = list(refusals(wish, bond, network))
    if reasons:
        return Refusal(tuple(reasons), "bond")
    return _plan(wish, bond, network)


def refusals(wish: Wish, bond: BondNow, network: Network) -> Iterator[str]:
    """Every reason not to drill it, gravest first."""
    name, status = bond.name, bond.status
    if status.mode != ACTIVE_BACKUP:
        yield f"{name} is in mode {status.mode}; a drill is for active-backup."
        return
    primary = status.primary or ""
    if not primary:
        yield f"{name} has no primary, so nothing says where the traffic belongs. Set one first."
        return
    if not status.miimon and not status.arp_interval:
        yield f"{name} watches no links (miimon 0): a dead link would go unnoticed, and the drill be an outage."
    if status.active != primary:
        yield f"{status.active or 'No port'} carries the traffic of {name}, not its primary {primary}. Mend that first."
    standing = [port for port in status.ports if port.name != primary and port.mii_status == "up"]
    if not standing:
        yield f"{name} has no other port with a link, so taking {primary} down would be an outage."
    if not set(ARMING) & set(network.managers.tools):
        yield f"{network.hostname} has no way to arm a revert: neither systemd-run nor at nor setsid is there."
    if wish.witness and not _address(bond, network):
        yield f"{name} has no IPv4 address of its own, so nobody can ping it. Ask for a drill without a second host."
    if wish.slowed:
        yield from _cannot_be_slowed(bond, network)


def _cannot_be_slowed(bond: BondNow, network: Network) -> Iterator[str]:
    policy, primary = _policy(bond), bond.status.port(bond.status.primary)
    if policy != BETTER:
        yield f"primary_reselect is {policy}: only with better does a slowed primary make a difference."
    if "ethtool" not in network.managers.tools:
        yield f"{network.hostname} has no ethtool, with which the primary would be slowed down."
    if not _slower(bond):
        speed = primary.speed_mbps if primary else None
        yield f"The primary has {speed or 'an unknown number of'} Mb/s; there is no speed below that of the other port."


def _policy(bond: BondNow) -> str:
    return bond.options.get("primary_reselect", bond.status.primary_reselect or "always").split(" ")[0]


def _slower(bond: BondNow) -> int:
    """The greatest common speed below that of the port that stands by; 0 where there is none."""
    others = [port.speed_mbps for port in bond.status.ports if port.name != bond.status.primary and port.speed_mbps]
    return next((speed for speed in SLOWER if others and speed < min(others)), 0)


def _address(bond: BondNow, network: Network) -> str:
    nic = network.nic(bond.name)
    return next((each.partition("/")[0] for each in (lasting(nic) if nic else ()) if ":" not in each), "")


def _plan(wish: Wish, bond: BondNow, network: Network) -> Plan:
    primary = bond.status.primary or ""
    port = bond.status.port(primary)
    standby = next(each.name for each in bond.status.ports if each.name != primary and each.mii_status == "up")
    drill = Drill(
        wish=wish,
        network=network,
        bond=bond,
        primary=primary,
        standby=standby,
        policy=_policy(bond),
        mbps=(port.speed_mbps if port else None) or 0,
        slow=_slower(bond) if wish.slowed else 0,
        address=_address(bond, network),
    )
    return Plan(
        kind=KIND,
        version=VERSION,
        title=f"Drill {bond.name} on {wish.host}: take {primary} down and bring it back",
        target={
            "host": wish.host,
            "machine_id": network.machine_id,
            "bond": bond.name,
            "ports": {each.name: each.permanent_address or "" for each in bond.status.ports},
            "witness": wish.witness,
        },
        steps=steps_of(drill),
        warnings=tuple(_warnings(drill)),
        settings={
            "primary": primary,
            "standby": standby,
            "policy": drill.policy,
            "slow": drill.slow,
            "mbps": drill.mbps,
            "seconds": wish.seconds,
            "interval_ms": wish.interval_ms,
            "probes": probes_of(network),
            "files_before": {},
        },
    )


def _warnings(drill: Drill) -> Iterator[str]:
    ports = {port.name: port.speed_mbps for port in drill.bond.status.ports}
    yield (
        f"All traffic of {drill.bond.name} goes over {drill.standby} ({ports[drill.standby] or 'an unknown number of'}"
        f" Mb/s) for some seconds. If the host moves more than that now, it will be slow."
    )
    if drill.network.session_device in (drill.bond.name, *ports):
        yield f"Regroup's own session to {drill.wish.host} runs over {drill.bond.name}."
    if not drill.wish.witness:
        yield "No second host is named, so the gap in the traffic is not measured; only what the kernel says is."
    if drill.policy == "failure":
        yield (
            f"primary_reselect is failure, so the traffic stays on {drill.standby}; at the end the drill moves it"
            f" back to {drill.primary}."
        )
