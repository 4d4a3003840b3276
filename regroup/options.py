"""The command line itself: `recover`, `bond` and the other rooms, their acts, with what each of them takes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import datetime

from regroup.outcome import Exit

ENDS = "exit codes: " + " · ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in Exit)
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


Act = Callable[..., argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    """All options. `room` is the kind of change, `act` the name of the act, `number` the change's."""
    top = argparse.ArgumentParser(prog="python -m regroup", description=__doc__, epilog=ENDS)
    rooms = top.add_subparsers(dest="room", required=True)
    common = _common()

    def room(name: str, words: str) -> Act:
        made = rooms.add_parser(name, help=words, epilog=ENDS)
        acts = made.add_subparsers(dest="act", required=True, metavar="ACT")

        def act(name: str, words: str, *, number: bool = True) -> argparse.ArgumentParser:
            # Whole words alone: `--token` would be taken for --token-file, and the token stand in a message.
            made = acts.add_parser(
                name, help=words, description=words, parents=[common], epilog=ENDS, allow_abbrev=False
            )
            if number:
                made.add_argument("number", type=_number, help="the change's number")
            return made

        return act

    _recover(room("recover", "recover a lost VM's volume group"))
    _bond(room("bond", "make or change an asymmetric bond"))
    _drill(room("drill", "take a bond's primary down for real, and measure what happens"))
    _reboot(room("reboot", "reboot a host while people watch, and see that it comes back"))
    _proof(room("proof", "boot a clone of a machine without network, and see whether it comes up"))
    _fetch(room("fetch", "give a lost VM's disks to another VM of its hypervisor"))
    return top


def _recover(act: Act) -> None:
    _wishes(act("plan", "ask for a recovery and show its plan; nobody is asked yet", number=False))
    _wishes(act("request", "the same, and submit it for approval", number=False))
    _wishes(act("edit", "ask for something else; it is planned anew"))
    back = act("handback", "ask for a recovery's disk to be handed back, and show the plan")
    back.add_argument("--reason", required=True, help="why nobody needs the files there any more")
    back.add_argument("--ticket", default="", help="its number in your own system")
    act("vms", "VMs that Regroup knows", number=False)
    _deciding(act)
    _watching(act("attach", "attach the old disk by the site's own command, and confirm"), option=True)
    act("detach", "give the old disk back by the site's own command, after the undo or the hand back")
    report = act("report", "what is recovered, from what, and what the owner should check")
    report.add_argument("--html", action="store_true", help="as a page to keep, which needs nothing else")


def _bond(act: Act) -> None:
    _bonding(act("plan", "ask for a bond and show its plan; nobody is asked yet", number=False))
    _bonding(act("request", "the same, and submit it for approval", number=False))
    _bonding(act("edit", "ask for another bond; it is planned anew"))
    _deciding(act)


def _drill(act: Act) -> None:
    _drilling(act("plan", "ask for a drill and show its plan; nobody is asked yet", number=False))
    _drilling(act("request", "the same, and submit it for approval", number=False))
    _deciding(act)


def _reboot(act: Act) -> None:
    _rebooting(act("plan", "ask for a reboot and show its plan, or why not; nobody is asked yet", number=False))
    _rebooting(act("request", "the same, and submit it for approval", number=False))
    _deciding(act)


def _proof(act: Act) -> None:
    _proving(act("plan", "ask for a proof and show its plan; nobody is asked yet", number=False))
    _proving(act("request", "the same, and submit it for approval", number=False))
    _deciding(act)


def _fetch(act: Act) -> None:
    _fetching(act("plan", "ask for a lost VM's disks and show the plan; nobody is asked yet", number=False))
    _fetching(act("request", "the same, and submit it for approval", number=False))
    _deciding(act)


def _deciding(act: Act) -> None:
    """What is the same for changes of every kind."""
    _lists(act("list", "changes, newest first", number=False))
    act("hosts", "hosts that Regroup knows", number=False)
    show = act("show", "a change with its plan")
    show.add_argument("--full", action="store_true", help="with the text of every script")
    show.add_argument("--plan", action="store_true", help="the canonical plan alone: its SHA-256 is the digest")
    act("look", "look again: plan a refused or stale change anew, or see what the host says about an unknown step")
    act("submit", "submit a plan for approval")
    approve = act("approve", "approve this very plan")
    approve.add_argument(
        "--digest", required=True, type=_digest, help="of the plan that you read; 12 digits are enough"
    )
    for name, words in (("approve", ""), ("reject", "say no")):
        decision = approve if name == "approve" else act(name, words)
        decision.add_argument("--comment", required=True, help="what you looked at, or what should be different")
    act("withdraw", "take a request back")
    _watching(act("run", "run an approved change"), option=True)
    _watching(act("confirm", "say that what the run waits for is there; the host is asked at once"), option=True)
    _watching(act("ask", "ask the host again about a step that nobody can tell about"), option=True)
    _settling(act("settle", "say how an unknown step ended, where you know more than the host can say"))
    _watching(act("resume", "go on from the failed step"), option=True)
    rest = act(
        "continue", "close a change that broke off, and ask for the same anew: planned from the host as it is now"
    )
    rest.add_argument("--reason", required=True, help="how the host differs from what the plan expects")
    act("cancel", "stop at the next step boundary")
    _watching(act("undo", "take everything back, last step first"), option=True)
    close = act("close", "end it as it is")
    close.add_argument("--reason", required=True, help="what is true on the host now")
    proof = act("evidence", "fetch its evidence: a signed archive that verifies offline")
    proof.add_argument("--output", metavar="FILE", help="else evidence-N.zip, here")
    _watching(act("watch", "follow the run's log until an end"), option=False)


