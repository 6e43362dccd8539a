"""Traffic from stages, traces and CloudWatch exports, and what cannot be traffic."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.inputs.traffic import Traffic, read_traffic
from harness.inputs.traffic_value import whole_counts

NEW_YEAR = 1767225600.0  # 2026-01-01T00:00:00Z

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(content: str | bytes, name: str = "trace.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def counts(traffic: Traffic) -> list[int]:
    assert traffic.counts is not None
    found: list[int] = traffic.counts.tolist()
    return found


def times(traffic: Traffic) -> list[float]:
    assert traffic.times is not None
    found: list[float] = traffic.times.tolist()
    return found


# -- arrivals per minute -----


@pytest.mark.parametrize(
    "content",
    [
        "minute,invocations\n0,10\n1,20\n3,5\n",
        "minute,invocations\r\n0,10\r\n1,20\r\n3,5",
        "\ufeffminute;invocations\n0;10\n1;20\n3;5\n",
        '"Minute","Invocations"\n"0","10"\n"1","20"\n"3","5"\n',
        "minute\tcount\n0\t10\n1\t2e1\n3\t5.0\n",
        "\nminute,requests\n\n0,10\n1,20\n\n3,5\n",
    ],
)
def test_counts_per_minute(write: Write, content: str) -> None:
    """Other separators, line ends, quotes and a byte order mark change nothing; a gap is no traffic."""
    traffic = read_traffic(write(content))
    assert counts(traffic) == [10, 20, 0, 5]
    assert (traffic.total, traffic.duration_s, traffic.start_epoch_s) == (35, 240.0, None)
    assert traffic.notes == ("Minutes that the trace leaves out, taken as without arrivals: 1.",)


def test_a_compressed_trace(write: Write) -> None:
    """Known by its content, whatever its name."""
    assert counts(read_traffic(write(gzip.compress(b"minute,invocations\n0,1\n", mtime=0), "trace.csv"))) == [
        1
    ]


def test_a_trace_that_begins_later(write: Write) -> None:
    """Its first minute is model second 0, and that is said."""
    traffic = read_traffic(write("minute,invocations\n7,10\n8,20\n"))
    assert counts(traffic) == [10, 20]
    assert traffic.notes == ("The first minute of the trace is 7; model second 0 is its beginning.",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("minute,invocations\n", "no line after the header"),
        ("0,10\n1,20\n", "line 1: the header is '0,10'"),
        ("minute,invocations,note\n0,1,x\n", "line 1: the header is 'minute,invocations,note'"),
        ("minute,invocations\n0,10\n2,20\n1,5\n", "line 4, minute: 1 does not come after"),
        ("minute,invocations\n0,10\n0,20\n", "line 3, minute: 0 does not come after"),
        ("minute,invocations\n0,10\n\n1,-20\n", "line 4, invocations: -20 is below 0"),
        ("minute,invocations\n-1,10\n", "line 2, minute: -1 is below 0"),
        ("minute,invocations\n0,nan\n", "line 2, invocations: nan is not a finite number"),
        ("minute,invocations\n0,1\ninf,1\n", "line 3, minute: inf is not a finite number"),
        ("minute,invocations\n0,1.5\n", "line 2, invocations: 1.5 is not a whole number"),
        ("minute,invocations\n0.5,1\n", "line 2, minute: 0.5 is not a whole number"),
        ("minute,invocations\n0,many\n", "line 2, invocations: 'many' is not a number"),
        ("minute,invocations\n0,1_000\n", "line 2, invocations: '1_000' is not a number"),
        ("minute;invocations\n0;1,5\n", "line 2, invocations: '1,5' is not a number"),
        ("minute,invocations\n0,\n", "line 2, invocations: '' is not a number"),
        ("minute,invocations\n0,1\n1\n", "line 3: 1 fields where the header has 2"),
        ("minute,invocations\n0,1,2\n1,1,2\n", "line 2: 3 fields where the header has 2"),
        ("minute,invocations\n0,1e13\n", "line 2, invocations: 1e13 is more than a minute can have"),
        ("minute,invocations\n0,1\n9e9,1\n", "line 3, minute: 9e9 is more than ten years"),
        (b"\xff\xfem\x00i\x00", "not UTF-8"),
        (b"\x1f\x8bxx", "the gzip file cannot be read"),
        (gzip.compress(b"minute,invocations\n0,1\n" * 99, mtime=0)[:-9], "the gzip file cannot be read"),
    ],
)
def test_a_file_that_cannot_be_a_trace(write: Write, content: str | bytes, said: str) -> None:
    """File, line and field are named."""
    path = write(content)
    with pytest.raises(ScenarioError) as error:
        read_traffic(path)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


@given(st.dictionaries(st.integers(0, 300), st.integers(0, 10**9), min_size=1))
def test_a_trace_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, minutes: dict[int, int]
) -> None:
    """Whatever counts stand in it."""
    path = tmp_path_factory.mktemp("trace") / "counts.csv"
    lines = [f"{minute},{minutes[minute]}" for minute in sorted(minutes)]
    path.write_text("\n".join(["minute,invocations", *lines]))
    found = counts(read_traffic(path))
    first = min(minutes)
    assert {first + i: count for i, count in enumerate(found) if count} == {
        m: c for m, c in minutes.items() if c
    }
    assert len(found) == max(minutes) - first + 1


# -- arrival times -----


def test_arrival_times_in_seconds(write: Write) -> None:
    """One moment a line; several at once are allowed."""
    traffic = read_traffic(write("at_s\n0.5\n61\n61\n130.25\n"))
    assert times(traffic) == [0.5, 61.0, 61.0, 130.25]
    assert traffic.per_minute().tolist() == [1, 2, 1]
    assert (traffic.total, traffic.duration_s, traffic.start_epoch_s) == (4, 180.0, None)


@pytest.mark.parametrize(
    "content",
    [
        "timestamp\n2026-01-01T00:00:30Z\n2026-01-01T01:01:00.500+01:00\n",
        "timestamp\n2026-01-01 00:00:30\n2026/01/01 00:01:00.5\n",
        f"time\n{NEW_YEAR + 30}\n{NEW_YEAR + 60.5}\n",
    ],
)
def test_arrival_times_with_a_date(write: Write, content: str) -> None:
    """Model second 0 is the beginning of the first one's minute."""
    traffic = read_traffic(write(content))
    assert times(traffic) == [30.0, 60.5]
    assert traffic.start_epoch_s == NEW_YEAR


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("at_s\n", "no line after the header"),
        ("at_s\n0.5\n0.4\n", "line 3, at_s: 0.4 is before the arrival on the line above"),
        ("at_s\n-0.5\n", "line 2, at_s: -0.5 is below 0"),
        ("at_s\n1\n1e400\n", "line 3, at_s: 1e400 is not a finite number"),
        ("at_s\n1\nNaN\n", "line 3, at_s: NaN is not a finite number"),
        ("at_s\n1767225600000\n", "line 2, at_s: 1767225600000 looks like milliseconds"),
        ("at_s\n0\n900000000\n", "line 3, at_s: 900000000 is more than ten years after the start"),
        ("time\nyesterday\n", "line 2, time: 'yesterday' is not an ISO 8601 time"),
        (
            "time\n2026-01-01T00:01:00Z\n2026-01-01T00:00:59Z\n",
            "line 3, time: 2026-01-01T00:00:59Z is before",
        ),
        ("at_s\n" + "9" * 200_000 + "x\n", "line 2: this is not CSV"),
    ],
)
def test_moments_that_cannot_be(write: Write, content: str, said: str) -> None:
    """File, line and field are named."""
    path = write(content)
    with pytest.raises(ScenarioError, match=str(path)) as error:
        read_traffic(path)
    assert said in str(error.value)


