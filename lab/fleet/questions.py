"""The sweep's questions as they arrive at a simulated host, whose login is root; and who answers each."""

from __future__ import annotations

from dataclasses import replace

from lab.fleet.server import Questions
from lab.fleet.telling import files, full, lean
from networking.facts.nics import AskBonds
from networking.facts.setup import AskSetup

QUESTIONS: Questions = {
    AskBonds(lean=True).command().to_run(): lean,
    AskBonds().command().to_run(): full,
    replace(AskSetup().command(), sudo=False).to_run(): files,
}
