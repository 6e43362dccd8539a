"""Condition operators, one by one, and the keys that are missing or have several values."""

import pytest

from harness.iam.conditions import UnknownOperatorError, compile_conditions
from harness.iam.request import Principal, Request

TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
Given = dict[str, str | list[str]]


def holds(operator: str, key: str, value: object, given: Given) -> bool:
    request = Request.of(Principal.service("sns.amazonaws.com"), "sqs:SendMessage", "*", given)
    found = compile_conditions({operator: {key: value}}, variables=True)
    return all(each.holds(request.context) for each in found)


@pytest.mark.parametrize(
    ("operator", "value", "seen", "expected"),
    [
        ("StringEquals", "orders", "orders", True),
        ("StringEquals", "orders", "Orders", False),
        ("StringEquals", "order*", "orders", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "orders", "ORDERS", True),
        ("StringNotEqualsIgnoreCase", "orders", "ORDERS", False),
        ("StringLike", "or?er*", "orders", True),
        ("StringLike", "or?er*", "Orders", False),
        ("StringNotLike", "or*", "orders", False),
        ("NumericEquals", 10, "10.0", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "9.5", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "10", False),
        ("NumericGreaterThanEquals", "10", "10", True),
        ("NumericEquals", "10", "ten", False),
        ("NumericEquals", "10", "NaN", False),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
        ("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-02", True),
        ("DateLessThan", "2026", "2025-12-31T23:59:59Z", True),
        ("DateLessThanEquals", "2026-02", "2026-02-01T00:00:00+00:00", True),
        ("DateGreaterThan", "1767225600", "2026-01-01T00:00:01Z", True),
        ("DateGreaterThanEquals", "2026-01-01T00:00:00", "1767225600", True),
        ("DateEquals", "2026-01-01", "yesterday", False),
        ("Bool", "true", "TRUE", True),
        ("Bool", True, "true", True),
        ("Bool", "false", "true", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("BinaryEquals", "QmluYXJ5", "no base64!", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.7", "203.0.113.8", False),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", True),
        ("IpAddress", "203.0.113.0/24", "nowhere", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
        ("ArnEquals", "arn:aws:sns:*:123456789012:*", TOPIC, True),
        ("ArnLike", "arn:aws:sns:*:alerts", TOPIC, False),
        ("ArnNotEquals", TOPIC, TOPIC, False),
        ("ArnNotLike", TOPIC + "x", TOPIC, True),
    ],
)
def test_an_operator_compares_one_value(operator: str, value: object, seen: str, expected: bool) -> None:
    """Promise: each operator of the guide compares as the guide says."""
    assert holds(operator, "test:Key", value, {"test:Key": seen}) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAllValues:StringEqualsIfExists", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringEqualsIfExists", False),
        ("ForAnyValue:StringNotEquals", False),
        ("NotIpAddress", True),
    ],
)
def test_a_key_that_is_missing(operator: str, expected: bool) -> None:
    """Promise: a missing key matches nothing; negated operators, IfExists, ForAllValues hold without."""
    value = "10.0.0.0/8" if "Ip" in operator else "a"
    assert holds(operator, "test:Key", value, {}) is expected


@pytest.mark.parametrize(
    ("value", "given", "expected"),
    [
        ("true", {}, True),
        ("true", {"test:Key": "a"}, False),
        ("false", {"test:Key": "a"}, True),
        (["true", "false"], {}, True),
    ],
)
def test_null_asks_whether_the_key_is_absent(value: object, given: Given, expected: bool) -> None:
    """Promise: `true` means absent, `false` means present."""
    assert holds("Null", "test:Key", value, given) is expected


@pytest.mark.parametrize(
    ("operator", "seen", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "c"], False),
        ("ForAnyValue:StringEquals", ["c", "b"], True),
        ("ForAnyValue:StringEquals", ["c", "d"], False),
        ("ForAllValues:StringNotEquals", ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "c"], False),
        ("ForAnyValue:StringNotEquals", ["a", "c"], True),
        ("StringEquals", ["a", "b"], False),
        ("StringNotEquals", ["c", "d"], False),
    ],
)
def test_a_key_with_several_values(operator: str, seen: list[str], expected: bool) -> None:
    """Promise: the set operators ask for every value or for one; without them nobody is let in."""
    assert holds(operator, "test:Key", ["a", "b"], {"test:Key": seen}) is expected


def test_names_of_keys_ignore_case() -> None:
    """Promise: AWS:SourceArn and aws:sourcearn are one key."""
    assert holds("ArnEquals", "AWS:SourceArn", TOPIC, {"aws:SourceArn": TOPIC})


@pytest.mark.parametrize(
    "operator", ["StringSame", "ForSomeValues:StringEquals", "StringEquals:ForAllValues"]
)
def test_an_operator_that_aws_does_not_have(operator: str) -> None:
    """Promise: it is refused when the document is read."""
    with pytest.raises(UnknownOperatorError):
        compile_conditions({operator: {"test:Key": "a"}}, variables=True)


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("NumericEquals", "ten"),
        ("NumericEquals", "Infinity"),
        ("DateEquals", "soon"),
        ("BinaryEquals", "no base64!"),
        ("IpAddress", "here"),
    ],
)
def test_a_value_that_its_operator_cannot_read(operator: str, value: str) -> None:
    """Promise: it is refused when the document is read, not when it is asked."""
    with pytest.raises(ValueError, match=r".+"):
        compile_conditions({operator: {"test:Key": value}}, variables=True)


@pytest.mark.parametrize(
    ("operator", "value", "words"),
    [
        ("ArnEquals", [TOPIC, "arn:b"], f"test:Key {TOPIC} or arn:b"),
        ("StringNotEquals", "a", "test:Key other than a"),
        ("NumericLessThan", 3, "test:Key below 3"),
        ("Null", "true", "test:Key absent"),
        ("Null", False, "test:Key present"),
    ],
)
def test_a_condition_is_told_in_words(operator: str, value: object, words: str) -> None:
    """Promise: reasons can say what a statement asked for."""
    assert compile_conditions({operator: {"test:Key": value}}, variables=True)[0].words == words
