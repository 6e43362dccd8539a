"""What a filter policy lets through: the examples of the SNS guide, and properties."""

import json
from typing import Any

import pytest
from amount import EXAMPLES as FEW
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.messaging.attributes import Attribute
from harness.messaging.filters import compile_filter


def _string(value: str) -> dict[str, Attribute]:
    return {"key": Attribute("String", value)}


def _strings(*values: Any) -> dict[str, Attribute]:
    return {"key": Attribute("String.Array", json.dumps(values))}


def _number(value: str) -> dict[str, Attribute]:
    return {"key": Attribute("Number", value)}


# "String value matching", "Numeric value matching", "Key matching": what matches and what does not.
EXAMPLES: list[tuple[Any, dict[str, Attribute], bool]] = [
    (["rugby", "tennis"], _string("rugby"), True),
    (["rugby", "tennis"], _string("Rugby"), False),
    (["rugby", "tennis"], _strings("rugby", "tennis"), True),
    (["rugby", "tennis"], _strings("baseball"), False),
    ([{"anything-but": ["rugby", "tennis"]}], _string("baseball"), True),
    ([{"anything-but": ["rugby", "tennis"]}], _string("rugby"), False),
    ([{"anything-but": ["rugby", "tennis"]}], _strings("rugby", "baseball"), True),
    ([{"anything-but": ["rugby", "tennis"]}], _strings("rugby"), False),
    ([{"anything-but": {"prefix": "order-"}}], _string("order_number"), True),
    ([{"anything-but": {"prefix": "order-"}}], _string("order-cancelled"), False),
    ([{"anything-but": {"wildcard": "*ball"}}], _strings("hockey", "rugby", "soccer"), True),
    ([{"anything-but": {"wildcard": "*ball"}}], _strings("baseball", "basketball"), False),
    ([{"anything-but": {"suffix": "ball"}}], _strings("hockey", "rugby", "soccer"), True),
    ([{"anything-but": {"suffix": "ball"}}], _strings("baseball", "basketball"), False),
    ([{"equals-ignore-case": "tennis"}], _string("TeNNIS"), True),
    ([{"equals-ignore-case": "tennis"}], _string("tenniss"), False),
    ([{"cidr": "10.0.0.0/24"}], _string("10.0.0.255"), True),
    ([{"cidr": "10.0.0.0/24"}], _string("10.1.1.0"), False),
    ([{"cidr": "10.0.0.0/24"}], _string("ten"), False),
    ([{"cidr": "10.0.0.0/24"}], _number("10"), False),
    ([{"cidr": "10.0.0.7"}], _string("10.0.0.7"), True),
    ([{"prefix": "bas"}], _string("baseball"), True),
    ([{"prefix": "bas"}], _string("rugby"), False),
    ([{"suffix": "ball"}], _string("basketball"), True),
    ([{"suffix": "ball"}], _string("rugby"), False),
    ([{"wildcard": "*ball"}], _strings("baseball", "basketball"), True),
    ([{"wildcard": "*/src/*.js"}], _string("app/src/index.js"), True),
    ([{"wildcard": "a\\*\\\\*"}], _string("a*\\bc"), True),
    ([{"wildcard": "a\\*"}], _string("ab"), False),
    ([{"wildcard": "*"}], _number("1"), False),
    ([{"numeric": ["=", 301.5]}], _number("301.5"), True),
    ([{"numeric": ["=", 301.5]}], _number("3.015e2"), True),
    ([{"numeric": ["=", 301.5]}], _string("301.5"), False),
    ([{"numeric": ["=", 1.000001]}], _number("1.000002"), True),
    ([{"numeric": ["=", 1.00001]}], _number("1.00002"), False),
    ([{"numeric": ["<", 0]}], _number("-0.1"), True),
    ([{"numeric": ["<", 0]}], _number("0"), False),
    ([{"numeric": ["<=", 0]}], _number("0"), True),
    ([{"numeric": [">", 0, "<=", 150]}], _number("150"), True),
    ([{"numeric": [">", 0, "<=", 150]}], _number("150.1"), False),
    ([{"numeric": [">", 0, "<=", 150]}], _number("0"), False),
    ([{"numeric": [">=", 0]}], _number("0"), True),
    ([{"numeric": [">=", 0]}], _number("1000000001"), False),
    ([{"numeric": [">=", 0]}], _number("NaN"), False),
    ([{"numeric": [">=", 0]}], _number("many"), False),
    ([100], _number("1e2"), True),
    ([100], _string("100"), False),
    ([100], _strings("a", 100), True),
    ([100], {"key": Attribute("Number.Array", "[100, 50]")}, True),
    ([{"anything-but": [100, 500]}], _number("101"), True),
    ([{"anything-but": [100, 500]}], _number("100.0"), False),
    ([{"anything-but": [100, 500]}], {"key": Attribute("Number.Array", "[100, 50]")}, True),
    ([True], _strings(True), True),
    ([True], _strings(1), False),
    ([True], _string("true"), False),
    ([None], _strings(None), True),
    ([{"exists": True}], _string("fans"), True),
    ([{"exists": True}], _string(""), False),
    ([{"exists": True}], _strings(), False),
    ([{"exists": True}], _strings(["nested"]), False),
    ([{"exists": False}], _string("fans"), False),
    ([{"exists": True}], {"key": Attribute("String.Array", "rugby")}, False),
    ([{"exists": True}], {"key": Attribute("Binary", b"fans")}, False),
]


