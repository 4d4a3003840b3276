"""The operators' commands: `manage.py regroup up | doctor | import_hosts | sweep | verify_audit | backup | …`."""

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
        imports = actions.add_parser("import_hosts", help="preview a list of machines; with --confirm, write it")
        imports.add_argument("source", choices=("csv", "ansible", "virsh", "netbox"))
        imports.add_argument("path", type=Path, help="a file; for virsh a directory of domain XMLs, too")
        imports.add_argument("--by", required=True, metavar="USER", help="the administrator in whose name it is done")
        imports.add_argument("--make-owners", action="store_true", help="make owners that are not there")
        imports.add_argument("--overwrite", action="store_true", help="rows may change other owners' machines")
        imports.add_argument("--confirm", default="", metavar="DIGEST", help="write what the preview of it showed")
        actions.add_parser("sweep", help="one round of the janitor, now")
        audit = actions.add_parser("verify_audit", help="prove that nobody has changed the audit")
        audit.add_argument("--export", type=Path, metavar="FILE", help="write the chain to a new file and verify that")
        audit.add_argument("--from", type=Path, metavar="FILE", dest="source", help="verify such a file, no database")
        audit.add_argument("--anchors", type=Path, metavar="FILE", help="against these anchors (else: those we know)")
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

    def _import_hosts(self, options: dict[str, Any]) -> None:
        from config.import_hosts import CannotImport, import_hosts

        try:
            import_hosts(options, self._say)
        except CannotImport as error:
            raise CommandError(str(error)) from error

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
        self._whole_chain()
        self._say("The audit is whole.")

    def _whole_chain(self) -> None:
        from audit.selectors import verify

        problems = verify()
        for problem in problems:
            self._say(problem)
        if problems:
            raise CommandError("The audit was changed, or is damaged.")

    def _verify_audit(self, options: dict[str, Any]) -> None:
        from audit import chain, selectors

        source, export = options["source"], options["export"]
        try:
            anchors = chain.anchors_in(str(options["anchors"])) if options["anchors"] else None
            if export:
                with export.open("x", encoding="ascii") as file:
                    selectors.export(file)
            if source or export:
                known = anchors if anchors is not None else [] if source else selectors.anchors()
                verdict = chain.verify_export(str(source or export), known)
            else:
                self._whole_chain()
                known = anchors if anchors is not None else selectors.anchors()
                verdict = chain.check(selectors.sealed_rows(), known)
        except OSError as error:
            what = "is there already; name a new file" if isinstance(error, FileExistsError) else error.strerror
            raise CommandError(f"{error.filename}: {what}.") from error
        if verdict.wrong:
            raise CommandError(chain.told(verdict))
        self._say(chain.told(verdict))
