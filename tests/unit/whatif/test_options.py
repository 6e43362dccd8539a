"""What the options of a simulation say, as settings; and what is said of those that say nothing."""

import pytest

from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform
from harness.endpoint.fleet import Routing
from harness.endpoint.settings import Joins
from harness.errors import ScenarioError
from harness.scaling.settings import ScaleInMode
from harness.whatif.options import Container, assumptions, known_settings, shown, span


def test_each_setting_is_read_by_its_type() -> None:
    """Numbers, truths, choices, names, spans, quotas."""
    found = assumptions(
        [
            "publish_delay_s=90",
            "low_periods=10",
            "emit_zeros=no",
            "scale_in_mode=proportional",
            "zones=a, b",
            "join_stagger=uniform:1,2",
            "joins=JOINT",
            "quotas=ml.m5.large:4",
            "queue_limit=7",
            "routing=LEAST_OUTSTANDING_REQUESTS",
            "allocation_time=90",
        ]
    )
    assert found.scaling.publish_delay_s == 90.0
    assert found.scaling.low_periods == 10
    assert not found.scaling.emit_zeros
    assert found.scaling.scale_in_mode is ScaleInMode.PROPORTIONAL
    assert found.endpoint.zones == ("a", "b")
    assert found.endpoint.join_stagger == Uniform(1.0, 2.0)
    assert found.endpoint.joins is Joins.JOINT
    assert dict(found.endpoint.quotas) == {"ml.m5.large": 4}
    assert found.container.queue_limit == 7
    assert found.container.routing is Routing.LEAST_OUTSTANDING_REQUESTS
    assert found.function.allocation_time == Constant(90.0)
    assert "quotas" in found.given


def test_options_of_their_own_go_to_the_same_settings() -> None:
    """--launch and the like are settings too, and count as given."""
    found = assumptions(launch="240", service_time="0.1", concurrency=4, instance_type="ml.c5.large")
    assert found.endpoint.launch_time == Constant(240.0)
    assert found.container == Container(
        service_time=Constant(0.1), concurrency=4, instance_type="ml.c5.large"
    )
    assert found.given == {"launch_time", "service_time", "concurrency", "instance_type"}


def test_every_setting_can_be_said() -> None:
    """What `shown` writes of a default, `--set` reads again."""
    plain = assumptions()
    for name in known_settings():
        holder = next(
            part
            for part in (plain.scaling, plain.endpoint, plain.function, plain.container)
            if hasattr(part, name)
        )
        value = getattr(holder, name)
        if value is not None and name != "quotas":
            changed = assumptions([f"{name}={shown(value)}"])
            assert (changed.scaling, changed.endpoint) == (plain.scaling, plain.endpoint)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("240", Constant(240.0)),
        ("constant:0.5", Constant(0.5)),
        ("uniform:5,30", Uniform(5.0, 30.0)),
        ("lognormal:240,600", LogNormal(240.0, 600.0)),
    ],
)
def test_a_span_is_written_as_it_is_read(text: str, wanted: Distribution) -> None:
    """Every kind of distribution the command line knows."""
    assert span("--launch", text) == wanted
    assert span("--launch", shown(wanted)) == wanted


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("publish_dely_s=3", "no such setting; did you mean 'publish_delay_s'?"),
        ("q=3", "no such setting; there are account_concurrency"),
        ("publish_delay_s", "--set publish_delay_s: say NAME=VALUE"),
        ("publish_delay_s=soon", "--set publish_delay_s: 'soon' is not a finite number"),
        ("publish_delay_s=nan", "'nan' is not a finite number"),
        ("publish_delay_s=-1", "must not be negative"),
        ("low_periods=1.5", "'1.5' is not a whole number"),
        ("emit_zeros=maybe", "'maybe' is neither true nor false"),
        ("joins=together", "'together' is none of staggered, joint"),
        ("launch_time=normal:1,2", "'normal:1,2' is no span of time; say SECONDS"),
        ("launch_time=uniform:1", "'uniform:1' is no span of time"),
        ("launch_time=uniform:9,1", "--set launch_time: Uniform: high_s"),
        ("quotas=ml.m5.large", "is no list of NAME:NUMBER"),
        ("concurrency=0", "concurrency is 0; it must be at least 1"),
        ("instance_type=ml.m5.huge", "'ml.m5.huge' is not known here; choose ml.m5"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(pair: str, message: str) -> None:
    """The name, what is wrong with it, and what there is."""
    with pytest.raises(ScenarioError) as refused:
        assumptions([pair])
    assert message in str(refused.value)


def test_measured_spans_are_shown_by_number_and_median() -> None:
    """There are too many to write them all."""
    assert shown(Empirical((1.0, 2.0, 9.0))) == "3 measured spans, median 2"
    assert shown(object()) == "object"


def test_what_is_said_goes_over_what_is_declared() -> None:
    """And leaves alone what nothing is said of."""
    declared = Container(concurrency=2, queue_limit=10)
    assert Container(concurrency=8).over(declared) == Container(concurrency=8, queue_limit=10)
