"""The components every page is made of: `{% load regroup %}`.

Each tag is one function that turns its arguments into the typed context of one template in
templates/components/. How they look in every state stands at /styleguide/.
"""

import shlex
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache, wraps
from typing import Any, cast
from urllib.parse import urlencode
from zlib import crc32

from django import template
from django.db.models import Model
from django.forms.boundfield import BoundField
from django.forms.forms import BaseForm
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template.loader import get_template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from evidence.keys import PublicKey, public_keys
from inventory.models import Host
from inventory.rights import error_told
from pages import wording
from pages.diffs import Block, diff_texts
from pages.import_rows import import_rows
from pages.labels import label_of
from pages.rail import Link, rail_links
from people.filtered_lists import LISTS, parted, words_of
from people.kept import kept_seen_by, may_share
from people.vault import VaultError

register = template.Library()
Context = dict[str, Any]
TONES = ("neutral", "info", "wait", "ok", "warn", "bad")
TONE_ICONS = {
    "neutral": "info-circle",
    "info": "info-circle",
    "wait": "clock",
    "ok": "circle-check",
    "warn": "alert-triangle",
    "bad": "circle-x",
}
LOG_MARKS = {"note": ("›", "Regroup"), "err": ("!", "error output"), "stderr": ("!", "error output")}
GATE_MARKS = {True: ("✓", "ok", "met"), False: ("✗", "bad", "not met"), None: ("?", "neutral", "not known yet")}


def _inline(name: str) -> Callable[[Callable[..., Context]], Callable[..., SafeString]]:
    """An inclusion tag that leaves no line end behind, so that a full stop may follow it."""

    def decorate(function: Callable[..., Context]) -> Callable[..., SafeString]:
        @wraps(function)
        def tag(*args: Any, **kwargs: Any) -> SafeString:
            html = get_template(name).render(function(*args, **kwargs))
            return mark_safe(html.strip())  # noqa: S308 - rendered, hence escaped, by the template itself

        return cast(Callable[..., SafeString], register.simple_tag(tag))

    return decorate


