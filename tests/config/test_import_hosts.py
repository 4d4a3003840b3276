"""`manage.py regroup import_hosts`: the import for scripts."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Host, Vm


def run(*words):
    out = StringIO()
    call_command("regroup", "import_hosts", *map(str, words), stdout=out)
    return out.getvalue()


def test_preview_then_confirm_by_its_digest(tmp_path, ada):
    path = tmp_path / "hosts.csv"
    path.write_text("name,address\napp02,192.0.2.7\n")
    said = run("csv", path, "--by", "ada")
    assert "line 2: create host 'app02' address 192.0.2.7" in said and not Host.objects.exists()
    assert "It is written." in run("csv", path, "--by", "ada", "--confirm", said.rsplit(maxsplit=1)[1])
    assert Host.objects.get().address == "192.0.2.7"


def test_a_directory_of_domains(tmp_path, ada):
    for name in ("vm1", "vm2"):
        (tmp_path / f"{name}.xml").write_text(f"<domain type='kvm'><name>{name}</name></domain>\n")
    digest = run("virsh", tmp_path, "--by", "ada").rsplit(maxsplit=1)[1]
    run("virsh", tmp_path, "--by", "ada", "--confirm", digest)
    assert list(Vm.objects.values_list("name", flat=True)) == ["vm1", "vm2"]


@pytest.mark.parametrize(
    ("by", "content", "sentence"),
    [
        ("olu", "name\nx\n", "olu is no administrator"),
        ("nobody", "name\nx\n", "no active account called nobody"),
        ("ada", "host\nx\n", "names no column"),
        ("ada", None, "cannot be read"),
    ],
)
def test_a_refusal_is_one_sentence(tmp_path, ada, olu, by, content, sentence):
    path = tmp_path / "hosts.csv"
    if content:
        path.write_text(content)
    with pytest.raises(CommandError, match=sentence):
        run("csv", path, "--by", by)
