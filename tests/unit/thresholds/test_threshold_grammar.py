"""A threshold is read as it is meant, written back the same, and refused with the place of the mistake."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.thresholds import Threshold, catalogue, parse
from harness.thresholds.threshold import as_thresholds
from harness.thresholds.units import all_units, plain, units_for, written

READ = [
    ("p(99)<800ms", "response_time: p(99)<800ms", 0.8, "s"),
    ("p99.9 <= 2s", "response_time: p(99.9)<=2s", 2.0, "s"),
    ("response_time{endpoint:ranker}: p(99)<800ms", "response_time{endpoint:ranker}: p(99)<800ms", 0.8, "s"),
    ("response_time avg < 1m", "response_time: avg<60s", 60.0, "s"),
    ("med<0", "response_time: med<0s", 0.0, "s"),
    ("scale_out_lag<4m30s", "scale_out_lag: max<270s", 270.0, "s"),
    ("lost==0", "lost==0", 0.0, "messages"),
    ("lost: count===0 messages", "lost==0", 0.0, "messages"),
    ("requests>=2k", "requests>=2000", 2_000.0, "requests"),
    ("requests: rate>10", "requests: rate>10", 10.0, "requests/s"),
    ("error_ratio<0.1%", "error_ratio<0.1%", 0.001, "ratio"),
    ("error_ratio<1", "error_ratio<1", 1.0, "ratio"),
    ("cost<5USD", "cost<5", 5.0, "USD"),
    ("in_service{endpoint:a}: max<=8", "in_service{endpoint:a}: max<=8", 8.0, "instances"),
    ("queue_age{queue:jobs}<60s", "queue_age{queue:jobs}: max<60s", 60.0, "s"),
    ('lost{queue:"a,b"}!=1', 'lost{queue:"a,b"}!=1', 1.0, "messages"),
    ("result{program:score,key:rmse}<2e1", "result{program:score,key:rmse}<20", 20.0, ""),
    ("http_req_duration: p(95)<500ms", "response_time: p(95)<500ms", 0.5, "s"),
    ('messages.by_target."jobs.fifo".lost==0', 'messages.by_target."jobs.fifo".lost==0', 0.0, ""),
    ("latency.response_s.p99<0.8", "latency.response_s.p99<800ms", 0.8, "s"),
    ("functions.by_function.f.memory_used_mb<1GB",
     "functions.by_function.f.memory_used_mb<1000", 1000.0, "MB"),
    ("load.client_cpu<70%", "load.client_cpu<70%", 0.7, "ratio"),
    ("functions.by_function.f.provisioned.live.utilization.max<1",
     "functions.by_function.f.provisioned.live.utilization.max<1", 1.0, "ratio"),
    ("cost.month.usd<100$", "cost.month.usd<100", 100.0, "USD"),
    ("calls<1e300", "calls<1e+300", 1e300, "calls"),
]  # fmt: skip

REFUSED = [
    ("", 1, "a metric's name is missing"),
    ("p(99)<800", 10, "write 800ms, as k6 means it, or 800s"),
    ("p(101)<1s", 1, "no aggregation 'p(101)'"),
    ("p(1.2.3)<1s", 1, "no aggregation 'p(1.2.3)'"),
    ("count<5", 1, "name the metric that you mean before it"),
    ("max", 4, "a comparison is missing"),
    ("response_tme: p(99)<1s", 1, "did you mean response_time?"),
    ("load.faild==0", 1, "did you mean load.failed?"),
    ("iam.reader.unusd==0", 1, "did you mean iam.reader.unused?"),
    ("zzzzzz<1", 1, "'--threshold help' lists them"),
    ("response_time<1s", 14, "say which of them: avg, min, med, max, p(N)"),
    ("response_time: p95th<1s", 16, "no aggregation 'p95th'"),
    ("response_time: max(5)<1s", 16, "no aggregation 'max(5)'"),
    ("response_time: average<1s", 16, "did you mean avg?"),
    ("lost: max(5", 12, "a comparison is missing"),
    ("lost{que:x}==0", 6, "did you mean queue? it has queue, webhook"),
    ("rmse{x:1}<1", 6, "it has none"),
    ("lost{queue:x", 13, "close them with }"),
    ("lost{queue}==0", 11, "a tag is missing"),
    ("lost{}==0", 6, "a tag is missing"),
    ("lost{queue:}==0", 12, "a tag's value is missing"),
    ('lost{queue:a"b}==0', 15, "a tag's value is missing"),
    ("lost{queue:a,queue:b}==0", 14, "is there twice"),
    ("throttles{reason:Concurrent}==0", 11, "there is no reason 'Concurrent'"),
    ("cost{service:lamda}<1", 6, "did you mean lambda?"),
    ("result{program:x}<2", 1, "lacks key; write result{program:...,key:...}"),
    ("lost<5ms", 7, "'ms' does not fit: the figure is in messages"),
    ("rmse<5parsec", 7, "'parsec' is no unit: the figure is a plain number"),
    ("lost=0", 5, "did you mean ==?"),
    ("lost==", 7, "a number, as 800ms or 5 is missing"),
    ("lost==1e999", 7, "too large"),
    ("requests<1e308M", 15, "too large for a number"),
    ("lost==0 }", 9, "is too much"),
    ("lost==0 abort", None, "known at the end of a run only, so it cannot abort"),
    ("requests>10 abort", None, "may still be met later"),
    ("error_ratio<1% abort after", 27, "how long to wait"),
    ("error_ratio<1% abort after 5", 29, "write 5ms"),
    ("error_ratio<1% abort soon", 22, "'soon' is too much"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "short", "limit", "unit"), READ, ids=[row[0] for row in READ])
def test_reads_what_is_meant(text: str, short: str, limit: float, unit: str) -> None:
    """Its shortest form says metric, aggregation and limit; the limit is in the metric's unit."""
    found = parse(text)
    assert (str(found), found.limit, found.unit) == (short, limit, unit)


