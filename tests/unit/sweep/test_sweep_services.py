"""What one instance of each type does, and AWS's own target for it."""

import math
from pathlib import Path
from random import Random

import pytest

from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform
from harness.errors import ScenarioError
from harness.sweep.services import Service, mean_s, services_of
from harness.whatif.options import Container
from harness.whatif.profile import Profile, to_json

TYPES = ("ml.m5.large", "ml.m5.xlarge")


def found(**given: str | None) -> dict[str, Service]:
    """Return the services of both types."""
    return services_of(
        TYPES, Container(), **({"service_time": None, "concurrency": None, "profile": None} | given)
    )


def test_aws_formula_is_max_rps_times_safety_factor_times_60() -> None:
    """Two at once of 50 ms each are 40 a second; half of it for a minute is 1,200."""
    service = found(service_time="0.05", concurrency="2")["ml.m5.large"]

    assert service.max_rps == pytest.approx(40.0)
    assert service.recommended_target(0.5) == pytest.approx(1_200.0)


def test_types_may_differ() -> None:
    """Each has its own time and number."""
    both = found(
        service_time="ml.m5.large=0.05,ml.m5.xlarge=lognormal:0.03,0.06",
        concurrency="ml.m5.large=1,ml.m5.xlarge=3",
    )

    assert (both["ml.m5.large"].service_time, both["ml.m5.large"].concurrency) == (Constant(0.05), 1)
    assert (both["ml.m5.xlarge"].service_time, both["ml.m5.xlarge"].concurrency) == (LogNormal(0.03, 0.06), 3)


def test_without_a_number_an_instance_works_on_one_request_per_processor() -> None:
    """As in a simulation; two where the processors are not known."""
    assert [each.concurrency for each in found(service_time="1").values()] == [2, 4]
    unknown = services_of(("ml.new.large",), Container(), service_time="1", concurrency=None, profile=None)
    assert unknown["ml.new.large"].concurrency == 2


def profile(folder: Path) -> str:
    """Return the path of a measured profile."""
    path = folder / "profile.json"
    path.write_text(to_json([Profile("ranker", "ml.m5.large", 3, 100, (0.1, 0.3), 12.0, "measured")]))
    return str(path)


def test_a_profile_gives_time_concurrency_and_the_measured_maximum(tmp_path: Path) -> None:
    """What was measured stands above what follows from means."""
    service = found(profile=profile(tmp_path))["ml.m5.xlarge"]

    assert (service.service_time, service.concurrency) == (Empirical((0.1, 0.3)), 3)
    assert (service.max_rps, service.max_rps_how) == (12.0, "measured")


def test_an_option_wins_over_a_profile_and_the_maximum_follows_it(tmp_path: Path) -> None:
    """What was measured at another concurrency says nothing of this one."""
    service = found(profile=profile(tmp_path), concurrency="1")["ml.m5.large"]

    assert service.max_rps == pytest.approx(1 / 0.2)
    assert service.max_rps_how == "concurrency / mean service time"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "How long does ml.m5.large take for one request?"),
        ({"service_time": "ml.m5.large=1"}, "--service-time says nothing of ml.m5.xlarge"),
        ({"service_time": "slow"}, "--service-time: 'slow' is not a finite number"),
        ({"service_time": "ml.m5.large=0,ml.m5.xlarge=1"}, "that of ml.m5.large must be above 0"),
        ({"service_time": "1", "concurrency": "0"}, "--concurrency is 0; it must be at least 1"),
        ({"service_time": "1", "concurrency": "1.5"}, "--concurrency: '1.5' is not a whole number"),
        ({"profile": "none.json"}, "--profile none.json cannot be read"),
        ({"profile": "ml.m5.large=,ml.m5.xlarge=x.json"}, "--profile ml.m5.large: no file is named"),
    ],
)
def test_what_cannot_work_is_told_by_option_and_type(given: dict[str, str], words: str) -> None:
    """Nothing is assumed of how long a model takes."""
    with pytest.raises(ScenarioError) as raised:
        found(**given)

    assert words in str(raised.value)


@pytest.mark.parametrize(
    "spans", [Constant(0.2), Uniform(0.1, 0.4), LogNormal(0.1, 0.3), Empirical((0.1, 0.2, 0.6))]
)
def test_means_are_those_of_many_draws(spans: Distribution) -> None:
    """Every distribution there is."""
    random = Random(1)
    drawn = math.fsum(spans.draw(random) for _ in range(20_000)) / 20_000

    assert mean_s(spans) == pytest.approx(drawn, rel=0.02)


def test_the_mean_of_an_unknown_distribution_is_refused() -> None:
    """Rather than a wrong target."""

    class Odd:
        def draw(self, random: Random) -> float:
            return 1.0

    with pytest.raises(ScenarioError, match="the mean of a Odd is not known"):
        mean_s(Odd())
