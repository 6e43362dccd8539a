"""One run against one: the noise of the requests in them."""

from dataclasses import replace

import numpy as np
import pytest

from harness.compare.windows import Requests, shifts
from tests.unit.compare.made import COUNT, queue


def worse(before: Requests, after: Requests) -> set[str]:
    """Return the figures whose whole interval lies above no change."""
    found = shifts(before, after)
    return set() if found is None else {name for name, one in found.of.items() if one.low > 0}


def test_a_slower_service_is_found() -> None:
    """10 % more time a request, which makes every queue longer too."""
    assert {"service_p50", "service_p95", "response_p50"} <= worse(queue(1), queue(2, slower=1.1))


def test_the_change_is_that_of_the_percentiles() -> None:
    """As a logarithm, and the interval is around it."""
    before, after = queue(1), queue(2, slower=1.5)
    found = shifts(before, after)
    assert found is not None
    medians = [np.quantile(one.service_s[one.ok], 0.5) for one in (before, after)]
    shift = found.of["service_p50"]
    assert shift.change == pytest.approx(np.log(medians[1] / medians[0]), abs=0.01)
    assert shift.low < shift.change < shift.high


def test_where_nothing_changed_little_is_called_worse() -> None:
    """At most 5 % of the comparisons: of 4, two at most with all but certainty."""
    assert sum(bool(worse(queue(n), queue(n + 100))) for n in range(4)) <= 2


@pytest.mark.long
@pytest.mark.parametrize("load", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("count", [600, 2_000])
def test_the_false_rate_holds(load: float, count: int) -> None:
    """5 % of 150 comparisons within three standard errors, up to queues that are busy nine tenths."""
    found = sum(bool(worse(queue(n, count, load), queue(n + 1_000, count, load))) for n in range(150))
    assert found / 150 <= 0.11


def test_the_same_run_twice_differs_in_nothing() -> None:
    """And it is said over how many windows."""
    found = shifts(queue(1), queue(1))
    assert found is not None
    assert all(one.low < 0 < one.high for one in found.of.values())
    assert found.windows >= 8
    assert found.window_s * found.windows == pytest.approx(queue(1).due_s[-1])


def test_few_requests_tell_nothing() -> None:
    """Fewer than twenty in each of eight windows."""
    assert shifts(queue(1, 100), queue(2, 100)) is None


def test_a_percentile_with_few_requests_beyond_it_is_left_out() -> None:
    """The p99 of 600 requests is six of them."""
    found = shifts(queue(1, 600), queue(2, 600))
    assert found is not None
    assert "response_p90" in found.of
    assert "response_p99" not in found.of


def test_few_errors_are_no_ratio() -> None:
    """Below ten of both runs nothing is said of them."""
    clean = replace(queue(1), ok=np.ones(COUNT, dtype=bool))
    found = shifts(clean, clean)
    assert found is not None
    assert "error_ratio" not in found.of


def test_many_more_errors_are_found() -> None:
    """One request in ten, where it was one in three hundred."""
    failing = replace(queue(2), ok=np.random.default_rng(5).random(COUNT) > 0.1)
    assert "error_ratio" in worse(queue(1), failing)


def test_a_single_burst_of_errors_is_noise() -> None:
    """All in one moment: that it is there in one run and not in the other says nothing of the next."""
    ok = np.ones(COUNT, dtype=bool)
    clean = replace(queue(1), ok=ok.copy())
    ok[800:850] = False
    assert "error_ratio" not in worse(clean, replace(queue(2), ok=ok))


def test_a_time_that_never_varies_is_not_infinitely_exact() -> None:
    """What bins cannot tell is no difference; a tenth is one."""
    steady = replace(queue(1), service_s=np.full(COUNT, 0.05))
    hair = replace(queue(2), service_s=np.full(COUNT, 0.0501))
    tenth = replace(queue(2), service_s=np.full(COUNT, 0.055))
    assert "service_p50" not in worse(steady, hair)
    assert "service_p50" in worse(steady, tenth)


def test_a_run_without_a_good_answer_has_no_times() -> None:
    """Its errors are all that there is to say of it."""
    failed = replace(queue(2), ok=np.zeros(COUNT, dtype=bool))
    found = shifts(queue(1), failed)
    assert found is not None
    assert set(found.of) == {"error_ratio"}


def test_nothing_but_few_failures_tells_nothing() -> None:
    """Neither times nor enough errors to speak of."""
    due = np.linspace(0.0, 100.0, 400)
    none = Requests(due, np.zeros(400), np.zeros(400), np.zeros(400, dtype=bool))
    one = replace(none, ok=np.arange(400) < 395)
    burst = replace(none, due_s=np.full(400, 50.0))
    assert shifts(one, one) is not None
    assert shifts(burst, burst) is None


def test_what_lasts_longer_has_longer_windows() -> None:
    """A backlog of one run that neighbouring windows share: the windows grow until they no longer do."""
    before, after = queue(1), queue(2)
    slow = np.where((after.due_s // 10).astype(int) % 2 == 0, 1.0, 3.0)
    found = shifts(before, replace(after, response_s=after.response_s * slow))
    usual = shifts(before, after)
    assert found is not None
    assert usual is not None
    assert found.windows < usual.windows
