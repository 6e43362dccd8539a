"""Filter policies that SNS refuses, in the words it uses."""

import json
from typing import Any

import pytest

from harness.errors import RequestRefused
from harness.messaging.filters import FilterPolicyError, compile_filter

# Recorded on AWS: snapshots of LocalStack's tests/aws/services/sns/test_sns_filter_policy.py, and issue 16549
# of aws/aws-cdk for the empty array.
RECORDED: list[tuple[Any, str]] = [
    ([["value"]], "Match value must be String, number, true, false, or null"),
    ([{"wrong-operator": True}], "Unrecognized match type wrong-operator"),
    ([{"suffix": "value", "prefix": "value2"}], "Only one key allowed in match expression"),
    ([{"suffix": 100}], "suffix match pattern must be a string"),
    ([{"suffix": None}], "suffix match pattern must be a string"),
    ([{"suffix": []}], "suffix match pattern must be a string"),
    ([{"suffix": ["test", "test2"]}], "suffix match pattern must be a string"),
    ({"suffix": "value"}, '"suffix" must be an object or an array'),
    ({"not-an-operator": "value"}, '"not-an-operator" must be an object or an array'),
    ("value", '"key" must be an object or an array'),
    ([], "Empty arrays are not allowed"),
    ([{"numeric": []}], "Invalid member in numeric match: ]"),
    ([{"numeric": ["operator"]}], "Unrecognized numeric range operator: operator"),
    ([{"numeric": [1, "<="]}], "Invalid member in numeric match: 1"),
    ([{"numeric": ["=", "000"]}], "Value of equals must be numeric"),
    ([{"numeric": [">="]}], "Value of >= must be numeric"),
    ([{"numeric": ["<", 100, ">", 10]}], "Too many elements in numeric expression"),
    ([{"numeric": [">=", 1, ">", 2]}], "Bad numeric range operator: >"),
    ([{"numeric": [">", 3, "<", 1]}], "Bottom must be less than top"),
    ([{"numeric": [">", 20, "<="]}], "Value of <= must be numeric"),
    ([{"numeric": [">", 20, 30]}], "Bad value in numeric range: 30"),
    ([{"numeric": [">", 20, "test"]}], "Bad numeric range operator: test"),
    ([{"numeric": [">", "20", "<", "30"]}], "Value of > must be numeric"),
    ([{"numeric": [">", 20, "<", "30"]}], "Value of < must be numeric"),
    ([{"numeric": [">", 20, "<", 30, "<", 50]}], "Too many terms in numeric range expression"),
    ([{"exists": None}], "exists match pattern must be either true or false."),
    ([{"exists": "no"}], "exists match pattern must be either true or false."),
    ([{"anything-but": {"wrong-operator": None}}], "Unsupported anything-but pattern: wrong-operator"),
    ([{"anything-but": {"exists": False}}], "Unsupported anything-but pattern: exists"),
    ([{"anything-but": {"prefix": False}}], "prefix match pattern must be a string"),
    ([f"value{number}" for number in range(151)], "Filter policy is too complex"),
]

# No recording is known: the guide has the rule, event-ruler or nobody the words.
UNRECORDED: list[tuple[Any, str]] = [
    ([{}], "Unrecognized match type "),
    ({}, "Empty objects are not allowed"),
    ([{"numeric": 5}], "Value of numeric must be an array."),
    ([{"anything-but": []}], "Empty arrays are not allowed"),
    ([{"anything-but": True}], "Value of anything-but must be an array or single string/number value."),
    ([{"anything-but": [True]}], "Value of anything-but must be an array or single string/number value."),
    (
        [{"anything-but": ["a", 1]}],
        "Inside anything but list, either all values are number or string, mixed type is not supported",
    ),
    ([{"anything-but": {}}], "Unsupported anything-but pattern: "),
    ([{"anything-but": {"equals-ignore-case": "a"}}], "Unsupported anything-but pattern: equals-ignore-case"),
    ([{"anything-but": {"prefix": "a", "suffix": "b"}}], "Only one key allowed in match expression"),
    ([1_000_000_001], "Value must be between -1.0E9 and 1.0E9, inclusive"),
    ([{"numeric": ["<", -1_000_000_001]}], "Value must be between -1.0E9 and 1.0E9, inclusive"),
    ([{"cidr": "not-an-address"}], "Malformed CIDR: not-an-address"),
    ([{"cidr": 10}], "cidr match pattern must be a string"),
    ([{"equals-ignore-case": True}], "equals-ignore-case match pattern must be a string"),
    ([{"wildcard": 1}], "wildcard match pattern must be a string"),
    ([{"wildcard": "a**b"}], "Consecutive wildcard characters at pos 1"),
    ([{"wildcard": "a\\b"}], "Invalid escape character at pos 1"),
    ([{"wildcard": "a\\"}], "Invalid escape character at pos 1"),
    ([{"wildcard": "*a*b*c*"}], "A wildcard pattern can not have more than 3 wildcards: *a*b*c*"),
    (
        [{"wildcard": f"*{number}"} for number in range(11)],
        "Wildcard complexity of the filter policy exceeds 100 points",
    ),
]


