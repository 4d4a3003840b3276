"""Every generation of /proc/net/bonding is read, its oddities too: each sample beside the values that it holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from networking.bonding.status import parse_proc

SAMPLES = sorted((Path(__file__).parents[1] / "samples" / "proc").glob("*.txt"))


def read(path: Path) -> str:
    return path.read_bytes().decode()


@pytest.mark.parametrize("path", SAMPLES, ids=[path.stem for path in SAMPLES])
def test_a_sample_holds_the_values_beside_it(path):
    expected = json.loads(path.with_suffix(".json").read_text())
    assert json.loads(json.dumps(asdict(parse_proc(read(path))))) == expected


def test_there_are_samples():
    assert len(SAMPLES) > 20


def test_a_port_is_found_by_its_name_and_nothing_by_no_name():
    status = parse_proc(read(SAMPLES[0]))
    assert status.port("eth1") is status.ports[1]
    assert status.port(None) is None
