"""What the figures show, taken from the journal."""

import sample

from harness import journal as j
from harness.stats import Span
from harness.summary import ByType
from reports.figures import alt, series

FULL = ByType(sample.scaled_run())


def test_the_timeline_holds_all_that_the_run_did() -> None:
    """Every request, datapoint, capacity and fault is in it, with the bounds it moved in."""
    (shown,) = series.timelines(FULL, sample.END)
    assert shown.traffic is not None
    assert shown.metric is not None
    assert sum(shown.traffic.offered) == sample.CALLS
    assert sum(shown.traffic.served) + sum(shown.traffic.failed) == sample.CALLS
    assert (shown.metric.target, shown.metric.low) == (10.0, 9.0)
    assert [count for _, count in shown.in_service][:6] == [0, 1, 1, 2, 3, 4]
    assert (shown.bounds, shown.faults) == ((1, 5), [1_020.0])


def test_bands_tell_states_as_spans() -> None:
    """Endpoint, both alarms and both cooldowns, each with what it was and from when to when."""
    (shown,) = series.timelines(FULL, sample.END)
    bands = {band.label: band.spans for band in shown.bands}
    assert list(bands) == ["Endpoint", "Alarm high", "Alarm low", "Cooldown out", "Cooldown in"]
    assert Span(540, 1_320, "ALARM") in bands["Alarm high"]
    assert bands["Cooldown out"] == [Span(848.0, 878.0, "cooldown")]


def test_without_a_load_the_gateways_invocations_are_the_traffic() -> None:
    """Of the same endpoint and variant; what came back as an error is failed."""
    calls = [
        j.Exchange(at, "sagemaker-runtime", "InvokeEndpoint", status, "", 0, 1, 1, endpoint=name, variant="A")
        for at, status, name in ((1.0, 200, "e"), (2.0, 503, "e"), (3.0, 200, "other"))
    ]
    (shown,) = series.timelines(ByType([*calls, j.CapacityChanged(0.0, "e", "A", 1, 1)]), 10.0)
    assert shown.traffic is not None
    assert (sum(shown.traffic.offered), sum(shown.traffic.served), sum(shown.traffic.failed)) == (2, 1, 1)


def test_a_target_of_another_service_is_named_as_it_is() -> None:
    """A ResourceId that is no endpoint variant is its own title."""
    (shown,) = series.timelines(ByType([j.TargetRegistered(0.0, "table/x", 1, 2)]), 10.0)
    assert (shown.title, shown.traffic, shown.metric, shown.bands) == ("table/x", None, None, [])


def test_the_timeline_is_told_in_words() -> None:
    """Who does not see the figure hears its peaks, its alarms and its steps."""
    (shown,) = series.timelines(FULL, sample.END)
    words = alt.timeline(shown)
    assert "Offered 1,050 requests" in words
    assert "against a target of 10" in words
    assert "Alarm high: INSUFFICIENT_DATA" not in words
    assert "ALARM from 09:00 to 22:00" in words
    assert "5 at 13:59" in words
    assert "Faults at 17:00." in words


def test_an_empty_timeline_is_told_in_words_too() -> None:
    """It says that there was nothing."""
    (shown,) = series.timelines(ByType([j.TargetRegistered(0.0, "table/x", 1, 2)]), 10.0)
    assert alt.timeline(shown).endswith("No requests.")
