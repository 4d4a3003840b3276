"""The import's pages: for administrators, in two steps."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.models import Host, Vm

TEXT = 'name,address,note\napp02,192.0.2.7,"two\nlines"\nbad name,192.0.2.8,<script>\n'


def hidden(answer):
    """What the preview's own form would send."""
    context = answer.context
    kept = {key: "on" for key in ("make_owners", "overwrite") if context["chosen"][key]}
    words = {"source": context["chosen"]["source"], "text": context["words"].replace("\n", "\r\n"), **kept}
    return {**words, "digest": context["plan"].digest}


def test_a_pasted_list_is_previewed_and_then_written(client, as_user, ada):
    as_user(client, ada)
    shown = client.post("/hosts/import/", {"source": "csv", "text": TEXT})
    assert b"is created" in shown.content and b"A name has letters" in shown.content
    assert b"<script>" not in shown.content.split(b"<main")[1]
    assert not Host.objects.exists()
    assert client.post("/hosts/import/", hidden(shown)).headers["Location"] == "/hosts/"
    assert Host.objects.get().note == "two\nlines"


def test_a_file_is_taken_too(client, as_user, ada):
    file = SimpleUploadedFile("hosts.csv", b"\xef\xbb\xbf" + TEXT.encode())
    shown = as_user(client, ada).post("/hosts/import/", {"source": "csv", "file": file})
    assert client.post("/hosts/import/", hidden(shown)).status_code == 302
    assert Host.objects.exists()


def test_a_stock_that_moved_shows_the_new_preview(client, as_user, ada):
    shown = as_user(client, ada).post("/hosts/import/", {"source": "csv", "text": TEXT})
    Vm.objects.create(name="other")
    Host.objects.create(name="app02", address="192.0.2.70")
    again = client.post("/hosts/import/", hidden(shown))
    assert again.status_code == 409 and b"has changed since the preview" in again.content
    assert Host.objects.get().address == "192.0.2.70"
    assert client.post("/hosts/import/", hidden(again)).status_code == 302
    assert Host.objects.get().address == "192.0.2.7"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"source": "csv"}, b"Choose a file, or paste"),
        ({"source": "csv", "text": "host\nx"}, b"names no column"),
        ({"source": "virsh", "text": "<!DOCTYPE x>"}, b"document type or entities"),
        ({"source": "excel", "text": "x"}, b"Select a valid choice"),
        ({"source": "csv", "text": "name\n"}, b"There is no machine in it"),
        ({"source": "csv", "file": SimpleUploadedFile("x", b"name\n\xff\n")}, b"Line 2 is not UTF-8"),
        ({"source": "csv", "file": SimpleUploadedFile("x", b"n" * 3_000_001)}, b"3,000,001 bytes"),
    ],
)
def test_what_cannot_be_read_gets_one_sentence(client, as_user, ada, words, sentence):
    answer = as_user(client, ada).post("/hosts/import/", words)
    assert answer.status_code == 422 and sentence in answer.content


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_imports(client, as_user, who, method, request):
    as_user(client, request.getfixturevalue(who))
    assert getattr(client, method)("/hosts/import/", {"source": "csv", "text": TEXT}).status_code == 403


def test_the_export_is_harmless_to_a_spreadsheet(client, as_user, vera):
    Host.objects.create(name="app02", address="192.0.2.7", note="=cmd|' /C calc'!A0")
    answer = as_user(client, vera).get("/hosts/export.csv")
    assert b"'=cmd|" in b"".join(answer.streaming_content)
    assert answer.headers["Content-Type"].startswith("text/csv")
