"""What Lambda refuses of a configuration, in its words."""

from typing import Any

import pytest

from harness.aws.aws_json import Refused
from harness.aws.functions.validation import check_configuration

GOOD: dict[str, Any] = {
    "Role": "arn:aws:iam::123456789012:role/service-role/fn",
    "Runtime": "python3.11",
    "Handler": "app.handler",
    "Timeout": 900,
    "MemorySize": 128,
    "Environment": {"Variables": {"NAME": "x" * 4000}},
}


def refusal(**given: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        check_configuration(GOOD | given, creates=True)
    return caught.value


def test_what_is_within_the_limits_is_taken() -> None:
    """At the limits themselves, too; an update need not say everything."""
    check_configuration(GOOD, creates=True)
    check_configuration({"MemorySize": 10_240, "Timeout": 1}, creates=False)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"Timeout": 0},
            "Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater",
        ),
        ({"Timeout": 901}, "less than or equal to 900"),
        ({"MemorySize": 127}, "greater than or equal to 128"),
        ({"MemorySize": 10_241}, "less than or equal to 10240"),
        ({"Role": "fn"}, "Value 'fn' at 'role' failed to satisfy constraint"),
        ({"Environment": {"Variables": {"2": "x"}}}, "Map keys must satisfy constraint"),
    ],
)
def test_a_value_out_of_its_bounds(given: dict[str, Any], words: str) -> None:
    """ValidationException, as the validation of requests words it."""
    error = refusal(**given)
    assert error.code == "ValidationException"
    assert words in error.message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Handler": None}, "Runtime and Handler are mandatory parameters"),
        ({"Runtime": None}, "Runtime and Handler are mandatory parameters"),
        ({"Role": None}, "Value 'null' at 'role'"),
        ({"Runtime": "python3.7"}, "python3.7 is no longer supported"),
        ({"Runtime": "cobol"}, "Value cobol at 'runtime' failed to satisfy constraint"),
        ({"Environment": {"Variables": {"AWS_REGION": "x", "_HANDLER": "y"}}}, "AWS_REGION, _HANDLER"),
        ({"Environment": {"Variables": {"NAME": "x" * 4096}}}, "exceeded the 4KB limit"),
    ],
)
def test_what_lambda_itself_refuses(given: dict[str, Any], words: str) -> None:
    """InvalidParameterValueException."""
    error = refusal(**given)
    assert error.code == "InvalidParameterValueException"
    assert words in error.message


def test_an_image_needs_neither_runtime_nor_handler() -> None:
    """They are in the image."""
    check_configuration({"Role": GOOD["Role"], "PackageType": "Image"}, creates=True)
