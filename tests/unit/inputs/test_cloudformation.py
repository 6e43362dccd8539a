"""Scaling from CloudFormation templates."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RequestRefused, ScenarioError
from harness.inputs.intrinsics import Intrinsics, Unresolved
from harness.inputs.policy_files import PolicySet, read_policy
from harness.scaling.policies import TargetTracking

STACK = Path(__file__).parents[2] / "data" / "whatif" / "stack.yaml"

Read = Callable[..., PolicySet]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def written(text: str, **options: Any) -> PolicySet:
        path = tmp_path / "stack.yaml"
        path.write_text(text)
        return read_policy(path, **options)

    return written


def changed(old: str, new: str) -> str:
    text = STACK.read_text()
    assert old in text
    return text.replace(old, new)


def test_parameters_take_the_place_of_defaults() -> None:
    """A condition that is false takes its resources away."""
    found = read_policy(STACK, parameters={"Stage": "test", "MaxCapacity": "5", "Name": "shadow"})
    assert (found.target.max_capacity, found.endpoint, found.instance_type) == (5, "shadow", "ml.t3.medium")
    assert [policy.policy_name for policy in found.policies] == ["invocations"]
    assert (found.alarms, found.scheduled_actions[0].min_capacity) == ((), 2)


def test_a_template_as_json(tmp_path: Path) -> None:
    """The same functions in their long form; texts become numbers as CloudFormation converts them."""
    template = {
        "Resources": {
            "Target": {
                "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
                "Properties": {
                    "ServiceNamespace": "sagemaker",
                    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
                    "ResourceId": {"Fn::Sub": "endpoint/ranker-${AWS::Region}/variant/AllTraffic"},
                    "MinCapacity": "1",
                    "MaxCapacity": 4.0,
                },
            },
            "Policy": {
                "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
                "Properties": {
                    "PolicyName": "p",
                    "PolicyType": "TargetTrackingScaling",
                    "ScalingTargetId": {"Ref": "Target"},
                    "TargetTrackingScalingPolicyConfiguration": {
                        "TargetValue": "12.5",
                        "PredefinedMetricSpecification": {
                            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                        },
                        "DisableScaleIn": "true",
                        "ScaleInCooldown": {"Ref": "AWS::NoValue"},
                    },
                },
            },
        }
    }
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(template, indent=1))
    found = read_policy(path)
    assert (found.endpoint, found.target.min_capacity, found.target.max_capacity) == (
        "ranker-us-east-1",
        1,
        4,
    )
    assert found.policies == (TargetTracking("p", 12.5, disable_scale_in=True),)
    template["Resources"]["Target"]["Properties"]["MaxCapacity"] = 0
    path.write_text(json.dumps(template, indent=1))
    with pytest.raises(
        RequestRefused, match=r"stack\.json, line 12, Resources.Target.Properties.MaxCapacity: Max"
    ):
        read_policy(path)


@pytest.mark.parametrize("target", ["Target", "ranker", "endpoint/ranker/variant/AllTraffic"])
def test_a_target_by_its_name(target: str) -> None:
    """Its logical id, its endpoint or its resource id."""
    assert read_policy(STACK, target=target).endpoint == "ranker"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("TargetValue: 750", "TargetValue: -1", "line 64, Resources.Tracking.Properties.*TargetValue is -1"),
        ("TargetValue: 750", "TargetValu: 750", 'line 64, .*Unknown parameter in .*: "TargetValu"'),
        (
            "MinCapacity: 2",
            "MinCapacity: 20",
            "line 49, .*Maximum capacity cannot be less than minimum capacity",
        ),
        (
            "cron(0 8 ? * MON-FRI *)",
            "cron(0 8 * * * *)",
            r"line 53, .*ScheduledActions\[0\].Schedule: Invalid",
        ),
        (
            "!Ref MaxCapacity",
            "!ImportValue most",
            "line 49, .*MaxCapacity: Fn::ImportValue cannot be worked out",
        ),
        ("!Ref MaxCapacity", "!Ref Most", "line 49, .*there is no parameter or resource 'Most'"),
        ("!Ref MaxCapacity", "!GetAtt Model.Size", "line 49, .*Model.Size is known only once"),
        ("    Default: 12", "", "line 49, .*the parameter MaxCapacity has no default"),
        (
            "Condition: IsLive",
            "Condition: IsDead",
            "line 71, Resources.Surge.Condition: there is no condition",
        ),
        (
            "ScalingTargetId: !Ref Target",
            "ScalingTargetId: Target",
            "'Target' is not the id of a scalable target",
        ),
        ("      ScheduledActions:\n", "      ScheduledActions: 5\n      X:\n", "must be a list of objects"),
        ("      Period: 60", "      Period: 45", "Resources.SurgeAlarm.Properties.Period: Period must be"),
        ("Resources:", "Resource:", "no Resources, so it is no CloudFormation template"),
        ("    Default: 12", "    Default: [", "this is not YAML"),
        ("  Tracking:", "  Target:", "line 57: Resources.Target is there twice"),
        ("Conditions:", "? [a]\n:", "a key must be a text"),
    ],
)
def test_the_place_of_what_is_wrong(read: Read, old: str, new: str, said: str) -> None:
    """File, line and field."""
    with pytest.raises(ScenarioError, match=rf"stack\.yaml.*{said}"):
        read(changed(old, new))


def test_a_parameter_that_is_not_there() -> None:
    """A slip in its name must not pass."""
    with pytest.raises(ScenarioError, match="the template has no parameter 'Stag'"):
        read_policy(STACK, parameters={"Stag": "test"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resources: 5", "Resources: it must be an object"),
        (
            "Resources:\n  T:\n    Type: AWS::ApplicationAutoScaling::ScalableTarget",
            "Resources.T.Properties: it must be an object",
        ),
        ("Resources: {}", "there is no scalable target"),
        ("Resources: \x00", "this is not YAML"),
        (
            "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
            + "".join(
                f"{n}: &{n} [{', '.join(['*' + p] * 9)}]\n"
                for p, n in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "more than 100000 values",
        ),
    ],
)
def test_a_template_that_is_none(read: Read, text: str, said: str) -> None:
    """Also one that would grow without end."""
    with pytest.raises(ScenarioError, match=said):
        read(text)


def test_the_instances_of_an_endpoint_made_elsewhere(read: Read) -> None:
    """With one endpoint configuration in the template it is that one's."""
    text = changed("!GetAtt Ranker.EndpointName", "made-elsewhere")
    found = read(text)
    assert (found.endpoint, found.instance_type, found.initial_count) == ("made-elsewhere", "ml.m5.large", 2)


