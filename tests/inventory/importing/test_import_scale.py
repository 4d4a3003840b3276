"""Ten thousand rows: a preview with a handful of queries, within seconds, and written in one go."""

import time

from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.importing.planning import Act
from inventory.models import Host


def test_ten_thousand_rows_are_previewed_with_a_handful_of_queries(preview, db):
    Host.objects.bulk_create(Host(name=f"h{n}", address=f"h{n}.example") for n in range(5_000))
    text = "name,address,site\n" + "".join(f"h{n},h{n}.example,fra\n" for n in range(10_000))
    began = time.monotonic()
    with CaptureQueriesContext(connection) as asked:
        plan = preview(text)
    assert len(asked) == 5
    assert (plan.count(Act.CHANGE), plan.count(Act.CREATE)) == (5_000, 5_000)
    assert time.monotonic() - began < 30  # about one second on a machine with nothing else to do
