"""A scenario refuses what cannot work when it is built, and knows its variants."""

from typing import Any

import pytest
from declared import RANKER, a_load, a_model, a_scenario, an_endpoint

from harness.endpoint.distributions import Constant as ConstantTime
from harness.errors import ScenarioError
from harness.scenario import Program, Role, Settle, Variant, ZoneFailure, error_ratio, response_time

WITHOUT_LIMIT = error_ratio(RANKER)
ANSWERED = WITHOUT_LIMIT.at_most(0.0)
FAST = response_time(RANKER, 0.99).below(1.0)


def nothing(context: Any) -> None:
    """Do nothing, as a program."""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "-x"}, "Scenario '-x': a name has"),
        ({"resources": []}, "resources is empty; declare at least one Endpoint"),
        ({"resources": [RANKER, RANKER]}, "2 endpoints are called 'ranker'; give each a name of its own"),
        (
            {"resources": [RANKER, an_endpoint("other", model=a_model(image="other"))]},
            "2 different models are called 'ranker-model'",
        ),
        ({"expectations": []}, "expectations is empty; a rehearsal without one proves nothing"),
        ({"expectations": [ANSWERED, ANSWERED]}, "2 expectations are called 'ranker: error ratio'"),
        ({"expectations": [WITHOUT_LIMIT]}, "expectation 'ranker: error ratio' has no limit"),
        ({"workload": [a_load(an_endpoint("else"))]}, "the workload calls 'else', which is none of ranker"),
        ({"workload": [a_load(), a_load()]}, "2 parts of the workload are called 'ranker'"),
        ({"programs": [Program("p", nothing), Program("p", nothing)]}, "2 programs are called 'p'"),
        (
            {"faults": [ZoneFailure(("a",), 10)]},
            r"ZoneFailure at 10 s comes after the load has ended \(10 s\); lower after_s",
        ),
        ({"faults": [ZoneFailure(("a",), 0)], "workload": []}, r"after the load has ended \(0 s\)"),
        ({"settings": {"lanch_time": 1}}, "settings has no 'lanch_time'; did you mean 'launch_time'"),
        ({"settings": {"zzz": 1}}, "settings has no 'zzz'; did you mean"),
        ({"settings": {"settle_s": "x"}}, "settings holds a value of the wrong kind"),
        (
            {"as_written": Variant("A defect.", must_fail=("no such",))},
            "must_fail names 'no such', which is none of 'ranker: error ratio'",
        ),
    ],
)
def test_a_scenario_that_cannot_work_is_refused(changes: dict[str, Any], sentence: str) -> None:
    """The message names the scenario, the field and the way out."""
    with pytest.raises(ScenarioError, match=sentence):
        a_scenario(**changes)


def test_a_fault_within_the_load_is_accepted() -> None:
    """A fault may come at any moment at which the load still runs."""
    assert a_scenario(faults=[ZoneFailure(("a", "b"), 9.5)]).faults[0].after_s == 9.5


def test_the_corrected_variant_is_the_scenario_itself() -> None:
    """Without a defect there is nothing to choose."""
    scenario = a_scenario()
    assert scenario.resolve("corrected") is scenario
    assert scenario.variants == ("corrected",)


@pytest.mark.parametrize("variant", ["as-written", "as_written", ""])
def test_a_variant_that_is_not_there_is_refused(variant: str) -> None:
    """The message says which variants there are."""
    with pytest.raises(ScenarioError, match=f"has no variant '{variant}'; it has corrected"):
        a_scenario().resolve(variant)


def test_the_variant_as_written_changes_only_what_it_names() -> None:
    """A field left out is the corrected one; the defect and what must fail come along."""
    written = Variant("A defect.", must_fail=(FAST.name,), expectations=[FAST], settle=Settle(60))
    scenario = a_scenario(as_written=written)
    resolved = scenario.resolve("as-written")

    assert scenario.variants == ("corrected", "as-written")
    assert (resolved.variant, resolved.defect, resolved.must_fail) == (
        "as-written",
        "A defect.",
        (FAST.name,),
    )
    assert (resolved.expectations, resolved.settle) == ([FAST], Settle(60))
    assert (resolved.resources, resolved.workload) == (scenario.resources, scenario.workload)


def test_models_and_roles_are_listed_once() -> None:
    """Two endpoints of one model have one artefact; the role of who sends the load is made as well."""
    caller = Role("caller")
    two = [RANKER, an_endpoint("second")]
    scenario = a_scenario(resources=two, workload=[a_load(as_role=caller)])

    assert [model.name for model in scenario.models] == ["ranker-model"]
    assert [role.name for role in scenario.roles] == ["ranker-role", "caller"]


def test_settings_go_to_the_part_that_has_them() -> None:
    """One mapping holds the figures of endpoints and of scaling; the rest keeps its defaults."""
    scenario = a_scenario(settings={"launch_time": ConstantTime(30.0), "publish_delay_s": 90.0})
    assert scenario.endpoint_settings.launch_time == ConstantTime(30.0)
    assert scenario.scaling_settings.publish_delay_s == 90.0
    assert scenario.endpoint_settings.settle_s == a_scenario().endpoint_settings.settle_s


@pytest.mark.parametrize("at_most_s", [0.0, -1.0, float("inf")])
def test_settling_has_an_end(at_most_s: float) -> None:
    """A run that may settle for ever would never be judged."""
    with pytest.raises(ScenarioError, match="Settle: at_most_s"):
        Settle(at_most_s)