def _settling(act: argparse.ArgumentParser) -> None:
    act.add_argument("said", choices=("done", "failed"), help="the step did its work, or it did not")
    act.add_argument(
        "--look", required=True, type=_moment, metavar="TIME", help="of the answer you read; `look` says it"
    )
    act.add_argument("--reason", required=True, help="what you saw on the host, and how")


def _bonding(act: argparse.ArgumentParser) -> None:
    act.add_argument("--host", required=True, help="the host")
    act.add_argument("--name", required=True, help="the bond's name, such as bond0")
    act.add_argument("--port", dest="ports", action="append", required=True, help="a port of it; twice or more")
    act.add_argument("--primary", default="", help="the port that carries the traffic: the fast one")
    act.add_argument(
        "--option",
        action="append",
        default=[],
        type=_option,
        metavar="NAME=VALUE",
        help="an option of the bonding driver, such as miimon=100 or primary_reselect=better; may be repeated",
    )
    act.add_argument("--address", action="append", default=[], help="else what the ports have now moves to it")
    act.add_argument("--gateway", action="append", default=[], help="of the default route, with --address")
    act.add_argument("--dns", action="append", default=[], help="a name server, with --address")
    act.add_argument("--mtu", type=int, help="else it stays as it is")
    act.add_argument("--existing", action="store_true", help="change a bond that is there")
    _ending(act)


def _drilling(act: argparse.ArgumentParser) -> None:
    act.add_argument("--host", required=True, help="the host")
    act.add_argument("--bond", required=True, help="its bond, such as bond0")
    act.add_argument("--witness", default="", help="a second host on the same segment, to measure the gap from")
    act.add_argument("--slowed", action="store_true", help="bring the primary back slowed down first")
    act.add_argument("--interval-ms", type=int, help="between two packets")
    _ending(act)


def _rebooting(act: argparse.ArgumentParser) -> None:
    act.add_argument("--host", required=True, help="the host")
    act.add_argument("--despite", action="store_true", help="although checks are red: it starts under a broken glass")
    _ending(act, "within which it is back, else it is an alarm: 10m")


def _proving(act: argparse.ArgumentParser) -> None:
    act.add_argument("--machine", required=True, help="whose boot is proven, by its name as a host")
    act.add_argument("--hypervisor", required=True, metavar="HOST", help="the host that its VM runs on")
    act.add_argument("--vm", help="its name or UUID there; else the VM that is called as the machine")
    act.add_argument("--image", metavar="PATH", help="a backup on the hypervisor to boot in place of the first disk")
    act.add_argument("--format", choices=("qcow2", "raw"), help="what the backup is; it is never guessed")
    _ending(act, "within which it has to come up: 5m")


def _fetching(act: argparse.ArgumentParser) -> None:
    act.add_argument("--vm", required=True, help="the VM that was lost")
    act.add_argument("--hypervisor", required=True, metavar="HOST", help="the host that it runs on")
    act.add_argument(
        "--disk",
        dest="disks",
        action="append",
        metavar="PATH",
        help="image on the hypervisor; else all; may be repeated",
    )
    act.add_argument("--way", choices=("overlay", "copy", "original"), help="what is worked on; else an overlay")
    act.add_argument("--target", metavar="VM", help="a VM that runs and gets the disks; else a clone of --template")
    clone = act.add_argument_group("the clone that gets the disks")
    clone.add_argument("--template", metavar="VM", help="the VM that it is made of")
    clone.add_argument("--name", help="its name, as a VM and as a host")
    clone.add_argument("--like", metavar="HOST", help="a host whose login and key are the clone's too")
    clone.add_argument("--address", help="where it will be reached; else where its agent says")
    clone.add_argument("--port", type=int, help="of its SSH server")
    clone.add_argument("--gib", type=int, help="size of its first disk; else the template's")
    clone.add_argument("--network", help="the hypervisor's network for it; else the template's")
    clone.add_argument("--seed", metavar="PATH", help="a cloud-init seed on the hypervisor, an .iso")
    clone.add_argument("--keep", action="store_true", help="an undo leaves the clone there")
    _why(act)