def test_instances_that_only_a_deployed_stack_knows(read: Read) -> None:
    """They stay open, for the command line to say."""
    found = read(changed("!FindInMap [Sizes, !Ref Stage, Type]", "!ImportValue size"))
    assert (found.instance_type, found.initial_count) == (None, 2)


# -- intrinsic functions -----

TEMPLATE = {
    "Parameters": {
        "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Name": {"Type": "String", "Default": "n"},
        "Count": {"Type": "Number", "Default": 2},
    },
    "Mappings": {"M": {"k": {"v": 7}}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "Count"}, "2"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Flag": {"Fn::Equals": [True, "true"]},
        "Odd": {"Fn::Odd": [1]},
        "Round": {"Condition": "Round"},
    },
    "Resources": {
        "E": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointName": "e", "Loop": {"Ref": "Loop"}},
        },
        "C": {"Type": "AWS::SageMaker::EndpointConfig"},
        "P": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": {"PolicyName": "p"}},
        "T": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {"ResourceId": "r", "ScalableDimension": "d", "ServiceNamespace": "s"},
        },
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Loop": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Loop"}}},
    },
}
ARN = "arn:aws:sagemaker:us-east-1:123456789012:"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "E"}, ARN + "endpoint/e"),
        ({"Ref": "C"}, ARN + "endpoint-config/C"),
        ({"Ref": "T"}, "r|d|s"),
        ({"Ref": "Topic"}, "Topic"),
        ({"Fn::GetAtt": ["E", "EndpointName"]}, "e"),
        ({"Fn::GetAtt": "C.EndpointConfigName"}, "C"),
        ({"Fn::GetAtt": "T.Id"}, "r|d|s"),
        ({"Fn::GetAtt": "Topic.TopicArn"}, "arn:aws:sns:us-east-1:123456789012:Topic"),
        ({"Fn::Sub": "${Name}-${E.EndpointName}-${!Name}"}, "n-e-${Name}"),
        ({"Fn::Sub": ["${a}/${Name}", {"a": {"Ref": "Count"}}]}, "2/n"),
        ({"Fn::Join": ["-", {"Ref": "Zones"}]}, "a-b"),
        ({"Fn::Select": ["1", {"Ref": "Zones"}]}, "b"),
        ({"Fn::Split": ["-", "x-y"]}, ["x", "y"]),
        ({"Fn::FindInMap": ["M", "k", "v"]}, 7),
        ({"Fn::If": ["Yes", 1, {"Ref": "Nobody"}]}, 1),
        ({"Fn::If": ["Either", {"Fn::If": ["Both", 1, 2]}, 3]}, 2),
        ({"Fn::If": ["Flag", "t", "f"]}, "t"),
        ({"a": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([1, {"Ref": "AWS::NoValue"}, {"x": "y"}], [1, {"x": "y"}]),
    ],
)
def test_functions(value: Any, expected: Any) -> None:
    """Worked out as CloudFormation does."""
    assert Intrinsics(TEMPLATE, {}).resolve(value) == expected


