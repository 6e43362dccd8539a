"""Works on jobs; what fails comes back alone."""

import json


def handler(event, context):
    """Return the messages that failed."""
    failed = []
    for record in event["Records"]:
        try:
            job = json.loads(record["body"])
            print("job", job["id"])
        except (ValueError, KeyError):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
