"""The tables: which CloudFormation type a resource of the AWS provider is, and where each argument goes.

    [aws_sqs_queue]                     the provider's type
    type = "AWS::SQS::Queue"            CloudFormation's
    name = "QueueName"                  the property of its name; `named_by` the argument ("name")
    ref = "{name}"                      what Ref gives, where that is known before it is made
    same = ["delay_seconds"]            arguments whose property is the same in capitals: DelaySeconds
    to.redrive_policy = "RedrivePolicy|json"    property, and how its value is changed: `values`
    to.environment = { as = "Environment", one = {...} }     a block: `one` object, or `many` in a list;
                                        inside, "*" takes arguments that are not named by their own name
    to.force_destroy = false            has no property, and that loses nothing
    at.arn = "arn:...:{name}"           attributes: "@Arn" is a token, {argument} is filled in
    const / needs / default             properties that are always there / filled in / an argument's default
    into, by, under, add                CloudFormation has it inside another resource: which, found by which
                                        arguments, in which list; `add` makes lists longer
    shape                               a function of harness.templates.provider.shapes does the rest

Sources: the provider's documentation of each resource; CloudFormation's resource type reference.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

Rule = str | bool | Mapping[str, Any]
# CloudFormation has no Tags for these; the provider takes them for some.
_UNTAGGED = frozenset(
    f"AWS::{name}"
    for name in [
        "ApiGateway::Deployment",
        "ApiGateway::Method",
        "ApiGateway::Resource",
        "ApiGatewayV2::Integration",
        "ApiGatewayV2::Route",
        "ApplicationAutoScaling::ScalingPolicy",
        "EC2::LaunchTemplate",
        "EC2::Route",
        "EC2::SubnetRouteTableAssociation",
        "Glue::Database",
        "Glue::Table",
        "IAM::AccessKey",
        "IAM::Group",
        "IAM::InstanceProfile",
        "IAM::ManagedPolicy",
        "IAM::Policy",
        "IAM::UserPolicy",
        "KMS::Alias",
        "Lambda::Alias",
        "Lambda::EventInvokeConfig",
        "Lambda::LayerVersion",
        "Lambda::Permission",
        "Lambda::Url",
        "Logs::LogStream",
        "S3::BucketPolicy",
        "SNS::Subscription",
        "SNS::TopicPolicy",
        "SQS::QueuePolicy",
        "Scheduler::Schedule",
    ]
)
_TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True, slots=True)
class KindOf:
    """One row: see the module. `type` is empty where `into` says what it belongs to."""

    provider_type: str
    type: str = ""
    name: str = ""
    named_by: str = ""
    ref: str = ""
    to: Mapping[str, Rule] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    const: Mapping[str, Any] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    default: Mapping[str, Any] = field(default_factory=dict)
    into: str = ""
    by: tuple[str, ...] = ()
    under: str = ""
    add: str = ""
    own_id: tuple[str, ...] = ()
    shape: str = ""


def pascal(name: str) -> str:
    """Return an argument's name as CloudFormation writes it: delay_seconds is DelaySeconds."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def kind_of(provider_type: str) -> KindOf | None:
    """Return the row of a provider's type, None where there is none."""
    return _rows().get(provider_type)


def known_types() -> frozenset[str]:
    """Return the provider's types that have a row."""
    return frozenset(_rows())


@cache
def _rows() -> Mapping[str, KindOf]:
    rows: dict[str, KindOf] = {}
    for file in sorted(_TABLES.glob("*.toml")):
        with file.open("rb") as opened:
            rows |= {name: _row(name, row) for name, row in tomllib.load(opened).items()}
    return rows


def _row(provider_type: str, row: dict[str, Any]) -> KindOf:
    to: dict[str, Any] = {name: pascal(name) for name in row.pop("same", ())}
    to |= row.pop("to", {})
    named_by = row.pop("named_by", "name" if "name" in row else "")
    if row.get("name"):
        to |= {named_by: False, f"{named_by}_prefix": False, "name_prefix": False}
    tagged = str(row.get("type", "")).startswith("AWS::") and row["type"] not in _UNTAGGED
    to.setdefault("tags", "Tags|tags" if tagged else False)
    by, own_id = tuple(row.pop("by", ())), tuple(row.pop("own_id", ()))
    return KindOf(provider_type, named_by=named_by, to=to, by=by, own_id=own_id, **row)
