"""An API call as it is read, and what it needs of IAM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from harness.iam.request import Context

NOTHING: Context = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call goes to: what ARNs are filled with."""

    region: str
    account: str
    partition: str = "aws"


@dataclass(frozen=True, slots=True)
class Call:
    """One API call. `service` is its SigV4 signing name, `members` its input as botocore's model names it.

    Members are what JSON holds; only those that decide about actions, resources and condition keys need be
    there (never the payload of an object or an invocation).
    """

    service: str
    operation: str
    members: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource, `*` where the action takes none.

    `context` has the condition keys that the call itself brings (`iam:passedtoservice`, `s3:prefix`), in
    small letters; what every request has (aws:SourceIp, aws:PrincipalArn) is added by who knows it.
    """

    action: str
    resource: str
    context: Context = field(default_factory=lambda: NOTHING, hash=False)
