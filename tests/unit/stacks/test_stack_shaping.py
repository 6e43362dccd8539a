"""Properties as arguments of AWS's calls, by the service models that boto3 carries."""

from typing import Any

import pytest

from harness.sessions import client
from harness.stacks.kind import Refused
from harness.stacks.shaping import arguments_of, as_tags, output_shape, shown

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def functions() -> Any:
    return client("lambda", NOWHERE)


@pytest.fixture(scope="module")
def flows() -> Any:
    return client("stepfunctions", NOWHERE)


def test_texts_become_what_the_call_wants(functions: Any) -> None:
    """CloudFormation takes "30" for a number and "true" for a truth."""
    given = {"FunctionName": "f", "Timeout": "30", "Publish": "true"}
    assert arguments_of(functions, "create_function", given) == {
        "FunctionName": "f",
        "Timeout": 30,
        "Publish": True,
    }


def test_names_are_matched_in_any_case_and_objects_become_text(flows: Any) -> None:
    """A definition as an object is sent as JSON."""
    made = arguments_of(flows, "create_state_machine", {"Name": "f", "Definition": {"StartAt": "A"}})
    assert made == {"name": "f", "definition": '{"StartAt": "A"}'}


def test_tags_become_what_the_service_takes(functions: Any, flows: Any) -> None:
    """A map here, a list there."""
    tags = {"Tags": [{"Key": "a", "Value": "b"}]}
    assert arguments_of(functions, "create_function", tags) == {"Tags": {"a": "b"}}
    assert arguments_of(flows, "create_state_machine", {"Tags": {"a": "b"}}) == {
        "tags": [{"key": "a", "value": "b"}]
    }


def test_a_property_that_the_call_does_not_take_is_refused(functions: Any) -> None:
    """In CloudFormation's words, with its path."""
    with pytest.raises(Refused, match=r"Encountered unsupported property Environment\.Wrong"):
        arguments_of(functions, "create_function", {"Environment": {"Wrong": {}}})


@pytest.mark.parametrize("value", ["x", 1.5, True, {}])
def test_a_value_of_another_type_is_refused(functions: Any, value: Any) -> None:
    """No number is made of a text that is none."""
    with pytest.raises(Refused, match="Timeout must be an integer"):
        arguments_of(functions, "create_function", {"Timeout": value})


def test_answers_come_back_in_cloudformations_names(flows: Any) -> None:
    """With capitals in structures, and maps as they are."""
    shape = output_shape(flows, "describe_state_machine")
    told = {"name": "f", "loggingConfiguration": {"level": "ALL"}, "unheard": 1}
    assert shown(told, shape) == {"Name": "f", "LoggingConfiguration": {"Level": "ALL"}}


def test_tags_of_every_form_are_one_list_without_awss_own() -> None:
    """Sorted by their keys."""
    forms: list[Any] = [{"b": "2", "a": "1"}, [{"TagKey": "b", "TagValue": "2"}, {"key": "a", "value": "1"}]]
    for form in forms:
        assert as_tags(form) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert as_tags({"aws:cloudformation:stack-name": "x"}) == []