@pytest.mark.parametrize(("values", "attributes", "expected"), EXAMPLES)
def test_attributes_match_as_the_guide_says(
    values: Any, attributes: dict[str, Attribute], expected: bool
) -> None:
    """Each kind of pattern on each kind of attribute."""
    assert compile_filter({"key": values}).matches(attributes, "") is expected


def test_absence_needs_another_attribute() -> None:
    """`"exists": false` only matches if at least one attribute is present ("Key matching"); a binary one
    is ignored."""
    absent = compile_filter({"key": [{"exists": False}]})
    assert absent.matches({"other": Attribute("String", "a")}, "")
    assert not absent.matches({}, "")
    assert not absent.matches({"other": Attribute("Binary", b"a")}, "")


def test_absence_may_be_one_of_several_values() -> None:
    """anything-but can be combined with `"exists": false`."""
    policy = compile_filter({"key": [{"anything-but": ["a"]}, {"exists": False}]})
    assert policy.matches({"other": Attribute("String", "a")}, "")
    assert policy.matches(_string("b"), "")
    assert not policy.matches(_string("a"), "")


def test_nothing_matches_a_property_that_is_absent() -> None:
    """Neither null nor anything-but stand for absence (recorded on AWS)."""
    assert not compile_filter({"key": [None, {"anything-but": "whatever"}]}).matches({}, "")


def test_an_empty_policy_lets_everything_through() -> None:
    """It is the same as none."""
    assert compile_filter({}).matches({}, "")
    assert compile_filter("{}", "MessageBody").matches({}, "no json")


def test_every_key_must_match() -> None:
    """AND across keys, OR within a list."""
    policy = compile_filter({"a": ["x", "y"], "b": [{"numeric": [">", 100]}]})
    y = Attribute("String", "y")
    assert policy.matches({"a": y, "b": Attribute("Number", "101")}, "")
    assert not policy.matches({"a": y, "b": Attribute("Number", "99")}, "")
    assert not policy.matches({"a": y}, "")


def test_or_needs_one_branch() -> None:
    """source AND (metricName OR namespace), the guide's example."""
    policy = compile_filter(
        {"source": ["aws.cloudwatch"], "$or": [{"metricName": ["CPU"]}, {"namespace": ["AWS/EC2"]}]},
        "MessageBody",
    )
    assert policy.matches({}, '{"source": "aws.cloudwatch", "metricName": "CPU"}')
    assert policy.matches({}, '{"source": "aws.cloudwatch", "namespace": "AWS/EC2"}')
    assert not policy.matches({}, '{"source": "aws.cloudwatch", "namespace": "CPU"}')
    assert not policy.matches({}, '{"namespace": "AWS/EC2"}')


@pytest.mark.parametrize("body", ["Regular string message", '"text"', "[]", "3", "[" * 100_000, '{"n": NaN}'])
def test_a_body_that_is_no_object_matches_nothing(body: str) -> None:
    """Not even the absence of a property (recorded on AWS for a string and an encoded one)."""
    assert not compile_filter({"key": [{"exists": False}]}, "MessageBody").matches({}, body)


def test_a_body_is_filtered_by_the_body_alone() -> None:
    """Attributes do not count in the scope of the body, nor the body in that of the attributes."""
    assert not compile_filter({"key": ["a"]}, "MessageBody").matches(_string("a"), "{}")
    assert not compile_filter({"key": ["a"]}).matches({}, '{"key": "a"}')