# -- CloudWatch -----


def statistics(*points: tuple[str, float], label: str = "Invocations") -> str:
    found = [{"Timestamp": at, "Sum": value, "Unit": "Count"} for at, value in points]
    return json.dumps({"Label": label, "Datapoints": found})


def metric_data(*results: dict[str, Any]) -> str:
    return json.dumps({"MetricDataResults": list(results), "Messages": []})


def result(label: str, moments: list[str], values: list[float], **more: Any) -> dict[str, Any]:
    return {
        "Id": "m",
        "Label": label,
        "Timestamps": moments,
        "Values": values,
        "StatusCode": "Complete",
        **more,
    }


MINUTES = ["2026-01-01T00:00:00+00:00", "2026-01-01T00:01:00+00:00", "2026-01-01T00:03:00+00:00"]


def test_get_metric_statistics(write: Write) -> None:
    """Datapoints come in any order; a minute without one had no traffic."""
    points = zip(reversed(MINUTES), [5.0, 20.0, 10.0], strict=True)
    traffic = read_traffic(write(statistics(*points), "invocations.json"))
    assert counts(traffic) == [10, 20, 0, 5]
    assert traffic.start_epoch_s == NEW_YEAR
    assert traffic.notes == ("Minutes without a datapoint, taken as without arrivals: 1.",)


