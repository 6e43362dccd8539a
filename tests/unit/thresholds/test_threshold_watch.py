"""While a load goes on: what is known decides, nothing is looked at twice, and what may recover waits."""

from collections.abc import Sequence
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from threshold_run import call, exchange, invoked, published, throttled

from harness import journal as j
from harness.stats import percentile
from harness.thresholds import Watch, parse
from harness.thresholds.watch import Meter


def crossed(text: str, *records: j.Record, now: float = 50.0, began_at: float = 0.0) -> bool:
    """Return whether *text* ends a load that began at *began_at* and left *records* by *now*."""
    return Watch([parse(f"{text} abort")], began_at).each_second(list(records), now) is not None


SAMPLES = [j.QueueSampled(float(at), "jobs", at, 0, 0, float(at)) for at in (9, 3)]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("p(99)<500ms", True),
        ("p(99)<700ms", False),
        ("med<500ms", True),
        ("max<500ms", True),
        ("avg>500ms", False),
        ("min>700ms", True),
        ("max==100ms", True),
        ("max==1s", False),
        ("errors==0", True),
        ("errors<2", False),
        ("errors==1", False),
        ("requests<2", True),
        ("requests==1", True),
        ("requests: rate>1", True),
        ("requests: rate<1", False),
        ("error_ratio<1%", True),
        ("error_ratio<60%", False),
        ("error_ratio{topic:x}<1%", False),
        ("lag: max<50ms", True),
    ],
)
def test_what_is_known_so_far_decides(text: str, ends: bool) -> None:
    """A limit that only grows is crossed for good; of the rest what is known counts, as in k6."""
    assert crossed(text, call(1.0), call(2.0, "failed")) is ends


def test_gauges() -> None:
    """The largest that was seen, or the last."""
    assert crossed("queue_age: max<5s", *SAMPLES)
    assert not crossed("queue_age: value<5s", *SAMPLES)
    assert crossed("queue_depth: value>5", *SAMPLES)
    changed = j.CapacityChanged(1.0, "ranker", "A", 1, 1)
    assert crossed("in_service: min>=2", changed)
    assert not crossed("in_service: min>=2", j.PhaseStarted(1.0, "teardown"), changed)


def test_other_records_are_followed_too() -> None:
    """Throttles, errors of functions, calls, messages: whatever is known while it goes on."""
    assert crossed("throttles==0", throttled())
    assert crossed("function_errors==0", invoked(outcome="error"))
    assert crossed("calls{status:500}==0", exchange(status=500))
    assert crossed("published<2", published(1), published(2))
    assert crossed("findings{severity:error}==0", j.Finding(1.0, "r", "error", "x", "", ""))
    assert crossed("events_lost==0", j.FunctionEventEnded(6.0, 0.5, "f", "r", "failed", 3))


TARGET = "endpoint/ranker/variant/A"
METRIC = "SageMakerVariantInvocationsPerInstance"
TRACKING = j.PolicyPut(0.0, TARGET, "p", "TargetTrackingScaling", 10.0, METRIC, 300.0, 300.0)
HIGH = [
    j.MetricPublished(at + 60.0, TARGET, "InvocationsPerInstance", at, 60.0, 20.0) for at in (60.0, 120.0)
]
ALARM = j.AlarmChanged(200.0, "alarm", TARGET, "high", 10.0, "OK", "ALARM", "")


def stage(at: float, status: str) -> j.ScalingActivity:
    """Return a stage of a scale-out."""
    return j.ScalingActivity(at, "a1", TARGET, status, 1, 2, "load", "", code="ScaleOut")


@pytest.mark.parametrize(
    ("text", "ends"),
    [("scale_out_lag<240s", True), ("scale_out_lag<400s", False), ("scale_out_decision<100s", True),
     ("scale_out_lag{endpoint:ranker}<240s", True), ("scale_out_lag{endpoint:other}<240s", False)],
)  # fmt: skip
def test_spans_of_scaling_once_they_are_over(text: str, ends: bool) -> None:
    """The answer of the expectation, as soon as there is one; later stages do not change it."""
    stages = [stage(210.0, "InProgress"), stage(400.0, "Successful"), stage(500.0, "Successful")]
    assert crossed(text, TRACKING, *HIGH, ALARM, *stages) is ends


def test_a_scale_out_under_way_is_no_answer() -> None:
    """How long it took is known when it is in service."""
    assert not crossed("scale_out_lag<1s", TRACKING, *HIGH, ALARM, stage(210.0, "InProgress"))


def test_nothing_known_ends_nothing() -> None:
    """There is time to learn more; the end fails what was never measured."""
    assert not crossed("p(99)<1ms")
    assert not crossed("requests: rate>5", call(), now=0.0)


def test_waits_as_long_as_it_is_told() -> None:
    """The delay counts from the load's beginning."""
    watch = Watch([parse("p(99)<1ms abort after 30s")], 100.0)
    assert watch.each_second([call()], 129.0) is None
    crossing = watch.each_second([call()], 130.0)
    assert crossing is not None
    assert (crossing.at, crossing.count) == (130.0, 1)


def test_those_that_do_not_abort_are_not_watched() -> None:
    """They are judged at the end."""
    watch = Watch([parse("p(99)<1ms")], 0.0)
    assert (watch.kinds, watch.each_second([call()], 9.0)) == (frozenset(), None)


def test_each_record_is_seen_once() -> None:
    """Records of the run by their place, those beside them as they come."""
    watch = Watch([parse("errors<3 abort"), parse("throttles<2 abort")], 0.0)
    records: list[j.Record] = [throttled()]
    assert watch.kinds == {j.LoadRequest, j.FunctionThrottled}
    assert watch.each_second(records, 1.0, [call(outcome="failed")]) is None
    assert watch.each_second(records, 2.0, [call(outcome="failed")]) is None
    records.append(throttled())
    crossing = watch.each_second(records, 3.0)
    assert crossing is not None
    assert crossing.threshold.text == "throttles<2"


SIGNS = ("<", "<=", ">", ">=", "==", "!=")
SOME = st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=30)


@example([0.2, 0.2], "!=", "p(50)")
@example([0.1, 0.3], "!=", "p(50)")
@example([0.1, 0.1, 0.3, 0.3, 0.3], "<", "p(50)")
@given(SOME, st.sampled_from(SIGNS), st.sampled_from(["p(50)", "p(90)", "p(99.9)", "med", "avg"]))
def test_sums_say_what_all_values_say(values: Sequence[float], sign: str, aggregation: str) -> None:
    """A meter keeps no value, and comes to the same as the judgement over all of them."""
    threshold = parse(f"{aggregation}{sign}200ms")
    meter = Meter(threshold)
    meter.add(values)
    share = 0.5 if threshold.percent is None else threshold.percent / 100
    value = sum(values) / len(values) if aggregation == "avg" else percentile(sorted(values), share)
    assert meter.is_crossed(1.0) is not threshold.holds(value)


def test_a_look_costs_what_is_new() -> None:
    """30,000 requests of before make a look at ten more no dearer."""
    watch = Watch([parse("p(99)<5s abort"), parse("error_ratio<1% abort")], 0.0)
    records: list[j.Record] = [call()] * 30_000
    began = process_time()
    watch.each_second(records, 1.0)
    first_s = process_time() - began
    began = process_time()
    for second in range(10):
        records += [call()] * 10
        watch.each_second(records, float(second))
    assert (process_time() - began) / 10 < first_s / 20
