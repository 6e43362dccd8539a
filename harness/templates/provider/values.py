"""How the value of an argument becomes that of a property, by the word behind the bar in the tables."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from harness.templates.functions import as_text
from harness.templates.model import TOKEN


def from_json(value: Any) -> Any:
    """Return the value that a JSON text holds; one that is known only later stays a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _tags(value: Any) -> Any:
    """Return tags as a list; their values are texts, whatever the language made of them."""
    found = pairs(value, "Key", "Value")
    if not isinstance(found, list):
        return found
    return [{"Key": each["Key"], "Value": as_text(each["Value"])} for each in found]


def pairs(value: Any, key: str, name: str) -> Any:
    """Return a map as a list of objects; a list stays one."""
    if not isinstance(value, Mapping):
        return value
    return [{key: each, name: found} for each, found in value.items() if found is not None]


def _number(value: Any) -> Any:
    """Return a number where a text holds one: some arguments are texts for the sake of an empty one."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return value
    return int(found) if found.is_integer() else found


def _positive(value: Any) -> Any:
    """Return a number above 0; 0 stands for none."""
    return value if _number(value) else None


def _reserved(value: Any) -> Any:
    """Return reserved concurrency; -1 stands for none (aws_lambda_function)."""
    return None if _number(value) == -1 else value


def _enabled(value: Any) -> Any:
    return value if isinstance(value, str) and value.isupper() else ("ENABLED" if value else "DISABLED")


def _versioned(value: Any) -> str:
    return "Enabled" if value else "Suspended"


def _canned(value: Any) -> Any:
    """Return a canned ACL as CloudFormation writes it: public-read is PublicRead."""
    return "".join(part.capitalize() for part in str(value).split("-"))


def _base64(value: Any) -> Any:
    if not isinstance(value, str) or TOKEN.search(value):
        return {"Fn::Base64": value}
    return base64.b64encode(value.encode()).decode()


def _log_groups(value: Any) -> Any:
    return [{"CloudWatchLogsLogGroup": {"LogGroupArn": value}}]


_CHANGES: Mapping[str, Callable[[Any], Any]] = {
    "json": from_json,
    "tags": _tags,
    "list": lambda value: value if isinstance(value, list) else [value],
    "number": _number,
    "positive": _positive,
    "reserved": _reserved,
    # SQS and SNS refuse "false" for what is no FIFO queue or topic.
    "only_true": lambda value: True if value is True else None,
    "enabled": _enabled,
    "versioned": _versioned,
    "acl": _canned,
    "base64": _base64,
    "log_groups": _log_groups,
}


def changed(value: Any, how: str) -> Any:
    """Return *value* after the change *how*; None leaves the property out."""
    name, *options = how.split(":")
    return pairs(value, *options) if name == "pairs" else _CHANGES[name](value)
