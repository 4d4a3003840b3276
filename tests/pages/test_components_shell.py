"""The shell holds on its own: no inline code, a title once, a rail of what exists."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string

from pages.rail import ENTRIES, rail_links

pytestmark = pytest.mark.urls("tests.pages.rail_urls")
ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|\bhx-on|javascript:|hx-vals=.js:", re.IGNORECASE
)
REMOTE = re.compile(r"(?:src|href|action)=[\"']?(?:https?:)?//", re.IGNORECASE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_has_inline_code_style_or_remote_parts(path: Path) -> None:
    text = path.read_text("utf-8")
    if path.parent.name == "evidence":  # a file of the signed archive, read from disk: its style can only be its own
        text = text.replace("<style>", "", 1)
    assert not INLINE.search(text)
    assert not REMOTE.search(text)


def test_every_icon_named_in_a_template_is_there() -> None:
    icons = {path.stem for path in (ROOT / "templates/components/icons").glob("*.svg")}
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r"""(?:\{% icon |\bicon=)["']([a-z0-9-]+)["']""", path.read_text("utf-8"))
    }
    assert named <= icons
    assert {entry.icon for entry in ENTRIES} <= icons


def test_a_page_has_its_title_in_the_tab_and_as_its_only_h1() -> None:
    page = '{% extends "base.html" %}{% block title %}Hosts & groups{% endblock %}'
    html = Template(page.replace("&", "&amp;")).render(Context())
    assert "<title>Hosts &amp; groups · Regroup</title>" in html
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["Hosts &amp; groups"]


def test_a_block_left_out_leaves_no_empty_frame() -> None:
    html = Template('{% extends "base.html" %}{% block title %}T{% endblock %}').render(Context())
    assert "purpose" not in html
    assert "page-action" not in html
    assert "crumbs" not in html


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_an_error_page_needs_nothing_and_offers_a_way_on(name: str) -> None:
    html = render_to_string(name)
    assert '<meta name="regroup-error"' in html
    assert "<h1>" in html
    assert 'href="/"' in html or "home" in html


def test_the_rail_leaves_out_what_is_not_installed_and_marks_where_one_is() -> None:
    assert [(link.label, link.active) for link in rail_links("/changes/7/")] == [("Home", False), ("Changes", True)]
    assert [(link.label, link.active) for link in rail_links("/")] == [("Home", True), ("Changes", False)]
