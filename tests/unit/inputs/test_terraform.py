"""Scaling from Terraform: a folder, one file, a plan."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RequestRefused, ScenarioError
from harness.inputs.policy_files import PolicySet, read_policy
from harness.scaling.policies import StepScaling, TargetTracking

DATA = Path(__file__).parents[2] / "data" / "whatif"
FOLDER, PLAN = DATA / "terraform", DATA / "plan.json"

Read = Callable[..., PolicySet]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def written(text: str, more: dict[str, str] | None = None, **options: Any) -> PolicySet:
        for name, content in {"main.tf": text, **(more or {})}.items():
            (tmp_path / name).write_text(content)
        return read_policy(tmp_path, **options)

    return written


def changed(old: str, new: str) -> str:
    text = "".join((FOLDER / name).read_text() for name in ("main.tf", "variables.tf"))
    assert old in text
    return text.replace(old, new)


# -- files -----


def test_variables_take_the_place_of_defaults() -> None:
    """A count of 0 takes its resource away."""
    given = {"max_capacity": "5", "surge": "false", "instance_type": "ml.t3.medium"}
    found = read_policy(FOLDER, parameters=given)
    assert (found.target.max_capacity, found.instance_type) == (5, "ml.t3.medium")
    assert ([policy.policy_name for policy in found.policies], found.alarms) == (["invocations"], ())


def test_values_beside_the_files(read: Read) -> None:
    """terraform.tfvars, then *.auto.tfvars."""
    more = {"terraform.tfvars": 'max_capacity = 5\nvariant = "Blue"\n', "b.auto.tfvars": "max_capacity = 7\n"}
    found = read(changed("2", "2"), more)
    assert (found.target.max_capacity, found.variant) == (7, "Blue")


def test_one_file(tmp_path: Path) -> None:
    """Without the others of its folder."""
    path = tmp_path / "all.tf"
    path.write_text(changed("2", "2"))
    (tmp_path / "broken.tf").write_text("{{{")
    assert replace(read_policy(path), source="") == replace(read_policy(FOLDER), source="")


@pytest.mark.parametrize("target", ["aws_appautoscaling_target.ranker", "ranker"])
def test_a_target_by_its_name(target: str) -> None:
    """Its address, its endpoint."""
    assert read_policy(FOLDER, target=target).endpoint == "ranker"


MINIMAL = """
resource "aws_appautoscaling_target" "t" {
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/e/variant/v"
  min_capacity       = 1
  max_capacity       = %s
  role_arn           = data.aws_iam_role.scaling.arn
  tags               = merge(local.tags, { a = 1 })
  lifecycle { ignore_changes = [max_capacity] }
}
"""
POLICY = """
resource "aws_appautoscaling_policy" "p" {
  name               = "p"
  service_namespace  = aws_appautoscaling_target.t.service_namespace
  scalable_dimension = aws_appautoscaling_target.t.scalable_dimension
  resource_id        = aws_appautoscaling_target.t.id
  %s
}
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("4", 4),
        ('"4"', 4),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4 - 6 / 3 % 4", 18),
        ("-3 + 8", 5),
        ("10 > 9 && !(1 == 2) ? 6 : 3", 6),
        ("1 >= 2 || 1 != 1 ? 6 : 3", 3),
        ("1 <= 2 ? 1 < 2 ? 7 : 8 : 9", 7),
        ("true ? 5 : data.x.y.z", 5),
        ('false ? module.a.b["c:}"] : 5', 5),
        ("[4, 5, 6][1]", 5),
        ('{ small = 4, "large" : 9 }["large"]', 9),
        ("{ a = { b = 4 } }.a.b", 4),
        ("local.sizes[0].max", 12),
        ("local.sizes.0.max", 12),
        ("max(3, 9, 2)", 9),
        ("min(3, 9)", 3),
        ("ceil(4.2) + floor(1.9) + abs(-2)", 8),
        ('length(split(",", "a,b,c"))', 3),
        ("element([4, 5], 3)", 5),
        ('lookup({ a = 4 }, "b", 6)', 6),
        ('tonumber(format("%d%s", 1, "2"))', 12),
        ('tonumber(join("", concat(["1"], ["3"])))', 13),
        ('coalesce(null, "", 6)', 6),
        ("merge({ a = 1 }, { a = 5 }).a", 5),
        ('tonumber(trimspace(replace(" x7 ", "x", "")))', 7),
        ('"${"$${a}" == "$" ? 5 : 6}"', 6),
        ('"a\\"b" == "a\\"b" ? 5 : 6', 5),
        ('upper("a") == "A" && lower("A") == "a" && tostring(true) == "true" ? 5 : 6', 5),
        ('"1${local.sizes[0].max}"', 112),
        ("tolist([5])[0]", 5),
    ],
)
def test_expressions(read: Read, expression: str, value: int) -> None:
    """Worked out as Terraform does."""
    text = MINIMAL % expression + "locals {\n  sizes = [{ max = 12 }]\n}\n"
    assert read(text).target.max_capacity == value


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("data.aws_x.y.max", "data.aws_x.y.max is known only to Terraform"),
        ("module.m.max", "module.m.max is known only to Terraform"),
        ("var.most", "there is no variable 'most'"),
        ("var.open", "the variable open has no default; give it a value"),
        ("local.most", "there is no local.most"),
        ("local.round", "go round in a circle"),
        ("local.one.two", "there is no local.one.two"),
        ("aws_appautoscaling_target.t.other", "other is known only to Terraform"),
        ("aws_appautoscaling_target.t", "is known only to Terraform"),
        ("most", "most is not known here"),
        ('file("x")', "the function file cannot be worked out here"),
        ('"%{ if true }1%{ endif }"', "cannot be worked out here"),
        ("[for x in [1] : x][0]", "for is not known here"),
        ("[4][2]", "cannot be worked out here"),
        ("[4].x", "cannot be worked out here"),
        ("1 / 0", "cannot be worked out here"),
        ('"x" * 2', "'x' is no number"),
        ("true * 2", "True is no number"),
        ("1 ? 2 : 3", "1 is neither true nor false"),
        ('"a${[1]}"', "is no text"),
        ("lookup({}, 1)", "cannot be worked out here"),
        ("true ? data.x.y.z : 5", "data.x.y.z is known only to Terraform"),
    ],
)
def test_expressions_that_need_terraform(read: Read, expression: str, said: str) -> None:
    """File, line and argument, and what to do instead."""
    text = MINIMAL % expression + 'variable "open" {}\nlocals {\n  round = local.round\n  one = 1\n}\n'
    with pytest.raises(ScenarioError) as error:
        read(text)
    assert "main.tf, line 7, aws_appautoscaling_target.t.max_capacity: " in str(error.value)
    assert said in str(error.value)
    assert "terraform show -json" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "target_value       = 750",
            "target_value = 0",
            "line 34, .*invocations.*target_value: TargetValue is 0",
        ),
        ("target_value       = 750", "target_valu = 750", "line 34, .*target_valu: an argument of this name"),
        (
            "min_capacity       = 2",
            "min_capacity = 20",
            "line 23, .*max_capacity: Maximum capacity cannot be less",
        ),
        (
            "lower_bound = 500",
            "lower_bound = 600",
            "step_scaling_policy_configuration.step_adjustment: .*gaps",
        ),
        ("cron(0 8 ? * MON-FRI *)", "cron(0 8 ?)", "office_hours.schedule: Invalid schedule expression"),
        ("= 60\n  evaluation", "= 45\n  evaluation", "aws_cloudwatch_metric_alarm.surge.period: Period must"),
        ("var.surge ? 1 : 0", "3", "count: 3 copies are not worked out here; write the plan"),
        ("count              = var.surge ? 1 : 0", "for_each = var.all", "for_each: it is not worked out"),
        ("  step_scaling_policy_configuration {", '  dynamic "x" {\n', "dynamic: dynamic blocks are not"),
        ("timezone           =", "timezone", "this is not Terraform's language"),
    ],
)
def test_the_place_of_what_is_wrong(read: Read, old: str, new: str, said: str) -> None:
    """File, line and argument as Terraform writes it."""
    with pytest.raises(ScenarioError, match=rf"main\.tf.*{said}"):
        read(changed(old, new))