@pytest.mark.parametrize(("text", "column", "says"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refuses_with_the_place_of_the_mistake(text: str, column: int | None, says: str) -> None:
    """The error names the text, the column and what was likely meant."""
    with pytest.raises(ScenarioError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert repr(text) in str(caught.value)
    assert column is None or f"column {column}:" in str(caught.value)


def test_says_when_it_aborts() -> None:
    """The text and the arguments say the same, and both are written."""
    by_text = parse("error_ratio<1% abort after 30s")
    assert by_text == Threshold("error_ratio<1%", abort_on_fail=True, delay_abort_s=30)
    assert str(by_text) == "error_ratio<1% abort after 30s"
    assert str(parse("error_ratio<1% abort")) == "error_ratio<1% abort"


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (5, {}),
        ("error_ratio<1%", {"delay_abort_s": 5.0}),
        ("error_ratio<1%", {"abort_on_fail": True, "delay_abort_s": -1.0}),
        ("error_ratio<1%", {"abort_on_fail": True, "delay_abort_s": math.inf}),
        ("error_ratio<1%", {"abort_on_fail": True, "delay_abort_s": "5s"}),
    ],
)
def test_refuses_arguments_that_cannot_be(text: str, given: dict[str, object]) -> None:
    """A delay is seconds, and goes with abort_on_fail."""
    with pytest.raises(ScenarioError):
        Threshold(text, **given)  # type: ignore[arg-type]


def test_one_of_two_alike_is_kept() -> None:
    """The one that aborts, whichever came first."""
    plain_one, aborts = "error_ratio<1%", "error_ratio<1% abort"
    assert [str(one) for one in as_thresholds([plain_one, aborts])] == [aborts]
    assert [str(one) for one in as_thresholds([parse(aborts), plain_one])] == [aborts]
    assert [str(one) for one in as_thresholds(["lost==0", "lost==0"])] == ["lost==0"]


METRICS = list(catalogue())
NAMES = st.text("abcXYZ019-_./: ,", min_size=1, max_size=8).filter(str.strip)
LIMITS = st.floats(-1e12, 1e12, allow_nan=False)


@st.composite
def thresholds(draw: st.DrawFn) -> str:
    """Draw the text of a threshold on a metric of the catalogue."""
    metric = draw(st.sampled_from(METRICS))
    aggregation = draw(st.sampled_from(metric.aggregations))
    if aggregation == "p(N)":
        aggregation = f"p({draw(st.floats(0, 100).map(lambda one: f'{one:.4f}'))})"
    tags = [tag for tag in metric.tags if tag not in ("reason", "source", "service")]
    named = draw(st.lists(st.sampled_from(tags), unique=True)) if tags else []
    named = list(dict.fromkeys([*metric.must, *named]))
    said = ",".join(f'{tag}:"{draw(NAMES)}"' for tag in named)
    sign = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "==="]))
    unit = draw(st.sampled_from(list(units_for(metric.unit_of(aggregation)))))
    space = draw(st.sampled_from(["", " "]))
    name = f"{metric.name}{{{said}}}" if said else metric.name
    return f"{space}{name}{space}:{space}{aggregation}{space}{sign}{space}{draw(LIMITS)!r}{space}{unit}"


@given(thresholds())
def test_what_is_written_reads_the_same(text: str) -> None:
    """`parse(str(threshold))` is the threshold, limit and all, to the last bit."""
    one = parse(text)
    again = parse(str(one))
    assert again == one
    assert (again.limit, again.tags, again.percent) == (one.limit, one.tags, one.percent)
    assert str(again) == str(one)


@given(st.text(max_size=40) | st.text('p(9).<>=!{}:,"abort after e_0ms%- ', max_size=40))
def test_any_text_is_a_threshold_or_a_scenario_error(text: str) -> None:
    """Nothing that anybody types ends in an error of Python's."""
    try:
        found = parse(text)
    except ScenarioError:
        return
    assert parse(str(found)) == found


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["s", "ratio", "USD", "messages"]))
def test_limits_are_written_exactly(limit: float, unit: str) -> None:
    """What stands there is the very number, whatever it is."""
    metric = {"s": "lag: max", "ratio": "error_ratio", "USD": "cost", "messages": "lost"}[unit]
    assert parse(f"{metric}<{written(limit, unit)}").limit == limit


def test_numbers_and_units_in_words() -> None:
    """No exponent where a number is short, and each unit once."""
    assert [plain(0.0), plain(99.0), plain(1e-7)] == ["0", "99", "0.0000001"]
    assert len(set(all_units())) == len(all_units())
