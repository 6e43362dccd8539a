"""What a body says: whose publication it is, and what work it is about."""

import json

import pytest

from harness.messaging.envelope import for_sqs, key_of, publication_of


def notification(message: str, **more: object) -> str:
    """Return *message* as SNS wraps it, as AWS formats it."""
    whole = {"Type": "Notification", "MessageId": "m-1", "TopicArn": "t", "Message": message, **more}
    return json.dumps(whole, indent=2)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (notification("x"), "m-1"),
        (notification(json.dumps({"Type": "Notification", "MessageId": "inner"})), "m-1"),
        (json.dumps({"Message": '"MessageId": "inner"', "Type": "Notification", "MessageId": "m-2"}), "m-2"),
        ('{"Type": "Notification"}', ""),
        ('{"Type": "Other", "MessageId": "m-3"}', ""),
        ("a plain text", ""),
        ("", ""),
    ],
)
def test_the_publication_is_named_by_the_envelope(body: str, wanted: str) -> None:
    """Never by what the message inside it says; of other bodies none is named."""
    assert publication_of(body) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ('{"id": "a"}', "a"),
        (' {"id": 7}', "7"),
        ('{"id": 1.5}', "1.5"),
        ('{"id": true}', ""),
        ('{"id": null}', ""),
        ('{"id": ["a"]}', ""),
        ('{"other": 1}', ""),
        ("[1]", ""),
        ("{broken", ""),
        ("text", ""),
        (notification('{"id": "inner"}', id="outer"), "inner"),
        (notification("text"), ""),
        ('{"Type": "Notification", "Message": {"id": 1}, "id": 2}', "2"),
    ],
)
def test_the_key_is_a_string_or_number_in_the_message(body: str, wanted: str) -> None:
    """Looked for inside the envelope where there is one; anything else is no key."""
    assert key_of(body, "id") == wanted


@pytest.mark.parametrize(
    ("message", "structure", "wanted"),
    [
        ("text", "", "text"),
        ('{"default": "d", "sqs": "s"}', "json", "s"),
        ('{"default": "d"}', "json", "d"),
        ('{"default": "d"}', "", '{"default": "d"}'),
        ('{"default": 1}', "json", '{"default": 1}'),
        ("broken", "json", "broken"),
    ],
)
def test_queues_get_the_text_meant_for_them(message: str, structure: str, wanted: str) -> None:
    """With MessageStructure "json" that under "sqs", else the default."""
    assert for_sqs(message, structure) == wanted
