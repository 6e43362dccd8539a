"""What is not needed is not made: a scenario without models has no bucket for artefacts."""

from harness.scenario import Queue, Scenario, result
from harness.scenario.plans.deployment import clearing, deployment


def test_no_bucket_without_a_model() -> None:
    """A backend that has queues alone can then be used."""
    scenario = Scenario("s", "d", [Queue("q")], [result("p", "k").at_least(0)])
    assert list(deployment(scenario, {}, "123456789012", "us-east-1")) == []
    assert list(clearing(scenario, "123456789012")) == []
