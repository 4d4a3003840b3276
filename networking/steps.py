"""The steps of a bond as values: what runs on the host, what is asked before and after, the way back. Pure.

The host itself goes back unless it is confirmed over a new connection (`networking.guard`). The undo of a confirmed
bond goes the same guarded way in the other direction, so the undos are not the mirror of their steps: taking back the
confirmation saves and arms, taking back the arming confirms, taking back the snapshot tidies up.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from changes.plan import HIGH, LOW, MEDIUM, Call, Check, FileChange, Json, Step, Undo
from networking.backends.protocol import Backend, Written
from networking.bonding.model import Bond
from networking.facts.values import Network
from networking.guard import AFTER, BUSY, UNDO_DIRECTORY, Guard, guarded
from networking.mending import kernel_script
from networking.owning import files_of
from networking.request import Request


@dataclass(frozen=True, slots=True)
class Change:
    """What the steps are made from.

    before   the bond as it is configured now; None where it is new
    written  every file that changes
    outage   why traffic is interrupted, a sentence; empty where it is not
    """

    request: Request
    network: Network
    backend: Backend
    bond: Bond
    before: Bond | None
    written: tuple[Written, ...]
    outage: str
    boot_guard: bool

    @property
    def host(self) -> str:
        return self.request.host

    @property
    def guard(self) -> Guard:
        return Guard(seconds=self.request.seconds)

    @property
    def undo_guard(self) -> Guard:
        return Guard(UNDO_DIRECTORY, self.request.seconds)

    @property
    def devices(self) -> tuple[str, ...]:
        return (*(port.name for port in self.bond.ports), self.bond.name)

    def texts(self) -> dict[str, str | None]:
        """The changing files as they are now, by path."""
        now = files_of(self.network)
        return {item.path: now.get(item.path) for item in self.written}

    def wanted(self) -> dict[str, str | None]:
        """The changing files as they are to be."""
        return {item.path: item.text for item in self.written}

    def modes(self) -> Mapping[str, str]:
        return {file.path: file.mode for file in self.network.files}

    @property
    def longest(self) -> int:
        return self.request.seconds + AFTER


def steps_of(change: Change) -> tuple[Step, ...]:
    return (
        baseline(change),
        snapshot(change),
        *((boot_guard(change),) if change.boot_guard else ()),
        arm(change),
        apply(change),
        confirm(change),
        tidy(change),
    )


def _check(rule: str, sentence: str, **args: Json) -> Check:
    return Check(rule, sentence, args)


def baseline(change: Change) -> Step:
    return Step(
        key="baseline",
        title=f"See that {change.host} is as planned, and what it reaches now",
        why="What answers now has to answer afterwards. What does not answer now is not waited for.",
        host=change.host,
        precheck=(_check("as-planned", "It is the planned host, with the planned ports and files."),),
        verify=(_check("baseline", "Gateway, name servers and our end of the session were asked."),),
        no_undo="Only reads.",
    )


def snapshot(change: Change) -> Step:
    scripts = {"reload.sh": _way_back(change), "kernel.sh": kernel_back(change)}
    return Step(
        key="snapshot",
        title="Save files and network as they are, with the way back",
        why="The host must be able to go back without us. Every script of the way back is read by its shell once.",
        host=change.host,
        command=change.guard.snapshot(change.texts(), scripts),
        verify=(_check("saved", "What goes back is saved on the host, and its shell can read the way back."),),
        undo=Undo(
            title="Take timers and boot guards away",
            command=Call((change.guard.directory, change.undo_guard.directory), script=_tidy_all(), timeout=BUSY),
            verify=(_check("all-tidied", "No revert is armed any more, neither by time nor by boot."),),
        ),
        writes=("{run_dir}/guard",),
    )


def _tidy_all() -> str:
    """`tidy` for the undo's guard and then for the change's, each where it exists, each in a shell of its own."""
    return (
        'first=$1\nfor each in "$2" "$1"; do\n  [ ! -d "$each" ] || (\nset -- "$each"\n'
        f"{guarded('tidy')}\n  ) || exit 1\ndone\n"
    )


def boot_guard(change: Change) -> Step:
    return Step(
        key="boot-guard",
        title="Have a boot go back, until it is confirmed",
        why=(
            "A host that is restarted in between comes up with its old files: a unit that stands before every network"
            " manager sees to it. It is on disk before the first file is written."
        ),
        host=change.host,
        command=change.guard.boot_guard(),
        verify=(_check("boot-guarded", "The unit is enabled."),),
        no_undo="Taken away when it is decided.",
        writes=("/etc/systemd/system",),
    )


def arm(change: Change) -> Step:
    seconds = change.request.seconds
    return Step(
        key="arm",
        title=f"Arm the revert: in {seconds} seconds the host goes back by itself",
        why=(
            "From here on silence means no. Only a confirmation over a new connection stops it, and no loss of the"
            " session, of Regroup's worker or of Regroup itself does."
        ),
        host=change.host,
        command=change.guard.arm(),
        precheck=(_check("undecided", "It is not decided yet."), _check("saved", "The way back is in place.")),
        verify=(_check("armed", "The revert is armed, as the host's own timer says."),),
        undo=Undo(
            title="Confirm over a new connection that the host is reached as before",
            command=change.undo_guard.confirm(),
            precheck=(
                _check("undo-not-gone-back", "The host has not taken the undo back."),
                _check("probes", "What answered before the change answers.", back=True),
            ),
            verify=(_check("undo-decided", "The old network stays."),),
            outage=change.longest,
        ),
        writes=("a timer",),
        danger=MEDIUM,
    )


def apply(change: Change) -> Step:
    bond = change.bond
    now = files_of(change.network)
    return Step(
        key="apply",
        title=f"Write the files of {bond.name}, and have {change.backend.title} apply them",
        why=(
            f"One script, which runs on the host by itself. {change.outage or 'Traffic is not interrupted.'} If it"
            " fails, the host goes back at once."
        ),
        host=change.host,
        command=change.guard.apply(change.written, change.backend.apply(bond, change.network)),
        precheck=(
            _check("undecided", "It is not decided yet."),
            _check("armed", "The revert is armed."),
            _check("files-before", "The files are as planned from."),
        ),
        verify=(_check("applied", "The apply has ended well on the host."),),
        undo=Undo(
            title="Go back to the files as they were before",
            command=change.undo_guard.apply(_written_back(change), _way_back(change)),
            precheck=(
                _check("files-after", "The files are what this change wrote."),
                _check("undo-armed", "A revert of the undo is armed."),
            ),
            verify=(_check("as-before", "Files and network are as before."),),
            outage=change.longest,
        ),
        writes=tuple(item.path for item in change.written) or ("sysfs",),
        danger=HIGH if change.outage else MEDIUM,
        cancel="never",
        outage=change.longest,
        files=tuple(FileChange(item.path, now.get(item.path), item.text, note=item.note) for item in change.written),
    )


def confirm(change: Change) -> Step:
    bond = change.bond
    scripts = {"reload.sh": change.backend.apply(bond, change.network), "kernel.sh": kernel_forward()}
    save = change.undo_guard.snapshot(change.wanted(), scripts)
    return Step(
        key="confirm",
        title="Confirm over a new connection",
        why=(
            "A connection that lived through the change proves nothing. Only if all that answered before answers again,"
            " and the bond is as wanted, the host is told that it stays."
        ),
        host=change.host,
        command=change.guard.confirm(),
        precheck=(
            _check("not-gone-back", "The host has not gone back."),
            _check("probes", "What answered before the change answers again."),
            _check("bond-wanted", f"{bond.name} is as wanted, and so are the files."),
        ),
        verify=(_check("confirmed", "The host keeps the new network."),),
        undo=Undo(
            title="Save the network as it is now, and arm a revert to it",
            command=Call(
                save.argv,
                script=_guard_undo(change),
                stdin=save.stdin,
                timeout=BUSY,
            ),
            precheck=(_check("files-after", "The files are what this change wrote."),),
            verify=(_check("undo-armed", "A revert of the undo is armed."),),
        ),
        danger=LOW,
        cancel="never",
        outage=change.longest,
        writes=("the host's decision",),
    )


def _guard_undo(change: Change) -> str:
    """Snapshot, boot guard and timer of the undo in one, since they are one step of it."""
    boot = "boot_guard" if change.boot_guard else None
    parts = [guarded("snapshot"), *([guarded(boot)] if boot else [])]
    each = "".join(f"(\n{part}\n) || exit 1\n" for part in parts)
    arm = f'set -- "$1" {change.request.seconds} auto\n{guarded("arm")}'
    return f"{each}(\n{arm}\n)\n"


def tidy(change: Change) -> Step:
    return Step(
        key="tidy",
        title="Take timer and boot guard away",
        why="They would do nothing any more: it is decided.",
        host=change.host,
        command=change.guard.tidy(),
        verify=(_check("tidied", "No revert is armed any more, neither by time nor by boot."),),
        no_undo="There is nothing to take back.",
        writes=("a timer", *(("/etc/systemd/system",) if change.boot_guard else ())),
    )


def _written_back(change: Change) -> tuple[Written, ...]:
    """The files as they were. What is new is removed; the others get text and mode back."""
    modes = change.modes()
    return tuple(Written(path, text, modes.get(path, "0644")) for path, text in change.texts().items())


def _way_back(change: Change) -> str:
    """How the host becomes what its old files say: options alone by sysfs, all else by the manager."""
    if change.before and not change.outage:
        return change.backend.apply(change.before, change.network)
    new = "" if change.before else f"gone {change.bond.name}\n"
    return f"{GONE}{new}concerned={shlex.quote(' '.join(change.devices))}\n{change.backend.reload()}"


GONE = """\
gone() {
  [ -e "/sys/class/net/$1/bonding" ] || return 0
  for port in $(cat "/sys/class/net/$1/bonding/slaves"); do ip link set dev "$port" nomaster; done
  ip link del dev "$1"
}
"""


def kernel_back(change: Change) -> str:
    return kernel_script(change.network, change.bond.name, [port.name for port in change.bond.ports])


def kernel_forward() -> str:
    """The way back of an undo, to the bond: the manager's own apply does all of it."""
    return "exit 0\n"
