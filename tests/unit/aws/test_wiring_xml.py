"""The XML of the wiring: attribute lists of SNS and notification configurations of S3."""

import pytest

from harness.aws.wiring.xml import Notifications, entries, text_of, texts_of, with_entries
from harness.errors import BackendError

SNS = "http://sns.amazonaws.com/doc/2010-03-31/"
ANSWER = (
    f'<GetSubscriptionAttributesResponse xmlns="{SNS}"><GetSubscriptionAttributesResult><Attributes>'
    "<entry><key>FilterPolicy</key><value>shut</value></entry>"
    "<entry><key>Owner</key><value>123456789012</value></entry><entry><key>Empty</key><value/></entry>"
    "</Attributes></GetSubscriptionAttributesResult></GetSubscriptionAttributesResponse>"
).encode()
S3 = "http://s3.amazonaws.com/doc/2006-03-01/"
CONFIGURED = (
    f'<NotificationConfiguration xmlns="{S3}">'
    "<QueueConfiguration><Id>q</Id><Queue>arn:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>"
    "<TopicConfiguration><Topic> arn:t </Topic></TopicConfiguration>"
    "<CloudFunctionConfiguration><CloudFunction>arn:f</CloudFunction></CloudFunctionConfiguration>"
    "<EventBridgeConfiguration/></NotificationConfiguration>"
).encode()


def test_entries_are_read() -> None:
    """Promise: an empty value is an empty text."""
    assert entries(ANSWER) == {"FilterPolicy": "shut", "Owner": "123456789012", "Empty": ""}


def test_entries_are_replaced_added_and_left_out() -> None:
    """Promise: the other entries stay as they are, in SNS's namespace."""
    changed = with_entries(ANSWER, {"FilterPolicy": '{"a": ["<"]}', "Empty": None, "FilterPolicyScope": "x"})
    assert entries(changed) == {
        "Owner": "123456789012",
        "FilterPolicy": '{"a": ["<"]}',
        "FilterPolicyScope": "x",
    }
    assert f'xmlns="{SNS}"'.encode() in changed
    assert b"ns0" not in changed


def test_elements_are_found_by_name() -> None:
    """Promise: in any namespace; those that hold no elements are no members."""
    listed = b"<a><member><Id>1</Id><Empty/></member><member><Id>2</Id></member><member/><Token>t</Token></a>"
    assert texts_of(listed, "member") == [{"Id": "1", "Empty": ""}, {"Id": "2"}]
    assert text_of(listed, "Token") == "t"
    assert text_of(listed, "Other") == ""


def test_an_answer_that_is_no_xml() -> None:
    """Promise: it is the backend's fault and named so."""
    with pytest.raises(BackendError, match="no XML"):
        entries(b"{}")


def test_destinations_are_read_and_left_out() -> None:
    """Promise: what is not refused stays, Ids and all, in S3's namespace."""
    found = Notifications.read(CONFIGURED)
    assert found is not None
    assert found.destinations == ("arn:q", "arn:t", "arn:f")
    kept = found.without(frozenset({"arn:t", "arn:f"}))
    again = Notifications.read(kept)
    assert again is not None
    assert again.destinations == ("arn:q",)
    assert b"<Id>q</Id>" in kept
    assert b"<EventBridgeConfiguration" in kept
    assert f'xmlns="{S3}"'.encode() in kept


def test_configurations_without_destinations() -> None:
    """Promise: nothing at all is an empty configuration, what is no XML is None."""
    empty = Notifications.read(b"")
    assert empty is not None
    assert empty.destinations == ()
    assert Notifications.read(b"<oops") is None


FILTERED = (
    f'<NotificationConfiguration xmlns="{S3}">'
    "<QueueConfiguration><Queue>arn:q</Queue><Event>s3:ObjectCreated:Put</Event>"
    "<Event>s3:ObjectRemoved:*</Event><Filter><S3Key>"
    "<FilterRule><Name>Prefix</Name><Value>in/</Value></FilterRule>"
    "<FilterRule><Name>suffix</Name><Value>.csv</Value></FilterRule>"
    "</S3Key></Filter></QueueConfiguration>"
    "<TopicConfiguration><Topic>arn:t</Topic><Event>s3:ObjectRemoved:Delete</Event></TopicConfiguration>"
    "<EventBridgeConfiguration/></NotificationConfiguration>"
).encode()


@pytest.mark.parametrize(
    ("events", "key", "destinations"),
    [
        (["s3:ObjectCreated:Put"], "in/a.csv", ["arn:q"]),
        (["s3:ObjectCreated:Put"], "in/a.txt", []),
        (["s3:ObjectCreated:Put"], "out/a.csv", []),
        (["s3:ObjectCreated:Copy"], "in/a.csv", []),
        (["s3:ObjectRemoved:Delete"], "a", ["arn:t"]),
        (["s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated"], "in/a.csv", ["arn:q"]),
    ],
)
def test_an_object_is_told_to_those_who_asked(events: list[str], key: str, destinations: list[str]) -> None:
    """Promise: by event, `*` at its end, and by how the key begins and ends; of several events by each."""
    found = Notifications.read(FILTERED)
    assert found is not None
    assert list(found.notified(events, key)) == destinations
