"""What a subscriber finds in its queue."""

import json

import pytest

from scenarios._messaging.envelope import NotAMessage, published


def test_both_ways() -> None:
    """The same message comes out of SNS's envelope and of raw delivery."""
    message = {"id": "a", "Message": "mine"}
    envelope = {"Type": "Notification", "TopicArn": "arn:aws:sns:::t", "Message": json.dumps(message)}

    assert published(json.dumps(envelope)) == published(json.dumps(message)) == message


@pytest.mark.parametrize("body", ["no JSON", "[1]", '"text"', '{"Type": "Notification", "TopicArn": "t"}'])
def test_no_message(body: str) -> None:
    """Anything but a JSON object is refused."""
    with pytest.raises(NotAMessage):
        published(body)
