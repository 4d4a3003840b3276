"""libvirt: `virsh list --all`, `virsh dumpxml NAME`, or many of both one after the other. Pure.

     Id   Name    State
    -----------------------
     1    vm42    running
     -    vm43    shut off

    <domain type='kvm'><name>vm42</name><title>ledger</title>…</domain>

Each domain is a VM. The XML of a domain needs no document type, and one is refused: with it come entities,
which can be made to fill a machine's memory or to read its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree  # noqa: S405  # what it is given has no document type: see _domain

from inventory.importing.rows import ReadRefused, Row, Source

TABLE = re.compile(r"^\s*(?:-|\d+)\s+(?P<name>\S+)\s{2,}\S.*$", re.MULTILINE)
DOMAIN = re.compile(r"<domain[\s>].*?</domain>", re.DOTALL)
DTD = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
MOST_NOTE = 500


def read(text: str) -> Source:
    """Raises ReadRefused: a document type, or nothing that virsh prints."""
    if DTD.search(text):
        raise ReadRefused("It has a document type or entities, which no output of virsh has. Nothing was read.")
    rows = {row.values.get("name", row.where): row for row in _listed(DOMAIN.sub("", text))}
    twice = []
    seen = set()
    for number, found in enumerate(DOMAIN.finditer(text), start=1):
        row = _domain(found[0], f"domain {number}")
        name = row.values.get("name", row.where)
        if name in seen:
            twice.append(row)
        seen.add(name)
        rows.setdefault(name, row)
        rows[name] = rows[name] if name in seen and rows[name].where.startswith("domain") else row
    if not rows:
        raise ReadRefused("There is no domain in it. Send what `virsh list --all` or `virsh dumpxml` prints.")
    return Source([*rows.values(), *twice])


def _listed(text: str) -> Iterator[Row]:
    for found in TABLE.finditer(text):
        line = text.count("\n", 0, found.start("name")) + 1
        yield Row(f"line {line}", {"name": found["name"], "kind": "vm"})


def _domain(xml: str, where: str) -> Row:
    """A domain by its XML, from `<domain` on: no prologue, so no document type can stand before it."""
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314  # see above
    except ElementTree.ParseError as error:
        return Row(where, {}, f"Its XML is broken ({error}).")
    name = (root.findtext("name") or "").strip()
    values = {"name": name, "kind": "vm", "service": (root.findtext("title") or "").strip()}
    values["note"] = " ".join((root.findtext("description") or "").split())[:MOST_NOTE]
    return Row(where, {column: value for column, value in values.items() if value})
