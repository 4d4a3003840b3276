"""A jump host carries only so many conversations at once, and nobody else waits for them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from networking.recording import Heard
from networking.sweep import Errand, Fleet, _Back, _Round
from ssh.paramiko_session import Target

pytestmark = pytest.mark.django_db
JUMP = Target("bastion", "192.0.2.1")


class Counting(Fleet):
    """Counts who is asked at the same time; each conversation lasts until enough others have begun."""

    def __init__(self) -> None:
        super().__init__(hands=50, per_jump=3, keep=0, patience=1)
        self.now, self.most, self.order, self.lock = 0, 0, list[str](), threading.Lock()

    def ask(self, errand: Errand) -> _Back:
        behind = errand.target.jump is not None
        with self.lock:
            self.order.append(errand.target.name)
            self.now += behind
            self.most = max(self.most, self.now)
        if behind:
            time.sleep(0.05)
        with self.lock:
            self.now -= behind
        return _Back(Heard(errand.host_id))


def test_at_most_so_many_at_once_go_through_one_jump_host():
    fleet = Counting()
    now = _Round(fleet, "owner", 0.0)
    now.errands.extend(Errand(n, Target(f"behind{n}", "10.0.0.1", jump=JUMP), True, "") for n in range(12))
    now.errands.extend(Errand(100 + n, Target(f"direct{n}", "10.0.0.2"), True, "") for n in range(5))
    with ThreadPoolExecutor(20) as threads:
        told = now.run(threads)
    assert told.asked == 17
    assert fleet.most == 3
    assert {name for name in fleet.order[:8] if name.startswith("direct")} == {f"direct{n}" for n in range(5)}
