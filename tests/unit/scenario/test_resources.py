"""Resources are refused where AWS, or common sense, would refuse them."""

import string
from typing import Any

import pytest
from declared import a_model, an_endpoint
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.scenario import Program, Role, TargetTracking, ZoneFailure, allow
from harness.scenario.checks import check_name

LETTERS = string.ascii_letters + string.digits


@given(st.text(LETTERS + "-", min_size=1, max_size=70))
def test_a_name_is_accepted_exactly_as_sagemaker_does(name: str) -> None:
    """1 to 63 letters, digits and hyphens; no hyphen at either end."""
    accepted = len(name) <= 63 and not name.startswith("-") and not name.endswith("-")
    try:
        check_name("Endpoint", name)
    except ScenarioError:
        assert not accepted
    else:
        assert accepted


@pytest.mark.parametrize("name", ["", "a b", "a_b", "ä", "a\n"])
def test_other_letters_are_refused(name: str) -> None:
    """The message names what was wrong and what may be there."""
    with pytest.raises(ScenarioError, match="letters, digits and hyphens"):
        a_model(name)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target_value": 0}, "target_value is 0; it must be a finite number above 0"),
        ({"target_value": float("nan")}, "target_value is nan"),
        ({"min_capacity": 0}, "min_capacity is 0; a variant needs at least 1"),
        ({"min_capacity": 2}, r"max_capacity \(1\) is below min_capacity \(2\); raise the first or lower"),
        ({"scale_in_cooldown_s": -1}, "scale_in_cooldown_s is -1; give whole seconds"),
        ({"scale_out_cooldown_s": 0.5}, "scale_out_cooldown_s is 0.5; give whole seconds"),
    ],
)
def test_a_policy_that_cannot_work_is_refused(changes: dict[str, Any], sentence: str) -> None:
    """Bounds, target and cooldowns are looked at when the policy is built."""
    with pytest.raises(ScenarioError, match=sentence):
        TargetTracking(**({"target_value": 10} | changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"variant_name": "a b"}, "Endpoint 'ranker': variant_name 'a b'"),
        ({"instance_type": "ml.m5.huge"}, "'ml.m5.huge' is not known here; choose ml.m5.large"),
        ({"instance_type": "?"}, "is not known here; choose ml.t2.medium"),
        ({"initial_instance_count": 0}, "initial_instance_count is 0; it must be at least 1"),
        ({"concurrency": 0}, "concurrency is 0; it must be at least 1"),
        ({"queue_limit": -1}, "queue_limit is -1; it must be at least 0"),
        ({"service_time_s": 0.0}, "service_time_s is 0"),
        ({"service_time_s": {"ml.t2.medium": 1.0}}, "no figure for 'ml.m5.large'; add one"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused(changes: dict[str, Any], sentence: str) -> None:
    """The message names the endpoint and the field."""
    with pytest.raises(ScenarioError, match=sentence):
        an_endpoint(**changes)


def test_service_time_may_depend_on_the_instance_type() -> None:
    """One figure holds for all types; a mapping holds for those it names."""
    assert an_endpoint(service_time_s=0.2).service_time_on("ml.g5.xlarge") == 0.2
    by_type = an_endpoint(service_time_s={"ml.m5.large": 0.1, "ml.g5.xlarge": 0.01})
    assert by_type.service_time_on("ml.g5.xlarge") == 0.01


def test_an_endpoint_has_the_resource_id_of_application_auto_scaling() -> None:
    """endpoint/NAME/variant/NAME, as RegisterScalableTarget wants it."""
    assert an_endpoint(variant_name="blue").resource_id == "endpoint/ranker/variant/blue"


def test_a_statement_takes_one_arn_or_several() -> None:
    """Without one it holds for every resource."""
    assert allow("s3:GetObject").resources == ("*",)
    assert allow("s3:GetObject", on="arn:aws:s3:::b/*").resources == ("arn:aws:s3:::b/*",)
    assert allow("s3:GetObject", "s3:PutObject", on=("a", "b")).resources == ("a", "b")


def test_a_program_says_when_it_runs() -> None:
    """A moment that there is not, a bad name or no time at all is refused."""
    for arguments, sentence in (
        ({"moment": "later"}, "say 'before_load' or 'beside_load' or 'after_load'"),
        ({"name": "a/b"}, "Program 'a/b'"),
        ({"at_most_real_s": 0}, "at_most_real_s is 0"),
        ({"processes": 0}, "processes is 0"),
        ({"restart": "always"}, "say 'never' or 'on-failure'"),
        ({"restart": "on-failure"}, "only a program beside the load is started again"),
        ({"restart_after_s": -1}, "restart_after_s is -1"),
        ({"stop_within_s": 0}, "stop_within_s is 0"),
        (
            {"role": Role("r", service="", trust=(allow("sts:AssumeRole", by="*"),))},
            "Program 'p': its role 'r' trusts no service",
        ),
    ):
        with pytest.raises(ScenarioError, match=sentence):
            Program(**({"name": "p", "function": lambda context: None} | arguments))  # type: ignore[arg-type]


@pytest.mark.parametrize("zones", [(), ("a", "b", "c"), ("d",)])
def test_a_zone_failure_leaves_one_zone(zones: tuple[str, ...]) -> None:
    """With all zones gone nothing is left to rehearse."""
    with pytest.raises(ScenarioError, match="name one or two of a, b, c"):
        ZoneFailure(zones, 0)


@pytest.mark.parametrize("after_s", [-1.0, float("nan"), float("inf")])
def test_a_zone_failure_has_its_moment(after_s: float) -> None:
    """It counts from the start of the load."""
    with pytest.raises(ScenarioError, match="seconds after the load's start"):
        ZoneFailure(("a",), after_s)
