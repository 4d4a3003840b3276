"""`manage.py regroup up | doctor | pulse | sweep | verify_audit | backup | restore`: the operators' commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

WORKERS = ("runs", "sweeps", "fleet")


class Command(BaseCommand):
    help = "Run Regroup on this machine, and look after it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        up = actions.add_parser("up", help="run every part until Ctrl-C")
        up.add_argument("--port", type=int, help="port on 127.0.0.1 (else REGROUP_PORT, else 8420)")
        up.add_argument("--demo", action="store_true", help="with lab hosts, the story's dead VM, a host for a bond")
        up.add_argument("--once-ready-file", type=Path, metavar="FILE", help="write the URL there when all is ready")
        actions.add_parser("doctor", help="look at every part and say how to mend what is wrong")
        pulse = actions.add_parser("pulse", help="whether a kind of worker was seen a short while ago")
        pulse.add_argument("worker", choices=WORKERS)
        actions.add_parser("sweep", help="one round of the janitor, now")
        actions.add_parser("verify_audit", help="prove that nobody has changed the audit")
        backup = actions.add_parser("backup", help="write database and keys to one new file")
        backup.add_argument("file", type=Path)
        backup.add_argument("--without-keys", action="store_true", help="keep the key files apart from the copy")
        restore = actions.add_parser("restore", help="read such a file back into an empty Regroup")
        restore.add_argument("file", type=Path)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(options)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _up(self, options: dict[str, Any]) -> None:
        from config import demo
        from config.instance import CannotStart
        from config.up import up

        prepare = demo.prepare if options["demo"] else None
        port = options["port"] or settings.PORT
        try:
            up(port=port, say=self._say, ready_file=options["once_ready_file"], demo=prepare)
        except CannotStart as error:
            raise CommandError(str(error)) from error

    def _doctor(self, options: dict[str, Any]) -> None:
        from config.doctor import examine

        wrong = 0
        for finding in examine():
            self._say(finding.text())
            wrong += finding.ok is False
        if wrong:
            raise CommandError(f"{wrong} of these want mending.")
        self._say("All is well.")

    def _pulse(self, options: dict[str, Any]) -> None:
        from config.health import look, patience

        name, health = options["worker"], look()
        age = health.workers[name]
        if health.database != "ok":
            raise CommandError(f"The database does not answer: {health.database.strip().splitlines()[0]}")
        if age is None or age > patience():
            seen = "was never seen" if age is None else f"was last seen {age:g} s ago"
            raise CommandError(f"The worker {name} {seen}; look at its log.")
        self._say(f"{name}: seen {age:g} s ago")

    def _sweep(self, options: dict[str, Any]) -> None:
        from execution.janitor import sweep

        hints = sweep()
        self._say(f"{hints} hint{'' if hints == 1 else 's'} given again.")

    def _backup(self, options: dict[str, Any]) -> None:
        from config.backup import BackupError, backup

        try:
            count = backup(options["file"], keys=not options["without_keys"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        keys = "without the keys: keep them yourself" if options["without_keys"] else "with the keys: keep it secret"
        self._say(f"{count} rows are in {options['file']}, {keys}.")

    def _restore(self, options: dict[str, Any]) -> None:
        from config.backup import BackupError, restore

        try:
            count = restore(options["file"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        self._say(f"{count} rows are back.")
        self._verify_audit(options)

    def _verify_audit(self, options: dict[str, Any]) -> None:
        from audit.selectors import verify

        problems = verify()
        for problem in problems:
            self._say(problem)
        if problems:
            raise CommandError("The audit was changed, or is damaged.")
        self._say("The audit is whole.")
