"""Settings that can be set from their notes: every corner of every unknown is a value that works."""

from dataclasses import fields, replace
from enum import Enum
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.scaling.settings import ScalingSettings
from harness.scaling.unknowns import SettingNote, notes

NOTES = {each.name: each for each in notes(ScalingSettings())}
UNKNOWN = [each for each in NOTES.values() if each.low is not None]


def test_every_setting_says_why() -> None:
    """Nobody has to guess where a default comes from."""
    assert set(NOTES) == {each.name for each in fields(ScalingSettings)}
    assert all(len(each.why) > 20 for each in NOTES.values())


@pytest.mark.parametrize("note", UNKNOWN, ids=lambda each: each.name)
def test_the_corners_of_an_unknown_are_values_of_its_type(note: SettingNote) -> None:
    """Ready for `replace`, in order, with the default between them where there is an order."""
    for corner in (note.low, note.high):
        assert type(corner) is type(note.default)
        changed: dict[str, Any] = {note.name: corner}
        assert getattr(replace(ScalingSettings(), **changed), note.name) == corner
    assert note.low != note.high
    if not isinstance(note.default, Enum):
        assert note.low <= note.default <= note.high


@pytest.mark.parametrize(
    "name",
    [
        "publish_delay_s",
        "reaction_delay_s",
        "high_resolution_publish_delay_s",
        "high_resolution_reaction_delay_s",
        "high_resolution_retry_s",
        "datapoint",
        "capacity_basis",
        "scale_in_mode",
        "flapping_guard",
        "low_threshold_ratio",
        "cooldown_start",
        "scale_out_cooldown_blocks_scale_in",
        "evaluation_range_extra",
        "create_low_alarm_when_disabled",
        "no_capacity_status",
        "schedule_delay_s",
        "step_points",
    ],
)
def test_what_the_documents_leave_open_has_a_range(name: str) -> None:
    """The list of unknowns that concern scaling; zero datapoints and T2 are settings without a range."""
    assert NOTES[name].low is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("publish_delay_s", -1.0),
        ("schedule_delay_s", -1.0),
        ("high_resolution_publish_delay_s", -1.0),
        ("high_resolution_retry_s", 0.0),
        ("high_resolution_low_periods", 0),
        ("evaluation_range_extra", -1),
        ("scale_in_percent", 0.0),
    ],
)
def test_a_setting_that_cannot_be_is_refused(name: str, value: float) -> None:
    """By its name."""
    changed: dict[str, Any] = {name: value}
    with pytest.raises(ScenarioError, match=name):
        ScalingSettings(**changed)
