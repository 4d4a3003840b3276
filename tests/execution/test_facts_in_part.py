"""A host that cannot tell one kind of change its facts tells the others all the same."""

from __future__ import annotations

from types import SimpleNamespace

from execution.facts import _facts
from recovery.facts.planning import NoLvm
from recovery.kind import KIND
from ssh.facts import FactError


def kind(key: str, facts: dict | None):
    def host_facts(ask):
        if facts is None:
            raise FactError(f"{key} cannot be told.")
        return facts

    return SimpleNamespace(key=key, host_facts=host_facts)


def test_what_one_kind_was_told_is_kept_with_the_sentence_of_the_other(monkeypatch):
    monkeypatch.setattr("execution.facts.kinds", lambda: (kind("a", None), kind("b", {"vms": []}), kind("c", {})))
    assert _facts(lambda fact: None) == ({"b": {"vms": []}, "c": {}}, "a cannot be told.")


def test_nothing_told_at_all_is_a_failure_that_leaves_the_last_answer(monkeypatch):
    monkeypatch.setattr("execution.facts.kinds", lambda: (kind("a", None), kind("b", {})))
    assert _facts(lambda fact: None) == ({}, "a cannot be told.")


def test_a_host_without_lvm_tells_the_recovery_nothing_and_that_is_no_failure():
    def ask(fact):
        raise NoLvm("There is no LVM on this host")

    assert KIND.host_facts(ask) == {}
