"""NetBox: pages of `/api/dcim/devices/` and `/api/virtualization/virtual-machines/`, saved as JSON. Pure.

    {"count": 2, "next": null, "results": [{"name": "app02", "device_type": {…}, "site": {"slug": "fra"},
      "rack": {"name": "r01"}, "tenant": {"name": "Web"}, "primary_ip": {"address": "192.0.2.7/24"},
      "tags": [{"slug": "prod"}]}]}

One page, a list of pages, or a list of their results. A device is a host; a virtual machine is a VM, and the host that
it is where it has a primary address. A tenant is the owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inventory.importing.json_text import load
from inventory.importing.rows import ReadRefused, Row, Source
from inventory.names import as_tag

SENTENCE = (
    "It is no page of NetBox's API. Save what /api/dcim/devices/ or /api/virtualization/virtual-machines/ answers."
)


def read(text: str) -> Source:
    """Raises ReadRefused: not such pages, or not all of them."""
    data = load(text)
    pages = data if isinstance(data, list) else [data]
    rows, remarks = list[Row](), list[str]()
    for item in _items(pages):
        rows.append(_row(item, f"result {len(rows) + 1}"))
    last = pages[-1] if pages else None
    if isinstance(last, dict) and last.get("next"):
        remarks.append("NetBox has more pages than these: `next` of the last one names another. Save that too.")
    return Source(rows, remarks)


def _items(pages: list[Any]) -> Iterator[dict[str, Any]]:
    for page in pages:
        found = (
            page.get("results", [page] if "id" in page and "name" in page else None) if isinstance(page, dict) else None
        )
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise ReadRefused(SENTENCE)
        yield from found


def _row(item: dict[str, Any], where: str) -> Row:
    name = item.get("name")
    if not isinstance(name, str) or not name.strip():
        return Row(where, {}, "It has no name in NetBox. Give it one there.")
    device = "device_type" in item
    address = _word(item.get("primary_ip"), "address").partition("/")[0]
    values = {
        "name": name.strip(),
        "kind": "host" if device or address else "vm",
        "address": address,
        "vm": "" if device or not address else name.strip(),
        "site": _word(item.get("site"), "slug", "name"),
        "rack": _word(item.get("rack"), "name"),
        "owner": _word(item.get("tenant"), "name"),
        "service": _word(item.get("role") or item.get("device_role"), "name"),
        "tags": " ".join(sorted({as_tag(_word(tag, "slug", "name")) for tag in item.get("tags") or []} - {""})),
    }
    fault = "" if address or not device else "It has no primary address in NetBox, so that it cannot be reached."
    return Row(where, {column: value for column, value in values.items() if value}, fault)


def _word(value: Any, *keys: str) -> str:
    """The first of the keys that a nested object has, as text."""
    if not isinstance(value, dict):
        return ""
    found = (value.get(key) for key in keys)
    return next((word.strip() for word in found if isinstance(word, str) and word.strip()), "")
