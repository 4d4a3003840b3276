#!/usr/bin/env python3
"""Verifies the evidence of a change, offline: python3 verify.py [PACK.zip | FOLDER] [--key HEX]

Without a name it verifies the folder that it lies in. It needs Python 3.6 or newer and nothing else: Ed25519 is
computed here (RFC 8032), since `openssl pkeyutl` has no `-rawin` on the OpenSSL 1.1.1 of RHEL 8 and Debian 11. --key is
the public key as Regroup's page Audit, or `regroup doctor`, shows it; without it a person has to compare the two.
"""

import argparse
import hashlib
import json
import os
import sys
import zipfile

FIELDS = ("id", "at", "actor_id", "actor_name", "action", "object", "detail", "request_id", "ip")
BLOCK = 1 << 20


class Wrong(Exception):
    """Something does not fit; the message is the sentence."""


# ---------------------------------------------------------------------------------------- Ed25519

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _x_of(y: int, sign: int) -> int:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    return P - x if x & 1 != sign else x


def _point(data: bytes) -> tuple:  # type: ignore[type-arg]  # Python 3.6 has no tuple[int, …]
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    x = _x_of(y, sign)
    return x, y, 1, x * y % P


def _add(a: tuple, b: tuple) -> tuple:  # type: ignore[type-arg]
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - t, z + t, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: tuple) -> tuple:  # type: ignore[type-arg]
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature over the message is that of the key."""
    if len(public) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    try:
        a, r = _point(public), _point(signature[:32])
    except ValueError:
        return False
    y = 4 * pow(5, P - 2, P) % P
    x = _x_of(y, 0)
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = _times(s, (x, y, 1, x * y % P)), _add(r, _times(h, a))
    same = (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0
    return s < L and same


# ---------------------------------------------------------------------------------- where it lies


class Zip:
    """The archive as it was downloaded."""

    def __init__(self, path: str) -> None:
        try:
            self.zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile:
            raise Wrong(f"{path} is no whole archive: it was cut, or damaged. Take another copy.") from None
        self.paths = {}  # type: dict[str, str]
        for path in self.zip.namelist():
            name = path.partition("/")[2]
            if name in self.paths:
                raise Wrong(f"{path} is in the archive twice.")
            self.paths[name] = path

    def names(self) -> list:  # type: ignore[type-arg]
        return list(self.paths)

    def open(self, name: str):  # type: ignore[no-untyped-def]
        if name not in self.paths:
            raise Wrong(f"{name} is missing.")
        return self.zip.open(self.paths[name])


class Folder:
    """The archive, unpacked."""

    def __init__(self, path: str) -> None:
        self.path = path

    def names(self) -> list:  # type: ignore[type-arg]
        found = [os.path.join(top, name) for top, _, names in os.walk(self.path) for name in names]
        return [os.path.relpath(path, self.path).replace(os.sep, "/") for path in found]

    def open(self, name: str):  # type: ignore[no-untyped-def]
        try:
            return open(os.path.join(self.path, *name.split("/")), "rb")
        except OSError:
            raise Wrong(f"{name} is missing.") from None


def _all_of(pack, name: str) -> bytes:  # type: ignore[no-untyped-def]
    with pack.open(name) as file:
        data = file.read()  # type: bytes
    return data


def _json_of(pack, name: str):  # type: ignore[no-untyped-def]
    return json.loads(_all_of(pack, name).decode("utf-8"))


def _lines_of(pack, name: str):  # type: ignore[no-untyped-def]
    with pack.open(name) as file:
        for line in file:
            yield json.loads(line.decode("utf-8"))


# ------------------------------------------------------------------------------------- what is asked


def manifest_of(pack, key: str):  # type: ignore[no-untyped-def]
    """The manifest, once its signature is known to be that of its key."""
    text = _all_of(pack, "manifest.json")
    manifest = json.loads(text.decode("utf-8"))
    public = manifest["public_key"]
    if key and key.lower() != public:
        raise Wrong(f"It is signed with the key {public}, and you trust {key.lower()}.")
    try:
        signature = bytes.fromhex(_all_of(pack, "manifest.sig").decode("ascii").strip())
    except ValueError:
        signature = b""
    if not signed(bytes.fromhex(public), text, signature):
        raise Wrong("manifest.json is not what was signed: it was changed, or made without the key.")
    return manifest


def files_fit(pack, manifest) -> None:  # type: ignore[no-untyped-def]
    """Every file is the one that the manifest names, and there is no other."""
    listed = {file["name"]: file for file in manifest["files"]}
    for name in pack.names():
        if name not in listed and name not in ("manifest.json", "manifest.sig"):
            raise Wrong(f"{name} is not in the manifest: somebody has put it in.")
    for name in sorted(listed):
        found, size = hashlib.sha256(), 0
        with pack.open(name) as file:
            for block in iter(lambda: file.read(BLOCK), b""):  # noqa: B023  # used up before the next file
                found.update(block)
                size += len(block)
        if found.hexdigest() != listed[name]["sha256"]:
            raise Wrong(f"{name} was changed: its SHA-256 is not the one in the manifest.")
        if size != listed[name]["bytes"]:
            raise Wrong("{} has {} bytes instead of {}.".format(name, size, listed[name]["bytes"]))


def plan_fits(pack) -> str:  # type: ignore[no-untyped-def]
    """What was approved, and what ran, is this plan."""
    change = _json_of(pack, "change.json")
    if not change["digest"]:
        return "There is no plan."
    digest = hashlib.sha256(_all_of(pack, "plan.json")).hexdigest()
    if digest != change["digest"]:
        raise Wrong("plan.json is not the plan whose digest the change names.")
    for run in _json_of(pack, "steps.json"):
        if run["started_at"] and run["digest"] != digest:
            raise Wrong("The run {} was of another plan.".format(run["name"]))
    yes = [row for row in _json_of(pack, "approvals.json") if row["decision"] == "approved" and row["digest"] == digest]
    names = ", ".join(
        [row["approver"] for row in yes] + [_stood_in(row) for row in change.get("glasses", []) if _used(row, digest)]
    )
    return "The plan has the digest {}{}.".format(digest, ", approved by " + names if names else "; nobody approved it")


def _used(glass, digest) -> bool:  # type: ignore[no-untyped-def]
    return bool(glass["used_at"]) and glass["digest"] == digest and "approval" in glass["lifts"]


def _stood_in(glass) -> str:  # type: ignore[no-untyped-def]
    return "{} by breaking the glass".format(glass["decided_by"])


def logs_fit(pack) -> str:  # type: ignore[no-untyped-def]
    """No line of a log is missing."""
    count = 0
    for run in _json_of(pack, "steps.json"):
        number = run["log_gone"]
        for line in _lines_of(pack, "log/{}.jsonl".format(run["name"])):
            number += 1
            if line["seq"] != number:
                raise Wrong("Line {} of the log of {} is missing.".format(number, run["name"]))
        if number != run["last_seq"]:
            raise Wrong("The log of {} ends with line {} instead of {}.".format(run["name"], number, run["last_seq"]))
        count += number - run["log_gone"]
    return f"{count} log lines, none missing."


def _canonical(content) -> str:  # type: ignore[no-untyped-def]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _seal(position: int, previous: str, content: str) -> str:
    return hashlib.sha256((f"{position}\n{previous}\n{content}\n").encode("ascii")).hexdigest()


def row_fits(row) -> None:  # type: ignore[no-untyped-def]
    """An entry of the audit is what its seal says."""
    said = {name: row[name] for name in FIELDS}
    if row["content"]:
        fits = _canonical(said) == row["content"]
        fits = fits and _seal(row["position"], row["previous"], row["content"]) == row["hash"]
    else:
        fits = _canonical(dict(said, position=row["position"], previous=row["previous"])) == row["hash"]
    if not fits:
        raise Wrong("Entry {} of the audit is not what was sealed.".format(row["position"]))


def chain_fits(pack) -> str:  # type: ignore[no-untyped-def]
    """The change's entries stand in the chain at their places, and it leads from the first of them to the anchor."""
    rows = {}
    for row in _lines_of(pack, "audit.jsonl"):
        row_fits(row)
        rows[row["position"]] = row
    if not rows:
        raise Wrong("audit.jsonl has no entries.")
    expected, previous, blind = min(rows), rows[min(rows)]["previous"], 0
    for link in _lines_of(pack, "links.jsonl"):
        if link["position"] != expected:
            raise Wrong(f"Link {expected} of the chain is missing.")
        if expected in rows:
            if rows[expected]["hash"] != link["hash"] or rows[expected]["previous"] != previous:
                raise Wrong(f"Entry {expected} is not the one that stands in the chain.")
        elif not link["content"]:
            blind += 1  # sealed before contents had hashes: cannot be followed without its content
        elif _seal(expected, previous, link["content"]) != link["hash"]:
            raise Wrong(f"The chain is broken at link {expected}.")
        expected, previous = expected + 1, link["hash"]
    if expected <= max(rows):
        raise Wrong(f"The chain ends before entry {max(rows)} of the audit.")
    told = f"{len(rows)} entries of the audit, at positions {min(rows)} to {max(rows)} of its chain"
    if blind:
        told += f" ({blind} entries between them were sealed by the older rule, and cannot be followed from here)"
    anchor = _json_of(pack, "anchor.json")
    if not anchor:
        return told + "; no anchor was written after them yet: take the evidence again in a minute."
    if (anchor["position"], anchor["hash"]) != (expected - 1, previous):
        raise Wrong("The chain does not lead to the anchor at position {}.".format(anchor["position"]))
    where = "{hash} at position {position}, written at {at} to {place}".format(**anchor)
    return f"{told}; it leads to the anchor {where}: look whether it stands there."


