"""EC2's forms and documents: lists by their numbers, filters with wildcards, answers and errors in XML."""

from xml.etree import ElementTree

import pytest

from harness.aws.compute.documents import (
    Ec2Refused,
    filters,
    numbered,
    parsed,
    put,
    rendered,
    reply,
    tags,
    text_filters_match,
)
from harness.aws.compute.moments import epoch_of, gmt, iso, iso_ms
from harness.gateway.fetch import FetchReply

NAMESPACE = "{http://ec2.amazonaws.com/doc/2016-11-15/}"


def test_lists_are_in_the_order_of_their_numbers() -> None:
    """Ten comes after two."""
    fields = {"InstanceId.10": "c", "InstanceId.2": "b", "InstanceId.1": "a", "InstanceId": "x"}
    assert numbered(fields, "InstanceId") == ["a", "b", "c"]


def test_filters_of_one_name_are_one() -> None:
    """Each with all its values."""
    fields = {
        "Filter.1.Name": "state",
        "Filter.1.Value.1": "open",
        "Filter.1.Value.2": "active",
        "Filter.2.Name": "state",
        "Filter.2.Value.1": "closed",
    }
    assert filters(fields) == {"state": ["open", "active", "closed"]}


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        ({}, True),
        ({"state": ["run*"]}, True),
        ({"state": ["stopped", "running"], "type": ["t2.?"]}, True),
        ({"state": ["stopped"]}, False),
        ({"zone": ["a"]}, False),
    ],
)
def test_a_thing_matches_every_filter_by_one_of_its_values(
    wanted: dict[str, list[str]], matches: bool
) -> None:
    """With * and ? for anything."""
    assert text_filters_match({"state": ["running"], "type": ["t2.s"]}, wanted) is matches


def test_tags_are_those_of_the_resource() -> None:
    """What is meant for other things is not taken."""
    fields = {
        "TagSpecification.1.ResourceType": "volume",
        "TagSpecification.1.Tag.1.Key": "no",
        "TagSpecification.2.ResourceType": "spot-instances-request",
        "TagSpecification.2.Tag.1.Key": "team",
        "TagSpecification.2.Tag.1.Value": "ml",
    }
    assert tags(fields, "spot-instances-request") == {"team": "ml"}


def test_an_answer_is_xml_as_the_protocol_has_it() -> None:
    """Lists are items, what is not there is left out, text is escaped."""
    body = reply("X", {"set": [{"a": "<1>", "b": None, "c": True}], "n": 3}).body
    root = ElementTree.fromstring(body)
    assert root.tag == f"{NAMESPACE}XResponse"
    assert root.findtext(f"{NAMESPACE}set/{NAMESPACE}item/{NAMESPACE}a") == "<1>"
    assert root.findtext(f"{NAMESPACE}set/{NAMESPACE}item/{NAMESPACE}c") == "true"
    assert root.find(f"{NAMESPACE}set/{NAMESPACE}item/{NAMESPACE}b") is None


def test_what_the_backend_answered_can_be_changed_and_sent_on() -> None:
    """Elements are found without the name space, and sent with it."""
    root = parsed(FetchReply(200, (), f'<R xmlns="{NAMESPACE[1:-1]}"><a><b>1</b></a></R>'.encode()))
    put(root, "a/b", "2")
    put(root, "a/c/d", "3")
    again = ElementTree.fromstring(rendered(root).body)
    assert [again.findtext(f"{NAMESPACE}a/{NAMESPACE}{path}") for path in ("b", f"c/{NAMESPACE}d")] == [
        "2",
        "3",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Response><Errors><Error><Code>No</Code><Message>so</Message></Error></Errors></Response>", "No"),
        (b"<html/>", "InternalError"),
    ],
)
def test_an_error_of_the_backend_is_raised(body: bytes, code: str) -> None:
    """With its code and status."""
    with pytest.raises(Ec2Refused) as caught:
        parsed(FetchReply(400, (), body))
    assert (caught.value.code, caught.value.status) == (code, 400)


def test_moments_are_written_as_ec2_writes_them() -> None:
    """To the second in metadata, to the millisecond in the API, and read back."""
    at = 1_764_000_000.25
    assert (iso(at), iso_ms(at)) == ("2025-11-24T16:00:00Z", "2025-11-24T16:00:00.250Z")
    assert gmt(at) == "2025-11-24 16:00:00 GMT"
    assert epoch_of("2025-11-24T16:00:00Z") == epoch_of("2025-11-24T16:00:00") == 1_764_000_000.0
