"""Dynamic references: values that stand in Systems Manager or Secrets Manager until a stack is made.

CloudFormation user guide, "Get values stored in other services using dynamic references".
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from harness.stacks.kind import Refused, Surroundings

_REFERENCE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}")


def resolved(value: Any, where: Surroundings) -> Any:
    """Return *value* with what its dynamic references stand for; raise Refused for one that leads nowhere."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _looked_up(found[1], found[2], where), value)
    if isinstance(value, Mapping):
        return {name: resolved(inner, where) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(inner, where) for inner in value]
    return value


def _looked_up(service: str, about: str, where: Surroundings) -> str:
    if service == "secretsmanager":
        return _secret(about, where)
    asked = {"Name": about, "WithDecryption": service == "ssm-secure"}  # "name" or "name:version"
    return str(where.call("ssm", "get_parameter", **asked)["Parameter"]["Value"])


def _secret(about: str, where: Surroundings) -> str:
    """Return a secret: `id:SecretString:key:stage:version`, where all but the id may be left out."""
    identity, _, rest = about.partition(":SecretString")
    identity = identity.removesuffix(":")
    key, stage, version = [*rest.removeprefix(":").split(":"), "", "", ""][:3]
    asked = {"SecretId": identity, "VersionStage": stage, "VersionId": version}
    text = str(
        where.call("secretsmanager", "get_secret_value", **{k: v for k, v in asked.items() if v})[
            "SecretString"
        ]
    )
    if not key:
        return text
    found = json.loads(text).get(key)
    if found is None:
        raise Refused(
            "ValidationError", f"Could not find a value associated with JSONKey {key} in {identity}"
        )
    return str(found)
