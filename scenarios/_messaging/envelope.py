"""What a subscriber finds in its queue: SNS's envelope, or the message alone with raw delivery."""

import json
from typing import Any


class NotAMessage(ValueError):
    """The body cannot be worked on, however often it is delivered."""


def published(body: str) -> dict[str, Any]:
    """Return the JSON object that was published, whichever way the subscription delivers it.

    Without raw delivery the body is SNS's envelope and the message is a string in its member `Message` (SNS
    developer guide, "Amazon SNS message and JSON formats"). Raises NotAMessage for anything else.
    """
    found = _object(body)
    if found.get("Type") == "Notification" and "TopicArn" in found:
        return _object(found.get("Message"))
    return found


def _object(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (TypeError, ValueError) as error:
        raise NotAMessage(f"it is not JSON ({error})") from error
    if not isinstance(found, dict):
        raise NotAMessage(f"it is a JSON {type(found).__name__}, where an object is wanted")
    return found
