"""Terraform itself against the gateway: in a copy, with providers of ours, and destroyed whatever happens."""

import shutil
from pathlib import Path

import pytest
from conftest import Served

from harness.config import Settings
from harness.errors import ScenarioError
from harness.terraform import applied
from harness.terraform.program import MIRROR_VARIABLES, mirror_on_this_machine

FILES = """
terraform {
  backend "s3" { bucket = "state-of-the-team" }
}
provider "aws" {
  region  = "eu-west-1"
  profile = "production"
  assume_role { role_arn = "arn:aws:iam::999999999999:role/deployer" }
  endpoints { sns = "http://127.0.0.1:1" }
  default_tags { tags = { team = "ml" } }
}
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
variable "name" {}
resource "aws_sns_topic" "first" { name = "${var.name}-first" }
resource "aws_sns_topic" "second" {
  provider   = aws.west
  name       = "${var.name}-second"
  depends_on = [aws_sns_topic.first]
}
output "arn" { value = aws_sns_topic.first.arn }
"""
BROKEN = """
resource "aws_iam_role" "bad" {
  name               = "${var.name}-role"
  assume_role_policy = aws_sns_topic.first.arn
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder; skips where Terraform or its provider cannot be had."""
    if shutil.which("terraform") is None:
        pytest.skip("no `terraform` on PATH")
    if mirror_on_this_machine() is None:
        pytest.skip(f"no mirror with the AWS provider found: name one in {MIRROR_VARIABLES[0]}")
    made = tmp_path / "user" / "infra"
    made.mkdir(parents=True)
    (made / "main.tf").write_text(FILES)
    return made


def topics(served: Served, name: str) -> list[str]:
    listed = served.client("sns").list_topics()["Topics"]
    return sorted(one["TopicArn"] for one in listed if f":{name}-" in one["TopicArn"])


@pytest.mark.long
def test_a_failure_half_way_is_taken_back(served: Served, folder: Path) -> None:
    """What was made is destroyed; the message has file, line and resource; the user's folder is as before."""
    (folder / "broken.tf").write_text(BROKEN)
    told: list[str] = []
    with (
        pytest.raises(ScenarioError) as failed,
        applied(folder, served.url, Settings(), variables={"name": "half"}, tell=told.append),
    ):
        pytest.fail("it was applied")
    assert "broken.tf, line 4, aws_iam_role.bad: " in str(failed.value)
    assert any("aws_sns_topic.first: Creation complete" in line for line in told)
    assert topics(served, "half") == []
    assert sorted(path.name for path in folder.iterdir()) == ["broken.tf", "main.tf"]


@pytest.mark.long
def test_what_it_made_is_known_while_it_is_there(served: Served, folder: Path) -> None:
    """Every provider speaks to the gateway alone, whatever the files say; the state knows all ids."""
    with applied(folder, served.url, Settings(), variables={"name": "whole"}) as made:
        assert made.addresses == ("aws_sns_topic.first", "aws_sns_topic.second")
        assert made.outputs == {"arn": "arn:aws:sns:us-east-1:123456789012:whole-first"}
        assert made.template.resources["aws_sns_topic.first"].physical_id == made.outputs["arn"]
        assert len(topics(served, "whole")) == 2
    assert topics(served, "whole") == []


@pytest.mark.long
def test_an_interrupt_takes_it_back(served: Served, folder: Path) -> None:
    """Ctrl-C while Terraform works, and while what it made is used."""
    told: list[str] = []

    def interrupt(line: str) -> None:
        told.append(line)
        if "Creation complete" in line and len(told) < 100:
            told.extend([""] * 100)
            raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        applied(folder, served.url, Settings(), variables={"name": "cut"}, tell=interrupt),
    ):
        pytest.fail("it was applied")
    assert topics(served, "cut") == []
