"""The rules that a bond's checks name: each asks the host and answers with a sentence, never by an exit code. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from changes.answers import no, not_yet, yes
from changes.kinds import Context, Verdict
from changes.plan import Check, Json
from networking.drift import compare
from networking.facts.guard import CONFIRM, REVERT, AskGuard, GuardState
from networking.facts.nics import AskNetwork
from networking.facts.values import BondNow, Network
from networking.probes import AskProbes

Args = Mapping[str, Json]
Rule = Callable[[Args, Context], Verdict]


def guard_of(context: Context, name: str = "guard") -> GuardState:
    return context.ask(AskGuard(f"{context.run_dir}/{name}"))


def as_planned(args: Args, context: Context) -> Verdict:
    network, target = context.ask(AskNetwork()), context.plan.target
    if network.machine_id != target["machine_id"]:
        return no(f"This is another machine than planned: its machine-id is {network.machine_id}.")
    for name, address in target["ports"].items():
        nic = network.nic(name)
        if nic is None or nic.permanent_address != address:
            return no(
                f"{name} is not the port that it was: {nic.permanent_address if nic else 'it is gone'}, not {address}."
            )
    return _files(network, context.plan.settings["files_before"], "as planned from")


def baseline(args: Args, context: Context) -> Verdict:
    wanted = context.plan.settings["probes"]
    said = context.ask(AskProbes(tuple(wanted)))
    answered = [address for address in wanted if said.get(address) == "yes"]
    silent = [f"{what} {address}" for address, what in wanted.items() if address not in answered]
    sentence = f"{', '.join(f'{wanted[address]} {address}' for address in answered) or 'Nothing'} answered."
    if silent:
        sentence += f" Not waited for afterwards, since silent now: {', '.join(silent)}."
    return yes(sentence, {"passed": answered})


def probes(args: Args, context: Context) -> Verdict:
    """What answered before answers; and a gateway that is new is at least on the link, or nothing is beyond it.

    On the way back (`back`) nobody asks for the new one.
    """
    wanted, passed = context.plan.settings["probes"], context.found.get("baseline", {}).get("passed", ())
    gateways = () if args.get("back") else context.plan.settings.get("gateways", ())
    new = [gateway for gateway in gateways if gateway not in wanted]
    said = context.ask(AskProbes((*passed, *new))) if passed or new else {}
    silent = [f"{wanted[each]} {each}" for each in passed if said.get(each) != "yes"]
    if silent:
        return not_yet(f"Answered before and not now: {', '.join(silent)}.")
    absent = [each for each in new if said.get(each) not in ("yes", "arp")]
    if absent:
        return not_yet(f"The new gateway {absent[0]} is not on the link: nothing answers for it, not even to ARP.")
    if not passed:
        return yes("Nothing answered before, so there is nothing to compare; this connection is a new one.")
    return yes(f"{', '.join(passed)} answered, as before.")


def saved(args: Args, context: Context) -> Verdict:
    return yes("Saved, and the shell can read it.") if guard_of(context).saved else no("Nothing is saved yet.")


def boot_guarded(args: Args, context: Context) -> Verdict:
    return yes("A boot goes back.") if guard_of(context).boot_guard else no("No boot guard is there.")


def undecided(args: Args, context: Context) -> Verdict:
    state = guard_of(context)
    if state.on_its_way_back:
        return not_yet("The host is on its way back by itself.")
    if state.decided == REVERT:
        said = f"{_went_back(state, context)} Undo this change, which tidies up, and ask for a new one."
        return Verdict(False, said, state.proof())
    return no("It is confirmed already.") if state.decided else yes("It is not decided.")


def armed(args: Args, context: Context) -> Verdict:
    return _armed(guard_of(context))


def undo_armed(args: Args, context: Context) -> Verdict:
    return _armed(guard_of(context, "guard-undo"))


def _armed(state: GuardState) -> Verdict:
    if state.decided or not state.alive:
        return no("No revert is armed.")
    said = {"how": state.armed["how"], "seconds": int(state.armed["seconds"]), "left": state.left}
    return yes(f"Armed by {state.armed['how']}: {state.left} s are left of {state.armed['seconds']}.", said)


def applied(args: Args, context: Context) -> Verdict:
    state = guard_of(context)
    gone = _gone_back(state, context)
    if gone:
        return gone
    if not state.applied:
        if state.applying and state.applying["boot"] != state.boot:
            return no(
                "The host was restarted while it applied the change, and nothing took it back. Look at its files."
            )
        return not_yet("The apply has not ended on the host.")
    if state.applied["status"] != "0":
        return not_yet(f"The apply ended with {state.applied['status']}; the host is going back.")
    return yes("The apply has ended well on the host.")


def not_gone_back(args: Args, context: Context) -> Verdict:
    state = guard_of(context)
    return _gone_back(state, context) or yes(f"The host has not gone back; {state.left} s are left.")


def confirmed(args: Args, context: Context) -> Verdict:
    state = guard_of(context)
    gone = _gone_back(state, context)
    if gone:
        return gone
    if state.decided == CONFIRM:
        return yes("The host keeps the new network.", {"decided": CONFIRM})
    return no("It is not confirmed.")


def _gone_back(state: GuardState, context: Context) -> Verdict | None:
    if state.on_its_way_back:
        return not_yet("The host is on its way back by itself.")
    if state.decided == REVERT:
        return Verdict(False, _went_back(state, context), state.proof())
    return None


def _went_back(state: GuardState, context: Context) -> str:
    why = {
        "timer": "no confirmation over a new connection came in time",
        "boot": "it was restarted before the change was confirmed",
        "apply": "the change could not be applied",
        "hand": "somebody at the host said so",
    }.get(state.reverted.get("how", ""), "it was not confirmed")
    took = int(state.reverted.get("ended", 0)) - int(state.reverted.get("begun", 0))
    after = ""
    if state.armed and state.armed.get("boot") == state.reverted.get("boot"):
        after = f" {int(state.reverted['ended']) - int(state.armed['begun'])} s after the revert was armed"
    trouble = "" if state.reverted.get("status") == "0" else " Something of it failed; its log says what."
    return f"{context.plan.target['host']} went back by itself{after}, because {why}; that took {took} s.{trouble}"


def files_before(args: Args, context: Context) -> Verdict:
    return _files(context.ask(AskNetwork()), context.plan.settings["files_before"], "as planned from")


def files_after(args: Args, context: Context) -> Verdict:
    return _files(context.ask(AskNetwork()), context.plan.settings["files_after"], "as this change wrote them")


def _files(network: Network, wanted: Mapping[str, str | None], how: str) -> Verdict:
    now = {file.path: file.text for file in network.files}
    other = [path for path, text in wanted.items() if now.get(path) != text]
    if other:
        return no(f"Not {how}: {', '.join(other)}. Somebody changed that since.")
    return yes(f"{len(wanted)} files are {how}." if len(wanted) != 1 else f"One file is {how}.")


def bond_wanted(args: Args, context: Context) -> Verdict:
    network, name = context.ask(AskNetwork()), str(context.plan.target["bond"])
    bond = network.bond(name)
    if bond is None:
        return not_yet(f"There is no {name} yet.")
    wrong = [*_bond_differs(bond, network, context)]
    if wrong:
        return not_yet(" ".join(wrong))
    files = files_after(args, context)
    if not files.holds:
        return not_yet(files.sentence)
    found: dict[str, Json] = {"active": bond.status.active, "ports": [port.name for port in bond.status.ports]}
    runs = f"{name} runs as wanted, {bond.status.active} carries the traffic"
    drift = compare(bond, network).differences
    if drift:  # of what was not asked for, so that it is told and takes nothing back
        return yes(f"{runs}; the files are as written, and yet: {' '.join(drift)}", found | {"drift": list(drift)})
    return yes(f"{runs}, and the files say the same.", found)


def _bond_differs(bond: BondNow, network: Network, context: Context) -> Iterator[str]:
    settings, target = context.plan.settings, context.plan.target
    options = settings["options"]
    if {port.name for port in bond.status.ports} != set(target["ports"]):
        yield f"Its ports are {', '.join(port.name for port in bond.status.ports) or 'none'}."
    for option in ("mode", "primary", "primary_reselect", "miimon", "updelay", "downdelay", "fail_over_mac"):
        runs = bond.options.get(option, "").split(" ")[0]
        if option in bond.options and runs != str(options[option]):
            yield f"{option} is {runs or 'not set'}, not {options[option] or 'empty'}."
    if not bond.status.active:
        yield "No port carries the traffic."
    nic = network.nic(bond.name)
    has = nic.addresses if nic else ()
    for address in settings["addresses"]:
        if address not in has:
            yield f"It does not have the address {address}."
    if settings["dhcp"] and not [each for each in has if not each.startswith("fe80")]:
        yield "It has no address from DHCP yet."
    for gateway in settings["gateways"]:
        if not any(route.via == gateway and route.device == bond.name for route in network.routes):
            yield f"No route leads through it to the gateway {gateway}."


def tidied(args: Args, context: Context) -> Verdict:
    return _tidied(guard_of(context))


def all_tidied(args: Args, context: Context) -> Verdict:
    undo = guard_of(context, "guard-undo")
    first = _tidied(guard_of(context))
    return first if not first.holds or not undo.begun else _tidied(undo)


def _tidied(state: GuardState) -> Verdict:
    if state.boot_guard or state.alive or (state.armed and not state.tidied and not state.reverted):
        return no("A revert is still armed.")
    return yes("No revert is armed any more.")


def as_before(args: Args, context: Context) -> Verdict:
    undo, settings = guard_of(context, "guard-undo"), context.plan.settings
    gone = _undo_taken_back(undo, context)
    if gone:
        return gone
    if undo.applying and not undo.applied and undo.applying["boot"] == undo.boot:
        return not_yet("The way back has not ended on the host.")
    network = context.ask(AskNetwork())
    files = _files(network, settings["files_before"], "as before")
    if not files.holds:
        return files
    name = str(context.plan.target["bond"])
    if settings["new"] and network.bond(name):
        return not_yet(f"{name} is still there.") if undo.applying else no(f"{name} is still there.")
    for device, addresses in settings["addresses_before"].items():
        nic = network.nic(device)
        missing = sorted(set(addresses) - set(nic.addresses if nic else ()))
        if missing:
            return not_yet(f"{device} does not have {', '.join(missing)} yet.")
    return yes("Files and network are as before.")


def undo_not_gone_back(args: Args, context: Context) -> Verdict:
    return _undo_taken_back(guard_of(context, "guard-undo"), context) or yes("The host has not taken the undo back.")


def undo_decided(args: Args, context: Context) -> Verdict:
    undo = guard_of(context, "guard-undo")
    if not undo.begun and guard_of(context).decided != CONFIRM:
        return yes("The change was never confirmed, so there is nothing to confirm: the old network is in place.")
    gone = _undo_taken_back(undo, context)
    if gone:
        return gone
    return yes("The old network stays.") if undo.decided == CONFIRM else no("The undo is not confirmed.")


def _undo_taken_back(undo: GuardState, context: Context) -> Verdict | None:
    if undo.on_its_way_back:
        return not_yet("The undo was not confirmed in time; the host is returning to the bond.")
    if undo.decided == REVERT:
        said = _went_back(undo, context)
        return Verdict(False, f"The undo did not come through, so the change stands as it was. {said}", undo.proof())
    return None


RULES: Mapping[str, Rule] = {
    "as-planned": as_planned,
    "baseline": baseline,
    "probes": probes,
    "saved": saved,
    "boot-guarded": boot_guarded,
    "undecided": undecided,
    "armed": armed,
    "undo-armed": undo_armed,
    "applied": applied,
    "not-gone-back": not_gone_back,
    "confirmed": confirmed,
    "files-before": files_before,
    "files-after": files_after,
    "bond-wanted": bond_wanted,
    "tidied": tidied,
    "all-tidied": all_tidied,
    "as-before": as_before,
    "undo-not-gone-back": undo_not_gone_back,
    "undo-decided": undo_decided,
}


def judge(check: Check, context: Context) -> Verdict:
    """The verdict on one check. Raises FactError or SessionError where the host cannot be asked."""
    return RULES[check.rule](check.args, context)
