"""Lists of machines, and what importing them would do."""

import pytest

from inventory.importing.planning import Options
from inventory.imports import import_confirm, import_preview, read_source


@pytest.fixture
def preview(db):
    """`preview("name,address\\n…")` is the plan."""

    def make(text, source="csv", **options):
        return import_preview(read_source(source, text), Options(**options))

    return make


@pytest.fixture
def confirm(preview, admin):
    """The plan, written by Ada as it was previewed."""

    def make(text, source="csv", **options):
        digest = preview(text, source, **options).digest
        return import_confirm(read_source(source, text), Options(**options), digest, by=admin)

    return make


@pytest.fixture
def refusals(preview):
    """The sentences of the rows that are refused, by place."""

    def make(text, source="csv", **options):
        items = preview(text, source, **options).items
        return {item.where: item.sentence for item in items if item.act == "refuse"}

    return make
