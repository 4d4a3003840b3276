"""The evidence of a change that was really run: all of it is there, and it verifies with Python alone."""

import hashlib
import json

import pytest
from django.utils import timezone

from audit.models import Entry
from audit.services import as_row, record, seal_all
from changes.models import Glass
from evidence.keys import public_keys
from execution.logs import every_line
from execution.services import run_of
from inventory.credentials import credential_create
from tests.evidence.conftest import alone, last_anchor, unzipped

pytestmark = pytest.mark.django_db


def of(files, name):
    return json.loads(files[name])


def rows(files, name):
    return [json.loads(line) for line in files[name].splitlines()]


def test_it_verifies(ran, take, verified):
    said = verified(take(ran), public_keys()[0].hex)
    assert f"The evidence of change #{ran.pk} is whole" in said
    assert f"digest {ran.digest}, approved by amir" in said
    assert f"{run_of(ran).last_seq} log lines, none missing" in said
    assert last_anchor().hash in said


def test_whoever_broke_the_glass_for_want_of_an_approval_is_named(ran, take, verified, olu, ada):
    now = timezone.now()
    told = {"reason": "the ledger stands still", "asked_by": olu, "granted": True, "comment": "I looked"}
    times = {"decided_at": now, "until": now, "used_at": now}
    Glass.objects.create(
        change=ran, digest=ran.digest, lifts=["approval"], decided_by=ada, used_by=olu, **told, **times
    )
    assert f"digest {ran.digest}, approved by amir, ada by breaking the glass" in verified(take(ran))


def test_its_own_script_verifies_it_alone_and_unpacked(ran, take, tmp_path):
    archive = take(ran)
    (tmp_path / "pack.zip").write_bytes(archive)
    for name, content in unzipped(archive).items():
        path = tmp_path / "unpacked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for words in (("unpacked/verify.py",), ("unpacked/verify.py", "pack.zip", "--key", public_keys()[0].hex)):
        done = alone(tmp_path, *words)
        assert (done.returncode, done.stderr) == (0, "")
        assert "is whole" in done.stdout
    (tmp_path / "unpacked" / "gate.json").write_text("[]")
    done = alone(tmp_path, "unpacked/verify.py")
    assert (done.returncode, "NOT WHOLE: gate.json was changed" in done.stdout) == (1, True)


def test_the_plan_is_the_very_text_that_was_approved(ran, files):
    assert files["plan.json"].decode() == ran.plan_json
    assert hashlib.sha256(files["plan.json"]).hexdigest() == ran.digest
    assert [(row["approver"], row["digest"]) for row in of(files, "approvals.json")] == [("amir", ran.digest)]
    assert ran.policy and of(files, "change.json")["policy"] == ran.policy


def test_the_gate_stands_there_as_it_was_passed(ran, files):
    (passed,) = of(files, "gate.json")
    assert (passed["digest"], passed["started_by"]) == (ran.digest, "olu")
    assert {row["title"] for row in passed["conditions"]} >= {"Approval: One approver", "Lock", "Facts", "Audit"}
    assert all(row["ok"] for row in passed["conditions"])


def test_steps_history_and_facts_are_those_of_the_change(ran, files):
    assert [step["state"] for step in of(files, "steps.json")[0]["steps"]] == ["ok", "ok"]
    assert [move["new"] for move in of(files, "history.json")][-1] == "succeeded"
    facts = of(files, "facts.json")
    assert facts["before"]["facts"] == ran.facts
    assert [row["found"] for row in facts["of_each_effect"]] == [{"count": 1}, {"count": 2}]


def test_every_line_of_the_log_is_there_with_its_number(ran, files):
    run = run_of(ran)
    written = [(line.seq, line.text) for line in every_line(run)]
    assert len(written) > 5
    assert [(row["seq"], row["text"]) for row in rows(files, f"log/{run.name}.jsonl")] == written
    text = files[f"log/{run.name}.txt"].decode()
    assert all(f"{seq:>7}  " in text and line in text for seq, line in written)


def test_the_audit_s_entries_have_their_places_and_seals(ran, files):
    own = Entry.objects.filter(object_kind="change", object_id=str(ran.pk)).order_by("position")
    own = own.exclude(action="change.evidence")
    assert rows(files, "audit.jsonl") == [as_row(entry) for entry in own]
    assert {row["action"] for row in rows(files, "audit.jsonl")} >= {"change.approved", "change.gate", "change.run"}


def test_what_other_entries_say_is_not_in_it(files):
    links = rows(files, "links.jsonl")
    assert {entry.position for entry in Entry.objects.filter(action="host.edit")} <= {
        link["position"] for link in links
    }
    assert not any(b"of another change" in content or b"<b>act" in content for content in files.values())


def test_the_page_reads_without_scripts_and_escapes_what_hosts_and_people_say(queued_toy, take, settings):
    from execution import engine

    change = queued_toy("a")
    type(change).objects.filter(pk=change.pk).update(reason="<script>alert(1)</script>")
    engine.look(change.pk)
    seal_all()
    change.refresh_from_db()
    page = unzipped(take(change))["index.html"].decode()
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page and "http" not in page.replace("http-equiv", "")
    for said in ("doing $2&quot;", "Approved by Amir", change.digest, "doing a", "</html>"):
        assert said in page, said


def test_no_secret_is_in_it(ran, take, toyhost):
    toyhost.credential = credential_create("lab", "password", secret="a secret to keep", by=None)
    toyhost.save()
    seal_all()
    for name, content in unzipped(take(ran)).items():
        assert b"a secret to keep" not in content, name
        assert b"PRIVATE" not in content, name


def test_taking_it_is_audited_and_stands_in_the_next_one(ran, take):
    take(ran)
    entry = Entry.objects.latest("pk")
    assert (entry.action, entry.actor_name, entry.object_id) == ("change.evidence", "vera", str(ran.pk))
    assert entry.detail["public_key"] == public_keys()[0].hex
    seal_all()
    assert b"change.evidence" in unzipped(take(ran))["audit.jsonl"]


def test_without_an_anchor_it_says_so(approved_toy, take, verified):
    change = approved_toy("a")
    record("host.edit")
    seal_all()
    said = verified(take(change))
    assert "no anchor was written after them yet" in said and "is whole" in said


def test_a_change_that_was_never_planned_has_evidence_too(request_toy, world, take, verified):
    (world / "colour").write_text("red\n")
    change = request_toy("a")
    seal_all()
    assert "There is no plan." in verified(take(change))
