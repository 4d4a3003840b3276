"""`manage.py lab …`: the lab's own command line, with its state where this installation keeps its.

`manage.py lab fleet` is ours (`config.fleet`): its hosts are simulated, and stand in this installation's inventory.
"""

from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "The lab: build, up, down, status, ssh, attach, detach (see: manage.py lab --help); fleet: simulated hosts."

    def run_from_argv(self, argv: list[str]) -> None:
        if argv[2:3] == ["fleet"]:
            self._fleet(argv[3:])
        from lab.cli import main

        os.environ.setdefault("REGROUP_LAB_DIR", str(settings.STATE_DIR / "lab"))
        sys.exit(main(argv[2:]))

    def _fleet(self, words: list[str]) -> None:
        from config import fleet

        def say(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        sys.exit(fleet.main(words, say))
