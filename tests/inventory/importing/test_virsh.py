"""What virsh prints: the table, domains, both."""

import pytest

from inventory.importing import virsh
from inventory.importing.rows import ReadRefused

TABLE = """ Id   Name       State
----------------------------
 1    vm42       running
 -    vm43       shut off

"""
DOMAIN = """<domain type='kvm' id='1'>
  <name>vm42</name>
  <uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>
  <title>ledger &amp; archive</title>
  <description>Month's end
  only</description>
  <devices><interface type='network'><target dev='vnet0'/></interface></devices>
</domain>
"""


def test_the_table_and_a_domain_are_one_machine_each():
    rows = {row.values["name"]: row.values for row in virsh.read(TABLE + DOMAIN).rows}
    assert rows == {
        "vm42": {"name": "vm42", "kind": "vm", "service": "ledger & archive", "note": "Month's end only"},
        "vm43": {"name": "vm43", "kind": "vm"},
    }


def test_a_name_in_two_domains_comes_twice_to_be_refused():
    assert [row.values["name"] for row in virsh.read(DOMAIN + DOMAIN).rows] == ["vm42", "vm42"]


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE domain [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><domain><name>&b;</name></domain>',
        '<!DOCTYPE domain [<!ENTITY x SYSTEM "file:///etc/passwd">]><domain><name>&x;</name></domain>',
        '<domain><!ENTITY x "y"><name>vm</name></domain>',
        "<! doctype domain><domain><name>vm</name></domain>",
    ],
)
def test_document_types_and_entities_are_refused_before_anything_is_read(bomb):
    with pytest.raises(ReadRefused, match="document type or entities"):
        virsh.read(bomb)


def test_an_entity_that_nothing_declares_is_at_fault_alone():
    bad, good = virsh.read("<domain><name>&who;</name></domain>" + DOMAIN).rows
    assert "Its XML is broken" in bad.fault and good.values["name"] == "vm42"


@pytest.mark.parametrize(
    "text", ["", "error: failed to connect to the hypervisor", "<network><name>x</name></network>"]
)
def test_what_is_no_output_of_virsh_gets_one_sentence(text):
    with pytest.raises(ReadRefused, match="no domain in it"):
        virsh.read(text)