def test_get_metric_data(write: Write) -> None:
    """The result that is Invocations is taken, whatever stands beside it."""
    answer = metric_data(
        result("ranker AllTraffic ModelLatency", MINUTES, [1.5, 2.5, 3.5]),
        result("ranker AllTraffic Invocations", MINUTES[:2], [10.0, 20.0]),
    )
    assert counts(read_traffic(write(answer))) == [10, 20]


def test_a_longer_period_is_split_evenly(write: Write) -> None:
    """And that is said; no call is lost by it."""
    points = [("2026-01-01T00:00:00Z", 13.0), ("2026-01-01T00:05:00Z", 7.0)]
    traffic = read_traffic(write(statistics(*points)))
    assert counts(traffic) == [3, 2, 3, 2, 3, 1, 2, 1, 2, 1]
    assert "each was split evenly over 5 minutes" in traffic.notes[0]


def test_a_shorter_period_is_added_up(write: Write) -> None:
    """Six points of ten seconds make a minute."""
    points = [(f"2026-01-01T00:00:{second:02}Z", 2.0) for second in range(0, 60, 10)]
    assert counts(read_traffic(write(statistics(*points)))) == [12]


def test_invocations_per_instance_need_the_instances(write: Write) -> None:
    """Alone they do not say how much traffic there was."""
    path = write(statistics((MINUTES[0], 12.5), (MINUTES[1], 25.0), label="InvocationsPerInstance"))
    with pytest.raises(ScenarioError, match="does not say how many those were"):
        read_traffic(path)
    traffic = read_traffic(path, instances=2)
    assert counts(traffic) == [25, 50]
    assert traffic.notes == ("InvocationsPerInstance was multiplied by 2 instances.",)


@pytest.mark.parametrize(
    "content",
    [
        "Full label,V Invocations\nPeriod,60\nStat,Sum\n,\n2026/01/01 00:00:00,10\n2026/01/01 00:01:00,20\n",
        "\ufeffLabel,Invocations\n2026-01-01T00:00:00Z,10\n2026-01-01T00:01:00Z,20\n",
    ],
)
def test_the_csv_of_the_console(write: Write, content: str) -> None:
    """Rows of labels, then times with values."""
    traffic = read_traffic(write(content))
    assert (counts(traffic), traffic.start_epoch_s) == ([10, 20], NEW_YEAR)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "line 1, column 2: this is not JSON"),
        ("[1]", "no answer of get-metric-statistics"),
        (statistics(), "the export has no datapoint"),
        (
            json.dumps({"Datapoints": [{"Timestamp": MINUTES[0], "Average": 1}]}),
            "Datapoints[0]: it has no Sum",
        ),
        (statistics((MINUTES[0], -1.0)), "Datapoints[0].Sum: -1.0 is not a number of invocations"),
        (statistics((MINUTES[0], 1.5)), "Datapoints[0]: 1.5 is not a whole number of invocations"),
        (statistics(("noon", 1.0)), "Datapoints[0].Timestamp: 'noon' is not a time"),
        (json.dumps({"Datapoints": [{"Sum": 1}]}), "Datapoints[0].Timestamp: None is not a time"),
        (statistics((MINUTES[0], 1.0), (MINUTES[0], 1.0)), "Datapoints[1]: a second value for the time"),
        (
            statistics((MINUTES[0], 1.0), ("2026-01-01T00:01:30Z", 1.0), ("2026-01-01T00:03:40Z", 1.0)),
            "not multiples of one period apart",
        ),
        (statistics((MINUTES[0], 1.0), ("2026-01-01T00:01:30Z", 1.0)), "its period is 90 s"),
        (statistics((MINUTES[0], 1.0), ("2056-01-01T00:01:00Z", 1.0)), "ten years apart"),
        (metric_data(), "there are: none"),
        (metric_data(result("a", [], []), result("b", [], [])), "there are: a, b"),
        (metric_data(result("Invocations", MINUTES, [1.0])), "lists of the same length"),
        (metric_data(result("Invocations", MINUTES[:1], [1.0], StatusCode="PartialData")), "PartialData"),
        ("Label,Invocations,4XX\n2026-01-01,1,1\n", "line 1: 2 series"),
        ("Label,Invocations\nStat,Average\n2026-01-01,1\n", "the statistic is 'Average'"),
        ("Label,Invocations\n2026-01-01,1\nlater,1\n", "line 3: 'later' is not a time"),
        ("Label,Invocations\n2026-01-01,x\n", "line 2: 'x' is not a number of invocations"),
    ],
)
def test_an_export_that_cannot_be_traffic(write: Write, content: str, said: str) -> None:
    """File and field are named."""
    path = write(content)
    with pytest.raises(ScenarioError) as error:
        read_traffic(path)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


