"""Whatever is done to the evidence of a change is found, and said in one sentence."""

import json

import pytest

from evidence.keys import public_keys
from execution.services import run_of
from tests.evidence.conftest import alone, rehashed, signed_anew, zipped

pytestmark = pytest.mark.django_db

KINDS = [
    "README.txt",
    "verify.py",
    "index.html",
    "change.json",
    "plan.json",
    "approvals.json",
    "gate.json",
    "steps.json",
    "facts.json",
    "hosts.json",
    "history.json",
    "audit.jsonl",
    "links.jsonl",
    "anchor.json",
    "log/RUN.jsonl",
    "log/RUN.txt",
]


def test_those_are_all_kinds_of_files(ran, files):
    run = run_of(ran).name
    assert {name.replace("RUN", run) for name in KINDS} == set(files) - {"manifest.json", "manifest.sig"}


@pytest.fixture
def pack(ran, files):
    """The files, with the run's name for RUN."""
    return lambda name: name.replace("RUN", run_of(ran).name)


def test_a_file_of_any_kind_that_was_changed_or_taken_out_is_named(files, pack, verified):
    for name in map(pack, KINDS):
        assert verified(zipped(files | {name: files[name] + b" "})).startswith(f"NOT WHOLE: {name} was changed")
        assert verified(zipped({n: c for n, c in files.items() if n != name})) == f"NOT WHOLE: {name} is missing."


def test_a_manifest_made_anew_without_the_key_is_no_manifest(files, pack, verified):
    files["approvals.json"] = files["approvals.json"].replace(b"amir", b"olu")
    sentence = "NOT WHOLE: manifest.json is not what was signed: it was changed, or made without the key."
    assert verified(zipped(rehashed(files))) == sentence
    assert verified(zipped(files | {"manifest.sig": b"00" * 64})) == sentence
    assert verified(zipped(files | {"manifest.sig": b"nothing"})) == sentence


def test_a_key_of_somebody_elses_is_not_the_one_that_is_trusted(files, verified):
    forged = zipped(signed_anew(files))
    assert "is whole" in verified(forged)
    assert verified(forged, public_keys()[0].hex).startswith("NOT WHOLE: It is signed with the key")


def test_what_was_put_in_is_named(files, verified):
    assert verified(zipped(files | {"log/more.txt": b"!"})).startswith("NOT WHOLE: log/more.txt is not in the manifest")


def lines(files, name):
    return files[name].splitlines(keepends=True)


def test_whoever_has_a_key_cannot_leave_out_a_log_line(ran, files, pack, verified):
    name = pack("log/RUN.jsonl")
    files[name] = b"".join(lines(files, name)[:2] + lines(files, name)[3:])
    assert "Line 3 of the log of" in verified(zipped(signed_anew(files)))


def test_nor_change_an_entry_of_the_audit(files, verified):
    files["audit.jsonl"] = files["audit.jsonl"].replace(b'"actor_name":"amir"', b'"actor_name":"olu"')
    assert "of the audit is not what was sealed" in verified(zipped(signed_anew(files)))


def test_nor_put_another_entry_in_its_place(files, verified):
    first, *rest = lines(files, "audit.jsonl")
    entry = json.loads(rest[0])
    from audit import chain

    entry |= {"actor_name": "mallory"}
    entry["content"] = chain.content_of(entry)
    entry["hash"] = chain.seal_of(entry["position"], entry["previous"], entry["content"])
    files["audit.jsonl"] = b"".join([first, json.dumps(entry).encode() + b"\n", *rest[1:]])
    sentence = f"NOT WHOLE: Entry {entry['position']} is not the one that stands in the chain."
    assert verified(zipped(signed_anew(files))) == sentence


def test_nor_break_a_link(files, verified):
    links = [json.loads(line) for line in lines(files, "links.jsonl")]
    own = {json.loads(line)["position"] for line in lines(files, "audit.jsonl")}
    other = next(link for link in links if link["position"] not in own)
    other["content"] = "0" * 64
    files["links.jsonl"] = b"".join(json.dumps(link).encode() + b"\n" for link in links)
    assert f"broken at link {other['position']}" in verified(zipped(signed_anew(files)))


def test_nor_make_it_lead_to_another_anchor(files, verified):
    anchor = json.loads(files["anchor.json"])
    files["anchor.json"] = json.dumps(anchor | {"hash": "0" * 64}).encode()
    assert "does not lead to the anchor" in verified(zipped(signed_anew(files)))


def test_nor_another_plan(files, verified):
    files["plan.json"] = files["plan.json"].replace(b"doing", b"making")
    assert "plan.json is not the plan" in verified(zipped(signed_anew(files)))


def test_an_archive_that_was_cut_is_no_archive(ran, take, verified):
    archive = take(ran)
    assert "was cut, or damaged" in verified(archive[: len(archive) // 2])


def test_what_is_no_evidence_at_all_gets_one_sentence(tmp_path, verified):
    assert verified(zipped({"manifest.json": b"{}", "manifest.sig": b""})).startswith(
        "NOT WHOLE: The archive is damaged"
    )
    import evidence.verify

    done = alone(tmp_path, evidence.verify.__file__, "nowhere.zip")
    assert (done.returncode, done.stdout) == (2, "nowhere.zip cannot be read: No such file or directory\n")
