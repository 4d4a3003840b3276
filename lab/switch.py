"""The lab's switches as a test or a demo steers them: pull, move, kill and name ports. See switch_process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.forwarding import Port
from lab.qemu import ProcessMark, spawn


@dataclass
class PortNow(Port):
    """A port as it is now; `plugged` while its host runs."""

    plugged: bool = False


class Switch:
    """The switches sw1 and sw2 of one lab instance, joined by a trunk; one process for both.

    `folder` is theirs. Which process of the same user asks does not matter. A port is named by the host and NIC that
    are plugged into it. LabError when nothing runs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def await_host(self, host: str) -> None:
        """Have the switches ready for `host`, its NICs plugged in as at first; started where they do not run."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with contextlib.suppress(OSError):
                self._ask(do="await", host=host)
                return
            self._start()
            self._ask(do="await", host=host)

    def _start(self) -> None:
        home = Path(__file__).parents[1]
        words = ["env", "--chdir", str(self.folder), f"PYTHONPATH={home}", sys.executable, "-m", "lab.switch_process"]
        (self.folder / "control").unlink(missing_ok=True)
        mark = spawn(words, self.folder / "log")
        mark.save(self.folder / "pid")
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                self._ask(do="ports")
                return
            if not mark.alive() or time.monotonic() > deadline:
                mark.end()
                raise LabError(f"the switch did not start: {(self.folder / 'log').read_text().strip()[-600:]}")
            time.sleep(0.02)

    def running(self) -> ProcessMark | None:
        """The process it runs as, or None."""
        return ProcessMark.load(self.folder / "pid")

    # ----------------------------------------------------------------------------------- looking

    def ports(self) -> list[PortNow]:
        """Every port, in use or not."""
        return [PortNow(**row) for row in self._request(do="ports")]

    def port(self, host: str, nic: str) -> PortNow:
        return next(port for port in self.ports() if (port.host, port.nic) == (host, nic))

    def learned(self) -> dict[str, str]:
        """{MAC address: "host-nic" where it was seen last}."""
        told: dict[str, str] = self._request(do="learned")
        return told

    # --------------------------------------------------------------------------------- changing

    def label(self, host: str, nic: str, switch: str, port: str) -> None:
        """Plug the NIC into another port: what LLDP says there, and which side of the trunk it is on."""
        self._set(host, nic, switch=switch, label=port)

    def vlan(self, host: str, nic: str, number: int) -> None:
        """Put the port into VLAN `number`: nothing of the others is reached from there; at first all are in 1."""
        self._set(host, nic, vlan=number)

    def kill(self, host: str, nic: str) -> None:
        """The link stays and nothing passes any more, as behind a broken media converter. `revive` ends it."""
        self._set(host, nic, dead=True)

    def revive(self, host: str, nic: str) -> None:
        self._set(host, nic, dead=False)

    def link(self, host: str, nic: str, up: bool) -> None:
        """What the switch sees of a pulled cable. The guest sees it by `BondHost.set_link`, which calls this too."""
        self._set(host, nic, link=up)

    def announce(self, host: str, nic: str, on: bool) -> None:
        """Whether the switch sends LLDP there. What was told already is believed for 16 s more."""
        self._set(host, nic, announces=on)

    def trunk(self, up: bool) -> None:
        """Cut the trunk between sw1 and sw2, or join them again."""
        self._request(do="trunk", up=up)

    def reset(self, host: str = "") -> None:
        """Everything (or one host's ports) as at first. Links pulled by QMP stay pulled: plug them in there."""
        self._request(do="reset", host=host)

    def _set(self, host: str, nic: str, **values: Any) -> None:
        self._request(do="set", port=f"{host}-{nic}", **values)

    def _request(self, **request: Any) -> Any:
        try:
            return self._ask(**request)
        except OSError as error:
            raise LabError("the switch does not run; it does while a bond host does") from error

    def _ask(self, **request: Any) -> Any:
        folder = os.open(self.folder, os.O_PATH)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10)
                connection.connect(f"/proc/self/fd/{folder}/control")  # see Qmp: a path has 107 bytes at most
                connection.sendall(json.dumps(request).encode() + b"\n")
                line = connection.makefile("rb").readline()
        finally:
            os.close(folder)
        if not line:
            raise ConnectionResetError("the switch has gone")
        answer = json.loads(line)
        if "error" in answer:
            raise LabError(f"the switch refuses {request}: {answer['error']}")
        return answer["return"]