def test_one_datapoint(write: Write) -> None:
    """Its period is assumed, and that is said."""
    traffic = read_traffic(write(statistics((MINUTES[0], 3.0))))
    assert (counts(traffic), traffic.notes) == (
        [3],
        ("One datapoint says nothing of its period; 60 s is assumed.",),
    )


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_whole_counts_lose_no_call(expected: list[float]) -> None:
    """At every minute the sum so far is the expected one, rounded."""
    found = whole_counts(np.array(expected))
    assert (found >= 0).all()
    assert np.abs(np.cumsum(found) - np.cumsum(expected)).max() <= 0.5 + 1e-6


# -- stages -----


def test_stages() -> None:
    """Rate and span of each; the rate inside a minute stays known."""
    traffic = read_traffic("50rps:1m, 60-180rps:2m ,0:30s,600rpm:30s")
    assert counts(traffic) == [3000, 5400, 9000, 300]
    assert traffic.rate is not None
    assert (traffic.duration_s, traffic.total) == (240.0, 17_700)
    assert traffic.rate.rate_at(120.0) == pytest.approx(120.0)


def test_a_stage_that_ends_inside_a_minute() -> None:
    """The last count is that of what there is of the minute."""
    traffic = read_traffic("5rps:90s")
    assert (counts(traffic), traffic.duration_s) == ([300, 150], 90.0)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("50:10m", "stage 1: '50:10m' is not of the form"),
        ("5rps:10m,", "stage 2: '' is not of the form"),
        ("5rps:10m,fast:1m", "stage 2: 'fast:1m' is not"),
        ("5rps:10", "stage 1"),
        ("-5rps:10m", "no such file"),
        ("5rps:0s", "lasts no time"),
        ("5rps:400d", "the most is 366"),
        ("nowhere.csv", "no such file"),
        ("1/2:3", "no such file"),
    ],
)
def test_a_text_that_is_no_traffic(spec: str, said: str) -> None:
    """The stage is named."""
    with pytest.raises(ScenarioError, match="--traffic") as error:
        read_traffic(spec)
    assert said in str(error.value)


def test_traffic_of_nothing() -> None:
    """Neither counts nor times: no arrival, no time."""
    nothing = Traffic("nothing")
    assert (nothing.total, nothing.duration_s, nothing.per_minute().tolist()) == (0, 0.0, [])
    assert read_traffic("2rps:2m").per_minute().tolist() == [120, 120]


def test_a_folder_is_no_traffic(tmp_path: Path) -> None:
    """It is said to be one."""
    with pytest.raises(ScenarioError, match="this is a folder"):
        read_traffic(tmp_path)