@pytest.mark.parametrize(("values", "reason"), RECORDED + UNRECORDED)
def test_a_refusal_has_the_words_of_sns(values: Any, reason: str) -> None:
    """Both calls that set a policy answer with the same reason, each with its own beginning."""
    with pytest.raises(FilterPolicyError) as caught:
        compile_filter({"key": values})
    assert str(caught.value) == f"Invalid parameter: FilterPolicy: {reason}"
    assert caught.value.on_subscribe == f"Invalid parameter: Attributes Reason: FilterPolicy: {reason}"


def test_a_refusal_is_a_request_that_aws_refuses() -> None:
    """Callers that know RequestRefused need to know nothing of filters."""
    with pytest.raises(RequestRefused) as caught:
        compile_filter({"key": "value"})
    assert (caught.value.code, caught.value.field) == ("InvalidParameter", "FilterPolicy")


@pytest.mark.parametrize("text", ["no json", "NaN", "[" * 100_000, '{"key": [Infinity]}'])
def test_a_policy_that_is_no_json_is_refused(text: str) -> None:
    """What Python would read beyond JSON is no JSON either."""
    with pytest.raises(FilterPolicyError, match="FilterPolicy: failed to parse JSON"):
        compile_filter(text)


@pytest.mark.parametrize("value", [{1, 2}, float("nan")])
def test_a_document_that_json_cannot_hold_is_refused(value: Any) -> None:
    """A policy declared as a dictionary meets the same refusal, not an exception of Python's."""
    with pytest.raises(FilterPolicyError, match="failed to parse JSON"):
        compile_filter({"key": [value]})


def test_a_policy_that_is_no_object_is_refused() -> None:
    """A list is JSON, but no policy."""
    with pytest.raises(FilterPolicyError, match="Filter is not an object"):
        compile_filter("[]")


def test_an_unknown_scope_is_refused() -> None:
    """Recorded on AWS with exactly this value."""
    with pytest.raises(FilterPolicyError) as caught:
        compile_filter({}, "RandomValue")
    assert str(caught.value) == (
        "Invalid parameter: FilterPolicyScope: Invalid value [RandomValue]. "
        "Please use either MessageBody or MessageAttributes"
    )


def test_attributes_are_not_nested() -> None:
    """A nested policy is for bodies only; recorded on AWS."""
    nested = {"object": {"key": [{"prefix": "auto-"}]}}
    with pytest.raises(FilterPolicyError) as caught:
        compile_filter(nested)
    assert str(caught.value) == (
        "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy"
    )
    assert compile_filter(nested, "MessageBody").scope == "MessageBody"


def test_five_keys_and_no_more() -> None:
    """A sixth key is refused; in a body only the keys at the ends of the branches count."""
    keys = {f"key{number}": ["a"] for number in range(6)}
    with pytest.raises(FilterPolicyError, match="Filter policy can not have more than 5 keys"):
        compile_filter(keys)
    with pytest.raises(FilterPolicyError, match="Filter policy can not have more than 5 keys"):
        compile_filter({"a": {"b": keys}}, "MessageBody")
    five = dict(list(keys.items())[:5])
    compile_filter(five)
    compile_filter({"a": five}, "MessageBody")


def test_a_policy_of_256_kilobytes_and_no_more() -> None:
    """The size is that of the JSON text."""
    longest = 256 * 1024 - len(json.dumps({"key": [""]}))
    compile_filter({"key": ["a" * longest]})
    with pytest.raises(FilterPolicyError, match="larger than 262144 bytes"):
        compile_filter({"key": ["a" * (longest + 1)]})


