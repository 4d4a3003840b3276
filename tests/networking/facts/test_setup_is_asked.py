"""A host's managers and files, as a real lab host told them."""

import subprocess

from networking.drift import drift_of
from networking.facts.setup import AskSetup
from ssh.session import Result
from tests.networking.facts.answers import answer, bonds, network


def test_managers_and_files_are_those_of_the_whole_question():
    setup, whole = AskSetup().parse(answer("bond.network")), network("bond")
    assert setup.files == whole.files
    assert setup.managers == whole.managers


def test_it_is_asked_as_root():
    assert AskSetup().command().sudo


def test_a_bond_that_was_made_by_hand_on_a_real_host_is_in_none_of_its_files():
    found = drift_of(bonds("bond"), AskSetup().parse(answer("bond.network")))
    assert [list(each.differences) for each in found.values()] == [
        ["bond0 runs, and no file of any network manager makes it."]
    ]


def test_the_question_runs_on_this_very_machine():
    done = subprocess.run(AskSetup().command().argv, capture_output=True, timeout=60, check=False)
    setup = AskSetup().parse(Result(done.returncode, done.stdout, done.stderr))
    assert "setsid" in setup.managers.tools
