"""Every unknown is a setting that says why it is what it is."""

from dataclasses import replace
from typing import Any

import pytest

from harness.endpoint.settings import EndpointSettings
from harness.errors import ScenarioError
from harness.scaling.settings import ScalingSettings
from harness.scaling.unknowns import notes


def changed(name: str, value: object) -> dict[str, Any]:
    return {name: value}


@pytest.mark.parametrize("settings", [EndpointSettings(), ScalingSettings()])
def test_every_setting_tells_where_its_default_comes_from(
    settings: EndpointSettings | ScalingSettings,
) -> None:
    """A page of unknowns can be written from the settings alone."""
    told = notes(settings)
    assert {each.name for each in told} == set(type(settings).__dataclass_fields__)
    assert all(len(each.why) > 20 for each in told)


@pytest.mark.parametrize(
    "name",
    [
        "publish_delay_s",
        "reaction_delay_s",
        "evaluation_offset_s",
        "evaluation_range_extra",
    ],
)
def test_a_negative_delay_is_refused_by_name(name: str) -> None:
    """The message names the field."""
    with pytest.raises(ScenarioError, match=name):
        replace(ScalingSettings(), **changed(name, -1))


@pytest.mark.parametrize("name", ["low_threshold_ratio", "high_periods", "low_periods", "scale_in_percent"])
def test_what_must_be_above_zero_is_refused_at_zero(name: str) -> None:
    """No alarm over no period, no step of nothing."""
    with pytest.raises(ScenarioError, match=name):
        replace(ScalingSettings(), **changed(name, 0))


def test_a_report_can_run_every_endpoint_setting_at_both_ends() -> None:
    """A range has two ends, both values that the field takes, and the default is nothing outside it."""
    for note in notes(EndpointSettings()):
        assert (note.low is None) == (note.high is None), note.name
        if note.low is not None:
            for end in (note.low, note.high):
                assert getattr(replace(EndpointSettings(), **changed(note.name, end)), note.name) == end
        if isinstance(note.default, float):
            assert note.low <= note.default <= note.high, note.name
        elif note.low is not None and not hasattr(note.default, "draw"):
            assert {type(note.low), type(note.high)} == {type(note.default)}, note.name


def test_without_a_range_stands_only_what_a_user_knows() -> None:
    """Zones and quotas are facts of an account, not unknowns."""
    assert {each.name for each in notes(EndpointSettings()) if each.low is None} == {"zones", "quotas"}


def test_endpoint_settings_are_checked_too() -> None:
    """Negative spans and an endpoint without zones cannot be."""
    with pytest.raises(ScenarioError, match="settle_s"):
        EndpointSettings(settle_s=-1.0)
    with pytest.raises(ScenarioError, match="invocation_timeout_s"):
        EndpointSettings(invocation_timeout_s=0.0)
    with pytest.raises(ScenarioError, match="ping_timeout_s"):
        EndpointSettings(ping_timeout_s=-1.0)
    with pytest.raises(ScenarioError, match="zones"):
        EndpointSettings(zones=())


@pytest.mark.parametrize("span", [3.0, 20.0])
def test_concurrency_is_sampled_a_whole_number_of_times_in_ten_seconds(span: float) -> None:
    """A period holds whole samples, so the span must divide it."""
    with pytest.raises(ScenarioError, match=r"concurrency_sample_s is .* divide 10"):
        EndpointSettings(concurrency_sample_s=span)
