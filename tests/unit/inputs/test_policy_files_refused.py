"""Files of policies that are refused, and the place in them that is wrong."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from policy_document import DATA, Document, Read

from harness.errors import NotModelled, RequestRefused, ScenarioError
from harness.inputs.policy_files import PolicySet, read_policy
from harness.templates.json_lines import line_of


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
