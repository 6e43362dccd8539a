"""The tables of services and operations, held to the botocore that is installed."""

import gzip
import re
import tomllib
from pathlib import Path
from typing import Any

import botocore
import pytest

from harness.aws.permission.reading.models import family, family_names
from harness.iam.actions import exists, prefix_of
from harness.iam.actions.rules import rules_for

UNMAPPED: dict[str, Any] = tomllib.loads((Path(__file__).parent / "unmapped.toml").read_text())
# What the backends serve of what pipelines call: MiniStack and moto.
SERVED = [
    "sagemaker",
    "sqs",
    "sns",
    "s3",
    "iam",
    "sts",
    "lambda",
    "dynamodb",
    "logs",
    "monitoring",
    "events",
    "application-autoscaling",
    "glue",
    "firehose",
    "ecr",
    "ec2",
    "kms",
    "kinesis",
    "secretsmanager",
    "ssm",
    "states",
    "cloudformation",
    "ecs",
    "autoscaling",
    "elasticmapreduce",
    "athena",
    "cognito-idp",
    "batch",
    "scheduler",
    "pipes",
    "execute-api",
    "tagging",
    "bedrock",
]
# Their answers are signed for other planes: Connect's participants bring a token of their own.
ASIDE = {"connectparticipant"}


def signing_names() -> dict[str, str]:
    """Return every service's signing name, read off the beginning of its model: whole ones take seconds."""
    data = Path(botocore.__file__).parent / "data"
    found = {}
    for folder in (folder for folder in data.iterdir() if folder.is_dir()):
        for model in sorted(folder.glob("*/service-2.json.gz")):
            with gzip.open(model, "rt", encoding="utf-8") as file:
                start = file.read(4_000)
            about = dict(re.findall(r'"(signingName|endpointPrefix)"\s*:\s*"([^"]+)"', start))
            found[folder.name] = about.get("signingName", about["endpointPrefix"])
    return found


def test_every_service_is_found_by_the_name_that_it_signs_with() -> None:
    """Several share one; the table knows them all."""
    names = {service: name for service, name in signing_names().items() if service not in ASIDE}
    assert {service: name for service, name in names.items() if service not in family_names(name)} == {}


@pytest.mark.parametrize("signing_name", SERVED)
def test_every_operation_has_an_action_or_is_listed_as_unmapped(signing_name: str) -> None:
    """And nothing is listed that has one: the list is what the report calls not covered."""
    prefix = prefix_of(signing_name)
    without = {
        operation
        for service in family(signing_name)
        for operation in service.operations
        if not rules_for(prefix, operation) and not exists(f"{prefix}:{operation}")
    }
    assert without == set(UNMAPPED.get(signing_name, ()))


def test_nearly_every_operation_is_mapped() -> None:
    """Of the services that are served, at least 97 of 100."""
    operations = sum(len(service.operations) for name in SERVED for service in family(name))
    assert sum(map(len, UNMAPPED.values())) <= 0.03 * operations