# Recorded on AWS: LocalStack, test_filter_policy_on_message_body and its neighbours.
BODIES: list[tuple[dict[str, Any], Any, bool]] = [
    ({"object": {"key": [{"prefix": "auto-"}, "hard"]}, "test": [{"exists": False}]},
     {"object": {"key": "auto-test"}}, True),
    ({"object": {"key": [{"prefix": "auto-"}, "hard"]}, "test": [{"exists": False}]},
     {"object": {"key": "auto-test"}, "test": "just-exists"}, False),
    ({"object": {"key": [{"prefix": "auto-"}]}}, {"object": {"test": "auto-test"}}, False),
    ({"object.nested.test": ["value"]}, {"object": {"nested": {"test": "value"}}}, True),
    ({"object.nested.test": ["value"]}, {"object.nested": {"test": "value"}}, True),
    ({"object.nested.test": ["value"]}, {"object": {"nested.test": "value"}}, True),
    ({"object.nested.test": ["value"]}, {"object": {"nested": {"test": "other"}}}, False),
    ({"headers": {"route-to": ["queue1"]}}, {"headers": {"route-to": ["queue1", "queue2"]}}, True),
    ({"headers": {"route-to": ["queue1"]}}, {"headers": {"route-to": ["queue3"]}}, False),
    ({"Records": {"s3": {"key": [{"prefix": "auto-"}]}}}, {"Records": [{"s3": [[{"key": "auto-1"}]]}]}, True),
    ({"key": [None]}, {"key": None}, True),
    ({"key": [{"exists": True}]}, {"key": None}, False),
    ({"key": [{"exists": True}]}, {"key": []}, False),
    ({"key": [{"exists": True}]}, {"key": {"inner": 1}}, False),
    ({"key": [{"exists": False}]}, {}, True),
    ({"key": [True]}, {"key": True}, True),
    ({"key": [1]}, {"key": True}, False),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "body", "expected"), BODIES)
def test_bodies_match_as_recorded(policy: dict[str, Any], body: Any, expected: bool) -> None:
    """Nested keys, dots in names, arrays of values and of objects, null."""
    assert compile_filter(policy, "MessageBody").matches({}, json.dumps(body)) is expected


def test_a_body_may_be_nested_deeply() -> None:
    """As deep as JSON can be read, without an exception."""
    deep = '{"a":' * 900 + "1" + "}" * 900
    assert not compile_filter({"a": [1]}, "MessageBody").matches({}, deep)


few = settings(max_examples=FEW, deadline=None)
words = st.sampled_from(["a", "b", "ab", "B", ""])
scalars = st.one_of(words, st.integers(-3, 3), st.booleans(), st.none())
bodies = st.dictionaries(st.sampled_from(["k", "l"]), st.one_of(scalars, st.lists(scalars, max_size=3)))


@few
@given(st.lists(scalars, min_size=2, max_size=5), bodies)
def test_a_list_is_an_or_of_its_values(values: list[Any], body: dict[str, Any]) -> None:
    """Splitting the list of a key into branches of `$or` changes nothing."""
    whole = compile_filter({"k": values}, "MessageBody")
    split = compile_filter({"$or": [{"k": [each]} for each in values]}, "MessageBody")
    assert whole.matches({}, json.dumps(body)) == split.matches({}, json.dumps(body))


@few
@given(st.lists(words, min_size=1, max_size=4), scalars)
def test_anything_but_is_the_negation_where_the_key_exists(values: list[str], value: Any) -> None:
    """Of one value, exactly one of the two policies matches."""
    body = json.dumps({"k": value})
    these = compile_filter({"k": values}, "MessageBody").matches({}, body)
    others = compile_filter({"k": [{"anything-but": values}]}, "MessageBody").matches({}, body)
    assert these != others


@few
@given(bodies, st.lists(scalars, min_size=1, max_size=3), st.lists(scalars, min_size=1, max_size=3))
def test_another_key_never_lets_more_through(
    body: dict[str, Any], first: list[Any], second: list[Any]
) -> None:
    """AND narrows."""
    text = json.dumps(body)
    both = compile_filter({"k": first, "l": second}, "MessageBody")
    if both.matches({}, text):
        assert compile_filter({"k": first}, "MessageBody").matches({}, text)


@few
@given(st.text(max_size=8), st.text(alphabet="ab*", max_size=5))
def test_a_prefix_is_a_wildcard_with_a_star_at_its_end(value: str, text: str) -> None:
    """The two operators agree, whatever the characters."""
    escaped = text.replace("*", "\\*")
    for tail in (value, text + value):
        prefix = compile_filter({"key": [{"prefix": text}]}).matches(_string(tail), "")
        assert compile_filter({"key": [{"wildcard": escaped + "*"}]}).matches(_string(tail), "") == prefix


@few
@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_numbers_compare_like_numbers(bound: int, value: int) -> None:
    """Each operator is that of arithmetic."""
    for operator, expected in (
        ("=", value == bound), ("<", value < bound), ("<=", value <= bound),
        (">", value > bound), (">=", value >= bound),
    ):  # fmt: skip
        policy = compile_filter({"key": [{"numeric": [operator, bound]}]})
        assert policy.matches(_number(str(value)), "") is expected
