"""A Session on this very machine, with a shell and tools of the test's choice: real runs, no sshd."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from ssh.command import Command
from ssh.session import CommandTimeout, Result

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class LocalSession:
    """Runs commands as sshd would; `shell` stands for `sh`, `path` for where the system's tools are."""

    shell: str = "/bin/sh"
    path: str = PATH

    def run(self, command: Command) -> Result:
        argv = (self.shell, *command.argv[1:]) if command.argv[0] == "sh" else command.argv
        ours = replace(command, argv=argv, env={**command.env, "PATH": self.path})
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", ours.to_run()], input=command.payload(), capture_output=True, timeout=command.timeout
            )
        except subprocess.TimeoutExpired:
            raise CommandTimeout("too slow", sent=True) from None
        return Result(done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