def test_combinations_multiply_across_keys() -> None:
    """100 x 51 is too complex, 10 x 5 x 3 = 150 is not."""
    with pytest.raises(FilterPolicyError, match="too complex"):
        compile_filter({"a": [f"{n}" for n in range(100)], "b": [f"{n}" for n in range(51)]})
    compile_filter({"a": list(range(10)), "b": list(range(5)), "c": list(range(3))})


def test_depth_multiplies_the_combinations_of_a_body() -> None:
    """The guide's example: 4 values at level 3 and 3 values at level 2 are 72; 216 is too many."""
    policy: dict[str, Any] = {
        "key_a": {"key_b": {"key_c": ["one", "two", "three", "four"]}},
        "key_d": {"key_e": ["one", "two", "three"]},
    }
    compile_filter(policy, "MessageBody")
    with pytest.raises(FilterPolicyError, match="too complex"):
        compile_filter(policy | {"key_f": ["one", "two", "three"]}, "MessageBody")


def _flat_or(sources: int, metrics: int, spaces: int) -> dict[str, Any]:
    return {
        "source": list(range(sources)),
        "$or": [
            {"metricName": list(range(metrics))},
            {
                "metricType": list(range(4)),
                "$or": [{"metricId": list(range(4))}, {"spaceId": list(range(spaces))}],
            },
        ],
    }


def test_branches_of_an_or_add_up() -> None:
    """4x6 + 4x4x4 + 4x4x4 = 152 is refused, 3x6 + 3x4x4 + 3x4x7 = 150 is not: both recorded on AWS."""
    with pytest.raises(FilterPolicyError, match="too complex"):
        compile_filter(_flat_or(4, 6, 4))
    compile_filter(_flat_or(3, 6, 7))


def test_branches_of_an_or_in_a_body_add_up_with_their_depth() -> None:
    """(3x4x2) + (3x4x6) + (2x4x2) + (2x4x6) = 160, recorded on AWS as too complex."""
    policy = {
        "$or": [{"metricName": ["a", "b", "c"]}, {"namespace": ["AWS/EC2", "AWS/ES"]}],
        "detail": {
            "scope": ["Service", "Test"],
            "$or": [{"source": ["aws.cloudwatch"]}, {"type": ["a", "b", "c"]}],
        },
    }
    with pytest.raises(FilterPolicyError, match="too complex"):
        compile_filter(policy, "MessageBody")


@pytest.mark.parametrize(
    "branches",
    [
        [{"numeric": 123}, {"prefix": "abc"}],
        [{"a": ["x"]}],
        [{"a": ["x"]}, {}],
        [{"a": ["x"]}, "text"],
    ],
)
def test_an_or_that_is_none_is_a_property_of_that_name(branches: list[Any]) -> None:
    """One object, an empty one, or a reserved word as a field: its values are patterns, and refused."""
    with pytest.raises(FilterPolicyError):
        compile_filter({"$or": branches})


def test_an_or_of_plain_values_matches_the_property_of_that_name() -> None:
    """`$or` with strings is an ordinary key."""
    assert compile_filter({"$or": ["a", "b"]}, "MessageBody").matches({}, '{"$or": "b"}')


def test_wildcard_points_count_only_with_a_wildcard() -> None:
    """Eleven anything-but are 121 points, which matter as soon as there is one wildcard."""
    negations: list[Any] = [{"anything-but": f"{number}"} for number in range(11)]
    compile_filter({"key": negations})
    with pytest.raises(FilterPolicyError, match="Wildcard complexity"):
        compile_filter({"key": [*negations, {"wildcard": "a*"}]})
    with pytest.raises(FilterPolicyError, match="Wildcard complexity"):
        compile_filter({"key": [*negations, {"anything-but": {"wildcard": "a*"}}]})


def test_ten_single_wildcards_are_just_within_the_points() -> None:
    """(1 + ... + 1) x 10 = 100 points; a pattern with two stars has 6 instead of 1."""
    patterns = [{"wildcard": f"*{number}"} for number in range(10)]
    compile_filter({"key": patterns})
    with pytest.raises(FilterPolicyError, match="Wildcard complexity"):
        compile_filter({"key": [*patterns[:9], {"wildcard": "*a*"}]})
