"""Imports over the API: preview, then the same with its digest."""

from inventory.models import Host

TEXT = "name,address\napp02,192.0.2.7\nbad name,192.0.2.8\n"


def test_preview_then_write(api, ada):
    caller = api(ada)
    status, shown = caller.post("/import", {"text": TEXT})
    assert (status, shown["written"], shown["counts"]) == (
        200, False, {"create": 1, "change": 0, "same": 0, "refuse": 1},
    )  # fmt: skip
    assert shown["items"][0]["fields"] == {"address": {"before": "", "after": "192.0.2.7"}}
    assert not Host.objects.exists()
    status, done = caller.post("/import", {"text": TEXT, "digest": shown["digest"]})
    assert (status, done["written"]) == (200, True)
    assert Host.objects.get().name == "app02"


def test_a_stock_that_moved_is_a_conflict(api, ada):
    caller = api(ada)
    digest = caller.post("/import", {"text": TEXT})[1]["digest"]
    Host.objects.create(name="app02", address="192.0.2.70")
    status, problem = caller.post("/import", {"text": TEXT, "digest": digest})
    assert status == 409 and "has changed since the preview" in problem["detail"]


def test_what_cannot_be_read_is_a_problem_with_a_sentence(api, ada):
    status, problem = api(ada).post("/import", {"source": "excel", "text": TEXT})
    assert status == 422 and "There is no source called 'excel'" in problem["detail"]


def test_an_operator_imports_nothing(api, olu):
    assert api(olu).post("/import", {"text": TEXT})[0] == 403
