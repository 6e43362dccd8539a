"""FilterCriteria: which records of a queue go to the function."""

import json

import pytest

from harness.errors import RequestRefused
from harness.functions.event_filters import Filters, compile_filters, filters_of


def takes(pattern: object, body: str, record: dict[str, object] | None = None) -> bool:
    return compile_filters([json.dumps(pattern)]).takes(body, record or {})


def test_no_filter_takes_all() -> None:
    """A mapping without filters hands on every record."""
    assert Filters().takes("anything", {})


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        ('{"Code": "B", "Number": 12000}', True),
        ('{"Code": "B", "Number": 3}', False),
        ('{"Number": 12000}', False),
    ],
)
def test_all_properties_of_a_pattern_must_match(body: str, taken: bool) -> None:
    """AND: each property of the body is asked."""
    pattern = {"body": {"Code": ["A", "B"], "Number": [{"numeric": [">", 9999]}]}}
    assert takes(pattern, body) is taken


def test_one_pattern_is_enough() -> None:
    """OR: a record goes on when one of the filters takes it."""
    filters = compile_filters(['{"body": {"a": [1]}}', '{"body": {"b": [2]}}'])
    assert [filters.takes(body, {}) for body in ('{"a": 1}', '{"b": 2}', '{"a": 2, "b": 1}')] == [
        True,
        True,
        False,
    ]


def test_or_within_a_pattern() -> None:
    """`$or` in a body is EventBridge's."""
    pattern = {"body": {"$or": [{"a": [1]}, {"b": [{"prefix": "x"}]}], "c": [True]}}
    bodies = ('{"b": "xy", "c": true}', '{"a": 1, "c": true}', '{"a": 1, "c": false}', '{"c": true}')
    assert [takes(pattern, body) for body in bodies] == [True, True, False, False]


def test_more_keys_than_sns_takes() -> None:
    """Lambda has no limit of five keys."""
    pattern = {"body": {name: {"in": [1]} for name in "abcdefg"}}
    whole = {name: {"in": 1} for name in "abcdefg"}
    assert takes(pattern, json.dumps(whole))
    assert not takes(pattern, json.dumps(whole | {"g": {"in": 2}}))


@pytest.mark.parametrize("body", ["plain text", "17", "[1]", '"x"', "{"])
def test_a_body_that_is_no_object_does_not_match_a_pattern_that_is(body: str) -> None:
    """The formats do not fit: the record is dropped."""
    assert not takes({"body": {"a": [1]}}, body)
    assert not takes({"body": {"a": [{"exists": False}]}}, body)


def test_a_pattern_of_plain_strings() -> None:
    """A pattern may be about a body that is no JSON; one that is drops out."""
    pattern = {"body": [{"prefix": "Result: "}]}
    assert [takes(pattern, body) for body in ("Result: 1", "Other: 1", '{"Result: ": 1}')] == [
        True,
        False,
        False,
    ]


def test_other_members_of_the_record() -> None:
    """What is beside the body is compared with the record, and told."""
    filters = compile_filters(['{"attributes": {"MessageGroupId": ["g"]}, "body": {"a": [1]}}'])
    assert filters.beside_body == ("attributes",)
    assert filters.takes('{"a": 1}', {"attributes": {"MessageGroupId": "g"}})
    assert not filters.takes('{"a": 1}', {"attributes": {"MessageGroupId": "h"}})
    assert not filters.takes('{"a": 2}', {"attributes": {"MessageGroupId": "g"}})


def test_only_beside_the_body() -> None:
    """Without `body` in the pattern the body is not looked at."""
    assert takes({"eventSource": ["aws:sqs"]}, "text", {"eventSource": "aws:sqs"})


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"body": "x"}',
        '{"body": {"a": []}}',
        '{"body": {"a": {}}}',
        '{"body": {"a": [{"bad": 1}]}}',
    ],
)
def test_patterns_that_lambda_refuses(pattern: str) -> None:
    """InvalidParameterValueException, and the way out in words."""
    with pytest.raises(RequestRefused, match=r"Invalid filter pattern definition\.?") as caught:
        compile_filters([pattern])
    assert caught.value.code == "InvalidParameterValueException"


def test_five_filters_at_most() -> None:
    """The quota that a mapping has by default."""
    with pytest.raises(RequestRefused, match="at most 5"):
        compile_filters(['{"body": {"a": [1]}}'] * 6)


def test_criteria_as_the_api_has_them() -> None:
    """FilterCriteria is a list of patterns, each a JSON text; empty criteria filter nothing."""
    assert filters_of({"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]}).takes('{"a": 1}', {})
    assert filters_of(None) == filters_of({}) == Filters()