def test_a_policy_of_no_type_is_of_steps(read: Read) -> None:
    """The provider's default, not Application Auto Scaling's."""
    steps = 'step_scaling_policy_configuration {\n adjustment_type = "ExactCapacity"\n step_adjustment {\n'
    steps += "  metric_interval_lower_bound = 0\n  scaling_adjustment = 3\n }\n}"
    (policy,) = read(MINIMAL % 4 + POLICY % steps).policies
    assert isinstance(policy, StepScaling)
    tracking = "target_tracking_scaling_policy_configuration {\n target_value = 5\n}"
    with pytest.raises(RequestRefused, match="StepScaling policy configuration must be specified"):
        read(MINIMAL % 4 + POLICY % tracking)


def test_a_customised_metric(read: Read) -> None:
    """Dimensions are blocks here, a map in an alarm."""
    tracking = """policy_type = "TargetTrackingScaling"
  target_tracking_scaling_policy_configuration {
    target_value = 50
    customized_metric_specification {
      metric_name = "CPUUtilization"
      namespace   = "/aws/sagemaker/Endpoints"
      statistic   = "Average"
      dimensions {
        name  = "EndpointName"
        value = "e"
      }
      dimensions {
        name  = "VariantName"
        value = "v"
      }
    }
  }"""
    (policy,) = read(MINIMAL % 4 + POLICY % tracking).policies
    assert isinstance(policy, TargetTracking)
    assert policy.metric.dimensions == (("EndpointName", "e"), ("VariantName", "v"))


