"""What Lambda takes and refuses of a mapping of a queue."""

from typing import Any

import pytest

from harness.errors import RequestRefused, ScenarioError
from harness.functions.event_sources_arguments import Pollers, SourceConfig, source_config
from harness.functions.event_sources_settings import EventSourceSettings


def test_defaults() -> None:
    """Ten records, no window, no limit of its own."""
    assert source_config({}, fifo=False) == SourceConfig()


def test_everything() -> None:
    """All members of a request are read."""
    given = {
        "BatchSize": 500,
        "MaximumBatchingWindowInSeconds": 20,
        "ScalingConfig": {"MaximumConcurrency": 7},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]},
    }
    found = source_config(given, fifo=False)
    assert (found.batch_size, found.window_s, found.maximum_concurrency) == (500, 20.0, 7)
    assert found.reports_item_failures
    assert found.filters.texts == ('{"body": {"a": [1]}}',)


def test_provisioned_mode() -> None:
    """What is left out of a ProvisionedPollerConfig has a default."""
    assert source_config(
        {"ProvisionedPollerConfig": {"MinimumPollers": 5}}, fifo=False
    ).provisioned == Pollers(5, 200)


def test_as_many_pollers_at_most_as_at_least() -> None:
    """Both bounds may be the same, and each is the one that was given."""
    given = {"ProvisionedPollerConfig": {"MinimumPollers": 7, "MaximumPollers": 7}}
    assert source_config(given, fifo=False).provisioned == Pollers(7, 7)
    given = {"ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 9}}
    assert source_config(given, fifo=False).provisioned == Pollers(3, 9)


def test_a_member_within_another_is_named_with_it() -> None:
    """As Lambda names it in what it refuses: provisionedPollerConfig.maximumPollers."""
    with pytest.raises(RequestRefused, match=r"'provisionedPollerConfig\.maximumPollers'"):
        source_config({"ProvisionedPollerConfig": {"MaximumPollers": 0}}, fifo=False)


@pytest.mark.parametrize(
    ("given", "fifo", "words"),
    [
        ({"BatchSize": 0}, False, "Value '0' at 'batchSize' .* greater than or equal to 1$"),
        ({"BatchSize": 10_001}, False, "less than or equal to 10000"),
        ({"BatchSize": 11}, False, "must be greater than 0 if maximum batch size is greater than 10"),
        ({"BatchSize": "5"}, False, "no whole number"),
        ({"BatchSize": True}, False, "no whole number"),
        ({"MaximumBatchingWindowInSeconds": 301}, False, "less than or equal to 300"),
        (
            {"ScalingConfig": {"MaximumConcurrency": 1}},
            False,
            "'scalingConfig.maximumConcurrency' .* equal to 2$",
        ),
        ({"ScalingConfig": {"MaximumConcurrency": 1001}}, False, "less than or equal to 1000"),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 1}}, False, "greater than or equal to 2"),
        (
            {"ProvisionedPollerConfig": {"MinimumPollers": 9, "MaximumPollers": 8}},
            False,
            "MaximumPollers must be",
        ),
        (
            {"ProvisionedPollerConfig": {"MinimumPollers": 2}, "ScalingConfig": {"MaximumConcurrency": 2}},
            False,
            "can't configure both",
        ),
        ({"FunctionResponseTypes": ["Other"]}, False, "functionResponseTypes"),
        ({"StartingPosition": "LATEST"}, False, "StartingPosition is not valid for SQS event sources"),
        ({"MaximumBatchingWindowInSeconds": 1}, True, "window is not supported for FIFO"),
        ({"BatchSize": 11}, True, "Maximum batch size for FIFO queues is 10"),
    ],
)
def test_refusals(given: dict[str, Any], fifo: bool, words: str) -> None:
    """Each in words that name the member."""
    with pytest.raises(RequestRefused, match=words):
        source_config(given, fifo=fifo)


def test_scaling_config_without_a_value() -> None:
    """An empty ScalingConfig removes the limit."""
    assert source_config({"ScalingConfig": {}}, fifo=False).maximum_concurrency is None


@pytest.mark.parametrize("name", ["growth_step_s", "backoff_factor", "throttle_retry_s"])
def test_settings_that_make_no_sense(name: str) -> None:
    """A step or a factor of nothing is refused."""
    with pytest.raises(ScenarioError, match=name):
        EventSourceSettings(**{name: 0.0})
