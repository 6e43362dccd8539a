"""What `terraform show -json` prints of plans and states, as templates."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.templates.load import load as load_any
from harness.templates.model import token
from harness.templates.terraform import load, load_plan

SAME = Path(__file__).parents[2] / "data" / "same_stack"


def plan_of(resources: list[dict[str, Any]], configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": resources}},
        "configuration": {"root_module": configuration},
    }


def holds(whole: Any, part: Any) -> bool:
    """Return whether all of *part* is in *whole*, which may have more members."""
    if isinstance(part, Mapping):
        return all(name in whole and holds(whole[name], each) for name, each in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(holds, whole, part))
    return bool(whole == part)


def test_a_plan_beside_its_files_is_as_whole_as_they_are(tmp_path: Path) -> None:
    """What is known only after apply comes from the files; the provider's defaults from the plan."""
    shutil.copy(SAME / "plan" / "plan.json", tmp_path)
    shutil.copy(SAME / "terraform" / "main.tf", tmp_path)
    plan, files = load_any(tmp_path / "plan.json", stack="s"), load(tmp_path, stack="s")
    assert (plan.language, plan.not_covered) == ("terraform plan", ())
    assert plan.resources.keys() == files.resources.keys()
    for name, resource in files.resources.items():
        found = plan.resources[name]
        assert holds(found.properties, resource.properties), name
        assert (found.line, found.depends_on) == (resource.line, resource.depends_on)
    assert plan.resources["aws_sqs_queue.dead"].properties["VisibilityTimeout"] == 30
    assert plan.parameters == {"prefix": "same"}


def test_a_plan_alone_says_what_it_leaves_open() -> None:
    """A single reference stands for itself; what is put together is known only after apply."""
    plan = load_plan(SAME / "plan" / "plan.json", stack="s")
    subscription = plan.resources["aws_sns_topic_subscription.queue"].properties
    assert subscription["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:same-jobs"
    policy = plan.resources["aws_sqs_queue_policy.queue"]
    assert policy.properties["Queues"] == [token("aws_sqs_queue.queue", "Ref")]
    assert policy.depends_on == ("aws_sqs_queue.queue",)
    assert sorted(note.rpartition("plan.json, ")[2].split(":")[0] for note in plan.not_covered) == [
        "aws_iam_role_policy.queue.policy",
        "aws_sqs_queue.queue.redrive_policy",
        "aws_sqs_queue_policy.queue.policy",
    ]


# In one piece: one plan, whose modules name each other.
def test_references_go_through_modules(tmp_path: Path) -> None:
    """Out of a module by its output, into one by its variable, with the indexes of the instance."""
    queue = {"address": "aws_sqs_queue.q", "expressions": {}}
    policy = {
        "address": "aws_sqs_queue_policy.p",
        "expressions": {"queue_url": {"references": ["aws_sqs_queue.q.id", "aws_sqs_queue.q"]}},
    }
    rule = {
        "address": "aws_sns_topic_subscription.s",
        "expressions": {"topic_arn": {"references": ["var.topic"]}, "protocol": {"constant_value": "sqs"}},
    }
    inner = {
        "resources": [queue, policy, rule],
        "outputs": {"arn": {"expression": {"references": ["aws_sqs_queue.q.arn", "aws_sqs_queue.q"]}}},
    }
    call = {
        "module": inner,
        "expressions": {"topic": {"references": ["aws_sns_topic.t.arn", "aws_sns_topic.t"]}},
    }
    mapping = {
        "address": "aws_lambda_event_source_mapping.m",
        "expressions": {
            "event_source_arn": {"references": ['module.m["a"].arn', 'module.m["a"]', "module.m"]}
        },
    }
    document = plan_of(
        [
            {"address": "aws_sns_topic.t", "type": "aws_sns_topic", "values": {"name": "t"}},
            {
                "address": "aws_lambda_event_source_mapping.m",
                "type": "aws_lambda_event_source_mapping",
                "values": {"batch_size": 5},
            },
        ],
        {
            "resources": [
                {"address": "aws_sns_topic.t", "expressions": {"name": {"constant_value": "t"}}},
                mapping,
            ],
            "module_calls": {"m": call},
        },
    )
    start = 'module.m["a"].'
    document["planned_values"]["root_module"]["child_modules"] = [
        {
            "resources": [
                {"address": f"{start}aws_sqs_queue.q", "type": "aws_sqs_queue", "values": {"name": "q"}},
                {"address": f"{start}aws_sqs_queue_policy.p", "type": "aws_sqs_queue_policy", "values": {}},
                {
                    "address": f"{start}aws_sns_topic_subscription.s",
                    "type": "aws_sns_topic_subscription",
                    "values": {"protocol": "sqs"},
                },
            ]
        }
    ]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document, indent=1))
    plan = load_plan(file, stack="s")
    found = plan.resources["aws_lambda_event_source_mapping.m"]
    assert found.properties["EventSourceArn"] == "arn:aws:sqs:us-east-1:123456789012:q"
    assert found.depends_on == (f"{start}aws_sqs_queue.q",)
    policy_made = plan.resources[f"{start}aws_sqs_queue_policy.p"]
    assert policy_made.properties["Queues"] == [token(f"{start}aws_sqs_queue.q", "Ref")]
    assert plan.resources[f"{start}aws_sns_topic_subscription.s"].properties["TopicArn"].endswith(":t")
    lines = file.read_text().splitlines()
    assert '"address": "aws_sns_topic.t"' in "".join(
        lines[(plan.resources["aws_sns_topic.t"].line or 0) - 1 :][:2]
    )


def test_a_state_knows_its_ids(tmp_path: Path) -> None:
    """No policy of AWS's own is taken for the user's; nothing is said of what nobody wrote."""
    values = {"id": "http://q", "url": "http://q", "name": "q", "policy": "{}", "no_such": 1, "arn": "a"}
    attached = {"queue_url": "http://q", "redrive_policy": '{"maxReceiveCount":3}'}
    file = tmp_path / "state.json"
    file.write_text(
        json.dumps(
            {
                "terraform_version": "1.11.4",
                "values": {
                    "outputs": {"url": {"value": "http://q"}},
                    "root_module": {
                        "resources": [
                            {"address": "aws_sqs_queue.q", "type": "aws_sqs_queue", "values": values},
                            {
                                "address": "aws_sqs_queue_redrive_policy.r",
                                "type": "aws_sqs_queue_redrive_policy",
                                "values": attached,
                            },
                            {"address": "data.aws_region.r", "mode": "data", "type": "aws_region"},
                        ]
                    },
                },
            }
        )
    )
    state = load_plan(file, stack="s")
    (queue,) = state.resources.values()
    assert (queue.physical_id, queue.properties["RedrivePolicy"]) == ("http://q", {"maxReceiveCount": 3})
    assert (state.not_covered, state.outputs) == ((), {"url": {"Value": "http://q"}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"terraform_version": "1"}', "neither planned_values nor values"),
        (
            '{"terraform_version": "1", "values": {"root_module": {"resources": [5]}}}',
            "not what `terraform show",
        ),
        ("{", "line 1, column 2: this is no JSON"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """The file is named."""
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(ScenarioError, match=r"plan\.json") as told:
        load_plan(file)
    assert said in str(told.value)