def _ending(act: argparse.ArgumentParser, until: str = "from arming to the host's going back: 180s") -> None:
    act.add_argument("--seconds", type=_duration, metavar="TIME", help=until)
    _why(act)


def _why(act: argparse.ArgumentParser) -> None:
    act.add_argument("--reason", required=True, help="why it is needed; approvers read this first")
    act.add_argument("--ticket", default="", help="its number in your own system")


def _option(text: str) -> tuple[str, object]:
    """`miimon=100` as the API has it; arp_ip_targets is a list, divided by commas."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as primary_reselect=better")
    return name, value.split(",") if name == "arp_ip_targets" else value


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    where = common.add_argument_group("which Regroup, and as whom")
    where.add_argument("--url", help="address of Regroup (else REGROUP_URL)")
    where.add_argument(
        "--token-file", metavar="FILE", help="file with an API token; - for standard input (else REGROUP_TOKEN)"
    )
    where.add_argument("--plain-http", action="store_true", help="send the token unencrypted to another machine")
    common.add_argument("--json", action="store_true", help="the API's own answer instead of words")
    return common


def _wishes(act: argparse.ArgumentParser) -> None:
    act.add_argument("--vm", required=True, help="the VM that was lost")
    act.add_argument("--host", required=True, help="the host to recover on")
    act.add_argument("--name", required=True, metavar="NEW_VG", help="new name of the volume group")
    act.add_argument("--reason", required=True, help="why it is needed; approvers read this first")
    act.add_argument("--file", metavar="FILE", help="the old VM's /etc/lvm/backup/<group>; - for standard input")
    act.add_argument("--disk", default="", help="serial number, WWN or SCSI address of the old disk, attached already")
    act.add_argument("--from", dest="source", type=_place, metavar="HOST:PATH", help="a host's file to read it from")
    act.add_argument("--fstab", metavar="FILE", help="the old VM's /etc/fstab, which tells where volumes were mounted")
    act.add_argument(
        "--fstab-from-disk", action="store_true", help="read it from the attached disk itself, which writes nothing"
    )
    act.add_argument("--lasting", action="store_true", help="mount it again after a restart of the host (fstab)")
    act.add_argument(
        "--strategy",
        default="",
        choices=("restore", "rename", "import", "relabel"),
        help="else Regroup chooses; relabel is the last resort for a disk whose LVM label is gone",
    )
    act.add_argument(
        "--mount",
        action="append",
        default=[],
        type=_volume,
        metavar="LV[=PATH][:rw]",
        help="a logical volume to mount, read-only below /recovered unless said otherwise; may be repeated",
    )
    act.add_argument("--ticket", default="", help="its number in your own system")
    act.add_argument("--deadline", type=_duration, metavar="TIME", help="how long the run waits for the disk: 4h")


def _place(text: str) -> dict[str, str]:
    host, colon, path = text.partition(":")
    if not (host and colon and path.startswith("/")):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PATH, such as app02:/restore/vm42/RootVG")
    return {"host": host, "path": path}


def _lists(act: argparse.ArgumentParser) -> None:
    act.add_argument("--state", default="", help="only those in this state")
    act.add_argument("--host", default="", help="only those on this host")
    act.add_argument("--limit", type=int, default=50, help="at most so many")


def _watching(act: argparse.ArgumentParser, *, option: bool) -> None:
    if option:
        act.add_argument("--watch", action="store_true", help="then follow it until an end")
    act.add_argument("--timeout", type=_duration, metavar="TIME", help="watch no longer than this, such as 30m")


def _number(text: str) -> int:
    if not re.fullmatch(r"#?[1-9][0-9]{0,17}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no change's number")
    return int(text.removeprefix("#"))


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{12,64}", text):
        raise argparse.ArgumentTypeError("a digest has 12 to 64 digits of 0-9 and a-f; `show` prints it")
    return text


def _moment(text: str) -> str:
    try:
        if datetime.fromisoformat(text).tzinfo:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is no time with its zone, such as 2026-11-26T01:02:03.456Z")


def _duration(text: str) -> int:
    """Seconds in `90`, `90s`, `15m`, `4h` or `1d`."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it like 90s, 15m, 4h or 1d")
    return int(match[1]) * UNITS[match[2]]


def _volume(text: str) -> dict[str, object]:
    """`var=/recovered/vm42/var:rw` as the API has it."""
    place, colon, mode = text.partition(":")
    lv, equals, path = place.partition("=")
    if not lv or mode not in ("", "ro", "rw") or (colon and not mode) or (equals and not path):
        raise argparse.ArgumentTypeError(f"{text!r} is not LV, LV=PATH, LV:rw or LV=PATH:rw")
    return {"lv": lv, "mount_point": path, "read_write": mode == "rw"}
