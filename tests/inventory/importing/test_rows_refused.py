"""Each row that is not taken gets its sentence, and the others are taken all the same."""

import pytest

from inventory.models import Host, Vm


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("name=bad name,address=192.0.2.9", "name: A name has letters"),
        ("name=new,address=192.0.2.9", "Regroup uses the word new"),
        ("address=192.0.2.9", "It has no name"),
        ("name=x,address=http://x", "neither an IP address nor a DNS name"),
        ("name=x,address=192.0.2.9,port=0", "port: '0' is no port"),
        ("name=x,address=192.0.2.9,port=²", "port: '²' is no port"),
        ("name=x,address=192.0.2.9,user=Root", "user: A login name"),
        ("name=x,address=192.0.2.9,sudo=maybe", "sudo: 'maybe' is neither yes nor no"),
        ("name=x,address=192.0.2.9,criticality=urgent", "criticality: 'urgent' is none of low, normal, high, critical"),
        ("name=x,address=192.0.2.9,tags=a/b", "'a/b' is no tag"),
        ("name=x,address=192.0.2.9,owner=Ghosts", "There is no owner called Ghosts"),
        ("name=x,address=192.0.2.9,jump=nowhere", "The jump host nowhere is neither in stock"),
        ("name=x,address=192.0.2.9,vm=vm42,owner=Finance platform", "The VM vm42 is the host app02 already"),
        ("name=x,kind=host", "gives no address"),
        ("name=x,kind=switch", "'switch' is neither host nor vm"),
        ("name=x,address=192.0.2.7", "app02 has the address 192.0.2.7 and port 22 already"),
        ("name=x,address=192.0.2.9,service=" + "s" * 201, "longer than 200"),
        ("name=x,address=192.0.2.9,fingerprint=SHA256:short", "fingerprint: 'SHA256:short' is none"),
        ("name=x,address=192.0.2.9,host_key=ssh-dss AAAA", "host_key: There is no host key"),
        ("name=x,address=192.0.2.9,site=a\x1bb", "site: it has control characters"),
    ],
)  # fmt: skip
def test_a_row_is_refused_with_its_sentence(app02, refusals, confirm, cells, sentence):
    given = dict(cell.split("=", 1) for cell in cells.split(","))
    columns = list(dict.fromkeys(["name", *given]))
    text = f"{','.join(columns)}\n{','.join(given.get(name, '') for name in columns)}\ngood{',' * (len(columns) - 1)}\n"
    found = refusals(text)
    assert list(found) == ["line 2"] and sentence in found["line 2"]
    confirm(text)
    assert set(Host.objects.values_list("name", flat=True)) == {"app02"}
    assert Vm.objects.filter(name="good").exists()


def test_a_name_that_comes_twice_is_refused_the_second_time(refusals):
    found = refusals("name,address\napp02,192.0.2.7\nAPP02,192.0.2.8\napp03,192.0.2.7\n")
    assert found["line 3"] == "APP02 stands in line 2 already. Keep one of them."
    assert found["line 4"].startswith("app02 has the address 192.0.2.7")


def test_a_chain_of_jump_hosts_that_comes_back_is_refused(app02, refusals):
    Host.objects.create(name="jump1", address="192.0.2.1", jump=app02)
    text = "name,jump,owner\napp02,jump1,Finance platform\n"
    assert "reached through this host" in refusals(text)["line 2"]
