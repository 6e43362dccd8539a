"""From what AWS's API says of an endpoint, and what is assumed beside it, to the modelled endpoint."""

import pytest

from harness.aws.artefacts import Loaded
from harness.aws.assumptions import DEFAULT_SERVICE_TIME_S, Assumptions, modelled
from harness.aws.catalogue import EndpointPlan, PlannedVariant
from harness.endpoint import Constant, Routing
from harness.inference import EchoModel


def plan(instance_type: str = "ml.m5.xlarge", routing: str = "RANDOM", failure: str = "") -> EndpointPlan:
    loaded = Loaded(None if failure else EchoModel(), failure)
    return EndpointPlan("c", (PlannedVariant("v", instance_type, 2, 0.5, "image", routing, loaded),))


def test_what_the_api_says_is_taken_over() -> None:
    """Name, counts and weights are the configuration's."""
    config = modelled(plan(), Assumptions())
    (spec,) = config.variants
    assert (config.name, config.failure) == ("c", "")
    assert (spec.name, spec.instance_type, spec.initial_count, spec.weight) == ("v", "ml.m5.xlarge", 2, 0.5)


def test_a_model_server_runs_a_worker_for_each_vcpu() -> None:
    """Unless the scenario states how many requests run at once."""
    assert modelled(plan("ml.m5.xlarge"), Assumptions()).variants[0].concurrency == 4
    assert modelled(plan("ml.x9.huge"), Assumptions()).variants[0].concurrency == 2
    assert modelled(plan(), Assumptions(concurrency=7)).variants[0].concurrency == 7


def test_service_times_go_by_instance_type() -> None:
    """The scenario's figure for the type, or the default for an endpoint that nobody described."""
    stated = Assumptions({"ml.m5.xlarge": 0.2}.__getitem__)
    assert modelled(plan(), stated).variants[0].service_time == Constant(0.2)
    assert modelled(plan(), Assumptions()).variants[0].service_time == Constant(DEFAULT_SERVICE_TIME_S)


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("LEAST_OUTSTANDING_REQUESTS", Routing.LEAST_OUTSTANDING_REQUESTS),
        ("RANDOM", Routing.RANDOM),
        ("KV_AWARE", Routing.RANDOM),
    ],
)
def test_routing(asked: str, used: Routing) -> None:
    """Strategies that look into a model's cache become random."""
    assert modelled(plan(routing=asked), Assumptions()).variants[0].routing is used


def test_a_model_that_does_not_load_fails_the_endpoint() -> None:
    """Its reason becomes the endpoint's."""
    assert modelled(plan(failure="no model.onnx"), Assumptions()).failure == "no model.onnx"
