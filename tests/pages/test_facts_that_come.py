"""Facts that come while their part of a form is being made: never a broken part, nor one that stands still."""

import pytest
from django.db import connection

from execution.facts import wish
from execution.models import FactsWish
from inventory.models import HostFacts
from inventory.services import facts_record
from tests.networking.plans import host as network
from tests.pages.scene import a_host, host_facts

PARTS = {"/changes/recovery/host": "groups-title", "/changes/bond/host": "10000 Mb/s"}


@pytest.mark.parametrize("moment", range(6))
@pytest.mark.parametrize(("address", "shown"), PARTS.items())
def test_the_part_shows_them_or_asks_again(client, as_user, rosa, address, shown, moment):
    host, page, seen = a_host(), as_user(client, rosa), []
    wish(host)

    def worker(execute, sql, params, many, context):
        tables = (HostFacts._meta.db_table, FactsWish._meta.db_table)
        if sql.startswith("SELECT") and any(table in sql for table in tables):
            seen.append(sql)
            if len(seen) == moment:
                facts_record(host, {"recovery": host_facts(), "bond": network().to_json()})
                FactsWish.objects.filter(host=host).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(worker):
        answer = page.get(address, {"host": host.name})
    text = answer.content.decode()
    assert (answer.status_code, shown in text or "hx-get" in text) == (200, True)
