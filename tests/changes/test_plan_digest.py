import dataclasses

import pytest

from changes.plan import Call, Plan
from tests.changes.sample_plan import plan


def test_the_same_plan_has_the_same_digest():
    assert plan().digest() == plan().digest()


def test_a_plan_survives_its_own_json():
    assert Plan.from_json(plan().to_json()) == plan()


def test_what_came_after_the_first_release_is_not_written_where_it_says_nothing():
    whole = plan()
    assert '"outage"' not in whole.to_json() and '"fleeting"' not in whole.to_json()
    first = dataclasses.replace(whole.steps[0], outage=90, fleeting=True)
    later = dataclasses.replace(whole, steps=(first, *whole.steps[1:]))
    assert later.to_json().count('"outage":90') == later.to_json().count('"fleeting":true') == 1
    assert Plan.from_json(later.to_json()) == later


def test_the_digest_survives_the_json():
    assert Plan.from_json(plan().to_json()).digest() == plan().digest()


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Plan)])
def test_every_field_of_a_plan_is_in_the_digest(field):
    changed = {
        "kind": "other",
        "version": 2,
        "title": "other",
        "target": {"machine_id": "other"},
        "steps": plan().steps[:1],
        "warnings": ("other",),
        "settings": {"other": True},
    }[field]
    assert plan(**{field: changed}).digest() != plan().digest()


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Call)])
def test_every_field_of_a_command_is_in_the_digest(field):
    first, *rest = plan().steps
    changed = {"argv": ("cp", "b", "c"), "script": "true", "stdin": "y", "timeout": 61}[field]
    other = dataclasses.replace(first, command=dataclasses.replace(first.command, **{field: changed}))
    assert plan(steps=(other, *rest)).digest() != plan().digest()


def test_text_that_is_no_plan_is_refused():
    with pytest.raises(ValueError, match="not a plan that Regroup wrote"):
        Plan.from_json('{"steps": 3}')


def test_two_steps_may_not_share_a_key():
    with pytest.raises(ValueError, match="must differ"):
        plan(steps=plan().steps[:1] * 2)
