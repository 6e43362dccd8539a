"""Wildcards, policy variables and ARNs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.iam.patterns import pattern, resource_pattern

CONTEXT = {"aws:sourceaccount": ("123456789012",), "test:many": ("a", "b")}


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("home/${aws:SourceAccount}/*", "home/123456789012/x", True),
        ("home/${aws:SourceAccount}/*", "home/999999999999/x", False),
        ("${test:Absent}", "", False),
        ("${test:Absent, 'guest'}", "guest", True),
        ("${test:Many}", "a", False),
        ("${*}x", "*x", True),
        ("${*}x", "ax", False),
        ("${?}${$}", "?$", True),
        ("a.b", "axb", False),
        ("a\nb*", "a\nb\nc", True),
    ],
)
def test_variables_stand_for_values_of_the_request(text: str, value: str, expected: bool) -> None:
    """Promise: a variable without one value and without a default matches nothing."""
    assert pattern(text).matches(value, CONTEXT) is expected


def test_an_old_document_has_no_variables() -> None:
    """Promise: before version 2012-10-17 `${` means itself."""
    text = "${aws:SourceAccount}"
    assert pattern(text, variables=False).matches(text, CONTEXT)
    assert not pattern(text, variables=False).matches("123456789012", CONTEXT)


def test_a_value_is_no_pattern() -> None:
    """Promise: a star in the request's value is a star."""
    assert not pattern("${test:Key}").matches("anything", {"test:key": ("*",)})


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("*", "arn:aws:sqs:us-east-1:123456789012:orders", True),
        ("arn:aws:sqs:*:*:orders", "arn:aws:sqs:us-east-1:123456789012:orders", True),
        ("arn:aws:sqs:*:orders", "arn:aws:sqs:us-east-1:123456789012:orders", False),
        ("arn:aws:sqs", "arn:aws:sqs:us-east-1:123456789012:orders", True),
        ("arn:aws:sq*", "arn:aws:sqs:us-east-1:123456789012:orders", False),
        ("arn:aws:s3:::inputs/*", "arn:aws:s3:::inputs/a:b/c", True),
        ("arn:aws:sqs:us-east-?:*:*", "arn:aws:sqs:us-east-1:123456789012:orders", True),
        ("arn:aws:sqs:us-east-1:${aws:SourceAccount}:*", "arn:aws:sqs:us-east-1:123456789012:orders", False),
    ],
)
def test_an_arn_is_matched_part_by_part(text: str, value: str, expected: bool) -> None:
    """Promise: a wildcard stays within its part, but for the last; missing parts are wildcards."""
    assert resource_pattern(text, variables=True).matches(value, CONTEXT) is expected


@pytest.mark.parametrize(("value", "expected"), [("a:bc", True), ("a:b", True), ("a:b:c", False)])
def test_what_lacks_parts_of_an_arn_has_no_part_for_colons(value: str, expected: bool) -> None:
    """Promise: only the sixth part may hold colons; the last of fewer parts ends where it ends."""
    assert pattern("a:b*", arn=True).matches(value, CONTEXT) is expected


def test_cases_of_letters() -> None:
    """Promise: letters of both cases are equal only where that is asked for."""
    assert pattern("SQS:Send*", ignore_case=True).matches("sqs:sendmessage", {})
    assert not pattern("SQS:Send*").matches("sqs:sendmessage", {})


@given(st.text(max_size=20))
def test_every_text_matches_itself_when_it_has_no_wildcards(text: str) -> None:
    """Promise: nothing in a text is taken for a pattern but the two wildcards and variables."""
    assert pattern(text, wildcards=False, variables=False).matches(text, {})


@given(st.text(alphabet="ab*?:", max_size=8), st.text(alphabet="ab:", max_size=8))
def test_wildcards_agree_with_a_slow_reading(text: str, value: str) -> None:
    """Promise: `*` is any run of characters and `?` exactly one."""
    assert pattern(text).matches(value, {}) is slowly(text, value)


def slowly(text: str, value: str) -> bool:
    if not text:
        return not value
    if text[0] == "*":
        return slowly(text[1:], value) or (bool(value) and slowly(text, value[1:]))
    return bool(value) and text[0] in ("?", value[0]) and slowly(text[1:], value[1:])


@given(st.text(alphabet="a*?:", max_size=10), st.text(alphabet="a:", max_size=10))
def test_parts_of_arns_agree_with_a_slow_reading(text: str, value: str) -> None:
    """Promise: in five parts wildcards stay within, where a `*` ends one it may go on; the sixth is free."""
    resource = f"x:{text}:*:*:*:*:*:*"
    seen = f"x:{value}:a:a:a:a:a:a:a"
    parts = resource.split(":", 5)
    generous = resource_pattern(resource, variables=False, generous=True)
    assert generous.matches(seen, {}) is beyond(parts, seen)
    within = all(slowly(part, each) for part, each in zip(parts, seen.split(":", 5), strict=True))
    assert pattern(resource, variables=False, arn=True).matches(seen, {}) is within


def beyond(parts: list[str], value: str) -> bool:
    """Return whether *value* is what *parts* say, whose final stars may go beyond their part."""
    first, *more = parts
    if not more:
        return slowly(first, value)
    ends = [at for at, each in enumerate(value) if each == ":"]
    kept = ends if first.endswith("*") else ends[:1]
    inner = first.rstrip("*")
    return any(
        (slowly(first, value[:end]) if ":" not in value[:end] else _crossing(inner, value[:end]))
        and beyond(more, value[end + 1 :])
        for end in kept
    )


def _crossing(inner: str, value: str) -> bool:
    return any(slowly(inner, value[:end]) for end in range(len(value) + 1) if ":" not in value[:end])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("*a" * 40 + "b", "a" * 2_000),
        ("arn:*:*:*:*:*b", "arn:" + "a:" * 2_000),
        ("arn:" + "*a*:" * 4 + "*b", "arn:" + "aa:" * 1_000),
    ],
)
def test_many_wildcards_take_no_time(text: str, value: str) -> None:
    """Promise: no policy can stop the gateway with a text that takes for ever to compare."""
    assert not resource_pattern(text, variables=True).matches(value, {})
    assert not pattern(text, arn=True).matches(value, {})
