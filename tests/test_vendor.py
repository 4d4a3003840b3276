"""The files we carry from others are the ones we say they are, with their licences."""

import hashlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
PACKAGES = tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["package"]
FILES = [file for package in PACKAGES for file in package["file"]]


@pytest.mark.parametrize("file", FILES, ids=[file["path"] for file in FILES])
def test_a_carried_file_has_the_written_hash(file: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / file["path"]).read_bytes()).hexdigest() == file["sha256"]


def test_every_carried_file_is_written_down() -> None:
    carried = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert carried - {"VENDOR.toml"} == {file["path"] for file in FILES}


@pytest.mark.parametrize("package", PACKAGES, ids=[package["name"] for package in PACKAGES])
def test_every_package_brings_its_licence_text(package: dict[str, object]) -> None:
    files = package["file"]
    assert isinstance(files, list)
    texts = [(VENDOR / file["path"]).read_text("utf-8") for file in files if file["path"].endswith("LICENSE")]
    assert len(texts) == 1
    assert "WITHOUT WARRANTY OF ANY KIND" in texts[0] or "DISCLAIMS ALL" in texts[0]
    assert package["licence"] in {"MIT", "0BSD"}


def test_nothing_carried_asks_for_a_remote_style_font_or_script() -> None:
    for path in (*VENDOR.rglob("*.css"), *(ROOT / "static" / "css").glob("*.css")):
        text = path.read_text("utf-8")
        assert "@import" not in text, path
        assert "url(http" not in text.replace('"', "").replace("'", ""), path
        assert "url(//" not in text.replace('"', "").replace("'", ""), path
        assert "sourceMappingURL" not in text, path