@cache
def _svg(name: str) -> str:
    return get_template(f"components/icons/{name}.svg").render().strip()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An inline icon of templates/components/icons; with a label it is an image, else it is decoration."""
    svg = _svg(name)
    if label:
        start: str = format_html('<svg class="icon" role="img" aria-label="{}"', label)
    else:
        start = '<svg class="icon" aria-hidden="true" focusable="false"'
    return mark_safe(svg.replace("<svg", start, 1))  # noqa: S308 - our own file; the label is escaped above


@register.simple_block_tag
def hold(content: SafeString) -> SafeString:
    """Keeps what a block gives, to use it twice or to leave out its frame when empty: `{% hold as title %}`."""
    return mark_safe(content.strip())  # noqa: S308 - rendered, hence escaped, by the template itself


@register.simple_tag(takes_context=True)
def rail(context: Context) -> list[Link]:
    """The links of the left rail: `{% rail as links %}`."""
    request = context.get("request")
    actor = getattr(request, "actor", None)
    return rail_links(request.path if request else "", actor.roles if actor else ())


@register.inclusion_tag("people/_kept.html", takes_context=True)
def kept_filters(context: Context, page: str) -> Context:
    """At a list: the filters that were kept of it, and a form to keep the present one."""
    request, one = context["request"], LISTS[page]
    try:
        words, _ = parted(one, words_of(request.GET.urlencode()))
    except ValueError:  # more words than any filter has
        words = {}
    rows = kept_seen_by(request.actor).filter(page=page)
    return {
        "kept": [(row, bool(words) and row.words == words) for row in rows],
        "words": words,
        "query": urlencode(words),
        "list": page,
        "me": request.user.pk,
        "may_share": may_share(request.actor),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def host_error(context: Context, host: Host, error: str, row: Model | None = None) -> str:
    """Why a host could not be asked, as far as the reader may know: `{% host_error host host.facts.error as why %}`."""
    return error_told(context["request"].actor, host, error, row)


@_inline("components/state_badge.html")
def state_badge(value: Any, small: bool = False) -> Context:
    """A state as glyph, word and colour; see pages.labels.label_of for what `value` may be."""
    label = label_of(value)
    return {"label": label, "tone": label.tone if label.tone in TONES else "neutral", "small": small}


@_inline("components/when.html")
def when(moment: datetime | None, never: str = "—") -> Context:
    """A moment, relative, with the exact time and zone on hover and for screen readers."""
    if moment is None:
        return {"never": never}
    local = timezone.localtime(moment)
    return {
        "iso": local.isoformat(timespec="seconds"),
        "exact": wording.exact_time(local),
        "relative": wording.relative_time(moment, timezone.now()),
    }


@_inline("components/elapsed.html")
def elapsed(start: datetime | None, end: datetime | None = None) -> Context:
    """How long something took, or has taken so far; then it ticks in the browser."""
    if start is None:
        return {"words": "—"}
    seconds = ((end or timezone.now()) - start).total_seconds()
    return {
        "words": wording.human_duration(seconds),
        "since": None if end else start.isoformat(timespec="seconds"),
        "seconds": f"{seconds:.1f}",
        "exact": wording.exact_time(timezone.localtime(start)),
    }


@_inline("components/ident.html")
def ident(value: object, label: str = "", keep: int = 20, copy: bool = True) -> Context:
    """A name, UUID or address in monospace, shortened in the middle, with its copy button."""
    text = "" if value is None else str(value)
    shown = wording.show_unseen(wording.shorten_middle(text, keep))
    return {"value": text, "shown": shown, "short": shown != text, "label": label or "value", "copy": copy}


@register.inclusion_tag("components/command_block.html")
def command_block(command: str | Sequence[str], stdin: str = "", host: str = "", label: str = "Command") -> Context:
    """A command line as it will run, with a copy button; a script on its standard input is folded."""
    line = command if isinstance(command, str) else shlex.join(command)
    return {
        "line": line,
        "shown": wording.show_unseen(line),
        "stdin": stdin,
        "stdin_shown": wording.show_unseen(stdin),
        "stdin_lines": stdin.count("\n") + (bool(stdin) and not stdin.endswith("\n")),
        "host": host,
        "label": label,
    }


@register.inclusion_tag("components/diff_block.html")
def diff_block(before: str, after: str, path: str, context: int = 3, note: str = "") -> Context:
    """What changes in a file; an empty `before` is a new file, an empty `after` a removed one."""
    diff = diff_texts(before, after, context)
    return {
        "diff": diff,
        "path": path,
        "note": note,
        "new": not before and bool(after),
        "gone": bool(before) and not after,
        "blocks": [_shown_block(block) for block in diff.blocks],
    }


def _shown_block(block: Block) -> Context:
    """Folded rows become one text: a metadata file of 2 MiB must not become 30,000 table rows."""
    if not block.folded:
        return {"rows": [{"row": row, "pieces": _shown_pieces(row.pieces)} for row in block.rows]}
    width = len(str(block.rows[-1].after))
    numbered = (f"{row.after:>{width}}  {wording.show_unseen(row.text)}" for row in block.rows)
    return {"folded": "\n".join(numbered), "count": len(block.rows)}


def _shown_pieces(pieces: Iterable[Any]) -> list[tuple[bool, str]]:
    return [(piece.changed, wording.show_unseen(piece.text)) for piece in pieces]


@register.inclusion_tag("components/gate_list.html")
def gate_list(conditions: Iterable[Any]) -> Context:
    """Conditions with `ok` (True, False, None: not known yet), `title`, `reason` and `help`; objects or dicts."""
    rows = []
    for condition in conditions:
        of = condition.get if isinstance(condition, dict) else lambda name, it=condition: getattr(it, name, None)
        mark, tone, word = GATE_MARKS[of("ok")]
        words = {name: of(name) for name in ("title", "reason", "help")}
        rows.append({"mark": mark, "tone": tone, "word": word, **words})
    return {"rows": rows}


register.simple_tag(import_rows)


@register.inclusion_tag("components/empty_state.html")
def empty_state(title: str, text: str, icon: str = "inbox", url: str = "", label: str = "") -> Context:
    """What will stand here, and the first step towards it."""
    return {"title": title, "text": text, "icon": icon, "url": url, "label": label}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, check: str = "", mono: bool = False) -> Context:
    """A form field with its label, one line of help, and its error, in words, at the field.

    `check` is a URL: the whole form is posted there while one types (400 ms after the last key) and on
    leaving the field; its answer, a sentence or nothing, becomes the field's error line.
    """
    widget = bound.field.widget
    group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    ids = [f"{bound.id_for_label or bound.auto_id}-{part}" for part in ("help", "error")]
    described = " ".join(ids if bound.help_text else ids[1:])
    attrs: dict[str, str | bool] = {"aria-describedby": described, "class": _widget_class(widget, mono)}
    if check:
        attrs |= {
            "hx-post": check,
            "hx-trigger": "input changed delay:400ms, change",
            "hx-target": f"#{ids[1]}",
            "hx-sync": "this:replace",
        }
    return {
        "bound": bound,
        "widget": "" if group else bound.as_widget(attrs=attrs),
        "group": group,
        "checkbox": isinstance(widget, CheckboxInput),
        "help_id": ids[0],
        "error_id": ids[1],
        "described": described,
        "optional": not bound.field.required and not isinstance(widget, CheckboxInput),
    }


def _widget_class(widget: Any, mono: bool) -> str:
    if isinstance(widget, CheckboxInput):
        base = "rg-tick"
    elif isinstance(widget, Select):
        base = "form-select"
    else:
        base = "form-control"
    extra = widget.attrs.get("class", "")
    return " ".join(filter(None, (base, "mono" if mono else "", extra)))


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm) -> Context:
    """What is wrong with the form as a whole, and which fields need another look."""
    fields = [bound for bound in form.visible_fields() if bound.errors]
    return {"errors": form.non_field_errors(), "fields": fields}


@register.inclusion_tag("components/post_button.html", takes_context=True)
def post_button(
    context: Context,
    url: str,
    label: str,
    tone: str = "secondary",
    icon: str = "",
    name: str = "",
    value: object = "",
) -> Context:
    """A button that posts at once; `name` and `value` travel with it (the digest approved, say)."""
    shown = {"url": url, "label": label, "tone": tone, "icon": icon, "name": name, "value": value}
    return _form(context) | shown


@register.inclusion_tag("components/confirm_button.html", takes_context=True)
def confirm_button(
    context: Context,
    url: str,
    label: str,
    explain: str,
    tone: str = "danger",
    icon: str = "",
    ask: str = "",
    ask_name: str = "reason",
    required: bool = False,
    name: str = "",
    value: object = "",
    kept: Iterable[tuple[str, str]] = (),
) -> Context:
    """A button that opens to what will happen, a text to give where `ask` names one, and the real button."""
    shown = {"url": url, "label": label, "tone": tone, "icon": icon, "name": name, "value": value}
    asked = {"ask": ask, "ask_name": ask_name, "required": required, "explain": explain, "kept": kept}
    # One id for each button of a page, the same after every refresh: what is open or typed is found again by it.
    return _form(context) | shown | asked | {"ask_id": f"ask-{crc32((url + label).encode()):x}"}


def _form(context: Context) -> Context:
    return {"csrf_token": context.get("csrf_token"), "request": context.get("request")}


@register.simple_block_tag(takes_context=True)
def callout(context: Context, content: SafeString, tone: str, title: str = "", role: str = "") -> str:
    """A boxed remark with its tone's icon: `{% callout "warn" "The disk is a clone" %}…{% endcallout %}`."""
    inner = {
        "tone": tone,
        "title": title,
        "role": role,
        "content": content,
        "icon": TONE_ICONS.get(tone, "info-circle"),
    }
    return get_template("components/callout.html").render(inner)


