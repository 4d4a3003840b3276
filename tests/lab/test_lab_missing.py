"""A machine without QEMU says so: loudly in a test run, with the exact command to a person."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import LabUnavailable, machine

ROOT = Path(__file__).parents[2]
ONE_TEST = "tests/lab/test_lab_host.py::test_its_clock_is_right_although_it_was_frozen_earlier"


def pytest_without_qemu(**environment: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ONE_TEST]
    kept = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")}
    return subprocess.run(
        words, cwd=ROOT, env=kept | {"PATH": "/nonexistent"} | environment, capture_output=True, text=True
    )


def test_lab_tests_are_skipped_and_counted_aloud() -> None:
    done = pytest_without_qemu()
    assert "1 LAB TESTS SKIPPED, nothing was proved on real hosts: the lab needs" in done.stdout
    assert done.returncode == 0


def test_lab_tests_fail_where_ci_runs() -> None:
    done = pytest_without_qemu(CI="true")
    assert "CI must run the lab tests: the lab needs" in done.stdout
    assert done.returncode == 1


def test_the_packages_to_install_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(LabUnavailable, match="sudo apt-get install .*qemu-system-x86 qemu-utils"):
        machine.require(machine.RUN_PROGRAMS, say=print)


def test_an_accelerator_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGROUP_LAB_ACCEL", "warp")
    with pytest.raises(machine.LabError, match="it must be kvm or tcg"):
        machine.known_accelerator(tmp_path)
