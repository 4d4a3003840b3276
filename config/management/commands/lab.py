"""`manage.py lab …`: the lab's own command line, with its state where this installation keeps its."""

from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "The lab: build, up, down, status, ssh, attach, detach (see: manage.py lab --help)."

    def run_from_argv(self, argv: list[str]) -> None:
        from lab.cli import main

        os.environ.setdefault("REGROUP_LAB_DIR", str(settings.STATE_DIR / "lab"))
        sys.exit(main(argv[2:]))
