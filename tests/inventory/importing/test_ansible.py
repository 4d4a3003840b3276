"""What `ansible-inventory --list` prints."""

import json

import pytest

from inventory.importing import ansible
from inventory.importing.rows import ReadRefused

INVENTORY = {
    "_meta": {
        "hostvars": {
            "app02": {"ansible_host": "192.0.2.7", "ansible_port": 2222, "ansible_user": "deploy"},
            "db07.example.net": {"regroup_owner": "Finance platform", "regroup_criticality": "critical"},
        }
    },
    "all": {"children": ["ungrouped", "prod"]},
    "prod": {"children": ["Web Servers"]},
    "Web Servers": {"hosts": ["app02"]},
    "ungrouped": {"hosts": ["db07.example.net", "lonely"]},
}


def test_hosts_with_their_variables_and_groups():
    rows = {row.values["name"]: row.values for row in ansible.read(json.dumps(INVENTORY)).rows}
    assert rows["app02"] == {
        "name": "app02", "kind": "host", "address": "192.0.2.7", "port": "2222", "user": "deploy",
        "tags": "prod web-servers",
    }  # fmt: skip
    assert rows["db07.example.net"]["address"] == "db07.example.net"
    assert rows["db07.example.net"]["owner"] == "Finance platform"
    assert set(rows) == {"app02", "db07.example.net", "lonely"}


def test_groups_that_hold_one_another_end():
    loop = {"_meta": {"hostvars": {}}, "a": {"children": ["b"], "hosts": ["x"]}, "b": {"children": ["a"]}}
    (row,) = ansible.read(json.dumps(loop)).rows
    assert row.values["tags"] == "a b"


def test_a_vaults_value_is_no_word():
    (row,) = ansible.read(json.dumps({"_meta": {"hostvars": {"a": {"ansible_user": {"__ansible_vault": "x"}}}}})).rows
    assert "ansible_user is neither a word nor a number" in row.fault


@pytest.mark.parametrize("text", ["[]", "{}", '{"_meta": []}', '{"_meta": {"hostvars": 3}}', "app02 ansible_host=x",
                                  "NaN", "[" * 100_000])  # fmt: skip
def test_what_is_no_inventory_gets_one_sentence(text):
    with pytest.raises(ReadRefused):
        ansible.read(text)