@pytest.mark.parametrize("value", [{"Ref": "P"}, {"Fn::GetAtt": "P.Arn"}])
def test_the_arn_of_a_policy(value: Any) -> None:
    """It ends with the policy's name, as alarms need it."""
    assert Intrinsics(TEMPLATE, {}).resolve(value).endswith(":policyName/p")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue cannot be worked out"),
        ({"Fn::GetAtt": "E"}, "does not name a resource and an attribute"),
        ({"Fn::GetAtt": "E.CreationTime"}, "known only once the stack is deployed"),
        ({"Fn::Sub": 5}, "Fn::Sub takes"),
        ({"Fn::Join": ["-"]}, "Fn::Join takes two"),
        ({"Fn::Join": ["-", "x"]}, "a separator and a list"),
        ({"Fn::Select": [5, ["a"]]}, "no item 5"),
        ({"Fn::FindInMap": ["M", "k", "w"]}, "finds nothing"),
        ({"Fn::FindInMap": 5}, "finds nothing"),
        ({"Fn::If": ["Yes", 1]}, "Fn::If takes"),
        ({"Fn::If": ["Odd", 1, 2]}, "the condition .* cannot be worked out"),
        ({"Fn::Split": ["", "x"]}, "Fn::Split takes a separator"),
        ({"Fn::Sub": "${A.B.C}"}, "there is no parameter or resource 'A'"),
        ({"Ref": "Loop"}, "round in a circle"),
        ({"Ref": 5}, "there is no parameter or resource 5"),
    ],
)
def test_what_cannot_be_worked_out(value: Any, said: str) -> None:
    """It is said which and why."""
    with pytest.raises(Unresolved, match=said):
        Intrinsics(TEMPLATE, {}).resolve(value)


def test_a_condition_on_itself() -> None:
    """Does not go on for ever."""
    with pytest.raises(Unresolved, match="circle"):
        Intrinsics(TEMPLATE, {}).holds("Round")
