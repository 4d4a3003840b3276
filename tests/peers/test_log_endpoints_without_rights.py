"""Peers' bug: the page of a change asks who looks, and the addresses of its log, stream and files do not."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from inventory.models import Membership
from people.services import token_issue
from tests.rights import world as worlds
from tests.rights.declared import CALL_RULES, PAGE_RULES, Rule

OF_A_RUN = re.compile(r"(^|[/_])log($|_)|events|evidence|report|plan$|/now$")
PAGES_OF_A_RUN = [rule for rule in PAGE_RULES.values() if OF_A_RUN.search(rule.name)]
CALLS_OF_A_RUN = [
    rule for (method, _), rule in CALL_RULES.items() if method == "GET" and OF_A_RUN.search(rule.name)
]  # fmt: skip
ADDRESSES = ("log/", "log/lines", "log/find?q=x", "log.txt", "evidence", "report.html", "report.json")


@pytest.mark.parametrize("rule", [*PAGES_OF_A_RUN, *CALLS_OF_A_RUN], ids=lambda rule: rule.name)
def test_each_is_about_the_change_and_asked_so_in_the_matrix(rule: Rule):
    assert (rule.about, rule.anyone) == ("change", False)


@pytest.fixture
def ran(db):
    return worlds.make(ran=True)


def answers(ran: worlds.World) -> set[int]:
    """What Mina gets of her change at every address but the stream, which `watching` asks for."""
    client, number = Client(), ran.mine.change.pk
    client.force_login(ran.people["mina"])
    headers = {"Authorization": f"Bearer {token_issue(ran.people['mina'], f'run {len(ADDRESSES)}')[1]}"}
    found = {client.get(f"/changes/{number}/{address}").status_code for address in ADDRESSES}
    found |= {
        client.get(f"/api/v1{rule.name.format(number=number)}", headers=headers).status_code for rule in CALLS_OF_A_RUN
    }
    ran.people["mina"].tokens.all().delete()
    return found


def test_whoever_loses_the_machine_loses_all_of_it_at_once(ran):
    assert answers(ran) <= {200, 409}  # 409: its last audit entries are not sealed
    Membership.objects.filter(user=ran.people["mina"]).delete()
    assert answers(ran) == {404}
