"""From a policy and traffic to a case: instance, start, end, and Lambda aliases."""

from dataclasses import replace

import numpy as np
import pytest
from small_cases import RESOURCE, case, policy_set

from harness import journal
from harness.endpoint.distributions import Constant
from harness.errors import RequestRefused
from harness.inputs.policy_files import PolicySet
from harness.inputs.traffic import Traffic, read_traffic
from harness.scaling.policies import LAMBDA_UTILIZATION, ScalableTarget, TargetTracking
from harness.summary import summarise
from harness.whatif.case import Case
from harness.whatif.from_policy import Asked, case_of, instance_of
from harness.whatif.options import Container, assumptions
from harness.whatif.profile import Profile
from harness.whatif.run_virtual import played

PROFILE = Profile("ranker", "ml.c5.xlarge", 3, 100, (0.01, 0.02), 200.0, "measured")
ALIAS = "function:scorer:live"


def alias_case() -> Case:
    """Return an alias with 5 environments under 12 simultaneous invocations."""
    policy = TargetTracking("used", 0.7, LAMBDA_UTILIZATION, 0.0, 0.0)
    target = ScalableTarget(
        ALIAS, 5, 40, dimension="lambda:function:ProvisionedConcurrency", namespace="lambda"
    )
    policies = PolicySet(target, (policy,), (), (), None, None, "scorer", "live")
    instance = instance_of(Container(service_time=Constant(0.5)), None, (), None)
    traffic = Traffic("counts", counts=np.array([600] * 3 + [1440] * 8, dtype=np.int64))
    return case_of(
        policies, traffic, assumptions(), instance, Asked(initial=5, arrivals="uniform"), name="alias"
    )


def test_what_is_said_goes_before_template_and_profile() -> None:
    """Then the template's type, the profile's figures, and what is assumed."""
    said = instance_of(Container(concurrency=8, instance_type="ml.m5.large"), PROFILE, (), "ml.g5.xlarge")
    assert (said.instance_type, said.concurrency) == ("ml.m5.large", 8)
    template = instance_of(Container(), PROFILE, (), "ml.g5.xlarge")
    assert (template.instance_type, template.concurrency) == ("ml.g5.xlarge", 3)
    assert template.service_time == PROFILE.service_time
    assert instance_of(Container(), PROFILE, (), None).instance_type == "ml.c5.xlarge"
    assert instance_of(Container(), None, (), None).instance_type == "ml.m5.large"


def test_concurrency_follows_the_vcpus() -> None:
    """Model servers run a worker for each; a type that is not in the table has two."""
    assert instance_of(Container(), None, (), "ml.m5.2xlarge").concurrency == 8
    assert instance_of(Container(), None, (), "ml.unknown.large").concurrency == 2


def test_an_assumed_instance_can_take_what_the_target_means_it_to() -> None:
    """Half busy at the target, by AWS's own formula; a small model where the target is low."""
    fast = instance_of(Container(), None, (TargetTracking("track", 12_000.0),), None)
    assert fast.service_time == Constant(0.5 * 2 * 60 / 12_000)
    assert "AWS's formula" in fast.service_time_from
    slow = instance_of(Container(), None, (TargetTracking("track", 100.0),), None)
    assert slow.service_time == Constant(0.05)


def on(kind: str, *, from_file: bool) -> Case:
    """Return a case on instances of *kind*, said by the policy's file or beside it."""
    policies = replace(
        policy_set(), instance_type=kind if from_file else None, instance_type_at="policy.json, line 9"
    )
    instance = instance_of(Container(instance_type=kind), None, (), None)
    traffic = Traffic("counts", counts=np.array([60, 60], dtype=np.int64))
    return case_of(policies, traffic, assumptions(), instance, Asked(initial=1), name="kind")


@pytest.mark.parametrize(("from_file", "place"), [(True, "policy.json, line 9"), (False, "--instance-type")])
def test_burstable_instances_are_refused_where_they_are_said(from_file: bool, place: str) -> None:
    """SageMaker does not scale T2; the message names the file, or the option."""
    with pytest.raises(RequestRefused, match=f"^{place}: Automatic scaling is not supported for burstable"):
        on("ml.t2.medium", from_file=from_file)


def test_what_is_not_said_of_t3_is_noted() -> None:
    """It is scaled, with a doubt; other types raise none."""
    assert "ml.t3.medium is burstable" in on("ml.t3.medium", from_file=True).notes[-1]
    assert not on("ml.m5.large", from_file=True).notes


def test_until_is_counted_from_the_traffic() -> None:
    """Shorter or longer than the traffic, as it is said."""
    assert case([60] * 10, until_s=120.0).until_s == 120.0
    assert case([60] * 10).until_s == 600.0 + 300.0


def test_arrival_times_are_taken_as_they_are() -> None:
    """No draw moves them."""
    traffic = Traffic("times", times=np.array([1.0, 2.5, 70.0]))
    instance = instance_of(Container(), None, (), None)
    made = case_of(policy_set(), traffic, assumptions(), instance, Asked(initial=1), name="times")
    assert made.traffic[RESOURCE].at.tolist() == [1.0, 2.5, 70.0]
    assert made.traffic_ends_s == 120.0


def test_an_alias_scales_as_an_endpoint_does() -> None:
    """Utilisation above 0.7 for three minutes brings more environments; what found none free is counted."""
    records = played(alias_case(), "auto", {"instance": {}, "traffic": {}}, command="", with_ranges=True)
    summary = summarise(records)
    first = summary["scaling"]["activities"][0]
    assert first["from"] == 5
    assert first["to"] > 5
    assert first["at_s_low"] <= first["at_s"] <= first["at_s_high"]
    assert 0 < summary["functions"]["spillover"] < summary["functions"]["invocations"] == 600 * 3 + 1440 * 8
    assert next(one.in_service for one in records if isinstance(one, journal.CapacityChanged)) == 5
    assert summary["scaling"]["capacity"][0][1:] == [5, 5]
    assert "allocation_time" in records[0].configuration["model"]["settings"]  # type: ignore[union-attr]


def test_stages_move_inside_a_minute() -> None:
    """A stage of 90 s ends in the middle of a minute, and nobody calls after it."""
    traffic = read_traffic("4rps:90s,0:90s")
    instance = instance_of(Container(), None, (), None)
    made = case_of(policy_set(), traffic, assumptions(), instance, Asked(initial=1), name="stages")
    assert 60.0 < float(made.traffic[RESOURCE].at[-1]) <= 90.0
    assert made.traffic_ends_s == 180.0
