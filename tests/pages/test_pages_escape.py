"""Names, host output and what people type never become markup."""

from execution.models import Run
from execution.services import run_of
from inventory.models import Vm
from tests.pages.scene import log, set_step

EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def clean(text: str) -> bool:
    return "<script>alert" not in text and "<img src=x" not in text


def test_host_output_sentences_and_prompts_are_escaped(client, as_user, olu, scene):
    change = scene.failed()
    log(run_of(change), "restore", EVIL)
    set_step(run_of(change), "restore", sentence=EVIL)
    Run.objects.filter(change=change).update(sentence=EVIL)
    text = as_user(client, olu).get(f"/changes/{change.pk}/").content.decode()
    assert clean(text)
    assert "&lt;script&gt;alert" in text


def test_file_names_on_the_old_disk_are_escaped(client, as_user, olu, scene):
    change = scene.succeeded([{"name": EVIL, "type": EVIL, "size": 1, "mtime": 0}])
    text = as_user(client, olu).get(f"/changes/{change.pk}/").content.decode()
    assert clean(text)
    assert "&lt;script&gt;alert" in text


def test_reasons_comments_and_titles_are_escaped_on_every_page(client, as_user, olu, scene):
    scene.reason = EVIL
    change = scene.approved()
    type(change).objects.filter(pk=change.pk).update(title=EVIL, ticket="<b>7</b>")
    change.approvals.update(comment=EVIL)
    change.transitions.update(reason=EVIL)
    as_user(client, olu)
    for url in (f"/changes/{change.pk}/", "/", "/changes/", "/search?q=script"):
        text = client.get(url).content.decode()
        assert clean(text), url
        assert "<b>7</b>" not in text
        assert "&lt;script&gt;" in text, url


def test_a_vm_name_that_came_past_the_forms_is_escaped(client, as_user, olu, scene):
    change = scene.in_review()
    Vm.objects.filter(pk=change.vm_id).update(name='x"><img src=x onerror=alert(1)>')
    as_user(client, olu)
    for url in (f"/changes/{change.pk}/", "/search?q=onerror"):
        assert clean(client.get(url).content.decode()), url


def test_what_is_searched_for_is_escaped(client, as_user, olu):
    assert clean(as_user(client, olu).get("/search", {"q": EVIL}).content.decode())


def test_a_metadata_file_with_bytes_that_are_no_text_can_be_read_by_the_approver(client, as_user, amir, scene):
    odd = scene.asked["metadata"].replace("lvcreate -L", "lvcreate \udcff -L")
    scene.asked = {**scene.asked, "metadata": odd}
    change = scene.in_review()
    answer = as_user(client, amir).get(f"/changes/{change.pk}/?open=all")
    assert answer.status_code == 200
    assert "U+DCFF" in answer.content.decode()
