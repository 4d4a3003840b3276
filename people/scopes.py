"""What an API token may be used for: less than its person may, never more. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """In the order in which pages show them."""

    READ = "read"
    REQUEST = "request"
    APPROVE = "approve"
    RUN = "run"
    ADMINISTER = "administer"


MEANING: dict[Scope, str] = {
    Scope.READ: "reads all that you may see",
    Scope.REQUEST: "asks for changes, submits and withdraws them, answers for machines",
    Scope.APPROVE: "approves and rejects",
    Scope.RUN: "runs, cancels, resumes, undoes; trusts host keys",
    Scope.ADMINISTER: "manages hosts, owners, VMs and policies",
}

ALL = " ".join(Scope)
"""What a token had in effect before there were scopes."""


def written(scopes: Iterable[Scope]) -> str:
    """As they are kept; reading goes with each of them."""
    wanted = {Scope.READ, *scopes}
    return " ".join(scope for scope in Scope if scope in wanted)


def read(text: str) -> frozenset[Scope]:
    """Of what is kept; words that mean nothing here give nothing."""
    return frozenset(scope for scope in Scope if scope.value in text.split())
