"""How long a host did not answer, seen by packets from another host on the same segment."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from lab.errors import LabError
from lab.host import Host


@dataclass
class Gaps:
    """What a measurement found; empty until its block has ended.

    sent, lost   packets        interval_ms  from one packet to the next, as asked for
    runs         lengths of the runs of lost packets, in order
    silent_ms    the longest time between two answers by the peer's clock: what counts where the machine is so busy that
                 the peer does not send in time
    """

    interval_ms: int
    sent: int = 0
    runs: list[int] = field(default_factory=list)
    silent_ms: int = 0

    @property
    def lost(self) -> int:
        return sum(self.runs)

    @property
    def longest_ms(self) -> int:
        """The longest time without an answer: lost packets of one run × interval."""
        return max(self.runs, default=0) * self.interval_ms


@contextlib.contextmanager
def measured(peer: Host, address: str, interval_ms: int = 20) -> Iterator[Gaps]:
    """Ping `address` from `peer` during the block. LabError when not one packet was answered before it began."""
    found = Gaps(interval_ms)
    log = f"/run/gaps-{address}"
    start = f"rm -f {log}; setsid ping -D -n -i {interval_ms / 1000} {address} >{log} 2>&1 & echo $! >{log}.pid"
    peer.run(start, sudo=True)
    waiting = f"for try in $(seq 100); do grep -q icmp_seq={{}} {log} && exit; sleep 0.1; done; tail -n 3 {log}; exit 1"
    try:
        peer.run(waiting.format(""), sudo=True)
    except LabError as error:
        peer.run(f"kill -INT $(cat {log}.pid)", sudo=True, check=False)
        raise LabError(f"{peer.name} does not reach {address}: {error}") from error
    try:
        yield found
    finally:
        stop = f"sleep 0.5; kill -INT $(cat {log}.pid); while kill -0 $(cat {log}.pid) 2>/dev/null; do sleep 0.1; done"
        text = peer.run(f"{stop}; cat {log}", sudo=True)
        found.sent, found.runs, found.silent_ms = read_ping(text)


def read_ping(text: str) -> tuple[int, list[int], int]:
    """Packets sent, lengths of the runs of lost ones, and the longest time in ms between two answers.

    `text` is all that `ping -D -n` printed. ValueError if it is cut off.
    """
    total = re.search(r"^(\d+) packets transmitted", text, re.MULTILINE)
    if total is None:
        raise ValueError(f"ping did not end as it does: {text[-200:]!r}")
    sent = int(total[1])
    answers = re.findall(r"^\[(\d+\.\d+)\] \d+ bytes from .* icmp_seq=(\d+) ", text, re.MULTILINE)
    answered = {int(number) for _, number in answers}
    times = [float(at) for at, _ in answers]
    silent = max((later - earlier for earlier, later in pairwise(times)), default=0.0)
    runs, length = list[int](), 0
    for number in range(1, sent + 1):
        if number not in answered:
            length += 1
        elif length:
            runs.append(length)
            length = 0
    # A run at the very end may be packets whose answers were still under way; half a second was waited for them.
    return sent, [*runs, length] if length > 1 else runs, round(silent * 1000)
