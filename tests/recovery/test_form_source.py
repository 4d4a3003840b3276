"""The form with a file on a host instead of an upload."""

from __future__ import annotations

import re

from changes.models import Change
from tests.pages.scene import a_host
from tests.recovery.test_form import URL, desk, filled, read

__all__ = ["desk"]

WHERE = "app02:/restore/RootVG"


def blind(**more):
    return {**{k: v for k, v in filled(**more).items() if k[-2:] != "-0"}, "new_vg": "old42", **more}


def test_a_named_file_needs_no_upload_and_no_volumes(desk):
    a_host("app02", "192.0.2.12")
    page = desk.post(URL, blind(source=WHERE, go="read")).content.decode()
    assert "Every volume that can be mounted will be mounted read-only" in page
    assert desk.post(URL, blind(source=WHERE)).status_code == 302
    change = Change.objects.get()
    assert change.params["source"] == {"host": "app02", "path": "/restore/RootVG"}
    assert f'value="{WHERE}"' in desk.get(f"/changes/{change.pk}/edit").content.decode()


def test_a_host_that_nobody_knows_and_a_path_that_is_none_are_told_at_the_field(desk):
    for typed, words in (("app07:/x", "Regroup knows no host called app07"), ("app01:x", "is no absolute path")):
        answer = desk.post(URL, blind(source=typed))
        assert answer.status_code == 422
        assert re.search(rf'id="id_source-error"[^>]*>[^<]*{words}', answer.content.decode())


def test_an_upload_stands_before_it(desk):
    answer, number = read(desk, source=WHERE)
    assert 'name="source"' not in answer.content.decode()
    assert desk.post(URL, filled(number, source=WHERE)).status_code == 302
    assert "source" not in Change.objects.get().params