def verify(path: str, key: str = "") -> list:  # type: ignore[type-arg]
    """Sentences about what holds. Raises Wrong for the first thing that does not."""
    pack = Folder(path) if os.path.isdir(path) else Zip(path)
    try:
        manifest = manifest_of(pack, key)
        files_fit(pack, manifest)
        found = [plan_fits(pack), logs_fit(pack), chain_fits(pack)]
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise Wrong(f"The archive is damaged, or not as Regroup makes it: {error}.") from error
    whose = (
        "the key that you trust" if key else "{}: compare it with Regroup's page Audit".format(manifest["public_key"])
    )
    return [
        "The evidence of change #{} is whole: {} files, made at {}.".format(
            manifest["change"], len(manifest["files"]), manifest["made_at"]),
        "Signed by key {}, {}.".format(manifest["key_id"], whose),
        *found,
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("pack", nargs="?", default=here, help="the archive, or the folder it was unpacked to")
    parser.add_argument("--key", default="", metavar="HEX", help="the public key that you trust")
    asked = parser.parse_args()
    try:
        print("\n".join(verify(asked.pack, asked.key)))
    except Wrong as wrong:
        print(f"NOT WHOLE: {wrong}")
        return 1
    except OSError as error:
        print(f"{asked.pack} cannot be read: {error.strerror}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