def test_actions_of_which_only_terraform_knows(read: Read) -> None:
    """A topic of a module is no policy; the policy beside it counts."""
    policy = "aws_appautoscaling_policy.surge[0].arn"
    text = changed(f"[{policy}]", f"[module.m.topic, {policy}]")
    assert read(text).alarms[0].alarm_actions == ("surge",)


def test_instances_of_which_only_terraform_knows(read: Read) -> None:
    """They stay open, for the command line to say."""
    found = read(changed("instance_type          = var.instance_type", "instance_type = data.a.b.c"))
    assert (found.instance_type, found.initial_count) == (None, 2)


def test_a_variable_that_is_not_there() -> None:
    """A slip in its name must not pass."""
    with pytest.raises(ScenarioError, match="there is no variable 'max_capcity'"):
        read_policy(FOLDER, parameters={"max_capcity": "5"})


def test_a_folder_without_files(tmp_path: Path) -> None:
    """And a file that is not there."""
    with pytest.raises(ScenarioError, match=r"no \.tf file in this folder"):
        read_policy(tmp_path)
    with pytest.raises(ScenarioError, match="there is no such file"):
        read_policy(tmp_path / "main.tf")


# -- plans -----


@pytest.fixture
def plan() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PLAN.read_text())
    return found


def resources(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = plan["planned_values"]["root_module"]["resources"]
    return {each["address"]: each["values"] for each in found}


def read_plan(tmp_path: Path, plan: dict[str, Any]) -> PolicySet:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan, indent=1))
    return read_policy(path)


def test_resources_of_a_module(tmp_path: Path, plan: dict[str, Any]) -> None:
    """Which alarm invokes which policy stands in the module's own configuration."""
    root, configured = plan["planned_values"]["root_module"], plan["configuration"]["root_module"]
    for each in root["resources"]:
        each["address"] = f'module.scoring["a.b"].{each["address"]}'
    plan["planned_values"]["root_module"] = {"child_modules": [{"resources": root["resources"]}]}
    plan["configuration"]["root_module"] = {"module_calls": {"scoring": {"module": configured}}}
    found = read_plan(tmp_path, plan)
    assert found.alarms[0].alarm_actions == ("surge",)
    assert replace(found, source="") == replace(read_policy(FOLDER), source="")


def test_a_state(tmp_path: Path, plan: dict[str, Any]) -> None:
    """There the ARNs are known, and what the provider answers is passed over."""
    values = resources(plan)
    arn = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:0:resource/sagemaker/endpoint/e:policyName/surge"
    values["aws_appautoscaling_policy.surge[0]"] |= {"arn": arn, "id": "surge", "alarm_arns": []}
    values["aws_cloudwatch_metric_alarm.surge[0]"] |= {"alarm_actions": [arn], "id": "x", "arn": "y"}
    state = {"terraform_version": "1.11.4", "values": plan["planned_values"]}
    assert replace(read_plan(tmp_path, state), source="") == replace(read_policy(FOLDER), source="")


def test_the_place_of_what_is_wrong_in_a_plan(tmp_path: Path, plan: dict[str, Any]) -> None:
    """File, line of the resource, its address and the argument."""
    resources(plan)["aws_appautoscaling_target.ranker"]["max_capacity"] = 1
    with pytest.raises(RequestRefused) as error:
        read_plan(tmp_path, plan)
    place = r"plan\.json, line \d+, aws_appautoscaling_target\.ranker\.max_capacity: Maximum capacity cannot"
    assert error.match(place)


@pytest.mark.parametrize("modules", [5, {"resources": [5]}, {"resources": [{"type": 1, "values": {}}, None]}])
def test_a_plan_of_another_form(tmp_path: Path, plan: dict[str, Any], modules: Any) -> None:
    """Changed by hand, or of another program."""
    plan["planned_values"]["root_module"] = modules
    with pytest.raises(ScenarioError, match="not what terraform show -json writes"):
        read_plan(tmp_path, plan)


def test_a_plan_without_values(tmp_path: Path) -> None:
    """A file of another kind."""
    with pytest.raises(ScenarioError, match="neither planned_values nor values"):
        read_plan(tmp_path, {"terraform_version": "1.11.4"})
