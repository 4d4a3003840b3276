"""A change of the toy kind, run through the engine on this machine, and its evidence."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import evidence.verify
from audit.models import Anchor
from audit.services import anchor, record, seal_all
from changes.models import Change
from evidence.services import evidence_take
from execution import engine
from people.selectors import actor_of
from tests.execution.conftest import (  # noqa: F401  # fixtures
    approved_toy,
    journal,
    queued_toy,
    request_toy,
    this_machine,
    toyhost,
    world,
)

Files = dict[str, bytes]


@pytest.fixture
def ran(queued_toy, vera) -> Change:  # noqa: F811
    """It did two steps; others did things meanwhile and after; all is sealed and anchored."""
    change = queued_toy("a", "b")
    record("host.edit", actor_name="ada", label="somebody else's <b>act</b>", detail={"secret": "of another change"})
    engine.look(change.pk)
    record("host.edit", actor_name="ada", label="later")
    seal_all()
    assert anchor()
    return Change.objects.get(pk=change.pk)


@pytest.fixture
def take(vera) -> Callable[[Change], bytes]:
    """The archive as Vera gets it."""
    return lambda change: b"".join(evidence_take(actor_of(vera), change).blocks)


@pytest.fixture
def files(ran, take) -> Files:
    """What is in the archive."""
    return unzipped(take(ran))


def unzipped(archive: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(archive)) as zip:
        return {name.partition("/")[2]: zip.read(name) for name in zip.namelist()}


def zipped(files: Files) -> bytes:
    """What somebody makes of it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zip:
        for name, content in files.items():
            zip.writestr(f"evidence-1/{name}", content)
    return data.getvalue()


@pytest.fixture
def verified(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """What verify.py says of an archive: sentences, or the one that says what is wrong."""
    path = tmp_path / "pack.zip"

    def verify(archive: bytes, key: str = "") -> str:
        path.write_bytes(archive)
        try:
            return "\n".join(evidence.verify.verify(str(path), key))
        except evidence.verify.Wrong as wrong:
            return f"NOT WHOLE: {wrong}"

    yield verify


def alone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A verify.py with no Django, no packages and no environment."""
    return subprocess.run([sys.executable, "-I", "-S", *words], cwd=folder, capture_output=True, text=True)


def rehashed(files: Files) -> Files:
    """With a manifest that fits, made by somebody who has not the key."""
    from hashlib import sha256

    manifest = json.loads(files["manifest.json"])
    for listed in manifest["files"]:
        content = files[listed["name"]]
        listed |= {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
    return files | {"manifest.json": json.dumps(manifest).encode()}


def signed_anew(files: Files) -> Files:
    """The same by somebody who has a key, and puts his own in."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    manifest = json.loads(rehashed(files)["manifest.json"])
    manifest["public_key"] = key.public_key().public_bytes_raw().hex()
    text = json.dumps(manifest).encode()
    return files | {"manifest.json": text, "manifest.sig": key.sign(text).hex().encode()}


def last_anchor() -> Anchor:
    found = Anchor.objects.first()
    assert found is not None
    return found
