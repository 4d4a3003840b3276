"""`manage.py lab fleet`: simulated hosts on loopback, put into the inventory, and taken out again at the end.

Their servers are a process of their own (`python -m lab.fleet`). Each such host is marked as simulated wherever it
stands; nothing of it is any host's truth.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from cryptography.hazmat.primitives import serialization as coding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.services import SYSTEM, record
from changes.models import Change
from config.supervisor import interrupt, on_signals
from execution.models import Pulse
from inventory.credentials import credential_create
from inventory.models import Credential, Host, HostKey
from inventory.states import KeyState
from lab.fleet.server import PORT, host_key, public_line
from lab.fleet.world import World
from networking.asking import ask
from networking.sweep import sweep
from ssh.hostkeys import parse_public_key

CREDENTIAL = "simulated fleet"
MOST = 20_000
Say = Callable[[str], None]


def main(argv: Sequence[str], say: Say = print) -> int:
    """Run until Ctrl-C, or remove what an earlier one left; 0 when it did what was asked."""
    parser = argparse.ArgumentParser(prog="lab fleet", description="Simulated hosts with bonds in all states.")
    parser.add_argument("--hosts", type=int, default=2000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same hosts")
    parser.add_argument("--stir", type=float, default=0, metavar="SECONDS", help="let one in 100 change so often")
    parser.add_argument("--port", type=int, default=PORT, help="on each host's own address of 127/8 (%(default)s)")
    parser.add_argument("--remove", action="store_true", help="only take simulated hosts out of the inventory")
    given = parser.parse_args(argv)
    if not 1 <= given.hosts <= MOST:
        parser.error(f"--hosts is a number from 1 to {MOST}")
    if given.remove:
        remove(say)
        return 0
    client = credential()
    on_signals(interrupt)
    with servers(given.hosts, given.seed, client.public_key, "--port", str(given.port)) as door:
        try:
            load(given.hosts, given.seed, client, port=given.port)
            say(f"{given.hosts} simulated hosts are in the inventory, named sim-…")
            look(say)
            say("Ctrl-C ends them and takes them out again.")
            _stay(door, given.hosts, given.stir)
        except KeyboardInterrupt:
            say("Ending …")
        finally:
            remove(say)
    return 0


def _stay(door: subprocess.Popen[str], hosts: int, stir: float) -> None:
    while door.poll() is None:
        time.sleep(stir or 1)
        if stir and door.stdin and door.stdout:
            door.stdin.write(f"stir {max(hosts // 100, 1)}\n")
            door.stdin.flush()
            door.stdout.readline()


def look(say: Say) -> None:
    """Have them asked: by the fleet's worker where one is alive, else here."""
    lately = timezone.now() - timedelta(seconds=settings.SWEEP_SECONDS * 3 + 5)
    if Pulse.objects.filter(name="fleet", at__gte=lately).exists():
        ask()
        say("The fleet's worker asks them; see Bonds.")
        return
    started = time.monotonic()
    told = sweep()
    say(f"Asked {told.asked} hosts in {time.monotonic() - started:.1f} s; {told.silent} gave no answer.")


@contextmanager
def servers(hosts: int, seed: int, client_line: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    """The servers' process, once it listens; ended with the block."""
    words = [sys.executable, "-m", "lab.fleet", "--hosts", str(hosts), "--seed", str(seed)]
    door = subprocess.Popen(  # noqa: S603 - our own words; a session of its own: Ctrl-C is for us
        [*words, "--client-key", client_line, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        if not door.stdout or door.stdout.readline().strip() != "ready":
            raise SystemExit("The simulated hosts did not start; is their port free on loopback?")
        yield door
    finally:
        if door.stdin:
            door.stdin.close()
        try:
            door.wait(15)
        except subprocess.TimeoutExpired:
            door.kill()
            door.wait()


def credential() -> Credential:
    """The key that all simulated hosts let in, kept like any other."""
    found = Credential.objects.filter(name=CREDENTIAL).first()
    if found:
        return found
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(coding.Encoding.PEM, coding.PrivateFormat.OpenSSH, coding.NoEncryption()).decode()
    return credential_create(CREDENTIAL, Credential.Kind.KEY, user="regroup", secret=text, by=None)


@transaction.atomic
def load(count: int, seed: int, client: Credential, dead: float | None = None, port: int = PORT) -> list[Host]:
    """The hosts of that seed, each with its key trusted; those that are there already stay. One audit entry for all."""
    world = World(count, seed, dead)
    there = set(Host.objects.filter(simulated=True).values_list("name", flat=True))
    rows = [
        Host(
            name=host.name,
            address=host.address,
            port=port,
            user="regroup",
            sudo=False,
            credential=client,
            site=host.site,
            rack=host.rack,
            simulated=True,
            note="Simulated: a program on this machine answers for it.",
        )
        for host in world.hosts
        if host.name not in there
    ]
    numbers = {host.name: host.number for host in world.hosts}
    made = Host.objects.bulk_create(rows, batch_size=500)
    now, keys = timezone.now(), []
    for row in made:
        key = parse_public_key(public_line(host_key(seed, numbers[row.name])))
        keys.append(
            HostKey(
                host=row,
                algorithm=key.algorithm,
                key_base64=key.key_base64,
                fingerprint=key.fingerprint(),
                state=KeyState.TRUSTED.value,
                source=HostKey.Source.IMPORT,
                confirmed_at=now,
            )
        )
    HostKey.objects.bulk_create(keys, batch_size=500)
    _note("fleet.simulate", {"hosts": len(made), "seed": seed})
    return made


def remove(say: Say) -> int:
    """Take the simulated hosts out of the inventory, but those that a change was made for; how many are left."""
    used = Change.objects.filter(host__simulated=True).values("host_id")
    rows = Host.objects.filter(simulated=True).exclude(pk__in=used)
    count = rows.count()
    with transaction.atomic():
        rows.delete()
        _note("fleet.remove", {"hosts": count})
    left = Host.objects.filter(simulated=True).count()
    kept = f" {left} stay: a change was made for them." if left else ""
    say(f"{count} simulated hosts are taken out of the inventory.{kept}")
    return left


def _note(action: str, detail: dict[str, int]) -> None:
    record(action, actor_id=None, actor_name=SYSTEM, kind="host", object_id=0, label="simulated fleet", detail=detail)
