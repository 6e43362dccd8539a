"""Scaling from AWS JSON, and what every format has in common."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from policy_document import DATA, Document, Read

from harness.errors import NotModelled, ScenarioError
from harness.inputs.policy_files import PolicySet, read_policy
from harness.scaling.policies import ScalableTarget, StepScaling, TargetTracking

RESOURCE = "endpoint/ranker/variant/AllTraffic"


@pytest.fixture
def document() -> Document:
    found: Document = json.loads((DATA / "policy.json").read_text())
    return found


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def written(value: Any, **options: Any) -> PolicySet:
        path = tmp_path / "policy.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1))
        return read_policy(path, **options)

    return written


def comparable(found: PolicySet) -> PolicySet:
    return replace(found, source="")


def test_a_file_with_all_it_may_have() -> None:
    """Target, both kinds of policy, alarm, scheduled action and instances."""
    found = read_policy(DATA / "policy.json")
    assert found.target == ScalableTarget(RESOURCE, 2, 12)
    assert [type(policy) for policy in found.policies] == [TargetTracking, StepScaling]
    assert found.policies[0] == TargetTracking(
        "invocations", 750.0, scale_in_cooldown_s=600.0, scale_out_cooldown_s=120.0
    )
    (alarm,) = found.alarms
    assert (alarm.name, alarm.alarm_actions, alarm.threshold) == ("ranker-surge", ("surge",), 1200.0)
    (action,) = found.scheduled_actions
    assert (action.name, action.min_capacity, action.max_capacity) == ("office-hours", 4, None)
    assert (found.instance_type, found.initial_count) == ("ml.m5.large", 2)
    assert (found.endpoint, found.variant, found.notes) == ("ranker", "AllTraffic", ())


@pytest.mark.parametrize("other", ["stack.yaml", "terraform", "plan.json"])
def test_every_format_says_the_same(other: str) -> None:
    """CloudFormation, Terraform files and a Terraform plan of one stack."""
    assert comparable(read_policy(DATA / other)) == comparable(read_policy(DATA / "policy.json"))


def test_what_can_be_left_out(read: Read) -> None:
    """A policy without its resource belongs to the one target; the namespace follows from the resource."""
    found = read({"ScalableTarget": {"ResourceId": RESOURCE, "MinCapacity": 1, "MaxCapacity": 2}})
    assert (found.target, found.policies, found.alarms) == (ScalableTarget(RESOURCE, 1, 2), (), ())
    assert (found.instance_type, found.initial_count) == (None, None)


def test_a_list_of_the_arguments_of_calls(read: Read, document: Document) -> None:
    """Each known by the name it must have."""
    listed = [
        *document["ScheduledActions"],
        *document["Alarms"],
        *document["ScalingPolicies"],
        document["ScalableTarget"],
        {"Endpoint": document["Endpoint"]},
    ]
    assert comparable(read(listed)) == comparable(read(document))


def test_the_answers_of_describe_calls(read: Read, document: Document) -> None:
    """What they add to what was put is passed over, and the alarms of target tracking are the model's."""
    arn = (
        "arn:aws:autoscaling:us-east-1:1:scalingPolicy:0:resource/sagemaker/endpoint/e/variant/v:policyName/"
    )
    for policy in document["ScalingPolicies"]:
        policy |= {"ResourceId": RESOURCE, "PolicyARN": arn + policy["PolicyName"], "Alarms": []}
        policy |= {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
    surge = document["Alarms"][0] | {
        "AlarmActions": [arn + "surge"],
        "StateValue": "OK",
        "AlarmArn": "arn:aws:x",
    }
    made = surge | {
        "AlarmName": "TargetTracking-x-AlarmHigh-y",
        "AlarmActions": [arn + "invocations:createdBy/z"],
    }
    stranger = surge | {"AlarmName": "another", "AlarmActions": []}
    found = read(
        [
            {"ScalableTargets": [document["ScalableTarget"] | {"CreationTime": 1.0}]},
            {"ScalingPolicies": document["ScalingPolicies"]},
            {"ScheduledActions": document["ScheduledActions"], "NextToken": None},
            {"MetricAlarms": [made, stranger, surge], "CompositeAlarms": []},
        ]
    )
    expected = read({name: value for name, value in document.items() if name != "Endpoint"})
    assert replace(found, notes=()) == expected
    assert [note.rpartition(": ")[2] for note in found.notes] == [
        "the alarms of target tracking are made by the model.",
        "no action of this alarm is a policy of the target.",
    ]


def test_a_step_policy_without_an_alarm(read: Read, document: Document) -> None:
    """It never acts, and that is said."""
    del document["Alarms"]
    assert read(document).notes == ("No alarm invokes the step scaling policy 'surge': it never acts.",)


def test_the_alias_of_a_function(read: Read) -> None:
    """Endpoint and variant are function and alias."""
    found = read(
        {"ScalableTarget": {"ResourceId": "function:score:live", "MinCapacity": 0, "MaxCapacity": 9}}
    )
    assert (found.endpoint, found.variant, found.target.namespace) == ("score", "live", "lambda")


def several(document: Document) -> Document:
    other = document["ScalableTarget"] | {"ResourceId": "endpoint/other/variant/Blue", "MaxCapacity": 3}
    policy = document["ScalingPolicies"][0]
    return {
        "ScalableTargets": [document["ScalableTarget"], other],
        "ScalingPolicies": [policy, policy | {"ResourceId": "endpoint/other/variant/Blue"}],
    }


@pytest.mark.parametrize("name", ["endpoint/other/variant/Blue", "other", "other/Blue"])
def test_one_of_several_targets(read: Callable[..., PolicySet], document: Document, name: str) -> None:
    """By resource id, endpoint, or endpoint and variant; it comes with its own policies only."""
    found = read(several(document), target=name)
    assert (found.target.max_capacity, len(found.policies), found.endpoint) == (3, 1, "other")


@pytest.mark.parametrize(
    ("name", "said"),
    [(None, "several scalable targets; choose one with --target"), ("third", "names 0 targets")],
)
def test_which_target_is_meant(
    read: Callable[..., PolicySet], document: Document, name: str | None, said: str
) -> None:
    """The choices are named."""
    with pytest.raises(ScenarioError, match=said) as error:
        read(several(document), target=name)
    assert str(error.value).endswith(f"{RESOURCE}, endpoint/other/variant/Blue")


def test_targets_of_other_services_stand_back(read: Read, document: Document) -> None:
    """Of several targets the only one that is modelled is meant."""
    table = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/t",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        "MinCapacity": 5,
        "MaxCapacity": 9,
    }
    found = read({"ScalableTargets": [table, document["ScalableTarget"]]})
    assert found.target.resource_id == RESOURCE
    with pytest.raises(NotModelled, match="line 3, ScalableTargets\\[0\\]: the dimension dynamodb"):
        read({"ScalableTargets": [table]})
