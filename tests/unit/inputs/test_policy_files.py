"""Scaling from AWS JSON, and what every format has in common."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import NotModelled, RequestRefused, ScenarioError
from harness.inputs.policy_files import PolicySet, read_policy
from harness.scaling.policies import ScalableTarget, StepScaling, TargetTracking
from harness.templates.json_lines import line_of

DATA = Path(__file__).parents[2] / "data" / "whatif"
RESOURCE = "endpoint/ranker/variant/AllTraffic"

Document = dict[str, Any]
Read = Callable[[Any], PolicySet]


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


# -- our own form -----


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


# -- several targets -----


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


# -- what is wrong, and where -----


def change(path: str, value: Any) -> Callable[[Document], None]:
    *parents, last = path.split("/")

    def apply(document: Any) -> None:
        for each in parents:
            document = document[int(each) if each.isdecimal() else each]
        if value is None:
            del document[last]
        else:
            document[int(last) if last.isdecimal() else last] = value

    return apply


TRACKING = "TargetTrackingScalingPolicyConfiguration"


@pytest.mark.parametrize(
    ("path", "value", "place", "said"),
    [
        (
            "ScalableTarget/MinCapacity",
            20,
            "line 7, ScalableTarget.MaxCapacity",
            "Maximum capacity cannot be less",
        ),
        ("ScalableTarget/MinCapacty", 1, "line 11, ScalableTarget.MinCapacty", "Unknown parameter in input"),
        ("ScalableTarget/ResourceId", None, "line 2, ScalableTarget.ResourceId", "must not be null"),
        (
            f"ScalingPolicies/0/{TRACKING}/TargetValue",
            0,
            f"line 20, ScalingPolicies[0].{TRACKING}.TargetValue",
            "0",
        ),
        (
            "ScalingPolicies/0/ResourceId",
            "endpoint/x/variant/y",
            "line 13, ScalingPolicies[0]",
            "No scalable target",
        ),
        (
            "ScalingPolicies/1/PolicyName",
            "invocations",
            "line 28, ScalingPolicies[1]",
            "would replace the first",
        ),
        ("ScalingPolicies/0", 5, "line 13, ScalingPolicies[0]", "5 must be an object"),
        ("ScalingPolicies", {}, "", "a policy"),
        ("ScheduledActions/0/Schedule", "cron(0 8 * * * *)", "ScheduledActions[0].Schedule", "Invalid CRON"),
        ("Alarms/0/Period", 45, "Alarms[0].Period", "Period must be"),
        (
            "Alarms/0/AlarmActions",
            "surge",
            "line 69, Alarms[0].AlarmActions",
            "a list of policies, by name or ARN",
        ),
        (
            "Alarms/0/OKActions",
            ["surg"],
            "Alarms[0].OKActions",
            "'surg' is neither an ARN nor the name of a policy",
        ),
        ("Polices", [], "Polices", "not known here; the file must hold an object with ScalableTarget"),
        ("Endpoint/Type", "ml.m5.large", "Endpoint.Type", "an Endpoint has InstanceType"),
        ("Endpoint/InstanceType", 5, "Endpoint.InstanceType", "no instance type"),
        ("Endpoint/InitialInstanceCount", 0, "Endpoint.InitialInstanceCount", "at least 1"),
        ("ScalableTarget", None, "", "there is no scalable target"),
    ],
)
def test_the_place_of_what_is_wrong(
    read: Read, document: Document, path: str, value: Any, place: str, said: str
) -> None:
    """File, line and field."""
    change(path, value)(document)
    if path == "ScalingPolicies":
        document["ScalingPolicies"] = "a policy"
    with pytest.raises(ScenarioError) as error:
        read(document)
    assert "policy.json" in str(error.value)
    assert place in str(error.value)
    assert said in str(error.value) or "must be a list" in str(error.value)


def test_two_policies_on_one_metric(read: Read, document: Document) -> None:
    """Each may be right alone; AWS refuses the second."""
    document["ScalingPolicies"].append(document["ScalingPolicies"][0] | {"PolicyName": "twice"})
    with pytest.raises(RequestRefused, match=r"ScalingPolicies\[2\].*Only one TargetTrackingScaling policy"):
        read(document)


def test_what_the_model_has_nothing_for(read: Read, document: Document) -> None:
    """AWS would take it: another error than a refusal."""
    document["ScalingPolicies"][0][TRACKING] = {
        "TargetValue": 5,
        "CustomizedMetricSpecification": {"Metrics": [{"Id": "m1"}]},
    }
    with pytest.raises(NotModelled, match="Metrics: Metric math is not modelled") as error:
        read(document)
    assert error.value.field.endswith("CustomizedMetricSpecification.Metrics")


@pytest.mark.parametrize("part", [{"MetricName": "Temperature"}, {"Period": 10}, {"Dimensions": []}])
def test_an_alarm_without_data_here(read: Read, document: Document, part: dict[str, Any]) -> None:
    """It would never ring: an unknown metric, a period it does not have. Dimensions may be left out."""
    document["Alarms"][0] |= part
    if part == {"Dimensions": []}:
        assert read(document).alarms[0].metric is not None
        return
    with pytest.raises(
        NotModelled, match=r"line \d+, Alarms\[0\].MetricName: the metric .* is not modelled for"
    ):
        read(document)


def test_a_policy_on_a_metric_of_somebody_else(read: Read, document: Document) -> None:
    """What another endpoint does says nothing of this one."""
    metric = {
        "MetricName": "CPUUtilization",
        "Namespace": "/aws/sagemaker/Endpoints",
        "Statistic": "Average",
        "Dimensions": [
            {"Name": "EndpointName", "Value": "another"},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
    }
    document["ScalingPolicies"][0][TRACKING] = {"TargetValue": 5, "CustomizedMetricSpecification": metric}
    with pytest.raises(
        NotModelled, match=r"CustomizedMetricSpecification\.MetricName: .*EndpointName=another"
    ):
        read(document)


def test_a_utilization_is_a_share(read: Read) -> None:
    """A target of 70 is taken by AWS and never met; one of 0.7 raises no doubt."""
    target = {"ResourceId": "function:scorer:live", "MinCapacity": 1, "MaxCapacity": 9}
    kind = {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}

    def notes(value: float) -> tuple[str, ...]:
        tracking = {"TargetValue": value, "PredefinedMetricSpecification": kind}
        return read(
            {"ScalableTarget": target, "ScalingPolicies": [{"PolicyName": "u", TRACKING: tracking}]}
        ).notes

    assert not notes(0.7)
    assert "'u' never scales out: its target is 70" in notes(70)[0]


def test_the_place_of_the_instance_type(read: Read, document: Document) -> None:
    """For messages about it: the line where it is known, else the file."""
    document["Endpoint"] = {"InstanceType": "ml.t2.medium"}
    assert read(document).instance_type_at.endswith("Endpoint.InstanceType")
    del document["Endpoint"]
    assert read(document).instance_type_at.endswith("policy.json")


def test_numbers_as_text_are_for_templates(read: Read, document: Document) -> None:
    """In the arguments of a call boto3 refuses them."""
    document["ScalableTarget"]["MinCapacity"] = "1"
    with pytest.raises(
        RequestRefused, match="Invalid type for parameter MinCapacity, value: 1, type: <class 'str'>"
    ):
        read(document)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ('{"ScalableTarget": {\n "MinCapacity": }}', "line 2, column 17: this is not JSON"),
        ("{}", "not known here"),
        ("[5]", r"\[0\]: 5 must be an object"),
        ("just text", "no Resources, so it is no CloudFormation template"),
        ("# nothing\n", "nothing but comments"),
    ],
)
def test_a_file_of_another_kind(read: Read, text: str, said: str) -> None:
    """What was expected is said."""
    with pytest.raises(ScenarioError, match=said):
        read(text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The option is named."""
    with pytest.raises(ScenarioError, match=r"--policy .*: there is no such file"):
        read_policy(tmp_path / "policy.json")


# -- lines -----


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a", 2),
        ("b", 3),
        ("b[0]", 4),
        ("b[1].c", 5),
        ("b[1].c.x", 6),
        ("b[2]", 3),
        ("b[0].c", 4),
        ("b.c", 3),
        ("d", 8),
        ("z", None),
        ("", None),
    ],
)
def test_the_line_of_a_path(path: str, line: int | None) -> None:
    """Or of the nearest thing around it that is there."""
    text = '{\n"a": 1,\n"b": [\n{"c \\"quoted\\"": [1]}, {\n"c": {\n"x": "}"}}\n],\n"d": null}'
    assert line_of(text, path) == line


def test_a_copy_is_read_alike(read: Read, document: Document) -> None:
    """Reading changes nothing of what it is given."""
    before = copy.deepcopy(document)
    read(document)
    assert document == before
