"""The programs of a rehearsed stack: they bring objects and events, as the world outside would."""

import json
from typing import TYPE_CHECKING, Any

from harness.rehearse.entrances import sample_event
from harness.scenario.triggers import Notification, Rule

if TYPE_CHECKING:
    from harness.program import Context

BODY = b'{"id": 1, "rehearsal": true}\n'


def put_objects(
    context: "Context",
    *,
    notification: Notification,
    count: int,
    over_s: float,
    body: bytes = BODY,
) -> dict[str, Any]:
    """Put *count* objects that *notification* tells of into its bucket, over *over_s* model seconds."""
    s3 = context.client("s3")
    for number in range(count):
        key = f"{notification.prefix}rehearsal-{number}{notification.suffix or '.json'}"
        s3.put_object(Bucket=notification.bucket.name, Key=key, Body=body)
        context.progress(number + 1, count)
        context.wait_model_s(over_s / count)
    return {"objects": count}


def put_events(context: "Context", *, rule: Rule, count: int, over_s: float) -> dict[str, Any]:
    """Put *count* events on the default bus, each one matching *rule*, evenly over *over_s* model seconds."""
    events = context.client("events")
    sample = sample_event(rule.pattern)
    refused = 0
    for number in range(count):
        entry = {
            "Source": str(sample.get("source", "rehearsal")),
            "DetailType": str(sample.get("detail-type", "rehearsal")),
            "Detail": json.dumps({"id": number, **sample.get("detail", {})}),
        }
        refused += events.put_events(Entries=[entry])["FailedEntryCount"]
        context.wait_model_s(over_s / count)
    return {"events": count, "refused": refused}
