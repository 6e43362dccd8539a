"""A profile: what it keeps of a load test, and what it says when it cannot be read."""

import json
from pathlib import Path
from random import Random

import pytest

from harness.errors import ScenarioError
from harness.whatif.profile import LEAST_ANSWERS, POINTS, Profile, profile_of, read_profile, to_json

MEASURED = [0.001 * (1 + i % 50) for i in range(1_000)]


def measured(endpoint: str = "ranker", saturated_rps: float | None = None) -> Profile:
    """Return the profile of a thousand answers of 1 to 50 ms."""
    found = profile_of(endpoint, "ml.m5.large", 2, MEASURED, saturated_rps)
    assert found is not None
    return found


def test_a_profile_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Nothing is lost on the way through the file."""
    path = tmp_path / "profile.json"
    path.write_text(to_json([measured(saturated_rps=12.5)]))
    assert read_profile(path) == measured(saturated_rps=12.5)


def test_its_distribution_is_that_of_the_answers() -> None:
    """Few points stand for all: the mean of what is drawn is the mean of what was measured."""
    profile, random = measured(), Random("draws")
    drawn = [profile.service_time.draw(random) for _ in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(sum(MEASURED) / len(MEASURED), rel=0.02)
    assert len(profile.service_time_s) == POINTS


def test_the_maximum_is_concurrency_over_the_mean() -> None:
    """Two slots, 25.5 ms on average."""
    assert measured().max_rps == pytest.approx(2 / 0.0255)
    assert "divided by the mean" in measured().how
    assert "Saturated" in measured(saturated_rps=3.0).how


def test_too_few_answers_make_no_profile() -> None:
    """They say nothing about the slow ones."""
    assert profile_of("ranker", "ml.m5.large", 2, MEASURED[: LEAST_ANSWERS - 1]) is None


def test_the_endpoint_is_chosen_by_name(tmp_path: Path) -> None:
    """Of several, the simulated one, or the one named after #."""
    path = tmp_path / "profile.json"
    path.write_text(to_json([measured("ranker"), measured("other")]))
    assert read_profile(path, "other").endpoint == "other"
    assert read_profile(Path(f"{path}#ranker"), "third").endpoint == "ranker"
    with pytest.raises(ScenarioError, match=r"no endpoint 'third', only ranker, other; name one as"):
        read_profile(path, "third")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "is no profile of version 1"),
        ('{"schema_version": 2, "endpoints": {"a": {}}}', "is no profile of version 1"),
        ('{"schema_version": 1, "endpoints": {"a": {}}}', "endpoint 'a' lacks the field 'instance_type'"),
    ],
)
def test_what_is_no_profile_is_named(tmp_path: Path, text: str, message: str) -> None:
    """File and field, in one sentence."""
    path = tmp_path / "profile.json"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=message):
        read_profile(path)


@pytest.mark.parametrize("value", ["fast", [], [-1.0], ["x"]])
def test_a_span_that_is_none_is_named(tmp_path: Path, value: object) -> None:
    """Service times must be finite and not negative."""
    path = tmp_path / "profile.json"
    document = json.loads(to_json([measured()]))
    document["endpoints"]["ranker"]["service_time_s"] = value
    path.write_text(json.dumps(document))
    with pytest.raises(ScenarioError, match="endpoint 'ranker' cannot be read"):
        read_profile(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With what the system says."""
    with pytest.raises(ScenarioError, match=r"nowhere\.json cannot be read: No such file"):
        read_profile(tmp_path / "nowhere.json")
