"""How facts are asked: as root, with nothing from outside in the script's text."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.contents import Place
from recovery.facts.archives import AskArchives
from recovery.facts.areas import AskAreas, AskSaved
from recovery.facts.bare import AskBare
from recovery.facts.contents import AskSignatures
from recovery.facts.counts import AskCounts
from recovery.facts.disk_fstab import AskDiskFstab
from recovery.facts.files import AskFile, AskGroupInFile, AskRoom
from recovery.facts.host import AskBaseline, AskHost
from recovery.facts.labels import AskLabels, AskTexts
from recovery.facts.mounts import AskContents, AskHolders, AskVolume
from recovery.facts.planning import AskPlanning
from recovery.kind import KIND
from tests.recovery.story import Recorded, facts, load, params

ODD = "/x; reboot"
FACTS = [
    *(AskHost(), AskLabels(), AskRoom(), AskBaseline(ODD), AskSaved(ODD), AskFile(ODD), AskGroupInFile(ODD)),
    *(AskHolders(ODD), AskVolume(ODD, ODD), AskContents(((ODD, ODD),)), AskPlanning((ODD,)), AskCounts(ODD)),
    *(AskAreas(((ODD, "0:512"),)), AskTexts(((ODD, 4096),)), AskSignatures((Place(ODD, 0, 1),))),
    *(AskArchives(), AskBare(((ODD, 512),)), AskDiskFstab(((ODD, ODD, Place(ODD, 0, 1)),))),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_what_varies_is_an_argument_and_never_script(fact: Any) -> None:
    command = fact.command()
    assert command.sudo
    script = command.argv[command.argv.index("-c") + 1] if "-c" in command.argv else ""
    assert "reboot" not in script
    assert fact.name


class Asked:
    """Answers with the planning facts of the story, and notes what was asked."""

    def __init__(self) -> None:
        self.facts: list[Any] = []

    def __call__(self, fact: Any) -> Any:
        self.facts.append(fact)
        return facts().planning if isinstance(fact, AskPlanning) else Recorded("ready")(fact)


def test_the_plan_needs_two_questions_and_the_version_comes_first() -> None:
    ask = Asked()
    KIND.gather(params(), ask)
    assert [type(fact) for fact in ask.facts] == [AskPlanning, AskHost]


def test_a_mount_point_that_is_no_path_is_not_sent_to_the_host() -> None:
    ask = Asked()
    KIND.gather(params(volumes=[{"lv": "var", "mount_point": ODD}]), ask)
    assert ask.facts[0].mount_points == ()


def test_what_was_gathered_is_json_that_the_plan_reads() -> None:
    assert KIND.gather(params(), Asked())["planning"] == load("facts")["planning"]
