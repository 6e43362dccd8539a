"""The language of a template follows from what is in the file or folder."""

import json
from pathlib import Path

import pytest

from harness.templates.load import load

QUEUE = 'resource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n}\n'


@pytest.mark.parametrize("given", ["folder", "file"])
def test_terraform_files(tmp_path: Path, given: str) -> None:
    """A folder of them or one."""
    (tmp_path / "main.tf").write_text(QUEUE)
    template = load(tmp_path if given == "folder" else tmp_path / "main.tf")
    assert template.language == "terraform"
    assert template.resources["aws_sqs_queue.jobs"].properties["QueueName"] == "jobs"


def test_a_terraform_plan(tmp_path: Path) -> None:
    """`terraform show -json` says its version."""
    queue = {
        "address": "aws_sqs_queue.jobs",
        "mode": "managed",
        "type": "aws_sqs_queue",
        "name": "jobs",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "values": {"name": "jobs"},
    }
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [queue]}},
        "configuration": {"root_module": {}},
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    template = load(tmp_path / "plan.json")
    assert template.language == "terraform plan"
    assert template.resources["aws_sqs_queue.jobs"].properties["QueueName"] == "jobs"
