"""Small declared things for the tests of the scenario room."""

from typing import Any

from harness.scenario import Endpoint, Model, OpenModel, Role, Scenario, TargetTracking, error_ratio
from harness.scenario.rates import Constant


def build(context: Any) -> bytes:
    """Return no real artefact: nothing here serves it."""
    return b"artefact"


def a_model(name: str = "ranker-model", **changes: Any) -> Model:
    """Return a model of the role `ranker-role`."""
    return Model(name, **({"build": build, "role": Role("ranker-role")} | changes))


MODEL = a_model()


def an_endpoint(name: str = "ranker", **changes: Any) -> Endpoint:
    """Return an endpoint of `MODEL` that scales from 1 to 4 at 60 invocations a minute."""
    scaling = TargetTracking(target_value=60, min_capacity=1, max_capacity=4)
    return Endpoint(name, **({"model": MODEL, "scaling": scaling} | changes))


RANKER = an_endpoint()


def a_load(endpoint: Endpoint = RANKER, **changes: Any) -> OpenModel:
    """Return ten seconds of one request a second."""
    return OpenModel(endpoint, **({"rate": Constant(1, over_s=10)} | changes))


def a_scenario(**changes: Any) -> Scenario:
    """Return a scenario with one endpoint and one expectation."""
    declared = {
        "name": "ranking",
        "description": "A ranker under a little traffic.",
        "resources": [RANKER],
        "workload": [a_load()],
        "expectations": [error_ratio(RANKER).at_most(0.0)],
    }
    return Scenario(**(declared | changes))
