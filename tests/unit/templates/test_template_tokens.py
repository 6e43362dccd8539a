"""What stands for values of resources that are not made yet, and what it becomes."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.templates.functions import Unresolved, call, has_token, is_deferred
from harness.templates.model import TOKEN, token
from harness.templates.tokens import fill, tokens_in

TEXTS = st.text(alphabet="ab/-:", max_size=8)
WAITING = token("Door", "FunctionUrl")


@pytest.mark.parametrize("logical_id", ["Queue", 'aws_sqs_queue.jobs["a:b"]', "module.x.aws_sns_topic.t"])
@pytest.mark.parametrize("attribute", ["Ref", "Arn", "Endpoint.Address"])
def test_a_token_says_whose_attribute_it_is(logical_id: str, attribute: str) -> None:
    """Whatever the template's language calls its resources."""
    found = TOKEN.fullmatch(token(logical_id, attribute))
    assert found is not None
    assert (found["logical_id"], found["attribute"]) == (logical_id, attribute)


def test_tokens_are_found_wherever_they_are() -> None:
    """From front to back."""
    value = {"a": [f"x{token('A', 'Ref')}{token('B', 'Arn')}", 1], "b": (token("C", "Id"),)}
    assert list(tokens_in(value)) == [("A", "Ref"), ("B", "Arn"), ("C", "Id")]
    assert has_token(value)
    assert not has_token({"a": ["${Name}", 1, None]})


def test_filling_in() -> None:
    """A token alone becomes the value itself, within a text it becomes text."""
    known = {("A", "Blocks"): ["10.0.0.0/16"], ("A", "Port"): 80, ("A", "On"): True}
    value = [
        token("A", "Blocks"),
        f"p{token('A', 'Port')}{token('A', 'On')}",
        {"n": (token("A", "Port"), None)},
    ]
    assert fill(value, lambda *who: known[who]) == [["10.0.0.0/16"], "p80true", {"n": [80, None]}]


@given(separator=st.sampled_from(["/", "-", "::"]), text=TEXTS, index=st.integers(0, 3))
def test_a_function_that_waited_gives_what_it_gives_at_once(separator: str, text: str, index: int) -> None:
    """Waiting for a value changes nothing about the answer."""
    padded = text + separator * 4

    def work(value: str) -> Any:
        return call("Fn::Select", [index, call("Fn::Split", [separator, value])])

    waiting = work(WAITING)
    assert is_deferred(waiting)
    assert fill(waiting, lambda *who: padded) == work(padded)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("Fn::Base64", ["text"], base64.b64encode(b"text").decode()),
        ("Fn::Length", [[1, 2]], 2),
        ("Fn::ToJsonString", [{"a": [1, "x"]}], json.dumps({"a": [1, "x"]}, separators=(",", ":"))),
        ("Fn::Cidr", ["10.0.0.0/16", 2, 8], ["10.0.0.0/24", "10.0.1.0/24"]),
        ("Fn::Cidr", ["10.0.0.0/24", "1"], ["10.0.0.0/24"]),
        ("Fn::Cidr", ["2001:db8::/48", 1], ["2001:db8::/64"]),
        ("Fn::Join", ["-", ["a", 1, True]], "a-1-true"),
        ("Fn::Join", ["", ["a", WAITING]], "a" + WAITING),
        ("Fn::Select", [1, ["a", WAITING]], WAITING),
    ],
)
def test_functions_of_known_values(name: str, arguments: list[Any], expected: Any) -> None:
    """Worked out at once; a token within a text is only a text."""
    assert call(name, arguments) == expected


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Fn::Base64", [WAITING]),
        ("Fn::Length", [WAITING]),
        ("Fn::ToJsonString", [{"a": WAITING}]),
        ("Fn::Cidr", [WAITING, 2, 8]),
        ("Fn::Join", ["-", WAITING]),
        ("Fn::Join", ["-", ["a", {"Fn::Select": [0, WAITING]}]]),
        ("Fn::Split", ["-", WAITING]),
        ("Fn::Select", [0, WAITING]),
    ],
)
def test_functions_that_wait(name: str, arguments: list[Any]) -> None:
    """They stay what they are."""
    assert call(name, arguments) == {name: arguments}


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("Fn::Length", ["text"], "Fn::Length takes a list"),
        ("Fn::Cidr", ["10.0.0.0/31", 4, 0], "does not hold 4 blocks"),
        ("Fn::Join", ["-", [["a"]]], "a separator and a list of texts"),
        ("Fn::Join", ["-"], "takes two values"),
        ("Fn::Split", ["-", ["a"]], "a separator and a text"),
        ("Fn::Select", [0], "takes two values"),
    ],
)
def test_functions_of_what_they_do_not_take(name: str, arguments: list[Any], said: str) -> None:
    """The function is named."""
    with pytest.raises(Unresolved, match=said):
        call(name, arguments)
