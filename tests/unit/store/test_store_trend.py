"""How figures went over the last runs."""

import json
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.store import trend
from tests.unit.compare.made import written


def test_a_trend_is_of_the_last_runs_like_the_newest(tmp_path: Path) -> None:
    """Oldest first, without other clocks, invalid runs and what is older than asked for."""
    for number, each in enumerate([9.0, 0.3, 0.1, 0.2, 0.5]):
        written(tmp_path, f"{number}", epoch_s=number, response_s=[each])
    written(tmp_path, "wall", epoch_s=2.5, clock="wall", response_s=[7.0])
    written(tmp_path, "invalid", epoch_s=6.0, verdict="invalid", response_s=[8.0])
    found = trend("ramp", 4, runs=tmp_path)
    series = found.of("response_p50")
    assert series is not None
    assert series.values == (0.3, 0.1, 0.2, 0.5)
    assert (series.median, series.low, series.high, series.newest) == (0.2, 0.1, 0.3, 0.5)
    assert series.place == "above"
    assert series.is_worse
    assert not series.is_better
    assert found.of("cost") is None
    assert json.loads(json.dumps(found.as_json()))["series"][0]["place"] == "above"


@pytest.mark.parametrize(("newest", "place"), [(0.05, "below"), (0.2, "within")])
def test_the_newest_is_placed_among_those_before(tmp_path: Path, newest: float, place: str) -> None:
    """Below all is better, of what is better when it is lower."""
    for number, each in enumerate([0.1, 0.3, newest]):
        written(tmp_path, f"{number}", epoch_s=number, response_s=[each])
    series = trend("ramp", runs=tmp_path).of("response_p50")
    assert series is not None
    assert series.place == place
    assert series.is_better is (place == "below")


def test_a_single_run_has_nothing_to_be_placed_among(tmp_path: Path) -> None:
    """And a figure that the newest has not is not placed either."""
    written(tmp_path, "one", response_s=[0.1])
    series = trend("ramp", runs=tmp_path).of("response_p50")
    assert series is not None
    assert (series.place, series.median) == ("", None)
    written(tmp_path, "two", epoch_s=2_000_000.0)
    series = trend("ramp", runs=tmp_path).of("response_p50")
    assert series is not None
    assert (series.place, series.newest) == ("", None)


def test_a_scenario_without_a_run_is_an_error(tmp_path: Path) -> None:
    """It names the way out."""
    written(tmp_path, "cut", verdict=None)
    with pytest.raises(ScenarioError, match="harness run ramp"):
        trend("ramp", runs=tmp_path)
