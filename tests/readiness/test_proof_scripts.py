"""What a proof's scripts do on a hypervisor, a virsh of ours here: what they see, and what they leave alone."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from readiness.proof.facts import watched
from readiness.proof.outcome import DEATH, LIFE, By
from readiness.proof.steps import MOST_SHOWN
from readiness.scripts import script
from tests.readiness.proofs import FIRST, planned

MARKED = "<domain><metadata><p xmlns='urn:regroup:hypervisors'/></metadata></domain>"
VIRSH = r"""#!/bin/sh
shift 3
echo "$*" >>"$HOME/asked"
case $1 in
dumpxml) [ -e "$HOME/xml" ] && cat "$HOME/xml" ;;
domstate) cat "$HOME/state" ;;
qemu-agent-command) [ -e "$HOME/agent" ] ;;
qemu-monitor-command) cat "$HOME/screen" ;;
destroy) echo "shut off (destroyed)" >"$HOME/state" ;;
undefine) rm -f "$HOME/xml" ;;
backup-dumpxml) [ -e "$HOME/backup" ] && cat "$HOME/backup" ;;
backup-begin) echo copy >"${3%/*}/disk-sdb.qcow2.part" ;;
domjobinfo) echo "Job type:         Completed" ;;
domjobabort) rm -f "$HOME/backup" ;;
esac
"""


CHOWN = """#!/bin/sh
[ -e "$3" ] && echo "$1 ${3##*/}" >>"$HOME/owned"
"""
QEMU_IMG = r"""#!/bin/sh
for path; do :; done
echo "overlay of $6" >"$path"
"""


class Hyper:
    """`home` holds what virsh says; `folder` the clone's files."""

    def __init__(self, home: Path) -> None:
        self.home, self.folder, self.result = home, home / "clone", home / "proof"
        (home / "bin").mkdir()
        for name, text in (("virsh", VIRSH), ("qemu-img", QEMU_IMG), ("chown", CHOWN), ("sleep", "#!/bin/sh\n")):
            (home / "bin" / name).write_text(text)
            (home / "bin" / name).chmod(0o755)
        self.say(state="running (booted)\n", screen="")

    def say(self, **words: str) -> None:
        for name, text in words.items():
            (self.home / name).write_text(text)

    def made(self, console: str = "", ago: int = 5) -> None:
        self.folder.mkdir()
        (self.folder / "made-by-regroup").write_text("run 1\n")
        (self.folder / "console.log").write_text(console)
        (self.folder / "started").write_text(f"{int(time.time()) - ago}\n")

    def run(self, name: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        given = ["sh", "-c", script("proof.lib", name), "regroup", "uri", "clone", "vm", str(self.folder), *words]
        env = {"PATH": f"{self.home / 'bin'}:{os.environ['PATH']}", "HOME": str(self.home), "LC_ALL": "C"}
        return subprocess.run(given, env=env, input=stdin, capture_output=True, text=True, timeout=30, check=False)

    def look(self, seconds: int = 60, most: int = MOST_SHOWN) -> subprocess.CompletedProcess[str]:
        return self.run("proof_watch", str(seconds), str(self.result), "|".join(DEATH), LIFE, str(most))

    def watch(self) -> Any:
        done = self.look()
        return watched(self.result.read_text()) if done.returncode == 0 else done.stderr

    def asked(self) -> str:
        return (self.home / "asked").read_text() if (self.home / "asked").exists() else ""


@pytest.fixture
def hyper(tmp_path: Path) -> Hyper:
    return Hyper(tmp_path)


def dump(text: str) -> str:
    """A screen in text mode as QEMU's monitor shows it."""
    cells = [f"0x07{byte:02x}" for byte in text.ljust(160).encode()]
    return "\n".join(f"00000000000b8000: {' '.join(cells[at : at + 8])}" for at in range(0, len(cells), 8)) + "\n"


@pytest.mark.parametrize(
    ("console", "by"),
    [
        ("Debian GNU/Linux 12 app01 ttyS0\r\n\r\napp01 login: ", By.LOGIN),
        ("app01 login: [   12.3] e1000: link is down\r\n", By.LOGIN),
        ("[    3.4] Kernel panic - not syncing: no init\r\n", By.DEATH),
        ('You are in emergency mode. After logging in, type "journalctl -xb"', By.DEATH),
        ("Gave up waiting for root file system device.\r\n(initramfs) ", By.DEATH),
        ("error: no such device.\r\ngrub rescue> ", By.DEATH),
        ("app01 login: \r\nKernel panic - not syncing: later", By.DEATH),
        ("Gave up waiting for suspend/resume device\r\napp01 login: ", By.LOGIN),
    ],
)
def test_signs_on_the_serial_console(hyper, console, by):
    hyper.made(console)
    seen = hyper.watch()
    assert seen.by is by and 5 <= seen.seconds < 15 and seen.console


def test_the_agent_is_a_sign_of_life(hyper):
    hyper.made()
    hyper.say(agent="")
    assert hyper.watch().by is By.AGENT


def test_what_only_the_screen_shows_is_seen(hyper):
    hyper.made()
    hyper.say(screen=dump("Booting from Hard Disk...".ljust(80) + "No bootable device."))
    seen = hyper.watch()
    assert (seen.by, seen.console) == (By.DEATH, ("Booting from Hard Disk...", "No bootable device."))


@pytest.mark.parametrize(("console", "by"), [("Loading Linux ...\r\n", By.TIME), ("\r\n\x00", By.SILENCE)])
def test_when_the_time_is_over_it_counts_whether_anything_was_ever_seen(hyper, console, by):
    hyper.made(console, ago=61)
    assert hyper.watch().by is by


@pytest.mark.parametrize("state", ["shut off (shutdown)", "shut off (crashed)", "crashed (panicked)"])
def test_a_guest_that_switches_itself_off_did_not_come_up(hyper, state):
    hyper.made("Loading Linux ...\r\n")
    hyper.say(state=f"{state}\n")
    assert hyper.watch().by is By.OFF


@pytest.mark.parametrize("state", ["shut off (destroyed)", "shut off (unknown)", "paused (I/O error)"])
def test_what_others_did_to_the_clone_is_no_answer(hyper, state):
    hyper.made("Loading Linux ...\r\n")
    hyper.say(state=f"{state}\n")
    assert "which is not its own doing" in hyper.watch() and not hyper.result.exists()


def test_a_guest_that_writes_without_end_does_not_fill_the_log(hyper):
    hyper.made("beginning\n")
    growing = """#!/bin/sh
        printf 'x%.0s' $(seq 5000) >>"$HOME/clone/console.log"
        [ "$(stat -c %s "$HOME/clone/console.log")" -lt 40000 ] || printf '\\napp01 login: ' >>"$HOME/clone/console.log"
    """
    (hyper.home / "bin" / "sleep").write_text(growing)
    told = hyper.look(most=12_000).stdout
    assert told.startswith("beginning\n") and told.count("x") == 12_000 - len("beginning\n")
    assert told.count("No more of the console is shown: 12000 bytes are. Signs are still looked for.") == 1
    assert watched(hyper.result.read_text()).by is By.LOGIN
    assert planned().step("watch").command.argv[-1] == str(2 << 20)


def test_only_the_clone_and_its_files_are_thrown_away(hyper):
    hyper.made("x")
    (hyper.folder / "disk-sda.qcow2").write_text("x")
    hyper.say(xml=MARKED, backup=f"<x file='{hyper.folder}/disk-sdb.qcow2.part'/>")
    assert hyper.run("proof_discard").returncode == 0
    assert not hyper.folder.exists() and not (hyper.home / "xml").exists()
    assert [
        line.split()[0] for line in hyper.asked().splitlines() if "dump" not in line and "domstate" not in line
    ] == [*("domjobabort", "destroy", "undefine")]
    assert hyper.run("proof_discard").returncode == 0


def test_what_is_not_regroups_is_left_as_it_is(hyper):
    hyper.say(xml="<domain/>")
    hyper.made()
    assert "Regroup did not make it" in hyper.run("proof_discard").stderr and hyper.folder.exists()
    assert "destroy" not in hyper.asked()

    hyper.say(xml=MARKED)
    (hyper.folder / "notes.txt").write_text("mine")
    assert "notes.txt" in hyper.run("proof_discard").stderr and (hyper.folder / "notes.txt").exists()
    (hyper.folder / "made-by-regroup").unlink()
    assert "Regroup did not make it" in hyper.run("proof_copy", "run 2", "", FIRST).stderr


def test_another_backup_of_the_vm_goes_on_undisturbed(hyper):
    hyper.say(backup="<x file='/backup/tonight.qcow2'/>")
    done = hyper.run(
        "proof_copy", "run 2", "", FIRST, "copy", "sda", "raw", "/images/app01.img", stdin="<domainbackup/>"
    )
    assert done.returncode == 1 and "Somebody else is making a backup" in done.stderr
    assert "abort" not in hyper.asked() and "begin" not in hyper.asked()
    assert hyper.run("proof_discard").returncode == 0 and "abort" not in hyper.asked()


def test_what_a_run_that_broke_off_left_is_cleared_by_the_next(hyper):
    hyper.made("x")
    (hyper.folder / "disk-sda.qcow2").write_text("stale")
    hyper.say(xml=MARKED)
    words = ("overlay", "sda", "raw", "/images/base.img")
    for _ in range(2):  # the second time finds its own
        done = hyper.run("proof_copy", "run 2", "", FIRST, *words)
        assert done.returncode == 0, done.stderr
    assert (hyper.folder / "disk-sda.qcow2").read_text() == "overlay of /images/base.img\n"
    assert "is there already" in done.stdout
    assert (hyper.folder / "made-by-regroup").read_text() == "run 2\n" and "undefine" in hyper.asked()
    assert sorted(path.name for path in hyper.folder.iterdir()) == ["disk-sda.qcow2", "made-by-regroup"]


def test_what_qemu_opens_belongs_to_whom_the_vms_images_do(hyper):
    hyper.say(**{"vars.fd": "x", "app01.qcow2": "x"})
    first, nvram = str(hyper.home / "app01.qcow2"), str(hyper.home / "vars.fd")
    words = ("overlay", "sda", "qcow2", first, "copy", "sdb", "raw", "/images/app01-data.img")
    done = hyper.run("proof_copy", "run 1", nvram, first, *words, stdin="<domainbackup/>")
    assert done.returncode == 0, done.stderr
    assert (hyper.home / "owned").read_text().splitlines() == [
        f"--reference={first} {name}" for name in ("nvram.fd", "disk-sda.qcow2.part", "disk-sdb.qcow2.part")
    ]
    assert (hyper.folder / "disk-sdb.qcow2").read_text() == "copy\n"
