"""How many batches may be under way, moment by moment."""

from harness.functions.event_sources_arguments import Pollers, SourceConfig
from harness.functions.event_sources_scaling import Scaling
from harness.functions.event_sources_settings import EventSourceSettings


def scaling(config: SourceConfig | None = None, **settings: float) -> Scaling:
    return Scaling(config or SourceConfig(), EventSourceSettings(**settings), 0.0)


def test_five_to_begin_with() -> None:
    """A mapping begins with five batches at a time."""
    assert scaling().limit == 5


def test_three_hundred_more_a_minute() -> None:
    """While every place is taken and messages are there it grows by 300 a minute."""
    found = scaling()
    found.seen(0.0, busy=True)
    found.advance(60.0)
    assert found.limit == 305
    assert found.next_step() == 61.0


def test_growth_in_one_step_a_minute() -> None:
    """How the 300 are spread over the minute is a setting."""
    found = scaling(growth_step_s=60.0)
    found.seen(0.0, busy=True)
    found.advance(59.0)
    assert found.limit == 5
    found.advance(60.0)
    assert found.limit == 305


def test_growth_counts_the_time_at_the_limit() -> None:
    """Batches that end and begin do not keep it from growing; half the time is half the growth."""
    found = scaling()
    for tenth in range(120):
        found.seen(tenth / 10.0, busy=tenth % 2 == 0)
    found.advance(12.0)
    assert found.limit == 5 + 6 * 5


def test_1250_at_most() -> None:
    """No mapping has more than 1,250 batches at a time, and then it does not wake for growth."""
    found = scaling()
    found.seen(0.0, busy=True)
    found.advance(600.0)
    assert found.limit == 1_250
    assert found.next_step() is None


def test_maximum_concurrency() -> None:
    """The mapping's own limit bounds it, at the beginning too."""
    found = scaling(SourceConfig(maximum_concurrency=2))
    found.seen(0.0, busy=True)
    found.advance(600.0)
    assert found.limit == 2


def test_provisioned_pollers() -> None:
    """Ten invocations for each poller, and 1,000 more a minute."""
    found = scaling(SourceConfig(provisioned=Pollers(2, 50)))
    assert found.limit == 20
    found.seen(0.0, busy=True)
    found.advance(6.0)
    assert found.limit == 120
    found.advance(60.0)
    assert found.limit == 500


def test_it_shrinks_when_it_is_quiet() -> None:
    """A minute after the last backlog it falls back, step by step, to five."""
    found = scaling()
    found.seen(0.0, busy=True)
    found.seen(20.0, busy=False)
    assert found.limit == 105
    found.advance(80.0)
    assert found.limit == 105
    found.advance(90.0)
    assert found.limit == 105 - 10 * 5
    found.advance(200.0)
    assert found.limit == 5


def test_failures_reduce_it_once_a_second() -> None:
    """Failures close together count once, and one batch is always left."""
    found = scaling()
    found.failed(0.0)
    found.failed(0.5)
    assert found.limit == 2
    for second in range(1, 10):
        found.failed(float(second))
    assert found.limit == 1


def test_it_recovers_with_successes() -> None:
    """Below what it began with, successes bring it back, one step at a time."""
    found = scaling()
    found.failed(0.0)
    found.succeeded(0.5)
    assert found.limit == 2
    found.succeeded(1.0)
    assert found.limit == 5
    found.succeeded(1.5)
    assert found.limit == 5


def test_growth_begins_again_after_a_failure() -> None:
    """A step that a failure interrupted is not counted."""
    found = scaling()
    found.seen(0.0, busy=True)
    found.failed(0.9)
    found.advance(1.5)
    assert found.limit == 2
    found.advance(1.95)
    assert found.limit == 7
