"""Deliveries that AWS refuses: why, what to do, and the policy statement to copy. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from harness.messaging.edges import ACTIONS, PRINCIPALS, service_of

MOST_REFUSALS = 10  # shown with their statement; the summary has them all
DENY, MISSING = "a Deny wins over every Allow", "does not exist"  # how harness.iam words these reasons


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery that AWS refuses: from where to where, why, what to do, and the statement to add or ""."""

    source: str
    target: str
    at: float
    reason: str
    remedy: str
    statement: str
    mended: bool


def refusals(found: dict[str, Any]) -> list[Refusal]:
    """Return the refused deliveries, those that were mended later on last."""
    rows = [_refusal(one) for one in found["refusals"]]
    return sorted(rows, key=lambda row: row.mended)


def _refusal(one: dict[str, Any]) -> Refusal:
    remedy, statement = _remedy(one)
    return Refusal(
        _last(one["source"]),
        _last(one["target"]),
        one["at_s"],
        one["reason"],
        remedy,
        statement,
        one["mended"],
    )


def _last(arn: str) -> str:
    return arn.rpartition(":")[2]


def _remedy(one: dict[str, Any]) -> tuple[str, str]:
    """Return what to do, and the policy statement to copy where one is missing."""
    name = _last(one["target"])
    if one["mended"]:
        return "A policy lets it in since.", ""
    if DENY in one["reason"]:
        return f"Take that Deny out of the policy of {name}, or narrow it; no Allow can undo it.", ""
    if one["reason"].endswith(MISSING):
        return f"Create {name}, or name the one that was meant.", ""
    statement = statement_for(one["service"], one["source"], one["target"])
    if statement is None:
        return "", ""
    return f"Add this statement to the policy of {name}:", json.dumps(statement, indent=2)


def statement_for(service: str, source: str, target: str) -> dict[str, Any] | None:
    """Return the statement that lets *service* deliver from *source* to *target* and nothing more.

    None where it is not known. Sources: the pages in `harness.messaging.edges.PAGES`. EventBridge passes no
    condition keys to a topic, so that its statement has no Condition; the ARN of a bucket names no account,
    which therefore has to be checked beside it (S3 user guide, "Granting permissions to publish event
    notification messages to a destination").
    """
    kind = service_of(target)
    if service not in PRINCIPALS or kind not in ACTIONS:
        return None
    statement: dict[str, Any] = {
        "Sid": f"Allow{ {'sns': 'Topic', 's3': 'Bucket', 'events': 'Rule'}[service] }ToDeliver",
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPALS[service]},
        "Action": ACTIONS[kind],
        "Resource": target,
    }
    if (service, kind) == ("events", "sns"):
        return statement
    condition: dict[str, Any] = {"ArnEquals": {"aws:SourceArn": source}}
    if service == "s3":
        condition = {
            "ArnLike": {"aws:SourceArn": source},
            "StringEquals": {"aws:SourceAccount": target.split(":")[4]},
        }
    return {**statement, "Condition": condition}
