"""Each tag gives its component, says it without colour, and escapes what a host or a person wrote."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone

from changes.states import LABELS, STEP_LABELS, Label, State, StepState
from pages.labels import label_of

EVIL = "<script>alert(1)</script>\"'"


def render(source: str, **context: Any) -> str:
    return Template("{% load regroup %}" + source).render(Context(context))


@pytest.mark.parametrize("state", [*State, *StepState])
def test_every_state_shows_glyph_word_and_tone(state: str) -> None:
    label = LABELS[State(state)] if isinstance(state, State) else STEP_LABELS[StepState(state)]
    html = unescape(render("{% state_badge state %}", state=state))
    assert label.glyph in html
    assert label.word in html
    assert f'data-tone="{label.tone}"' in html


def test_a_change_and_a_step_in_a_state_of_one_name_look_alike() -> None:
    shared = {str(state) for state in State} & {str(state) for state in StepState}
    assert shared
    for name in shared:
        assert LABELS[State(name)] == STEP_LABELS[StepState(name)]


def test_a_badge_is_found_through_what_has_a_state() -> None:
    class Change:
        state = "blocked"

    assert label_of(Change()) == LABELS[State.BLOCKED]


def test_a_state_no_table_knows_shows_as_itself() -> None:
    assert label_of("half_done") == Label("?", "half done", "neutral")


def test_a_time_has_its_exact_form_with_zone_for_mouse_and_screen_reader() -> None:
    moment = timezone.now() - timedelta(minutes=4)
    with timezone.override("Europe/Berlin"):
        html = render("{% when moment %}.", moment=moment)
    exact = f"{timezone.localtime(moment, timezone.zoneinfo.ZoneInfo('Europe/Berlin')):%H:%M:%S %Z}"
    assert "4 minutes ago" in html
    assert html.count(exact) == 2
    assert html.endswith("</time>.")


def test_a_time_that_never_was_says_so() -> None:
    assert "never seen" in render('{% when None never="never seen" %}')


def test_an_ended_span_stands_still_and_a_running_one_ticks() -> None:
    start = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    ended = render("{% elapsed start end %}", start=start, end=start + timedelta(seconds=63))
    assert "1 m 03 s" in ended
    assert "data-since" not in ended
    assert 'data-since="2026-11-22T21:00:00+00:00"' in render("{% elapsed start %}", start=start)


def test_a_long_identifier_is_shortened_and_copied_whole() -> None:
    uuid = "y7XcTq-1nVb-8d2K-Zq0p-R4mW-u6Le-Jk93Fq"
    html = render('{% ident uuid label="VG UUID" %}', uuid=uuid)
    assert "y7XcTq-1nV…Le-Jk93Fq" in html
    assert f'data-copy="{uuid}"' in html
    assert "Copy VG UUID" in html


def test_words_of_a_command_are_quoted_as_the_shell_needs() -> None:
    html = render("{% command_block argv %}", argv=["echo", "two words", "$HOME"])
    assert "echo &#x27;two words&#x27; &#x27;$HOME&#x27;" in html


def test_a_command_shows_what_would_hide_and_copies_what_is() -> None:
    html = render("{% command_block line %}", line="rm a\u202eb")
    assert "rm a‹U+202E›b</code>" in html
    assert 'data-copy="rm a\u202eb"' in html


def test_standard_input_is_folded_with_its_line_count() -> None:
    html = render("{% command_block 'sh' stdin=script %}", script="one\ntwo\n")
    assert "<details" in html
    assert "2 lines" in html


@pytest.mark.parametrize(
    "source",
    [
        "{% ident evil %}",
        "{% command_block evil stdin=evil host=evil %}",
        "{% diff_block evil '' evil note=evil %}",
        "{% diff_block evil evil evil %}",
        "{% gate_list gate %}",
        "{% empty_state evil evil url=evil label=evil %}",
        "{% post_button evil evil name=evil value=evil %}",
        "{% confirm_button evil evil evil ask=evil name=evil value=evil %}",
        "{% callout 'bad' evil %}{{ evil }}{% endcallout %}",
        "{% log_block evil lines %}",
        "{% state_badge evil %}",
        "{% icon 'server' label=evil %}",
        "{% progress_line 1 2 label=evil words=evil %}",
        "{% pager evil evil %}",
        "{% hold as kept %}{{ evil }}{% endhold %}{{ kept }}",
    ],
)
def test_what_others_wrote_is_escaped(source: str) -> None:
    class Line:
        seq, text, stream, at, attempt = 1, EVIL, EVIL, None, 1

    gate = [{"ok": True, "title": EVIL, "reason": EVIL}]
    html = render(source, evil=EVIL, gate=gate, lines=[Line()])
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "&quot;&#x27;" in html


def test_a_diff_says_added_and_removed_in_words() -> None:
    html = render("{% diff_block before after '/etc/x' %}", before="a b\n", after="a c\n")
    assert '<span class="visually-hidden">removed</span>' in html
    assert "<del>b</del>" in html
    assert "<ins>c</ins>" in html


def test_a_gate_says_met_not_met_and_not_known_in_words() -> None:
    html = render("{% gate_list gate %}", gate=[{"ok": ok, "title": "T"} for ok in (True, False, None)])
    positions = [html.index(words) for words in ("met: ", "not met: ", "not known yet: ")]
    assert positions == sorted(positions)
    assert [mark in html for mark in "✓✗?"] == [True, True, True]


def test_a_dangerous_button_says_what_it_does_and_needs_no_javascript() -> None:
    html = render("{% confirm_button '/undo' 'Undo: unmount 3 volumes' 'All goes back.' ask='Reason' required=True %}")
    assert html.count("Undo: unmount 3 volumes") == 2
    assert "<details" in html
    assert 'name="reason"' in html
    assert " required>" in html


def test_a_posting_button_carries_the_protection_token() -> None:
    html = render("{% post_button '/run' 'Run' %}", csrf_token="t0ken")
    assert 'name="csrfmiddlewaretoken" value="t0ken"' in html


def test_the_log_of_a_step_takes_more_lines_and_marks_error_output_in_words() -> None:
    class Line:
        seq, text, stream, at, attempt = 7, "no", "err", None, 1

    html = render("{% log_block 'restore' lines %}", lines=[Line()])
    assert 'data-log-of="restore"' in html
    assert 'value="7" data-seq="7"' in html
    assert "error output: " in html


def test_a_size_in_a_page_has_its_exact_count_on_hover() -> None:
    assert render("{{ 13207024435|bytes }}") == '<span class="num" title="13,207,024,435 bytes">12.3 GiB</span>'


class Form(forms.Form):
    vg = forms.CharField(label="Group name", help_text="As LVM allows.")
    note = forms.CharField(required=False)
    access = forms.ChoiceField(choices=[("ro", "Read-only"), ("rw", "Write")], widget=forms.RadioSelect)


def test_an_error_stands_at_its_field_in_words_and_is_tied_to_it() -> None:
    html = render("{% field form.vg %}", form=Form({"vg": ""}))
    assert 'aria-describedby="id_vg-help id_vg-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_vg-error" aria-live="polite">This field is required.</div>' in html


def test_a_field_that_checks_itself_asks_the_server_as_one_types() -> None:
    html = render("{% field form.vg check='/check' %}", form=Form())
    assert 'hx-post="/check"' in html
    assert 'hx-target="#id_vg-error"' in html


def test_an_optional_field_says_so() -> None:
    assert "optional" in render("{% field form.note %}", form=Form())
    assert "optional" not in render("{% field form.vg %}", form=Form())


def test_choices_are_a_group_with_a_legend() -> None:
    html = render("{% field form.access %}", form=Form())
    assert "<legend" in html
    assert html.count('type="radio"') == 2


def test_wrong_fields_are_listed_with_links_to_them() -> None:
    html = render("{% form_errors form %}", form=Form({"vg": "", "access": "ro"}))
    assert '<a href="#id_vg">Group name</a>' in html
    assert 'role="alert"' in html