@register.inclusion_tag("components/progress_line.html")
def progress_line(done: int, total: int, label: str = "Progress", words: str = "") -> Context:
    """A thin line and its words: how many of how many."""
    return {"done": done, "total": max(total, 1), "label": label, "words": words or f"{done} of {total}"}


@register.inclusion_tag("components/log_block.html")
def log_block(key: str, lines: Iterable[Any], follow: bool = True, title: str = "Log", more: str = "") -> Context:
    """A step's log; lines have `seq`, `text`, `stream`, `at` (and `attempt`). live.js appends to it.

    Each line shows its number in the run, so that a log cut to its end still counts right;
    `more` is the address of the whole.
    """
    shown = []
    for line in lines:
        mark, words = LOG_MARKS.get(line.stream, ("", ""))
        shown.append({"line": line, "text": wording.show_unseen(line.text), "mark": mark, "words": words})
    return {"key": key, "lines": shown, "follow": follow, "title": title, "more": more}


@register.inclusion_tag("components/pager.html")
def pager(newer: str | None = None, older: str | None = None) -> Context:
    """Links to the neighbouring pages of a keyset list; nothing when there is one page only."""
    return {"newer": newer, "older": older}


@register.filter("bytes")
def bytes_filter(count: int | None) -> str:
    """A size in words, the exact count on hover."""
    if count is None:
        return "—"
    return format_html('<span class="num" title="{} bytes">{}</span>', f"{count:,}", wording.human_bytes(count))


@register.filter
def grouped(count: int | None) -> str:
    """A count with its thousands apart."""
    return "—" if count is None else f"{count:,}"


@register.filter
def duration(span: timedelta | float | None) -> str:
    """A span in words: '1 m 03 s'."""
    return "—" if span is None else wording.human_duration(span)


@register.filter
def shorten(text: object, keep: int = 20) -> str:
    """Text with its middle left out beyond `keep` characters."""
    return wording.shorten_middle(str(text), keep)


@register.filter
def unseen(text: object) -> str:
    """Text of a host with control and direction characters written out."""
    return wording.show_unseen(str(text))


@register.simple_tag
def evidence_keys() -> list[PublicKey]:
    """The public keys that sign evidence, newest first; none while the list cannot be read (the doctor says why)."""
    try:
        return public_keys()
    except VaultError:
        return []
