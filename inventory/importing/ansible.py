"""Ansible: what `ansible-inventory --list` prints. Pure.

    {"_meta": {"hostvars": {"app02": {"ansible_host": "192.0.2.7", "regroup_owner": "Web"}}},
     "web": {"hosts": ["app02"]}}

A machine's groups become its tags. Variables named `regroup_…` give the other columns.
"""

from __future__ import annotations

from typing import Any

from inventory.importing.json_text import load
from inventory.importing.rows import COLUMNS, ReadRefused, Row, Source
from inventory.names import as_tag

VARIABLES = {"ansible_host": "address", "ansible_port": "port", "ansible_user": "user"}
OURS = {f"regroup_{name}": name for name in COLUMNS if name != "name"}
NO_TAGS = {"all", "ungrouped", "_meta"}


def read(text: str) -> Source:
    """Raises ReadRefused: not that command's JSON."""
    data = load(text)
    meta = data.get("_meta") if isinstance(data, dict) else None
    hostvars = meta.get("hostvars") if isinstance(meta, dict) else None
    if not isinstance(hostvars, dict):
        raise ReadRefused("It has no _meta.hostvars. Send what `ansible-inventory --list` prints, as JSON.")
    tags: dict[str, set[str]] = {}
    for group, body in data.items():
        if group not in NO_TAGS and isinstance(body, dict):
            for host in _hosts(data, group, set()):
                tags.setdefault(host, set()).add(as_tag(group))
    names = sorted({*hostvars, *tags, *_listed(data)})
    return Source([_row(name, hostvars.get(name) or {}, tags.get(name, set())) for name in names])


def _hosts(data: dict[str, Any], group: str, seen: set[str]) -> set[str]:
    """A group's hosts, and those of the groups in it."""
    body = data.get(group)
    if group in seen or not isinstance(body, dict):
        return set()
    seen.add(group)
    found = {name for name in body.get("hosts") or [] if isinstance(name, str)}
    for child in body.get("children") or []:
        if isinstance(child, str):
            found |= _hosts(data, child, seen)
    return found


def _listed(data: dict[str, Any]) -> set[str]:
    return {host for group in NO_TAGS for host in _hosts(data, group, set())}


def _row(name: str, variables: Any, tags: set[str]) -> Row:
    values, fault = {"name": name, "address": name, "kind": "host"}, ""
    if not isinstance(variables, dict):
        return Row(name, values, "Its variables are no mapping.")
    for variable, column in (VARIABLES | OURS).items():
        value = variables.get(variable)
        if isinstance(value, str | int):
            values[column] = str(value).lower() if isinstance(value, bool) else str(value).strip()
        elif value is not None:
            fault = f"The variable {variable} is neither a word nor a number (a vault's value, perhaps)."
    tags = {*tags, *values.get("tags", "").split()} - {""}
    if tags:
        values["tags"] = " ".join(sorted(tags))
    return Row(name, {column: value for column, value in values.items() if value}, fault)
