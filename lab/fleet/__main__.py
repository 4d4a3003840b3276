"""`python -m lab.fleet --hosts 200 --seed 1 --client-key 'ssh-ed25519 …'`: serve until standard input ends.

Lines on standard input: `stir 500` lets so many hosts change and prints their numbers as JSON; `count` prints how many
connections are open.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys

from lab.fleet.questions import QUESTIONS
from lab.fleet.server import PORT, FleetServer
from lab.fleet.world import World


def main() -> None:
    parser = argparse.ArgumentParser(prog="lab.fleet")
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dead", type=float, help="this share of the hosts is off or silent")
    parser.add_argument("--port", type=int, default=PORT, help="on each host's own address of 127/8 (%(default)s)")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--last", type=int, help="serve hosts FIRST to LAST - 1 only")
    parser.add_argument("--client-key", required=True, help="the public key that is let in")
    given = parser.parse_args()
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # clients hang up, which is no news here
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    world = World(given.hosts, given.seed, given.dead)
    numbers = range(given.first, given.last or given.hosts)
    with FleetServer(world, QUESTIONS, given.client_key, numbers, given.port) as server:
        print("ready", flush=True)
        for line in sys.stdin:
            word, _, number = line.strip().partition(" ")
            print(json.dumps(world.stir(int(number)) if word == "stir" else server.connections), flush=True)


if __name__ == "__main__":
    main()
