"""The scenarios of this project as templates: clean as corrected, found out as written."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.audit.catalogue import every_rule
from harness.audit.engine import audit
from harness.audit.of_scenario import view_of
from harness.scaling.policies import INVOCATIONS
from harness.scenario import (
    Bucket,
    Endpoint,
    Function,
    ManagedPolicy,
    Model,
    Role,
    Scaling,
    Scenario,
    ScheduledAction,
    Step,
    StepScaling,
    above,
    allow,
    error_ratio,
    find,
    lost,
    names,
)
from harness.scenario.find import load_module
from harness.scenario.stack import Stack

# What is wrong with each pipeline as its authors wrote it, where a rule can see it.
AS_WRITTEN = {
    "endpoint-autoscaling-3": {"cooldown-taken-for-detection": 1},
    "endpoint-autoscaling-5": {"burstable-type-scaled": 1, "scaling-minimum-of-one-for-zones": 1},
    "inference-loop": {"envelope-read-as-payload": 1, "queue-without-dead-letter-queue": 1},
    "lambda-inference": {"role-with-full-access": 1},
    "least-privilege-roles": {"role-with-full-access": 2},
    "network-isolation": {"private-endpoint-called-from-anywhere": 1},
    "timed-producer": {
        "object-named-after-last-item": 1,
        "partial-batch-not-reported": 1,
        "queue-without-dead-letter-queue": 1,
        "scan-without-pages": 1,
    },
    "training-coordination": {"queue-refuses-its-topic": 1, "received-and-never-deleted": 2},
    "training-notifications": {"topic-without-subscription": 1},
    "workflow-trigger": {"code-calls-what-its-role-may-not": 3, "code-passes-a-role-it-may-not": 1},
}


def broken(scenario: Scenario) -> Counter[str]:
    """Return how often each rule is broken by *scenario*."""
    return Counter(each.rule for each in audit(view_of(scenario), every_rule()).findings)


@pytest.mark.parametrize("name", names())
def test_corrected_scenarios_break_no_rule(name: str) -> None:
    """What meets its expectations has no finding: one would be false, or the scenario is not corrected."""
    assert broken(find(name)) == {}


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_defects_of_pipelines_as_written_are_found(name: str) -> None:
    """The audit says before the run what the run shows."""
    assert broken(find(name).resolve("as-written")) == AS_WRITTEN[name]


def handler_in(folder: Path) -> Callable[..., Any]:
    """Return a handler whose file is all that its function has."""
    path = folder / "lonely_handler.py"
    path.write_text("def handler(event, context):\n    pass\n")
    handler: Callable[..., Any] = load_module(path).handler
    return handler


def test_everything_a_scenario_declares_is_a_resource(tmp_path: Path) -> None:
    """Managed policies, boundaries, bucket policies, step policies with their alarms, scheduled actions."""
    shared = ManagedPolicy("shared", (allow("sqs:SendMessage"),))
    role = Role("worker", "lambda.amazonaws.com", managed=(shared,), boundary=shared)
    bucket = Bucket(
        "rows-of-ours", policy=(allow("s3:GetObject", on="arn:aws:s3:::rows-of-ours/*", by=role),)
    )
    steps = StepScaling("steps", (Step(1, lower=0),), above(INVOCATIONS, 100))
    night = ScheduledAction("night", "cron(0 20 * * ? *)", min_capacity=1)
    model = Model("ranker", lambda _: b"", Role("ranker", statements=(allow("s3:GetObject"),)))
    endpoint = Endpoint("ranker", model, scaling=Scaling(1, 4, (steps,), (night,)))
    scenario = Scenario(
        name="everything",
        description="Resources of every kind",
        resources=[Function("worker", handler_in(tmp_path), role), bucket, endpoint],
        expectations=[error_ratio(endpoint).at_most(0)],
    )
    seen = view_of(scenario, "everything.py")
    types = Counter(one.type.rpartition("::")[2] for one in seen.resources.values())
    assert types["ManagedPolicy"] == types["BucketPolicy"] == types["ScalingPolicy"] == types["Alarm"] == 1
    target = next(iter(seen.of_type("AWS::ApplicationAutoScaling::ScalableTarget")))
    assert target.properties["ScheduledActions"] == [
        {"ScheduledActionName": "night", "Schedule": "cron(0 20 * * ? *)"}
    ]
    assert seen.resources["role.worker"].properties["PermissionsBoundary"].endswith("policy/shared")
    assert "step-policy-without-alarm" not in broken(scenario)
    assert "function.worker" in seen.packages


def test_a_scenario_with_a_stack_is_its_template(tmp_path: Path) -> None:
    """What deploys it is what is audited."""
    path = tmp_path / "stack.yaml"
    path.write_text("Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 60}}\n")
    stack = Stack(path)
    scenario = Scenario(
        name="stacked",
        description="A queue of a stack",
        resources=stack.resources,
        expectations=[lost(stack["Jobs"]).equals(0)],
        stack=stack,
    )
    assert broken(scenario) == {"retention-shorter-than-an-outage": 1}
